"""Everything on one machine: servers, migrations, API and workers under one supervisor."""
