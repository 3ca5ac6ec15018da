"""Calls from outside that start workflows."""
