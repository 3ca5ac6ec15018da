"""MCP servers that graphs may call, and which of their tools somebody approved."""
