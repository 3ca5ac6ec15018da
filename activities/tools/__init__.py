"""One module per tool kind."""
