"""Conversations of agents: written once, read in order."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from activities.database import Database
from activities.llm.messages import Message, ModelReply, Role, ToolCall
from models.graph.values import Json

_WRITE = """
    INSERT INTO agent_messages
        (conversation_id, seq, owner_id, role, content, tool_calls, tool_call_id, native, reply, digest)
    VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8::jsonb, $9::jsonb, $10)
    ON CONFLICT (conversation_id, seq) DO NOTHING
"""
_READ = """
    SELECT seq, role, content, tool_calls, tool_call_id, native FROM agent_messages
    WHERE conversation_id = $1 AND seq < $2 AND owner_id = $3 AND role <> 'summary' ORDER BY seq
"""
_SUMMARY = """
    SELECT content, reply FROM agent_messages
    WHERE conversation_id = $1 AND seq < $2 AND owner_id = $3 AND role = 'summary'
    ORDER BY seq DESC LIMIT 1
"""
SUMMARY_ROLE = "summary"
_REPLY = """
    SELECT role, content, tool_calls, native, reply FROM agent_messages
    WHERE conversation_id = $1 AND seq = $2 AND owner_id = $3
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A message with its number in the conversation."""

    seq: int
    message: Message


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said and what it cost; `covers` is the last message that a summary sums up."""

    reply: ModelReply
    cost_usd: float
    covers: int | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What was said up to number `covers`, in the model's own words."""

    text: str
    covers: int


class Conversation:
    """One agent's messages, in the database."""

    def __init__(self, database: Database, conversation_id: str, owner_id: str) -> None:
        self._database = database
        self._id = UUID(conversation_id)
        self._owner = UUID(owner_id)

    async def append(self, entries: Sequence[Entry]) -> None:
        """Write messages; those that are there already stay as they are.

        Raises:
            DatabaseUnavailable: PostgreSQL does not answer.
        """
        for entry in entries:
            await self._write(entry, None, entry.message.role.value)

    async def answer(self, seq: int, answer: Answer) -> Answer:
        """Write the model's answer as number `seq`; the one that stands there then."""
        facts = answer.reply.model_dump(mode="json", include={"usage", "finish", "model"})
        facts |= {"cost_usd": answer.cost_usd, "covers": answer.covers}
        role = Role.ASSISTANT.value if answer.covers is None else SUMMARY_ROLE
        await self._write(Entry(seq, answer.reply.as_message()), facts, role)
        return await self.answered(seq) or answer

    async def answered(self, seq: int) -> Answer | None:
        """The answer that was written as number `seq`: it is not paid for again."""
        rows = await self._database.fetch(_REPLY, self._id, seq, self._owner)
        if not rows or rows[0]["reply"] is None:
            return None
        row, facts = rows[0], json.loads(rows[0]["reply"])
        reply = ModelReply.model_validate(
            {
                **facts,
                "content": row["content"],
                "tool_calls": json.loads(row["tool_calls"]),
                "native": json.loads(row["native"]) if row["native"] else None,
            }
        )
        return Answer(reply, float(facts.get("cost_usd") or 0.0), facts.get("covers"))

    async def before(self, seq: int) -> list[Entry]:
        """All messages whose number is below `seq`, in order; without summaries."""
        rows = await self._database.fetch(_READ, self._id, seq, self._owner)
        return [Entry(row["seq"], _message(row)) for row in rows]

    async def summary(self, seq: int) -> Summary | None:
        """The newest summary whose number is below `seq`."""
        rows = await self._database.fetch(_SUMMARY, self._id, seq, self._owner)
        if not rows:
            return None
        return Summary(rows[0]["content"], int(json.loads(rows[0]["reply"])["covers"]))

    async def _write(self, entry: Entry, facts: dict[str, Json] | None, role: str) -> None:
        message = entry.message
        calls = [call.model_dump(mode="json") for call in message.tool_calls]
        said = [role, message.content, calls, message.tool_call_id, message.native]
        digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        await self._database.fetch(
            _WRITE,
            self._id,
            entry.seq,
            self._owner,
            role,
            message.content,
            json.dumps(calls),
            message.tool_call_id,
            None if message.native is None else json.dumps(message.native),
            None if facts is None else json.dumps(facts),
            digest,
        )


def _message(row: Any) -> Message:
    return Message(
        role=Role(row["role"]),
        content=row["content"],
        tool_calls=tuple(ToolCall.model_validate(call) for call in json.loads(row["tool_calls"])),
        tool_call_id=row["tool_call_id"],
        native=json.loads(row["native"]) if row["native"] else None,
    )
