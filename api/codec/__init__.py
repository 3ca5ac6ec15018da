"""Lets Temporal Web show encrypted values to those who may see them."""
