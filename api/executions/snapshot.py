"""What a run carries with it: its graph, and all the tools, workflows and agents below it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.agents.service import spec_of_agent
from api.executions.errors import NotPublished, SnapshotInvalid
from api.workflows.service import spec_of
from models.agent import Agent, AgentToolRow
from models.graph.agent import AgentSpec, AgentTool
from models.graph.graph import Graph
from models.graph.limits import MAX_SUB_WORKFLOW_DEPTH
from models.graph.node import AgentNode, Node, ToolNode, WorkflowNode
from models.graph.tool import McpConfig, ToolSpec
from models.mcp import McpServer
from models.tool import Tool
from models.workflow import Workflow, WorkflowVersion
from temporal_workflows.agent_inputs import mcp_key
from temporal_workflows.contracts import SubWorkflow

_Row = TypeVar("_Row", Tool, Agent)


@dataclass(slots=True)
class Snapshot:
    """One published version with all it refers to, by the names that its nodes use."""

    version: int
    graph: Graph
    graph_hash: str
    tools: dict[str, ToolSpec]
    workflows: dict[str, SubWorkflow]
    agents: dict[str, AgentSpec]


class AgentSnapshot(NamedTuple):
    """A registered agent with all that its tools refer to, by name."""

    spec: AgentSpec
    tools: dict[str, ToolSpec]
    workflows: dict[str, SubWorkflow]
    agents: dict[str, AgentSpec]


async def take_snapshot(
    session: AsyncSession, workflow: Workflow, version: int | None = None
) -> Snapshot:
    """Read a version (none: the published one) and everything below it.

    Raises:
        NotPublished: there is no such version.
        SnapshotInvalid: something that is named is missing, or workflows and agents call each
            other in a circle or too deep.
    """
    found = await _version(session, workflow, version)
    graph = Graph.model_validate(found.graph)
    below = _Collector(session, workflow.owner_id, [_workflow_call(workflow.name)])
    await below.graph(graph)
    return Snapshot(
        version=found.version,
        graph=graph,
        graph_hash=found.graph_hash,
        tools=below.tools,
        workflows=below.workflows,
        agents=below.agents,
    )


async def take_agent_snapshot(
    session: AsyncSession, agent: Agent, owner_id: UUID | None = None
) -> AgentSnapshot:
    """Read an agent and everything below it, as the names mean it to `owner_id`.

    Without `owner_id` that is the agent's owner; whoever runs a public agent gives their own.

    Raises:
        SnapshotInvalid: as `take_snapshot`.
    """
    spec = await _spec(session, agent)
    call = _agent_call(agent.name)
    below = _Collector(session, owner_id or agent.owner_id, [call])
    await below.offers(call, spec.config.tools)
    return AgentSnapshot(spec, below.tools, below.workflows, below.agents)


@dataclass(slots=True)
class _Collector:
    """Reads what is named, as the names mean it to one account: its own first, else a public one.

    `calls` are what is being read, each called by the one before it. `heights` say of what has been
    read how many calls deep it goes, itself counted.
    """

    session: AsyncSession
    owner_id: UUID
    calls: list[str]
    heights: dict[str, int] = field(default_factory=dict)
    tools: dict[str, ToolSpec] = field(default_factory=dict)
    workflows: dict[str, SubWorkflow] = field(default_factory=dict)
    agents: dict[str, AgentSpec] = field(default_factory=dict)

    async def graph(self, graph: Graph) -> int:
        """Read what the nodes name; how many calls deep that goes."""
        return max([await self._node(node) for node in graph.nodes], default=0)

    async def offers(self, who: str, tools: list[AgentTool]) -> int:
        """Read what an agent's tools name; how many calls deep that goes."""
        return max([await self._offer(who, tool) for tool in tools], default=0)

    async def _node(self, node: Node) -> int:
        who = f"node {node.key}"
        if isinstance(node, ToolNode) and node.tool:
            await self._tool(who, node.tool)
        elif isinstance(node, WorkflowNode):
            return await self._workflow(who, node.config.workflow, node.config.version)
        elif isinstance(node, AgentNode) and node.agent:
            return await self._agent(who, node.agent)
        elif isinstance(node, AgentNode):
            offers = partial(self.offers, who, node.tools)
            if any(tool.workflow or tool.agent for tool in node.tools):
                return await self._below(who, f"{self.calls[-1]}, {who}", offers)
            await offers()
        return 0

    async def _offer(self, who: str, tool: AgentTool) -> int:
        who = f"{who}, tool {tool.name}"
        if tool.workflow is not None:
            return await self._workflow(who, tool.workflow, None)
        if tool.agent is not None:
            return await self._agent(who, tool.agent)
        if tool.tool is not None:
            await self._described(who, tool.tool)
        elif isinstance(tool.config, McpConfig) and tool.input_schema is None:
            key = mcp_key(tool.config.server, tool.config.tool)
            if key not in self.tools:
                self.tools[key] = await self._pinned(who, tool.config)
        return 0

    # What is called ------------------------------------------------------------------------------

    async def _workflow(self, who: str, name: str, version: int | None) -> int:
        place = f"{name}@{version}" if version else name
        if place not in self.workflows:
            statement = select(Workflow).where(
                Workflow.owner_id == self.owner_id, Workflow.name == name
            )
            workflow = await self.session.scalar(statement)
            if workflow is None:
                raise SnapshotInvalid(f"{who}: there is no workflow named {name!r}")
            found = await _version(self.session, workflow, version)
            self.workflows[place] = SubWorkflow(
                workflow_id=str(workflow.id),
                name=name,
                version=found.version,
                graph=Graph.model_validate(found.graph),
                graph_hash=found.graph_hash,
            )
        graph = self.workflows[place].graph
        return await self._below(who, _workflow_call(place), partial(self.graph, graph))

    async def _agent(self, who: str, name: str) -> int:
        if name not in self.agents:
            agent = await self._named(Agent, name)
            if agent is None:
                raise SnapshotInvalid(f"{who}: there is no agent named {name!r}")
            self.agents[name] = await _spec(self.session, agent)
        call, tools = _agent_call(name), self.agents[name].config.tools
        return await self._below(who, call, partial(self.offers, call, tools))

    async def _below(self, who: str, call: str, read: Callable[[], Awaitable[int]]) -> int:
        """Read what `call` names, once; how many calls deep it goes, itself counted."""
        if call in self.calls:
            circle = " → ".join([*self.calls[self.calls.index(call) :], call])
            raise SnapshotInvalid(f"{who}: they call each other in a circle: {circle}")
        self._check_depth(who, self.heights.get(call, 1))
        if call not in self.heights:
            self.calls.append(call)
            self.heights[call] = 1 + await read()
            self.calls.pop()
        return self.heights[call]

    def _check_depth(self, who: str, height: int) -> None:
        if len(self.calls) - 1 + height > MAX_SUB_WORKFLOW_DEPTH:
            raise SnapshotInvalid(
                f"{who}: workflows and agents are nested more than {MAX_SUB_WORKFLOW_DEPTH} deep"
            )

    # Tools ---------------------------------------------------------------------------------------

    async def _tool(self, who: str, name: str) -> ToolSpec:
        if name not in self.tools:
            found = await self._named(Tool, name)
            if found is None:
                raise SnapshotInvalid(f"{who}: there is no tool named {name!r}")
            self.tools[name] = spec_of(found)
        return self.tools[name]

    async def _described(self, who: str, name: str) -> None:
        """A registered tool with what a model needs to know, which MCP servers say of theirs."""
        spec = await self._tool(who, name)
        if isinstance(spec.config, McpConfig) and spec.input_schema is None:
            pinned = await self._pinned(who, spec.config)
            self.tools[name] = spec.model_copy(
                update={
                    "input_schema": pinned.input_schema,
                    "description": spec.description or pinned.description,
                }
            )

    async def _pinned(self, who: str, config: McpConfig) -> ToolSpec:
        """A server's tool as somebody approved it."""
        mine = McpServer.owner_id == self.owner_id
        server = await self.session.scalar(
            select(McpServer)
            .where(McpServer.name == config.server, or_(mine, McpServer.owner_id.is_(None)))
            .order_by(McpServer.owner_id.is_(None))
            .limit(1)
        )
        if server is None:
            raise SnapshotInvalid(
                f"{who}: no MCP server is named {config.server!r}; register it under MCP servers, "
                "or with `pastetrader mcp add`"
            )
        offered = {tool["name"]: tool for tool in server.tools}
        found: dict[str, Any] | None = offered.get(config.tool)
        if found is None:
            raise SnapshotInvalid(
                f"{who}: MCP server {config.server!r} offers no tool named {config.tool!r}; if it "
                f"is new, read its list again: `pastetrader mcp refresh {config.server}`"
            )
        if found["approved_hash"] != found["hash"]:
            why = "is not approved" if found["approved_hash"] is None else "has changed since"
            raise SnapshotInvalid(
                f"{who}: the tool {config.tool!r} of MCP server {config.server!r} {why}; look at it "
                f"and approve it: `pastetrader mcp approve {config.server} {config.tool}`"
            )
        return ToolSpec(
            config=config,
            description=found["description"] or found["title"],
            input_schema=found["input_schema"],
        )

    async def _named(self, model: type[_Row], name: str) -> _Row | None:
        """The account's own row of that name, else a public one."""
        mine = model.owner_id == self.owner_id
        found: _Row | None = await self.session.scalar(
            select(model)
            .where(model.name == name, or_(mine, model.is_public))
            .order_by(mine.desc(), model.created_at)
            .limit(1)
        )
        return found


def _workflow_call(place: str) -> str:
    return f"workflow {place!r}"


def _agent_call(name: str) -> str:
    return f"agent {name!r}"


async def _spec(session: AsyncSession, agent: Agent) -> AgentSpec:
    rows = select(AgentToolRow).where(AgentToolRow.agent_id == agent.id)
    bound = await session.scalars(rows.order_by(AgentToolRow.position))
    return spec_of_agent(agent, bound.all())


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
