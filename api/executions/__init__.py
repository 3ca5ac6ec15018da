"""Executions: starting them, watching them, stopping them, running them again."""
