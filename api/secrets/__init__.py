"""Values that tools use and nobody reads."""
