"""Decisions of people that runs wait for."""
