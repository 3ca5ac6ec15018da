"""Whether a model is streamed: some servers refuse to, and some do not count then."""

from collections.abc import Mapping
from typing import Any

from activities.llm.answer_ways import NOT_KNOWN, Send
from activities.llm.errors import ModelRequestRefused
from activities.llm.messages import ModelReply


class Streaming:
    """Remembers, for one server, which models are better asked for their answer at once.

    Budgets count tokens. A model whose stream tells no usage is not streamed again, unless it
    tells none either way.

    Args:
        may_refuse: Whether a refusal may be about the stream; then it is asked for once without.
    """

    def __init__(self, *, may_refuse: bool) -> None:
        self._may_refuse = may_refuse
        self._refused: set[str] = set()
        self._uncounted: set[str] = set()
        self._never_counted: set[str] = set()

    async def reply(
        self, model: str, arguments: Mapping[str, Any], streamed: Send, at_once: Send
    ) -> ModelReply:
        """The answer in the way that suits the model.

        Raises:
            ModelError: see `ChatModel`.
        """
        if model in self._refused | (self._uncounted - self._never_counted):
            reply = await at_once(arguments)
            if not reply.usage.reported:
                self._never_counted.add(model)
            return reply
        try:
            reply = await streamed(arguments)
        except ModelRequestRefused as refusal:
            if not self._may_refuse or refusal.status not in NOT_KNOWN:
                raise
            reply = await at_once(arguments)
            self._refused.add(model)
            return reply
        if not reply.usage.reported:
            self._uncounted.add(model)
        return reply
