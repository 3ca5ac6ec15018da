"""How much of a model's answer is taken."""

MAX_REPLY_BYTES = 4 * 1024 * 1024
MAX_TOOL_CALLS = 64
MAX_ARGUMENTS_BYTES = 256 * 1024
# On the wire: a character may be written as six, and each token of a stream is an event of its own.
MAX_ANSWER_BYTES = 4 * MAX_REPLY_BYTES
MAX_STREAM_BYTES = 16 * MAX_REPLY_BYTES
MAX_EVENT_BYTES = MAX_ANSWER_BYTES
MAX_EVENT_LINES = 100
MAX_ERROR_BYTES = 16 * 1024
MAX_ERROR_CHARACTERS = 500
