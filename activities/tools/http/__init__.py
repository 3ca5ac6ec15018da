"""The HTTP tool: requests through the guarded client, one or as many as there are pages."""

from activities.tools.http.tool import HttpTool

__all__ = ["HttpTool"]
