"""Calls from outside that start workflows: proven, taken once, answered."""
