"""Routes about agents."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from api.agents.schemas import (
    AgentChange,
    AgentList,
    AgentOut,
    ModelList,
    ModelOut,
    NewAgent,
    ToolIn,
)
from api.agents.service import AgentService
from api.audit import note
from api.deps import EditorDep, SessionDep, UserDep
from api.errors import VersionMismatch
from api.pagination import cut, decode_cursor, encode_cursor
from models.agent import Agent
from models.graph.agent import AgentSettings, AgentSpec

router = APIRouter(prefix="/agents", tags=["agents"])
models_router = APIRouter(prefix="/models", tags=["agents"])
_PATTERN = frozenset("*?[")


def get_service(session: SessionDep, user: UserDep) -> AgentService:
    """Use cases in the request's transaction."""
    return AgentService(session, user)


ServiceDep = Annotated[AgentService, Depends(get_service)]


@models_router.get("")
async def list_models(user: UserDep, request: Request) -> ModelList:
    """Models whose prices are known here; agents can use others as well."""
    return ModelList(
        items=[
            ModelOut(
                provider=provider,
                name=name,
                input_usd_per_million=float(price.input),
                output_usd_per_million=float(price.output),
                cached_input_usd_per_million=None if price.cached is None else float(price.cached),
            )
            for provider, prices in request.app.state.prices.items()
            for name, price in prices.items()
            if not _PATTERN & set(name)
        ]
    )


@router.get("")
async def list_agents(
    service: ServiceDep,
    session: SessionDep,
    text: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> AgentList:
    """Agents that you can use: your own and public ones, newest first."""
    statement = service.visible()
    if text is not None:
        statement = statement.where(Agent.name.icontains(text.replace("\x00", ""), autoescape=True))
    if cursor:
        statement = statement.where(Agent.id < decode_cursor(cursor, UUID)[0])
    rows = (await session.scalars(statement.order_by(Agent.id.desc()).limit(limit + 1))).all()
    page, following = cut(rows, limit, lambda row: encode_cursor(row.id))
    specs = await service.specs(page)
    return AgentList(
        items=[_shown(agent, spec) for agent, spec in zip(page, specs, strict=True)],
        next_cursor=following,
    )


@router.post("", status_code=201)
async def create_agent(
    body: NewAgent, service: ServiceDep, session: SessionDep, editor: EditorDep, request: Request
) -> AgentOut:
    """Register an agent under a name."""
    agent = Agent(
        owner_id=editor.id,
        name=body.name,
        description=body.description,
        is_public=body.is_public,
    )
    stored = await service.store(agent, body.config)
    note(session, request, "agent.create", actor_id=editor.id, resource=str(stored.id))
    return await _out(service, stored)


@router.get("/{agent_id}")
async def get_agent(agent_id: UUID, service: ServiceDep) -> AgentOut:
    """One agent."""
    return await _out(service, await service.get(agent_id))


@router.patch("/{agent_id}")
async def change_agent(
    agent_id: UUID,
    body: AgentChange,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
) -> AgentOut:
    """Change an agent; what is published already runs it as it then is."""
    agent = await service.get_own(agent_id)
    if body.version is not None and body.version != agent.version:
        raise VersionMismatch(
            f"the agent is at version {agent.version}, not {body.version}; read it again",
            extra={"current_version": agent.version},
        )
    [spec] = await service.specs([agent])
    if body.name is not None and body.name != agent.name:
        await service.refuse_used(agent)
        agent.name = body.name
    if "description" in body.model_fields_set:
        agent.description = body.description
    if body.is_public is not None:
        agent.is_public = body.is_public
    agent.version += 1
    stored = await service.store(agent, _changed(spec.config, body.config))
    note(session, request, "agent.change", actor_id=editor.id, resource=str(agent_id))
    return await _out(service, stored)


@router.delete("/{agent_id}", status_code=204)
async def delete_agent(
    agent_id: UUID, service: ServiceDep, session: SessionDep, editor: EditorDep, request: Request
) -> None:
    """Delete an agent that no workflow and no other agent names."""
    await service.delete(await service.get_own(agent_id))
    note(session, request, "agent.delete", actor_id=editor.id, resource=str(agent_id))


@router.post("/{agent_id}/tools")
async def bind_tool(
    agent_id: UUID,
    body: ToolIn,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
) -> AgentOut:
    """Give an agent a tool; it takes the place of the one of that name."""
    agent = await service.bind(await service.get_own(agent_id), body)
    detail = {"tool": body.name}
    note(session, request, "agent.bind", actor_id=editor.id, resource=str(agent_id), detail=detail)
    return await _out(service, agent)


@router.delete("/{agent_id}/tools/{name}")
async def unbind_tool(
    agent_id: UUID,
    name: str,
    service: ServiceDep,
    session: SessionDep,
    editor: EditorDep,
    request: Request,
) -> AgentOut:
    """Take a tool from an agent."""
    agent = await service.unbind(await service.get_own(agent_id), name)
    detail = {"tool": name}
    note(
        session, request, "agent.unbind", actor_id=editor.id, resource=str(agent_id), detail=detail
    )
    return await _out(service, agent)


def _changed(stored: AgentSettings, given: AgentSettings | None) -> AgentSettings:
    """The settings from now on: tools that are not spoken of stay."""
    if given is None:
        return stored
    if "tools" in given.model_fields_set:
        return given
    return given.model_copy(update={"tools": stored.tools})


async def _out(service: AgentService, agent: Agent) -> AgentOut:
    [spec] = await service.specs([agent])
    return _shown(agent, spec)


def _shown(agent: Agent, spec: AgentSpec) -> AgentOut:
    return AgentOut(
        id=agent.id,
        owner_id=agent.owner_id,
        name=agent.name,
        description=agent.description,
        config=spec.config,
        is_public=agent.is_public,
        version=agent.version,
        created_at=agent.created_at,
        updated_at=agent.updated_at,
    )
