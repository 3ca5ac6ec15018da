"""Conversations with registered agents: runs that wait for what a person says next."""

import hashlib
from uuid import UUID, uuid4, uuid5

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.agents.chat_schemas import ChatMessage
from api.engine import Engine, EngineUnavailable, NotRunning, UpdateRefused
from api.errors import Conflict, NotFound, TooManyRequests, ValidationFailed
from api.executions.acceptance import Cause, accept, ensure_started
from api.executions.errors import IdempotencyKeyReused, TemporalUnavailable
from api.executions.snapshot import take_agent_snapshot
from api.ownership import owned
from models.agent import Agent
from models.base import new_id
from models.enums import ExecutionStatus, TriggerType
from models.execution import WorkflowExecution
from models.graph.expression import ExpressionError
from models.user import User
from temporal_workflows.agent_inputs import Surroundings, ToolMissing, agent_child
from temporal_workflows.contracts import AgentInput, Said

_CLOSED = "it takes no more messages; leave `conversation_id` out to begin a new one"


class ConversationClosed(Conflict):
    """The conversation has ended, so nothing more can be said in it."""

    code = "CONVERSATION_CLOSED"


class TooManyWaiting(TooManyRequests):
    """The agent has not answered the messages before."""

    code = "TOO_MANY_WAITING"


class MessageRefused(Conflict):
    """The conversation does not take the message, for the reason in the detail."""

    code = "MESSAGE_REFUSED"


class ConversationService:
    """What one account says to agents, in one transaction."""

    def __init__(self, session: AsyncSession, user: User, engine: Engine) -> None:
        self._session = session
        self._user = user
        self._engine = engine

    async def begin(self, agent: Agent, message: ChatMessage) -> WorkflowExecution:
        """Accept a new conversation; with the same message id, the one that was accepted first.

        Raises:
            IdempotencyKeyReused: the message id came with another message.
            SnapshotInvalid, NotPublished, SnapshotTooLarge, ValidationFailed: the agent cannot run as it is.
        """
        asked = hashlib.sha256(message.message.encode()).hexdigest()
        chosen = self._id_of(agent.id, message.message_id)
        known = await self._begun(chosen, asked)
        if known is not None:
            return known
        start = await self._start(agent, message.message, chosen)
        cause = Cause(TriggerType.CHAT)
        made = await accept(self._session, self._engine, start, cause, asked=asked)
        made = made or await self._begun(chosen, asked)
        if made is None:
            raise IdempotencyKeyReused("this `message_id` is in use; use a new one")
        return made

    async def say(self, agent: Agent, conversation_id: UUID, message: ChatMessage) -> int:
        """Say something in a conversation; the message's number among those that people sent.

        Raises:
            NotFound: the account has no such conversation with the agent.
            ConversationClosed, TooManyWaiting, MessageRefused: it does not take the message.
            TemporalUnavailable: no answer came in time; the same message id may be sent again.
        """
        conversation = await self.get(conversation_id, agent.id)
        if message.message_id and self._id_of(agent.id, message.message_id) == conversation_id:
            return 1
        if ExecutionStatus(conversation.status).is_terminal:
            raise ConversationClosed(f"the conversation is {conversation.status}: {_CLOSED}")
        await ensure_started(self._engine, conversation)
        said = Said(text=message.message, id=message.message_id or str(uuid4()))
        try:
            answer = await self._engine.say(conversation.temporal_workflow_id, said)
        except UpdateRefused as refused:
            raise _problem(refused) from refused
        except NotRunning as ended:
            raise ConversationClosed(f"the conversation has ended: {_CLOSED}") from ended
        except EngineUnavailable as error:
            raise TemporalUnavailable(
                f"the message may not have arrived ({error}); send it again with the same "
                "`message_id`, and it is taken once"
            ) from error
        return answer.number

    async def close(self, conversation_id: UUID) -> WorkflowExecution:
        """End a conversation after what was said is answered; one that has ended stays as it is.

        Raises:
            NotFound: the account has no such conversation.
            TemporalUnavailable: no answer came in time.
        """
        conversation = await self.get(conversation_id)
        if ExecutionStatus(conversation.status).is_terminal:
            return conversation
        await ensure_started(self._engine, conversation)
        try:
            await self._engine.close(conversation.temporal_workflow_id)
        except (UpdateRefused, NotRunning):
            return conversation  # closed already
        except EngineUnavailable as error:
            raise TemporalUnavailable(f"the conversation may still be open ({error})") from error
        return conversation

    async def get(self, conversation_id: UUID, agent_id: UUID | None = None) -> WorkflowExecution:
        """A conversation of the account, with that agent; raises `NotFound`."""
        statement = self.chosen(agent_id).where(WorkflowExecution.id == conversation_id)
        found = await self._session.scalar(statement)
        if found is None:
            whose = "this agent has" if agent_id else "there is"
            raise NotFound(f"{whose} no conversation {conversation_id}")
        return found

    def chosen(self, agent_id: UUID | None = None) -> Select[WorkflowExecution]:
        """The account's conversations, with that agent or with any."""
        row = WorkflowExecution
        statement = owned(select(row), row, self._user).where(row.trigger_type == TriggerType.CHAT)
        return statement if agent_id is None else statement.where(row.agent_id == agent_id)

    # Within --------------------------------------------------------------------------------------

    def _id_of(self, agent_id: UUID, message_id: str | None) -> UUID:
        """The id of the conversation that a message begins: one message begins one conversation."""
        return new_id() if message_id is None else uuid5(self._user.id, f"{agent_id}/{message_id}")

    async def _begun(self, conversation_id: UUID, asked: str) -> WorkflowExecution | None:
        statement = self.chosen().where(WorkflowExecution.id == conversation_id)
        found = await self._session.scalar(statement)
        if found is not None and found.request_hash != asked:
            raise IdempotencyKeyReused(
                "this `message_id` came before with another message; use a new one"
            )
        return found

    async def _start(self, agent: Agent, prompt: str, conversation_id: UUID) -> AgentInput:
        snapshot = await take_agent_snapshot(self._session, agent, self._user.id)
        around = Surroundings(snapshot.tools, snapshot.workflows, snapshot.agents)
        try:
            return agent_child(
                snapshot.spec,
                prompt,
                around,
                uuid4().hex,
                execution_id=str(conversation_id),
                owner_id=str(self._user.id),
                title=agent.name,
                chat=True,
            )
        except (ExpressionError, ToolMissing) as error:
            raise ValidationFailed(f"the agent cannot run: {error}; change the agent") from error


def _problem(refused: UpdateRefused) -> Conflict | TooManyRequests:
    if refused.type == "ConversationClosed":
        return ConversationClosed(f"the conversation is closed: {_CLOSED}")
    if refused.type == "TooManyWaiting":
        return TooManyWaiting(
            f"{refused}; wait for an answer, then send the message again",
            headers={"Retry-After": "5"},
        )
    return MessageRefused(f"the conversation does not take the message: {refused}")
