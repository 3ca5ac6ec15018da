"""MCP: the servers that are registered, the sessions kept with them, and what they may send."""
