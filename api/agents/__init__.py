"""Registered agents."""
