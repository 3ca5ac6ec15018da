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
    SELECT role, content, tool_calls, tool_call_id, native FROM agent_messages
    WHERE conversation_id = $1 AND seq < $2 ORDER BY seq
"""
_REPLY = """
    SELECT role, content, tool_calls, native, reply FROM agent_messages
    WHERE conversation_id = $1 AND seq = $2 AND owner_id = $3
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A message with its number in the conversation."""

    seq: int
    message: Message


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
            await self._write(entry, None)

    async def answer(self, seq: int, reply: ModelReply, cost_usd: float) -> ModelReply:
        """Write the model's answer as number `seq`; the one that stands there then."""
        facts = reply.model_dump(mode="json", include={"usage", "finish", "model"})
        await self._write(Entry(seq, reply.as_message()), {**facts, "cost_usd": cost_usd})
        found = await self.answered(seq)
        return found[0] if found else reply

    async def answered(self, seq: int) -> tuple[ModelReply, float] | None:
        """The answer that was written as number `seq` and its cost: it is not paid for again."""
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
        return reply, float(facts.get("cost_usd") or 0.0)

    async def before(self, seq: int) -> list[Message]:
        """All messages whose number is below `seq`, in order."""
        rows = await self._database.fetch(_READ, self._id, seq)
        return [_message(row) for row in rows]

    async def _write(self, entry: Entry, facts: dict[str, Json] | None) -> None:
        message = entry.message
        calls = [call.model_dump(mode="json") for call in message.tool_calls]
        said = [message.role, message.content, calls, message.tool_call_id, message.native]
        digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        await self._database.fetch(
            _WRITE,
            self._id,
            entry.seq,
            self._owner,
            message.role.value,
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
