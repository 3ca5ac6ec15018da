"""When things happen: deterministic workflow code and its contracts."""
