"""Records histories of agents into tests/histories: `python -m tests.temporal_workflows.record_agents`.

Existing files stay, as those of `record_histories` do.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowFailureError
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
from models.graph.tool import BuiltinConfig, ToolSpec
from temporal_workflows.contracts import AGENT_WORKFLOW, AgentInput, AgentToolSpec, workflow_id
from tests.databases import migrate
from tests.temporal_workflows.record_histories import HISTORIES, _chain, _portable

QUEUE = "record"
OWNER = str(new_id())
CALLS = [{"name": "log", "arguments": {"message": text}} for text in ("a", "b")]
WRONG = [{"name": "log", "arguments": {}}, {"name": "none", "arguments": {}}]
# name → (what the model says, the agent's budgets, how many events a run may have)
SCENARIOS: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "agent-success": (
        {"turns": [{"tool_calls": CALLS}, {"tool_calls": WRONG}, "Done."]},
        {},
        4_000,
    ),
    "agent-budget": ({"default": {"tool_calls": CALLS}}, {"max_turns": 2}, 4_000),
    "agent-failure": ({"default": {"fault": {"kind": "status", "status": 400}}}, {}, 4_000),
    "agent-continue_as_new": (
        {"turns": [{"tool_calls": CALLS}, {"tool_calls": CALLS}, "Done."]},
        {},
        10,
    ),
}


def agent(url: str, budgets: dict[str, Any], max_events: int) -> AgentInput:
    """An agent that may log."""
    text = {"type": "string"}
    schema = {"type": "object", "required": ["message"], "properties": {"message": text}}
    spec = ToolSpec(config=BuiltinConfig(name="log"), input_schema=schema)
    return AgentInput(
        execution_id=str(uuid4()),
        owner_id=OWNER,
        workflow_id=str(uuid4()),
        workflow_version=1,
        config={
            "provider": "openai_compatible",
            "base_url": f"{url}/v1",
            "model": "scripted",
            "system": "You log.",
            "prompt": "Log a and b.",
            "budgets": budgets,
        },
        tools=[AgentToolSpec(name="log", description="Writes a line.", spec=spec)],
        max_events=max_events,
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
            for name, (script, budgets, max_events) in SCENARIOS.items():
                if (HISTORIES / f"{name}.json").exists():
                    continue
                sys.stdout.write(f"{name}\n")
                async with scripted_model(Script.model_validate(script)) as model:
                    start = agent(model.url, budgets, max_events)
                    handle = await client.start_workflow(
                        AGENT_WORKFLOW,
                        start,
                        id=workflow_id(start.execution_id),
                        task_queue=QUEUE,
                    )
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
