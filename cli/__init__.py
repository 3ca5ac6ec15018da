"""The front doors of each process."""
