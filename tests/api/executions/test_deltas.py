"""What an agent says is followed while it says it, over real connections."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from sqlalchemy import select, text

from activities.addresses import parse_openings
from activities.database import Database
from activities.deltas import Deltas
from activities.hints import Hints
from activities.http_client import HttpClient
from activities.worker import build_tools, build_worker
from api import deltas as api_deltas
from api.deltas import RunningTurns
from cli.scripted_model.script import Script
from cli.scripted_model.server import ScriptedModel, address, listen, scripted_model
from models.deltas import Delta
from models.execution import WorkflowExecution
from tests.api.fixtures import Api, ended, published, started
from tests.api.stacks import Stack, settings_for
from tests.databases import NewDatabase, migrate

KEY = "sk-canary-of-deltas-5e1f0a"
ANSWER = " ".join(f"word{n}" for n in range(40))
SLOW = {"text": ANSWER, "chunk": 8, "slow": {"between": 0.05}}
Event = tuple[str | None, str, Any]


@dataclass
class Live:
    """An API on a port, with a worker whose agents may be followed, and their model."""

    stack: Stack
    url: str
    editor: Api
    model: ScriptedModel

    async def begun(self, **config: Any) -> tuple[str, str]:
        """(run, the agent's own run) of an agent that has begun."""
        base = f"{self.model.url}/v1"
        agent = {
            "provider": "openai_compatible",
            "model": "scripted-1",
            "base_url": base,
            "prompt": f"Say something. [conversation: {uuid4().hex}]",
            **config,
        }
        document = {
            "name": f"agent {uuid4().hex}",
            "output": "{{ nodes.ask.output }}",
            "nodes": [
                {"key": "start", "type": "trigger"},
                {"key": "ask", "type": "agent", "config": agent},
            ],
            "edges": [{"source": "start", "target": "ask"}],
        }
        run = await started(self.editor, await published(self.editor, document))
        below = select(WorkflowExecution.id).where(
            WorkflowExecution.parent_execution_id == UUID(run)
        )
        async with asyncio.timeout(30):
            while True:
                async with self.stack.app.state.sessions() as session:
                    if (found := await session.scalar(below)) is not None:
                        return run, str(found)
                await asyncio.sleep(0.02)

    async def events(self, execution_id: str) -> AsyncGenerator[Event]:
        """(id, kind, data) as they come."""
        headers = {"Authorization": self.editor.headers["Authorization"]}
        path = f"{self.url}/api/v1/executions/{execution_id}/events"
        fields: dict[str, str] = {}
        async with (
            httpx.AsyncClient(timeout=30, trust_env=False) as client,
            client.stream("GET", path, headers=headers) as answer,
        ):
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name:
                    fields[name] = value
                elif "data" in fields:
                    yield fields.get("id"), fields["event"], json.loads(fields["data"])
                    if fields["event"] == "end":
                        return
                if not line:
                    fields = {}


@asynccontextmanager
async def serving(stack: Stack) -> AsyncIterator[str]:
    """The URL of the API."""
    listening = listen()
    server = uvicorn.Server(uvicorn.Config(stack.app, log_level="critical", lifespan="off"))
    task = asyncio.create_task(server._serve([listening]))
    try:
        yield address(listening)
    finally:
        server.should_exit = server.force_exit = True
        await task


@asynccontextmanager
async def working(stack: Stack) -> AsyncIterator[None]:
    """A worker that streams."""
    url = stack.settings.database_url
    http, database = HttpClient(parse_openings("127.0.0.1")), Database(url)
    hints, deltas = Hints(url), Deltas(url)
    worker = build_worker(
        await stack.client(),
        tools=build_tools(http),
        artifacts=stack.artifacts,
        hints=hints,
        task_queue=stack.queue,
        database=database,
        keys=stack.settings.keys,
        http=http,
        deltas=deltas,
    )
    async with worker:
        yield
    for each in (hints, deltas, http, database):
        await each.close()


@pytest.fixture(scope="module")
async def live(
    new_database: NewDatabase, temporal_address: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Live]:
    url, folder = await new_database(), Path(tmp_path_factory.mktemp("deltas"))
    await migrate(url)
    stack = Stack(settings_for(url, temporal_address, folder))
    async with (
        stack.serving(),
        serving(stack) as address_of_api,
        working(stack),
        stack.signed_in() as editor,
        scripted_model(Script()) as model,
    ):
        yield Live(stack, address_of_api, editor, model)


def deltas_of(events: list[Event]) -> list[dict[str, Any]]:
    return [data for _, kind, data in events if kind == "delta"]


def joined(deltas: list[dict[str, Any]]) -> str:
    """The text from its beginning, which has no gap."""
    assert deltas
    assert deltas[0]["offset"] == 0
    for one, two in pairwise(deltas):
        assert two["offset"] == one["offset"] + len(one["text"])
    return "".join(each["text"] for each in deltas)


def place_of_row(events: list[Event], key: str, status: str) -> int:
    return next(
        place
        for place, (_, kind, data) in enumerate(events)
        if kind == "node" and (data["node_key"], data["status"]) == (key, status)
    )


async def test_an_answer_is_followed_word_by_word_before_its_turn_ends(live: Live) -> None:
    live.model.script = Script.model_validate({"default": SLOW})
    _, agent = await live.begun()
    events = [event async for event in live.events(agent)]
    deltas = deltas_of(events)
    assert joined(deltas) == ANSWER
    assert len(deltas) > 5
    assert {(each["node_key"], each["attempt"]) for each in deltas} == {("turn_1", 1)}
    assert sorted(deltas[0]) == ["attempt", "node_key", "offset", "text"]
    assert all(identity is None for identity, kind, _ in events if kind == "delta")
    last = max(place for place, (_, kind, _) in enumerate(events) if kind == "delta")
    assert last < place_of_row(events, "turn_1", "completed")
    said = (await live.editor.get(f"/executions/{agent}/messages")).json()["items"]
    assert said[-1]["content"] == ANSWER


async def test_who_comes_in_the_middle_hears_it_from_the_beginning(live: Live) -> None:
    live.model.script = Script.model_validate({"default": SLOW})
    _, agent = await live.begun()
    async with aclosing(live.events(agent)) as first:
        async for _, kind, data in first:
            if kind == "delta" and data["offset"] > 60:
                break
    later = deltas_of([event async for event in live.events(agent)])
    assert len(later[0]["text"]) > 60, "what was said so far comes first, at once"
    assert len(later) > 1
    assert joined(later) == ANSWER
    again = [event async for event in live.events(agent)]
    assert deltas_of(again) == [], "the turn is finished: it is a row and a message"


async def test_each_turn_begins_anew_and_calls_say_nothing(live: Live) -> None:
    tool = {
        "name": "double",
        "description": "Twice.",
        "config": {"kind": "python", "code": "def main(n):\n    return n * 2"},
        "input_schema": {"type": "object", "properties": {"n": {"type": "integer"}}},
    }
    call = {"name": "double", "arguments": {"n": 2}}
    spoken = {"text": "I look it up, slowly.", "chunk": 2, "slow": {"between": 0.05}}
    turns = [{**spoken, "tool_calls": [call]}, {"tool_calls": [call]}, SLOW]
    live.model.script = Script.model_validate({"turns": turns})
    _, agent = await live.begun(tools=[tool])
    said: dict[str, list[dict[str, Any]]] = {}
    async for _, kind, data in live.events(agent):
        if kind == "delta":
            said.setdefault(data["node_key"], []).append(data)
    assert {key: joined(deltas) for key, deltas in said.items()} == {
        "turn_1": "I look it up, slowly.",
        "turn_3": ANSWER,
    }


async def test_a_second_attempt_begins_anew(live: Live) -> None:
    cut = {**SLOW, "fault": {"kind": "cut", "after": 20}}
    rules = [{"when": {"attempt": 1}, "reply": cut}]
    live.model.script = Script.model_validate({"rules": rules, "default": SLOW})
    _, agent = await live.begun()
    deltas = deltas_of([event async for event in live.events(agent)])
    attempts = {each["attempt"] for each in deltas}
    assert attempts == {1, 2}
    broken, whole = (
        joined([each for each in deltas if each["attempt"] == attempt]) for attempt in (1, 2)
    )
    assert ANSWER.startswith(broken)
    assert whole == ANSWER


async def test_an_answer_in_json_is_told_when_it_is_right(live: Live) -> None:
    schema = {
        "type": "object",
        "required": ["n"],
        "properties": {"n": {"type": "number"}},
        "additionalProperties": False,
    }
    live.model.script = Script.model_validate({"turns": ['{"n": "much"}', '{"n": 2}']})
    run, agent = await live.begun(output_schema=schema)
    deltas = deltas_of([event async for event in live.events(agent)])
    assert (await ended(live.editor, run))["output"]["value"] == {"n": 2}
    assert [json.loads(each["text"]) for each in deltas] in ([{"n": 2}], [])


@pytest.mark.parametrize("chunk", [1, 7])
async def test_a_secret_in_pieces_is_never_sent(live: Live, chunk: int) -> None:
    name = f"K{uuid4().hex}"
    assert (await live.editor.put(f"/secrets/{name}", json={"value": KEY})).status_code == 201
    said = {"text": f"The key is {KEY}, keep it. {ANSWER}", "chunk": chunk}
    live.model.script = Script.model_validate({"default": {**said, "slow": {"between": 0.02}}})
    _, agent = await live.begun(api_key=f"{{{{ secrets.{name} }}}}")
    events = [event async for event in live.events(agent)]
    whole = joined(deltas_of(events))
    assert whole.startswith(f"The key is [secret {name}], keep it. word0 word1")
    assert KEY[:10] not in json.dumps(events)


async def test_a_lost_connection_to_the_database_does_not_harm_the_run(live: Live) -> None:
    live.model.script = Script.model_validate({"default": SLOW})
    run, agent = await live.begun()
    killed, events = 0, []
    async for event in live.events(agent):
        events.append(event)
        if event[1] == "delta" and not killed:
            async with live.stack.app.state.database.begin() as connection:
                found = await connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND query LIKE '%AS payload%'"
                        " AND pid <> pg_backend_pid()"
                    )
                )
                killed = len(found.all())
    assert killed
    found_run = await ended(live.editor, run)
    assert (found_run["status"], found_run["output"]["text"]) == ("completed", ANSWER)
    for each in deltas_of(events):
        assert ANSWER[each["offset"] :].startswith(each["text"])


# What a process keeps ----------------------------------------------------------------------------


def payload(execution: UUID, offset: int, said: str, key: str = "turn_1", attempt: int = 1) -> str:
    return Delta(
        execution_id=str(execution), node_key=key, attempt=attempt, offset=offset, text=said
    ).model_dump_json()


def told(turns: RunningTurns, execution: UUID) -> list[tuple[int, str]]:
    with turns.follow(execution) as late:
        return [(each.offset, each.text) for each in late.take()]


def test_what_is_kept_joins_and_shows_its_gaps() -> None:
    turns, run = RunningTurns(""), uuid4()
    for offset, said in ((0, "ab"), (2, "cd"), (9, "x"), (10, "y")):
        turns.heard(payload(run, offset, said))
    assert told(turns, run) == [(0, "abcd"), (9, "xy")]
    with turns.follow(run) as follower:
        assert len(follower.take()) == 2
        assert follower.take() == []
        turns.heard(payload(run, 11, "z"))
        assert follower.news.is_set()
        assert [each.text for each in follower.take()] == ["z"]
    assert told(turns, uuid4()) == []


def test_late_pieces_are_not_told() -> None:
    turns, run = RunningTurns(""), uuid4()
    turns.heard(payload(run, 0, "new", attempt=2))
    turns.heard(payload(run, 3, "old", attempt=1))
    turns.finished(run, "turn_1", 1)
    assert told(turns, run) == [(0, "new")]
    turns.finished(run, "turn_1", 2)
    turns.heard(payload(run, 3, "late", attempt=2))
    assert told(turns, run) == []
    turns.heard(payload(run, 0, "next", key="turn_2"))
    assert told(turns, run) == [(0, "next")]


def test_memory_is_bounded_for_a_turn_and_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_deltas, "MAX_CHARACTERS", 10_000)
    monkeypatch.setattr(api_deltas, "MAX_TOTAL", 30_000)
    turns, runs = RunningTurns(""), [uuid4() for _ in range(10)]
    for run in runs:
        with turns.follow(run) as slow:
            for n in range(100):
                turns.heard(payload(run, n * 500, "x" * 500))
            (rest,) = slow.take()
        assert rest.offset > 0
        assert 5_000 < len(rest.text) <= 10_000
        assert rest.offset + len(rest.text) == 50_000
    assert turns._size <= 30_000
    kept = [bool(told(turns, run)) for run in runs]
    assert kept[-2:] == [True, True]
    assert not any(kept[:5])


def test_what_nobody_ends_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    turns, run = RunningTurns(""), uuid4()
    turns.heard(payload(run, 0, "abandoned"))
    monkeypatch.setattr(api_deltas, "KEEP_SECONDS", -1.0)
    assert told(turns, run) == []
    assert turns._size == 0


@pytest.mark.parametrize("wrong", ["", "{}", "[]", '{"offset": -1}', "no JSON"])
def test_what_cannot_be_read_is_passed_over(wrong: str) -> None:
    turns, run = RunningTurns(""), uuid4()
    turns.heard(wrong)
    turns.heard(payload(run, 0, "fine"))
    assert told(turns, run) == [(0, "fine")]
