"""Who names something that is to be deleted or renamed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import Conflict
from api.ownership import owned
from models.agent import Agent, AgentToolRow
from models.user import User
from models.workflow import NodeRow, Workflow, WorkflowVersion

_SHOWN = 20
Part = dict[str, Any]


async def refuse_used(
    session: AsyncSession,
    user: User,
    part: Part,
    what: str,
    error: type[Conflict],
    *,
    others: Sequence[tuple[str, str]] = (),
) -> None:
    """Raises `error` while a workflow or an agent of the account names something.

    Args:
        session: Of the request.
        user: Whose workflows and agents count.
        part: How nodes and tools of agents name it, such as `{"tool": "load-prices"}`.
        what: What it is, such as `the tool 'load-prices'`.
        error: Its `errors` list who names it.
        others: Who else does, as (path, name).
    """
    users = [
        *await _workflows_with(session, user, part),
        *await _agents_with(session, user, part),
        *others,
    ]
    if users:
        names = ", ".join(repr(name) for _, name in users)
        raise error(
            f"{what} is used by {names}; change these first",
            errors=[
                {"path": path, "message": f"uses it: {name}", "code": "USED"}
                for path, name in users
            ],
        )


async def _workflows_with(session: AsyncSession, user: User, part: Part) -> list[tuple[str, str]]:
    """Those whose draft or published version has `part` in a node, or in a tool of an agent's."""
    nodes = [part, {"config": {"tools": [part]}}]
    drafts = select(NodeRow.workflow_id).where(
        or_(*(NodeRow.document.contains(node) for node in nodes))
    )
    published = (
        select(WorkflowVersion.workflow_id)
        .join(
            Workflow,
            (Workflow.id == WorkflowVersion.workflow_id)
            & (Workflow.published_version == WorkflowVersion.version),
        )
        .where(or_(*(WorkflowVersion.graph.contains({"nodes": [node]}) for node in nodes)))
    )
    users = owned(select(Workflow.id, Workflow.name), Workflow, user).where(
        Workflow.deleted_at.is_(None),
        or_(Workflow.id.in_(drafts), Workflow.id.in_(published)),
    )
    found = await session.execute(users.limit(_SHOWN))
    return [(f"workflows/{id_}", name) for id_, name in found.all()]


async def _agents_with(session: AsyncSession, user: User, part: Part) -> list[tuple[str, str]]:
    binding = select(AgentToolRow.agent_id).where(AgentToolRow.document.contains(part))
    users = owned(select(Agent.id, Agent.name), Agent, user).where(
        Agent.deleted_at.is_(None), Agent.id.in_(binding)
    )
    found = await session.execute(users.limit(_SHOWN))
    return [(f"agents/{id_}", name) for id_, name in found.all()]
