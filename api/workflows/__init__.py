"""Workflows: drafts, versions, documents."""
