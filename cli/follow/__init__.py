"""A run as it happens: its events, the tree they make, and how that is shown."""
