"""Telling people of ends, failures and questions."""
