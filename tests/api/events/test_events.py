"""Publishing events: what they start, once; what is refused; what a crash leaves."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import func, insert, select, text, update

from api.events.finished import publish_end
from api.events.matching import EventMatching
from api.events.publishing import MAX_CHAIN, Happening, publish
from api.mirror.store import waiting_for_people
from api.retention import KEEP
from models.base import new_id
from models.enums import ExecutionStatus, NodeType, TriggerType
from models.event import Event, EventDelivery
from models.execution import NodeExecution, WorkflowExecution
from models.trigger import TriggerFiring
from tests.api.events.test_waits import graph, name, sent, waiting
from tests.api.fixtures import Api, adapter_graph, ended, published, started


async def trigger(client: Api, workflow_id: str, event: str, **config: Any) -> str:
    """Id of an event trigger."""
    body = {
        "workflow_id": workflow_id,
        "name": f"on {event}"[:200],
        "config": {"type": "event", "event": event, **config},
    }
    answer = await client.post("/triggers", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def history(client: Api, trigger_id: str, count: int) -> list[dict[str, Any]]:
    """The trigger's firings, once there are so many that are not pending."""
    async with asyncio.timeout(20):
        while True:
            found = (await client.get(f"/triggers/{trigger_id}/history")).json()["items"]
            if len([each for each in found if each["status"] != "pending"]) >= count:
                return list(found)
            await asyncio.sleep(0.05)


async def me(client: Api) -> UUID:
    """The account's id."""
    return UUID((await client.get("/auth/me")).json()["id"])


async def test_a_trigger_starts_its_workflow_with_the_payload_once(editor: Api) -> None:
    event = name()
    workflow = await published(editor, adapter_graph())
    takes = await trigger(editor, workflow, event)
    other_key = await trigger(editor, workflow, event, key="A-2")
    mapped = await trigger(
        editor, workflow, event, key="A-1", input={"n": "{{ event.payload.n * 10 }}"}
    )
    answers = [await sent(editor, event, key="A-1", payload={"n": 4}, id=event) for _ in range(3)]
    assert [answer["triggers"] for answer in answers] == [2, 2, 2]
    assert [answer["duplicate"] for answer in answers] == [False, True, True]
    outputs = []
    for each in (takes, mapped):
        (firing,) = await history(editor, each, 1)
        assert (firing["cause"], firing["status"]) == ("event", "started")
        run = await ended(editor, firing["execution_id"])
        assert run["trigger_type"] == "event"
        outputs.append(run["output"])
    assert outputs == [{"next": 5}, {"next": 41}]
    assert await history(editor, other_key, 0) == []


async def test_an_event_for_one_run_and_of_another_account_starts_nothing(
    editor: Api, stranger: Api
) -> None:
    event = name()
    workflow = await published(editor, adapter_graph())
    listens = await trigger(editor, workflow, event)
    run_id = await started(editor, workflow, {"n": 1})
    answer = await editor.post(f"/executions/{run_id}/events/{event}", json={})
    assert (answer.status_code, answer.json()["triggers"]) == (202, 0)
    assert (await sent(stranger, event))["triggers"] == 0
    await editor.post(f"/triggers/{listens}/pause", json={})
    assert (await sent(editor, event))["triggers"] == 0
    assert await history(editor, listens, 0) == []


async def test_the_end_of_a_run_starts_another_workflow(editor: Api) -> None:
    first = await published(editor, adapter_graph())
    second = await published(editor, adapter_graph(output="{{ input }}"))
    run_id = await started(editor, first, {"n": 1})
    # The key is the run's id: the end of no other run is looked at.
    listens = await trigger(editor, second, "execution.finished", key=run_id)
    waits = await started(
        editor, await published(editor, graph("execution.finished")), {"order": "nobody"}
    )
    (firing,) = await history(editor, listens, 1)
    told = (await ended(editor, firing["execution_id"]))["output"]["next"]
    assert told == {
        "execution_id": run_id,
        "workflow_id": first,
        "workflow_name": (await editor.get(f"/workflows/{first}")).json()["name"],
        "status": "completed",
        "output": {"next": 2},
        "error": None,
        "trigger_type": "manual",
    }
    await editor.post(f"/executions/{waits}/cancel")


async def test_chains_of_events_are_cut(editor: Api, app: FastAPI) -> None:
    """A workflow that starts whenever a run of its kind ends would start for ever."""
    event = "execution.finished"
    workflow = await published(editor, adapter_graph(output=1))
    only_if = f"{{{{ event.payload.workflow_id == '{workflow}' }}}}"
    listens = await trigger(editor, workflow, event, only_if=only_if)
    await started(editor, workflow, {})

    def mine(firings: list[dict[str, Any]]) -> list[str]:
        return [each["status"] for each in firings if each["status"] != "skipped"]

    try:
        async with asyncio.timeout(40):
            while "refused" not in mine(await history(editor, listens, 1)):
                await asyncio.sleep(0.2)
        await asyncio.sleep(1)
        found = await history(editor, listens, 1)
        assert sorted(mine(found)) == ["refused"] + ["started"] * MAX_CHAIN
        (refused,) = [each for each in found if each["status"] == "refused"]
        assert "one after the other" in refused["error"]
    finally:
        await editor.delete(f"/triggers/{listens}")


async def test_what_was_committed_is_delivered_by_whoever_lives(editor: Api, app: FastAPI) -> None:
    """The process that took the event dies before it tells anybody; another matches, and another sends."""
    event = name()
    run_id = await started(editor, await published(editor, graph(event)), {"order": "1"})
    await waiting(editor, run_id)
    state = app.state
    async with state.sessions.begin() as session:
        # No notification: whoever listened is gone too.
        values = {"id": new_id(), "owner_id": await me(editor), "event_id": event, "name": event}
        statement = insert(Event).values(values | {"correlation_key": "1", "payload": "kept"})
        await session.execute(statement.values(received_at=func.now()))
        await EventMatching(state.engine, state.sessions, "").match(session)
    assert (await ended(editor, run_id))["output"]["came"]["payload"] == "kept"
    async with state.sessions() as session:
        delivery = select(EventDelivery).where(EventDelivery.execution_id == UUID(run_id))
        assert (await session.scalars(delivery)).one().sent_at is not None


async def test_a_signal_that_is_sent_again_changes_nothing(editor: Api, app: FastAPI) -> None:
    event = name()
    document = graph(event)
    document["nodes"].append({"key": "more", "type": "delay", "config": {"seconds": 1}})
    document["edges"][1] = {"source": "wait", "target": "more"}
    document["edges"].append({"source": "more", "target": "came"})
    run_id = await started(editor, await published(editor, document), {"order": "1"})
    await waiting(editor, run_id)
    await sent(editor, event, key="1", payload="once")
    async with asyncio.timeout(10):
        while (await waiting(editor, run_id))[0]["node_key"] != "more":
            await asyncio.sleep(0.02)
    async with app.state.sessions.begin() as session:
        chosen = EventDelivery.execution_id == UUID(run_id)
        await session.execute(update(EventDelivery).where(chosen).values(sent_at=None))
    async with app.state.sessions.begin() as session:
        await EventMatching(app.state.engine, app.state.sessions, "").send(session)
    assert (await ended(editor, run_id))["output"]["came"]["payload"] == "once"


async def test_the_mirror_looks_again_at_a_run_that_took_an_event(
    editor: Api, app: FastAPI
) -> None:
    """The word of its worker may get lost, and it waits for days."""
    event = name()
    run_id = await started(editor, await published(editor, graph(event)), {"order": "1"})
    await waiting(editor, run_id)
    other = await sent(editor, name())
    async with app.state.sessions() as session:
        assert UUID(run_id) not in {each.id for each in await waiting_for_people(session)}
        delivery = EventDelivery(
            event_id=UUID(other["id"]),
            execution_id=UUID(run_id),
            node_key="wait",
            path="",
            sent_at=datetime.now(UTC),
        )
        session.add(delivery)
        await session.flush()
        assert UUID(run_id) in {each.id for each in await waiting_for_people(session)}
        await session.rollback()
    await editor.post(f"/executions/{run_id}/cancel")


async def test_a_run_is_told_of_its_end_once(editor: Api, app: FastAPI) -> None:
    run_id = await started(editor, await published(editor, adapter_graph()), {"n": 1})
    await ended(editor, run_id)
    for _ in range(2):
        async with app.state.sessions.begin() as session:
            await publish_end(session, await session.get_one(WorkflowExecution, UUID(run_id)))
    found = (await editor.get("/events", params={"key": run_id})).json()["items"]
    assert [each["name"] for each in found] == ["execution.finished"]


async def test_pages_show_the_newest_first(editor: Api) -> None:
    event = name()
    for number in range(5):
        await sent(editor, event, payload=number, key=str(number % 2))
    seen: list[int] = []
    cursor = None
    while True:
        params = {"name": event, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await editor.get("/events", params=params)).json()
        seen += [each["payload"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "body.name"),
        ({"name": ""}, "body.name"),
        ({"name": "x" * 201}, "body.name"),
        ({"name": "a\x00b"}, "body.name"),
        ({"name": "execution.finished"}, "name"),
        ({"name": 3}, "body.name"),
        ({"name": "a", "key": ""}, "body.key"),
        ({"name": "a", "key": "x" * 256}, "body.key"),
        ({"name": "a", "id": "x" * 256}, "body.id"),
        ({"name": "a", "id": "\x00"}, "body.id"),
        ({"name": "a", "payload": "x" * (128 * 1024)}, "body.payload"),
        ({"name": "a", "payload": {"a": "\x00"}}, "body.payload"),
        ({"name": "a", "payload": 2**70}, "body.payload"),
        ({"name": "a", "other": 1}, "body.other"),
    ],
)
async def test_what_cannot_be_taken_is_named(editor: Api, body: Any, path: str) -> None:
    answer = await editor.post("/events", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["path"].startswith(path)


async def test_hostile_input_is_never_our_fault(editor: Api) -> None:
    deep = b'{"name":"a","payload":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    bodies = [b"", b"\xff", b"[]", b'{"name":"\\ud800"}', b'{"name":"a","payload":NaN}', deep]
    for body in bodies:
        headers = {"Content-Type": "application/json"}
        answer = await editor.post("/events", content=body, headers=headers)
        assert 400 <= answer.status_code < 500, (body[:30], answer.text)
    for query in ({"cursor": "x"}, {"cursor": "WzFd"}, {"name": "\x00"}, {"limit": "0"}):
        assert (await editor.get("/events", params=query)).status_code == 422
    run = uuid4()
    for path in (f"/executions/{run}/events/a", "/executions/none/events/a"):
        assert (await editor.post(path, json={})).status_code in {404, 422}


async def test_who_may_only_look_publishes_nothing(viewer: Api, anonymous: Api) -> None:
    assert (await viewer.post("/events", json={"name": "a"})).status_code == 403
    assert (await anonymous.post("/events", json={"name": "a"})).status_code == 401
    assert (await viewer.get("/events")).json()["items"] == []


async def test_old_events_go_unless_a_run_took_them(editor: Api, app: FastAPI) -> None:
    event = name()
    run_id = await started(editor, await published(editor, graph(event)), {"order": "1"})
    await waiting(editor, run_id)
    for key in ("1", "2", "3"):
        await sent(editor, event, key=key)
    await ended(editor, run_id)
    old = datetime.now(UTC) - KEEP - timedelta(minutes=1)
    async with app.state.sessions.begin() as session:
        chosen = Event.name == event, Event.correlation_key.in_(["1", "2"])
        await session.execute(update(Event).where(*chosen).values(received_at=old))
    assert (await app.state.row_retention.sweep(datetime.now(UTC)))["events"] == 1
    found = (await editor.get("/events", params={"name": event})).json()["items"]
    assert sorted(each["key"] for each in found) == ["1", "3"]


async def test_matching_stays_cheap_with_ten_thousand_waiting_runs(
    editor: Api, app: FastAPI
) -> None:
    """All wait for events of one name, each with a key of its own, and many events are there."""
    owner, event = await me(editor), name()
    started_at = datetime.now(UTC) - timedelta(hours=1)
    runs = [
        {
            "id": new_id(),
            "owner_id": owner,
            "workflow_version": 1,
            "graph_hash": "",
            "trigger_type": TriggerType.CHAT,
            "trigger_metadata": {},
            "status": ExecutionStatus.WAITING,
            "temporal_workflow_id": f"none-{uuid4()}",
            "tags": [],
            "started_at": started_at,
            "created_at": started_at,
            "mirror_lease_holder": uuid4(),
        }
        for _ in range(10_000)
    ]
    nodes = [
        {
            "id": new_id(),
            "execution_id": run["id"],
            "node_key": "wait",
            "node_type": NodeType.EVENT,
            "name": "wait",
            "path": "",
            "attempt": 1,
            "status": ExecutionStatus.WAITING,
            "output": {"event": event, "key": str(number), "until": "2999-01-01T00:00:00+00:00"},
            "run_id": "r",
            "scheduled_event_id": 1,
            "started_at": started_at,
            "updated_at": started_at,
            "accepted_at": started_at,
        }
        for number, run in enumerate(runs)
    ]
    events = [
        {
            "id": new_id(),
            "owner_id": owner,
            "event_id": f"{event}/{number}",
            "name": event,
            "correlation_key": f"nobody {number}",
            "payload": None,
            "received_at": started_at + timedelta(seconds=number / 100),
        }
        for number in range(20_000)
    ]
    async with app.state.sessions() as session:
        for model, rows in ((WorkflowExecution, runs), (NodeExecution, nodes), (Event, events)):
            await session.execute(insert(model.__table__), rows)
        await session.execute(text("ANALYZE node_executions, workflow_executions, events"))
        matching = EventMatching(app.state.engine, app.state.sessions, "")
        begun = time.perf_counter()
        await matching.match(session)  # the first looks at all of them
        whole = time.perf_counter() - begun
        await publish(session, Happening(owner, event, key="7", payload=1))
        begun = time.perf_counter()
        assert await matching.match(session) == 1
        fresh = time.perf_counter() - begun
        taken = select(EventDelivery.execution_id).where(
            EventDelivery.execution_id == runs[7]["id"]
        )
        assert (await session.scalars(taken)).all() == [runs[7]["id"]]
        await session.rollback()
    assert fresh < 0.1
    assert whole < 2


async def test_a_firing_is_written_with_its_event_or_not_at_all(editor: Api, app: FastAPI) -> None:
    event, owner = name(), await me(editor)
    listens = await trigger(editor, await published(editor, adapter_graph()), event)
    async with app.state.sessions() as session:
        await publish(session, Happening(owner, event, payload={"n": 1}))
        await session.rollback()
    async with app.state.sessions() as session:
        fired = select(TriggerFiring).where(TriggerFiring.trigger_id == UUID(listens))
        assert (await session.scalars(fired)).all() == []
    assert (await editor.get("/events", params={"name": event})).json()["items"] == []
