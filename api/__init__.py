"""Asking: the HTTP API and the mirror of Temporal history."""
