"""What every language model can do."""

from collections.abc import Callable
from typing import Protocol

from activities.llm.messages import ModelReply, ModelRequest

OnDelta = Callable[[str], None]


class ChatModel(Protocol):
    """A model behind one provider."""

    async def reply(self, request: ModelRequest, on_delta: OnDelta | None = None) -> ModelReply:
        """One turn; nothing is tried again, that is for whoever calls.

        `on_delta` gets the content in pieces as they come: joined, they are the reply's content.
        Without it the answer is not streamed.

        Raises:
            ModelError: see `activities.llm.errors`.
            ToolError: the address may not be reached, or the request cannot be made.
        """
        ...
