"""How much of a server's answers, tools and messages is taken."""

MAX_MESSAGE_BYTES = 10 * 1024 * 1024
MAX_TOOLS = 500
MAX_PAGES = 100
MAX_TOOL_NAME = 200
MAX_TITLE = 200
MAX_DESCRIPTION = 4 * 1024
MAX_SCHEMA_BYTES = 64 * 1024
# What a discovery gives back travels through Temporal, which takes 2 MB.
MAX_OFFERS_BYTES = 1024 * 1024
MAX_ERROR_TEXT = 2_000
# Messages a second from one server; more waits in the pipe.
MESSAGES_A_SECOND = 500
MESSAGES_AT_ONCE = 2_000
# Requests of a server to us: none is granted, and more than these are not even answered.
REQUESTS_A_SECOND = 1
REQUESTS_AT_ONCE = 20

OPEN_SECONDS = 60.0
# A list of tools is read again once it is older.
LIST_SECONDS = 10.0
DISCOVER_SECONDS = 20.0
IDLE_SECONDS = 300.0
MAX_SESSIONS = 64
