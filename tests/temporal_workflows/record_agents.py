"""Records histories of agents into tests/histories: `python -m tests.temporal_workflows.record_agents`.

Existing files stay, as those of `record_histories` do.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.addresses import parse_openings
from activities.artifacts import Artifacts
from activities.database import Database
from activities.hints import Hints
from activities.http_client import HttpClient
from activities.worker import build_tools, build_worker
from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.temporal import EmbeddedTemporal
from cli.scripted_model.script import Script
from cli.scripted_model.server import scripted_model
from models.base import new_id
from models.enums import ModelProvider
from models.graph.agent import AgentSettings, AgentSpec
from models.graph.graph import Graph
from models.graph.tool import BuiltinConfig, ToolSpec
from temporal_workflows.agent_inputs import PROMPT_SCHEMA
from temporal_workflows.contracts import (
    AGENT_WORKFLOW,
    CLOSE_UPDATE,
    DECIDE_UPDATE,
    SAY_UPDATE,
    AgentInput,
    AgentToolSpec,
    Decision,
    Said,
    SubWorkflow,
    workflow_id,
)
from tests.databases import migrate
from tests.temporal_workflows.record_histories import HISTORIES, _chain, _portable

QUEUE = "record"
OWNER = str(new_id())
CALLS = [{"name": "log", "arguments": {"message": text}} for text in ("a", "b")]
WRONG = [{"name": "log", "arguments": {}}, {"name": "none", "arguments": {}}]
Act = Callable[[WorkflowHandle[Any, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """What the model says, the agent's facts, and what people do meanwhile."""

    script: dict[str, Any]
    facts: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    sensitive: bool = False
    act: Act | None = None


async def _accepted(handle: WorkflowHandle[Any, Any], name: str, argument: Any) -> None:
    """Ask for an update until it is accepted."""
    while True:
        try:
            await handle.execute_update(name, argument)
        except WorkflowUpdateFailedError:
            await asyncio.sleep(0.1)
        else:
            return


def _deciding(*words: bool) -> Act:
    async def act(handle: WorkflowHandle[Any, Any]) -> None:
        for number, approve in enumerate(words, 1):
            decision = Decision(place=f"call_1_{number}", approve=approve, by=OWNER, comment="c")
            await _accepted(handle, DECIDE_UPDATE, decision)

    return act


async def _talk(handle: WorkflowHandle[Any, Any]) -> None:
    for text in ("one", "two", "three"):
        await handle.execute_update(SAY_UPDATE, Said(text=text, id=text))
        await asyncio.sleep(1)
    await handle.execute_update(CLOSE_UPDATE)


def _below() -> dict[str, Any]:
    nodes = [{"key": "start", "type": "trigger"}]
    graph = Graph.model_validate({"name": "sub", "nodes": nodes, "output": {"ok": True}})
    config = AgentSettings(
        provider=ModelProvider.OPENAI_COMPATIBLE, model="scripted", base_url=URL, system="Helps."
    )
    sub = SubWorkflow(workflow_id=str(uuid4()), name="sub", version=1, graph=graph)
    return {
        "workflows": {"sub": sub},
        "agents": {"helper": AgentSpec(config=config)},
        "tools": [
            AgentToolSpec(name="sub", workflow="sub", parameters={"type": "object"}),
            AgentToolSpec(name="helper", agent="helper", parameters=PROMPT_SCHEMA),
        ],
    }


URL = "http://model"
BELOW = [{"name": "sub", "arguments": {}}, {"name": "helper", "arguments": {"prompt": "Help."}}]
SCENARIOS: dict[str, Scenario] = {
    "agent-success": Scenario({"turns": [{"tool_calls": CALLS}, {"tool_calls": WRONG}, "Done."]}),
    "agent-budget": Scenario(
        {"default": {"tool_calls": CALLS}}, settings={"budgets": {"max_turns": 2}}
    ),
    "agent-failure": Scenario({"default": {"fault": {"kind": "status", "status": 400}}}),
    "agent-continue_as_new": Scenario(
        {"turns": [{"tool_calls": CALLS}, {"tool_calls": CALLS}, "Done."]}, {"max_events": 10}
    ),
    "agent-approval": Scenario(
        {"turns": [{"tool_calls": CALLS}, "Done."]}, sensitive=True, act=_deciding(True, False)
    ),
    "agent-expiry": Scenario(
        {"turns": [{"tool_calls": CALLS}, "Done."]}, {"ends_on_timeout": True}, sensitive=True
    ),
    "agent-chat": Scenario({"default": "Yes."}, {"chat": True, "max_events": 30}, act=_talk),
    "agent-summary": Scenario(
        {"turns": [{"tool_calls": CALLS}] * 3, "default": "Done."},
        settings={"memory": "summary", "window": 4, "budgets": {"max_turns": 4}},
    ),
    "agent-below": Scenario({"turns": [{"tool_calls": BELOW}], "default": "Done."}),
}


def agent(url: str, name: str) -> AgentInput:
    """An agent that may log."""
    scenario = SCENARIOS[name]
    text = {"type": "string"}
    schema = {"type": "object", "required": ["message"], "properties": {"message": text}}
    spec = ToolSpec(config=BuiltinConfig(name="log"), input_schema=schema)
    log = AgentToolSpec(
        name="log",
        description="Writes a line.",
        spec=spec,
        sensitive=scenario.sensitive,
        approval_seconds=3 if name == "agent-expiry" else 600,
    )
    facts: dict[str, Any] = {"tools": [log], **scenario.facts}
    if name == "agent-below":
        facts |= _below()
        facts["agents"]["helper"].config.base_url = f"{url}/v1"
    config = {
        "provider": "openai_compatible",
        "base_url": f"{url}/v1",
        "model": "scripted",
        **scenario.settings,
    }
    return AgentInput(
        execution_id=str(uuid4()),
        owner_id=OWNER,
        workflow_id=str(uuid4()),
        workflow_version=1,
        config=config,
        system="You log.",
        input={"prompt": "Log a and b."},
        **facts,
    )


@asynccontextmanager
async def bed(folder: Path) -> AsyncIterator[Client]:
    """Servers and a worker of their own."""
    postgres = EmbeddedPostgres(folder / "postgres")
    temporal = EmbeddedTemporal(folder / "temporal", with_ui=False)
    await postgres.start()
    await temporal.start()
    await migrate(postgres.url)
    database, http = Database(postgres.url), HttpClient(parse_openings("127.0.0.1"))
    await database.fetch(
        "INSERT INTO users (id, email, hashed_password, display_name, role)"
        " VALUES ($1, 'a@example.org', 'x', 'n', 'editor')",
        OWNER,
    )
    client = await Client.connect(temporal.address, data_converter=pydantic_data_converter)
    (folder / "artifacts").mkdir()
    worker = build_worker(
        client,
        tools=build_tools(http),
        artifacts=Artifacts.from_url((folder / "artifacts").as_uri()),
        hints=Hints(None),
        task_queue=QUEUE,
        database=database,
        http=http,
    )
    async with worker:
        yield client
    await database.close()
    await temporal.stop()
    await postgres.stop()


async def main() -> None:
    """Record what is missing."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        async with bed(Path(folder)) as client:
            for name, scenario in SCENARIOS.items():
                if (HISTORIES / f"{name}.json").exists():
                    continue
                sys.stdout.write(f"{name}\n")
                async with scripted_model(Script.model_validate(scenario.script)) as model:
                    start = agent(model.url, name)
                    handle = await client.start_workflow(
                        AGENT_WORKFLOW,
                        start,
                        id=workflow_id(start.execution_id),
                        task_queue=QUEUE,
                    )
                    if scenario.act is not None:
                        await asyncio.wait_for(scenario.act(handle), 60)
                    with suppress(WorkflowFailureError):
                        await asyncio.wait_for(handle.result(), 60)
                for number, run_id in enumerate(await _chain(client, handle)):
                    found = client.get_workflow_handle(handle.id, run_id=run_id)
                    text = (await found.fetch_history()).to_json()
                    suffix = f"-{number}" if number else ""
                    (HISTORIES / f"{name}{suffix}.json").write_text(
                        _portable(text), encoding="utf-8"
                    )


if __name__ == "__main__":
    asyncio.run(main())
