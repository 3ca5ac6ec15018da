"""Workflows drafted by agents from texts."""
