"""What a run carries with it: its graph, the tools it names, and the workflows it calls."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.executions.errors import NotPublished, SnapshotInvalid
from api.workflows.service import spec_of
from models.graph.graph import Graph
from models.graph.limits import MAX_SUB_WORKFLOW_DEPTH
from models.graph.node import AgentNode, ToolNode, WorkflowNode
from models.graph.tool import ToolSpec
from models.tool import Tool
from models.workflow import Workflow, WorkflowVersion
from temporal_workflows.contracts import SubWorkflow


@dataclass(slots=True)
class Snapshot:
    """One published version with all it refers to, by the names that its nodes use."""

    version: int
    graph: Graph
    graph_hash: str
    tools: dict[str, ToolSpec] = field(default_factory=dict)
    workflows: dict[str, SubWorkflow] = field(default_factory=dict)


async def take_snapshot(
    session: AsyncSession, workflow: Workflow, version: int | None = None
) -> Snapshot:
    """Read a version (none: the published one) and everything below it.

    Raises:
        NotPublished: there is no such version.
        SnapshotInvalid: a tool or workflow is missing, or workflows call each other in a circle or
            too deep.
    """
    found = await _version(session, workflow, version)
    snapshot = Snapshot(found.version, Graph.model_validate(found.graph), found.graph_hash)
    await _collect(session, workflow.owner_id, snapshot.graph, snapshot, [workflow.name])
    return snapshot


async def _collect(
    session: AsyncSession, owner_id: UUID, graph: Graph, snapshot: Snapshot, calls: list[str]
) -> None:
    for node in graph.nodes:
        if isinstance(node, ToolNode) and node.tool and node.tool not in snapshot.tools:
            snapshot.tools[node.tool] = await _tool(session, owner_id, node.key, node.tool)
        elif isinstance(node, AgentNode):
            for tool in node.config.tools:
                if tool.tool and tool.tool not in snapshot.tools:
                    snapshot.tools[tool.tool] = await _tool(session, owner_id, node.key, tool.tool)
        elif isinstance(node, WorkflowNode):
            await _call(session, owner_id, node, snapshot, calls)


async def _call(
    session: AsyncSession, owner_id: UUID, node: WorkflowNode, snapshot: Snapshot, calls: list[str]
) -> None:
    name, version = node.config.workflow, node.config.version
    if name in calls:
        circle = " → ".join([*calls[calls.index(name) :], name])
        raise SnapshotInvalid(f"node {node.key}: workflows call each other in a circle: {circle}")
    if len(calls) > MAX_SUB_WORKFLOW_DEPTH:
        raise SnapshotInvalid(
            f"node {node.key}: workflows are nested more than {MAX_SUB_WORKFLOW_DEPTH} deep"
        )
    place = f"{name}@{version}" if version else name
    known = snapshot.workflows.get(place)
    if known is None:
        workflow = await session.scalar(
            select(Workflow).where(Workflow.owner_id == owner_id, Workflow.name == name)
        )
        if workflow is None:
            raise SnapshotInvalid(f"node {node.key}: there is no workflow named {name!r}")
        found = await _version(session, workflow, version)
        known = snapshot.workflows[place] = SubWorkflow(
            workflow_id=str(workflow.id),
            name=name,
            version=found.version,
            graph=Graph.model_validate(found.graph),
            graph_hash=found.graph_hash,
        )
    await _collect(session, owner_id, known.graph, snapshot, [*calls, name])


async def _version(
    session: AsyncSession, workflow: Workflow, version: int | None
) -> WorkflowVersion:
    number = version if version is not None else workflow.published_version
    found = await session.scalar(
        select(WorkflowVersion).where(
            WorkflowVersion.workflow_id == workflow.id, WorkflowVersion.version == number
        )
    )
    if found is None:
        which = "no published version" if version is None else f"no version {version}"
        raise NotPublished(f"workflow {workflow.name!r} has {which}; publish it first")
    return found


async def _tool(session: AsyncSession, owner_id: UUID, key: str, name: str) -> ToolSpec:
    """The owner's own tool of that name, else a public one."""
    found = await session.scalar(
        select(Tool)
        .where(Tool.name == name, or_(Tool.owner_id == owner_id, Tool.is_public))
        .order_by((Tool.owner_id == owner_id).desc(), Tool.created_at)
        .limit(1)
    )
    if found is None:
        raise SnapshotInvalid(f"node {key}: there is no tool named {name!r}")
    return spec_of(found)
