"""Health, figures and the audit log."""
