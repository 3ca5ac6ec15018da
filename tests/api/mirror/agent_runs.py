"""Runs of agents on the real servers, with a model that follows a script and people who decide."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from temporalio.client import Client, WorkflowFailureError

from api.engine import UpdateRefused
from api.mirror.events import Page, TimerStarted
from cli.scripted_model.script import Script
from cli.scripted_model.server import scripted_model
from models.enums import ModelProvider
from models.graph.agent import AgentSettings, AgentSpec
from models.graph.graph import Graph
from models.graph.tool import BuiltinConfig, ToolSpec
from temporal_workflows.agent_inputs import PROMPT_SCHEMA
from temporal_workflows.contracts import (
    IDLE_PURPOSE,
    AgentInput,
    AgentToolSpec,
    Decision,
    Said,
    SubWorkflow,
    workflow_id,
)
from tests.api.mirror.conftest import Desk
from tests.temporal_workflows.shapes import CHILD

Chains = dict[str, list[Page]]
Act = Callable[[Desk, str], Awaitable[None]]


@dataclass(frozen=True)
class Talk:
    """What the model says, what the agent may call, and what people do meanwhile."""

    name: str
    turns: Sequence[Any]
    act: Act | None = None
    tools: Sequence[dict[str, Any]] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


def calls(*names: str, **arguments: Any) -> dict[str, Any]:
    """A reply that calls tools, all with the same arguments."""
    return {"tool_calls": [{"name": name, "arguments": arguments} for name in names]}


def builtin(name: str, *, sensitive: bool = True, **more: Any) -> dict[str, Any]:
    """A scripted tool of an agent; what is not a field of it goes to its script."""
    seconds = more.pop("approval_seconds", 600)
    spec = ToolSpec(config=BuiltinConfig(name=name, options=more))
    return {
        "name": name,
        "spec": spec,
        "sensitive": sensitive,
        "approval_seconds": seconds,
        "parameters": {"type": "object"},
    }


def deciding(by: str, *words: tuple[str, bool], comment: str | None = None) -> Act:
    """Decide about places, one after the other."""

    async def act(desk: Desk, temporal_id: str) -> None:
        for place, approve in words:
            decision = Decision(place=place, approve=approve, by=by, comment=comment)
            await decided(desk, temporal_id, decision)

    return act


async def decided(desk: Desk, temporal_id: str, decision: Decision) -> None:
    """Decide as soon as somebody may."""
    async with asyncio.timeout(30):
        while True:
            with suppress(UpdateRefused):
                await desk.engine.decide(temporal_id, decision)
                return
            await asyncio.sleep(0.05)


async def waits(desk: Desk, temporal_id: str, purpose: str, times: int = 1) -> None:
    """Wait until the run has waited for people so many times, for this."""
    async with asyncio.timeout(30):
        while True:
            pages = await desk.engine.chain(temporal_id)
            timers = [fact for page in pages for fact in page.facts if type(fact) is TimerStarted]
            if sum(timer.purpose == purpose for timer in timers) >= times:
                return
            await asyncio.sleep(0.05)


async def talked(desk: Desk, temporal_id: str) -> None:
    """Two more messages, each after an answer, and an end."""
    for number in (1, 2):
        await waits(desk, temporal_id, IDLE_PURPOSE, number)
        await desk.engine.say(temporal_id, Said(text="more", id=str(number)))
    await waits(desk, temporal_id, IDLE_PURPOSE, 3)
    await desk.engine.close(temporal_id)


def agent_input(desk: Desk, talk: Talk, url: str) -> AgentInput:
    """The input of a talk's run."""
    config = AgentSettings(
        provider=ModelProvider.OPENAI_COMPATIBLE, model="scripted", base_url=f"{url}/v1"
    )
    sub = SubWorkflow(
        workflow_id=str(desk.workflow_id),
        name="child",
        version=1,
        graph=Graph.model_validate(CHILD),
    )
    given: dict[str, Any] = {
        "execution_id": str(uuid4()),
        "owner_id": str(desk.owner_id),
        "config": config.model_dump(mode="json", exclude_none=True) | talk.settings,
        "input": {"prompt": "Go."},
        "tools": [AgentToolSpec(**tool) for tool in talk.tools],
        "workflows": {"child": sub},
        "agents": {"helper": AgentSpec(config=config.model_copy(update={"system": "Helps."}))},
    }
    return AgentInput(**given | talk.facts)


@asynccontextmanager
async def talking(desk: Desk, talk: Talk) -> AsyncIterator[UUID]:
    """A talk's run, while its model answers."""
    script = Script.model_validate({"turns": list(talk.turns), "default": "Done."})
    async with scripted_model(script) as model:
        yield await desk.start_agent(agent_input(desk, talk, model.url))


async def chain_of(desk: Desk, client: Client, talk: Talk) -> list[Page]:
    """The decoded histories of a talk that people took part in, once it has ended."""
    async with talking(desk, talk) as execution_id:
        name = workflow_id(str(execution_id))
        if talk.act is not None:
            await talk.act(desk, name)
        with suppress(WorkflowFailureError):
            await asyncio.wait_for(client.get_workflow_handle(name).result(), 60)
        return await desk.engine.chain(name)


BELOW = (
    {"name": "sub", "workflow": "child", "sensitive": True, "parameters": {"type": "object"}},
    {"name": "help", "agent": "helper", "sensitive": True, "parameters": PROMPT_SCHEMA},
)
PERSON = str(uuid4())
