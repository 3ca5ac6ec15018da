"""Doing: the only room that talks to HTTP, MCP, LLMs, shells and files."""
