"""Registered tools, and trying them out."""
