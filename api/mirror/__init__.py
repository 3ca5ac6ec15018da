"""Temporal history projected into the tracking tables."""
