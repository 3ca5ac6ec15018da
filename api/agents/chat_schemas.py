"""What clients send to a conversation, and get of it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas import Closed, Text
from models.enums import ExecutionStatus

MAX_MESSAGE = 64 * 1024

MessageId = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]


class ChatMessage(Closed):
    """A message to an agent; without a conversation it begins a new one.

    A message that is sent again with the same `message_id` is the same message.
    """

    message: Annotated[Text, Field(min_length=1, max_length=MAX_MESSAGE)]
    conversation_id: UUID | None = None
    message_id: MessageId | None = None


class ConversationLinks(BaseModel):
    """Where to go on: the run, what happens in it as it happens, and what was said."""

    self: str
    events: str
    messages: str


class ChatAnswer(BaseModel):
    """A message that was taken; `seq` is its number among those that people sent."""

    conversation_id: UUID
    seq: int
    links: ConversationLinks


class ConversationOut(BaseModel):
    """One conversation; `title` is the beginning of its first message."""

    id: UUID
    title: str
    status: ExecutionStatus
    created_at: datetime
    updated_at: datetime


class ConversationList(BaseModel):
    """A page of conversations, newest first."""

    items: list[ConversationOut]
    next_cursor: str | None
