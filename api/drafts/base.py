"""What a draft begins from: a document, and what its account has by name."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.agents.service import AgentService
from api.ownership import owned
from api.workflows.drafts import Document
from api.workflows.service import spec_of
from models.enums import NodeType
from models.graph.draft_tools import DraftBase, KnownTool, KnownWorkflow
from models.secret import Secret
from models.tool import Tool
from models.user import User
from models.workflow import Workflow, WorkflowVersion


async def account_base(session: AsyncSession, user: User, document: Document | None) -> DraftBase:
    """What a model may name: without what tools do inside, and without values of secrets."""
    agents = await session.scalars(AgentService(session, user).visible())
    secrets = await session.scalars(owned(select(Secret.name), Secret, user))
    return DraftBase(
        document=document,
        tools=await _tools(session, user),
        workflows=await _workflows(session, user),
        agents={agent.name: agent.description for agent in agents},
        secrets=sorted(secrets),
    )


async def _tools(session: AsyncSession, user: User) -> dict[str, KnownTool]:
    """Of two with one name the account's own, as runs take it."""
    mine = or_(Tool.owner_id == user.id, Tool.is_public)
    rows = await session.scalars(
        select(Tool).where(mine).order_by((Tool.owner_id == user.id).asc(), Tool.name)
    )
    return {tool.name: _known_tool(tool) for tool in rows}


def _known_tool(tool: Tool) -> KnownTool:
    spec = spec_of(tool)
    return KnownTool(
        kind=spec.config.kind,
        description=spec.description,
        input_schema=spec.input_schema,
        output_schema=spec.output_schema,
    )


async def _workflows(session: AsyncSession, user: User) -> dict[str, KnownWorkflow]:
    version = WorkflowVersion
    chosen = owned(select(Workflow.name, Workflow.description, version.graph), Workflow, user)
    current = (version.workflow_id == Workflow.id) & (version.version == Workflow.published_version)
    live = chosen.join(version, current).where(Workflow.deleted_at.is_(None))
    return {
        name: KnownWorkflow(description=description, input_schema=_input_schema(graph))
        for name, description, graph in await session.execute(live.order_by(Workflow.name))
    }


def _input_schema(graph: Document) -> dict[str, Any] | None:
    """Of the first trigger."""
    for node in graph.get("nodes") or ():
        if node.get("type", NodeType.TRIGGER) == NodeType.TRIGGER:
            schema: dict[str, Any] | None = (node.get("config") or {}).get("input_schema")
            return schema
    return None
