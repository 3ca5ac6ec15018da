"""Signing in: passwords, tokens, keys."""
