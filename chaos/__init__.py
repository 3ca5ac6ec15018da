"""Faults on purpose: the whole product as a child, its processes killed while it works."""
