"""Use cases about agents."""

from collections.abc import Iterable, Sequence, Set
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, false, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.agents.checks import settings_problems, tool_problems
from api.errors import Conflict, NotFound, Problem, ValidationFailed
from api.ownership import owned
from api.usage import refuse_used
from models.agent import Agent, AgentToolRow
from models.graph.agent import MAX_TOOLS, AgentSettings, AgentSpec, AgentTool
from models.graph.problems import Code, nearest
from models.tool import Tool
from models.user import User
from models.workflow import Workflow

_Row = TypeVar("_Row", Tool, Agent)
_PATH = "body.config"


class AgentNameTaken(Conflict):
    """Another live agent of the account has the name."""

    code = "NAME_TAKEN"


class AgentInUse(Conflict):
    """Workflows or other agents name the agent; `errors` lists them."""

    code = "AGENT_IN_USE"


class AgentService:
    """What one account does with agents, in one transaction."""

    def __init__(self, session: AsyncSession, user: User) -> None:
        self._session = session
        self._user = user

    def visible(self) -> Select[Agent]:
        """The account's agents and public ones."""
        return select(Agent).where(or_(Agent.owner_id == self._user.id, Agent.is_public))

    async def get(self, agent_id: UUID) -> Agent:
        """An agent that the account may use: its own, or a public one; raises `NotFound`."""
        found = await self._session.scalar(self.visible().where(Agent.id == agent_id))
        if found is None:
            raise NotFound(f"there is no agent {agent_id}")
        return found

    async def get_own(self, agent_id: UUID) -> Agent:
        """An agent of the account, locked; raises `NotFound`."""
        statement = owned(select(Agent), Agent, self._user).where(Agent.id == agent_id)
        found = await self._session.scalar(statement.with_for_update())
        if found is None:
            raise NotFound(f"there is no agent {agent_id}")
        return found

    async def specs(self, agents: Iterable[Agent]) -> list[AgentSpec]:
        """The agents, in this order, with their tools."""
        chosen = list(agents)
        rows = select(AgentToolRow).where(AgentToolRow.agent_id.in_([each.id for each in chosen]))
        bound: dict[UUID, list[AgentToolRow]] = {each.id: [] for each in chosen}
        for row in await self._session.scalars(rows.order_by(AgentToolRow.position)):
            bound[row.agent_id].append(row)
        return [spec_of_agent(each, bound[each.id]) for each in chosen]

    async def store(self, agent: Agent, settings: AgentSettings) -> Agent:
        """Write a new or changed agent; raises `AgentNameTaken`, `ValidationFailed`."""
        paths = [f"{_PATH}.tools[{number}]" for number in range(len(settings.tools))]
        problems = list(settings_problems(settings, _PATH))
        for tool, path in zip(settings.tools, paths, strict=True):
            problems += tool_problems(tool, path)
        with self._session.no_autoflush:
            await self._refuse_taken(agent)
            problems += await self._unknown(agent, settings.tools, paths)
        _refuse(problems)
        _write(agent, settings)
        self._session.add(agent)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise AgentNameTaken("you have an agent of that name already") from error
        return await self._write_tools(agent, settings.tools)

    async def bind(self, agent: Agent, tool: AgentTool) -> Agent:
        """Give it a tool, in the place of the one of that name; raises `ValidationFailed`."""
        _refuse([*tool_problems(tool, "body"), *await self._unknown(agent, [tool], ["body"])])
        [spec] = await self.specs([agent])
        tools = {each.name: each for each in spec.config.tools} | {tool.name: tool}
        return await self._rebind(agent, list(tools.values()))

    async def unbind(self, agent: Agent, name: str) -> Agent:
        """Take a tool from it; raises `NotFound`."""
        [spec] = await self.specs([agent])
        tools = [each for each in spec.config.tools if each.name != name]
        if len(tools) == len(spec.config.tools):
            raise NotFound(f"the agent has no tool {name!r}")
        return await self._rebind(agent, tools)

    async def delete(self, agent: Agent) -> None:
        """Put it into the bin; raises `AgentInUse`."""
        await self.refuse_used(agent)
        agent.soft_delete()

    async def refuse_used(self, agent: Agent) -> None:
        """Raises `AgentInUse` while a workflow or another agent of its owner names it."""
        what = f"the agent {agent.name!r}"
        await refuse_used(self._session, self._user, {"agent": agent.name}, what, AgentInUse)

    # What it names -------------------------------------------------------------------------------

    async def _unknown(
        self, agent: Agent, tools: Sequence[AgentTool], paths: Sequence[str]
    ) -> list[Problem]:
        """Names that mean nothing to whoever may use the agent, which is everybody when public."""
        known = {
            "tool": await self._names(Tool, public=agent.is_public),
            "agent": await self._names(Agent, public=agent.is_public) - {agent.name},
            "workflow": frozenset() if agent.is_public else await self._workflows(),
        }
        return [
            {
                "path": f"{path}.{what}",
                "message": _missing(what, name, names, agent),
                "code": Code.INVALID_REFERENCE.value,
            }
            for tool, path in zip(tools, paths, strict=True)
            for what, names in known.items()
            if (name := getattr(tool, what)) is not None and name not in names
        ]

    async def _names(self, model: type[_Row], *, public: bool) -> Set[str]:
        mine = false() if public else model.owner_id == self._user.id
        allowed = or_(mine, model.is_public)
        return frozenset(await self._session.scalars(select(model.name).where(allowed)))

    async def _workflows(self) -> Set[str]:
        mine = owned(select(Workflow.name), Workflow, self._user)
        published = mine.where(
            Workflow.published_version.is_not(None), Workflow.deleted_at.is_(None)
        )
        return frozenset(await self._session.scalars(published))

    # Rows ----------------------------------------------------------------------------------------

    async def _rebind(self, agent: Agent, tools: list[AgentTool]) -> Agent:
        if len(tools) > MAX_TOOLS:
            raise ValidationFailed(f"an agent has at most {MAX_TOOLS} tools; unbind one first")
        agent.version += 1
        return await self._write_tools(agent, tools)

    async def _write_tools(self, agent: Agent, tools: list[AgentTool]) -> Agent:
        rows = select(AgentToolRow).where(AgentToolRow.agent_id == agent.id)
        stored = {row.name: row for row in await self._session.scalars(rows)}
        for position, tool in enumerate(tools):
            row = stored.pop(tool.name, None) or AgentToolRow(agent_id=agent.id, name=tool.name)
            row.position = position
            row.document = tool.model_dump(mode="json", exclude_unset=True)
            self._session.add(row)
        for gone in stored.values():
            await self._session.delete(gone)
        await self._session.flush()
        await self._session.refresh(agent)
        return agent

    async def _refuse_taken(self, agent: Agent) -> None:
        others = owned(select(Agent.id), Agent, self._user).where(
            Agent.name == agent.name, Agent.deleted_at.is_(None), Agent.id != agent.id
        )
        if (await self._session.scalars(others)).first() is not None:
            raise AgentNameTaken(
                f"you have an agent named {agent.name!r} already; choose another name"
            )


def spec_of_agent(agent: Agent, tools: Sequence[AgentToolRow]) -> AgentSpec:
    """A registered agent with its tools, in their order, as runs carry it."""
    config = {
        "provider": agent.model_provider,
        "model": agent.model_name,
        "base_url": agent.base_url,
        "auth_mode": agent.auth_mode,
        "api_key": agent.api_key,
        "system": agent.system_prompt,
        "output_schema": agent.output_schema,
        "parameters": agent.parameters,
        "budgets": agent.budgets,
        "memory": agent.memory,
        "window": agent.window,
        "tools": [row.document for row in tools],
    }
    given = {name: value for name, value in config.items() if value is not None}
    return AgentSpec.model_validate(
        {"id": str(agent.id), "description": agent.description, "config": given}
    )


def _write(agent: Agent, settings: AgentSettings) -> None:
    agent.model_provider = settings.provider
    agent.model_name = settings.model
    agent.base_url = settings.base_url
    agent.auth_mode = settings.auth_mode
    agent.api_key = settings.api_key
    agent.system_prompt = settings.system
    agent.output_schema = settings.output_schema
    agent.parameters = settings.parameters.model_dump(mode="json", exclude_none=True)
    agent.budgets = settings.budgets.model_dump(mode="json", exclude_none=True)
    agent.memory = settings.memory
    agent.window = settings.window


def _missing(what: str, name: str, names: Set[str], agent: Agent) -> str:
    if what == "agent" and name == agent.name:
        return "an agent cannot call itself"
    if agent.is_public and what == "workflow":
        return "a public agent cannot call a workflow: nobody else has it"
    if agent.is_public:
        return f"there is no public {what} named {name!r}; everybody's agent needs everybody's"
    if what == "workflow":
        hint = nearest(name, names) or "publish it first"
        return f"there is no published workflow named {name!r}: {hint}"
    return f"there is no {what} named {name!r}: {nearest(name, names) or 'register it first'}"


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise ValidationFailed(problems[0]["message"], errors=problems)
