"""Routes about conversations with agents."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from api.agents.chat_schemas import (
    ChatAnswer,
    ChatMessage,
    ConversationLinks,
    ConversationList,
    ConversationOut,
)
from api.agents.conversations import ConversationService
from api.agents.service import AgentService
from api.deps import SessionDep, UserDep, get_editor
from api.executions.deps import EngineDep
from api.executions.pages import executions_page
from models.agent import Agent
from models.enums import ExecutionStatus
from models.execution import WorkflowExecution

router = APIRouter(tags=["agents"])
TITLE_LENGTH = 100
WRITES = [Depends(get_editor)]


def get_conversations(session: SessionDep, user: UserDep, engine: EngineDep) -> ConversationService:
    """Use cases in the request's transaction."""
    return ConversationService(session, user, engine)


async def get_agent(agent_id: UUID, session: SessionDep, user: UserDep) -> Agent:
    """The agent in the path, an own or a public one; raises `NotFound`."""
    return await AgentService(session, user).get(agent_id)


AgentDep = Annotated[Agent, Depends(get_agent)]
ConversationsDep = Annotated[ConversationService, Depends(get_conversations)]


@router.post("/agents/{agent_id}/chat", status_code=202, dependencies=WRITES)
async def chat(
    agent: AgentDep, message: ChatMessage, conversations: ConversationsDep, response: Response
) -> ChatAnswer:
    """Say something to an agent, in a new conversation or in one that goes on.

    The answer comes as the conversation's events and messages.
    """
    chosen, number = message.conversation_id, 1
    if chosen is None:
        chosen = (await conversations.begin(agent, message)).id
    else:
        number = await conversations.say(agent, chosen, message)
    link = f"/api/v1/executions/{chosen}"
    response.headers["Location"] = link
    links = ConversationLinks(self=link, events=f"{link}/events", messages=f"{link}/messages")
    return ChatAnswer(conversation_id=chosen, seq=number, links=links)


@router.get("/agents/{agent_id}/conversations")
async def list_conversations(
    agent: AgentDep,
    session: SessionDep,
    conversations: ConversationsDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> ConversationList:
    """Your conversations with an agent, newest first."""
    rows, following = await executions_page(
        session, conversations.chosen(agent.id), sort="-created_at", limit=limit, cursor=cursor
    )
    return ConversationList(items=[_shown(row) for row in rows], next_cursor=following)


@router.post("/conversations/{conversation_id}/close", status_code=202, dependencies=WRITES)
async def close_conversation(
    conversation_id: UUID, conversations: ConversationsDep
) -> ConversationOut:
    """Say that nothing more will be said; what was said is answered still."""
    return _shown(await conversations.close(conversation_id))


def _shown(row: WorkflowExecution) -> ConversationOut:
    first = row.input.get("prompt", "") if isinstance(row.input, dict) else ""
    title = " ".join(str(first)[: 4 * TITLE_LENGTH].split())
    cut = title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - 1] + "…"
    return ConversationOut(
        id=row.id,
        title=cut,
        status=ExecutionStatus(row.status),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
