"""Agents that wait for people for days, on a server that skips time where nothing happens."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from activities.addresses import parse_openings
from activities.artifacts import Artifacts
from activities.database import Database
from activities.hints import Hints
from activities.http_client import HttpClient
from activities.worker import build_tools, build_worker
from cli.embedded.temporal import find_program
from cli.scripted_model.script import Script
from cli.scripted_model.server import ScriptedModel, scripted_model
from models.base import new_id
from models.graph.tool import BuiltinConfig, ToolSpec
from temporal_workflows.contracts import (
    AGENT_WORKFLOW,
    TASK_QUEUE,
    AgentInput,
    AgentToolSpec,
    workflow_id,
)

DAY = 86_400.0


@pytest.fixture
async def model() -> AsyncIterator[ScriptedModel]:
    async with scripted_model(Script()) as server:
        yield server


@pytest.fixture
async def owner(migrated_url: str) -> str:
    """The id of an account."""
    database, account = Database(migrated_url), str(new_id())
    await database.fetch(
        "INSERT INTO users (id, email, hashed_password, display_name, role)"
        " VALUES ($1::uuid, $1::text || '@example.org', 'x', 'n', 'editor')",
        account,
    )
    await database.close()
    return account


async def run_of(url: str, owner: str, model: ScriptedModel, **facts: Any) -> tuple[Any, timedelta]:
    """The output of an agent's run, and how long it took by the server's clock."""
    start = AgentInput(
        execution_id=str(new_id()),
        owner_id=owner,
        config={
            "provider": "openai_compatible",
            "base_url": f"{model.url}/v1",
            "model": "scripted",
        },
        input={"prompt": "Do it."},
        **facts,
    )
    database, http = Database(url), HttpClient(parse_openings("127.0.0.1"))
    async with await WorkflowEnvironment.start_time_skipping_v2(
        data_converter=pydantic_data_converter,
        dev_server_existing_path=str(find_program()),
        dev_server_extra_args=[
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
        ],
    ) as environment:
        worker = build_worker(
            environment.client,
            tools=build_tools(http),
            artifacts=Artifacts.from_url("memory:///"),
            hints=Hints(None),
            database=database,
            http=http,
        )
        async with worker:
            run = await environment.client.start_workflow(
                AGENT_WORKFLOW, start, id=workflow_id(start.execution_id), task_queue=TASK_QUEUE
            )
            result = await run.result()
            times = [event.event_time.ToDatetime() async for event in run.fetch_history_events()]
    await database.close()
    await http.close()
    return result["output"], times[-1] - times[0]


async def test_a_conversation_waits_for_three_months(
    migrated_url: str, owner: str, model: ScriptedModel
) -> None:
    model.script = Script.model_validate({"default": "Done."})
    output, passed = await run_of(migrated_url, owner, model, chat=True)
    assert (output["text"], output["ended"]) == ("Done.", "answer")
    assert passed.days == 90


async def test_a_call_waits_for_a_person_for_a_week(
    migrated_url: str, owner: str, model: ScriptedModel
) -> None:
    schema = {"type": "object", "properties": {"message": {"type": "string"}}}
    spec = ToolSpec(config=BuiltinConfig(name="log"), input_schema=schema)
    tool = AgentToolSpec(name="log", spec=spec, sensitive=True, approval_seconds=7 * DAY)
    asked = {"tool_calls": [{"name": "log", "arguments": {"message": "a"}}]}
    model.script = Script.model_validate({"turns": [asked, "Nobody came."]})
    output, passed = await run_of(migrated_url, owner, model, tools=[tool])
    assert output["text"] == "Nobody came."
    assert passed.days == 7
    assert "nobody decided in time" in model.ledger.requests[-1].asked.last.text
