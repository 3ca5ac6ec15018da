"""Agents' runs in the mirror: calls that wait for people, runs below, and conversations."""

import asyncio
import dataclasses
import itertools
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings, strategies as st
from sqlalchemy import select
from temporalio.api.common.v1 import WorkflowExecution as WorkflowExecutionId
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client

from api.mirror.events import LocalEnded
from api.mirror.feed import Mirror
from models.enums import ExecutionStatus
from models.execution import WorkflowExecution
from temporal_workflows.contracts import (
    APPROVAL_PURPOSE,
    IDLE_PURPOSE,
    Decision,
    Said,
    workflow_id,
)
from tests.api.mirror.agent_runs import (
    BELOW,
    PERSON,
    Chains,
    Talk,
    builtin,
    calls,
    chain_of,
    decided,
    deciding,
    talked,
    talking,
    waits,
)
from tests.api.mirror.conftest import Desk
from tests.api.mirror.test_feed import (
    expected_rows,
    stored_rows,
    until_node,
    until_status,
)
from tests.api.mirror.test_projector import Table, cut
from tests.databases import NewDatabase

APPROVE, REJECT = ("call_1_1", True), ("call_1_1", False)


async def cancelled(desk: Desk, temporal_id: str) -> None:
    await waits(desk, temporal_id, APPROVAL_PURPOSE)
    await desk.engine.cancel(temporal_id)


async def terminated(desk: Desk, temporal_id: str) -> None:
    await waits(desk, temporal_id, APPROVAL_PURPOSE)
    await desk.engine.terminate(temporal_id, "enough")


TALKS = [
    Talk("approved", [calls("flaky", n=1)], deciding(PERSON, APPROVE), [builtin("flaky", times=1)]),
    Talk(
        "rejected",
        [calls("echo", n=1)],
        deciding(PERSON, REJECT, comment="too dear"),
        [builtin("echo")],
    ),
    Talk(
        "both",
        [calls("echo", "echo", n=1)],
        deciding(PERSON, ("call_1_2", False), APPROVE),
        [builtin("echo")],
    ),
    Talk("expired", [calls("echo", n=1)], None, [builtin("echo", approval_seconds=1)]),
    Talk("cancelled", [calls("echo", n=1)], cancelled, [builtin("echo")]),
    Talk("terminated", [calls("echo", n=1)], terminated, [builtin("echo")]),
    Talk(
        "below",
        [calls("sub", "help", prompt="Help.")],
        deciding(PERSON, APPROVE, ("call_1_2", True)),
        BELOW,
    ),
    Talk("chat", [], talked, facts={"chat": True}),
    Talk(
        "summary",
        [calls("echo", n=1)] * 3,
        None,
        [builtin("echo", sensitive=False)],
        settings={"memory": "summary", "window": 4},
    ),
]


@pytest.fixture(scope="session")
async def talks(desk: Desk, temporal_client: Client) -> Chains:
    """The decoded histories of one run of every talk, by its name."""
    found = await asyncio.gather(*(chain_of(desk, temporal_client, talk) for talk in TALKS))
    return {talk.name: chain for talk, chain in zip(TALKS, found, strict=True)}


def whole(talks: Chains, name: str) -> Table:
    table = Table()
    for page in talks[name]:
        table.take(page)
    return table


def rows_of(table: Table, key: str) -> list[dict[str, Any]]:
    rows = [row for row in table.nodes.values() if row["node_key"] == key]
    return sorted(rows, key=lambda row: int(row["attempt"]))


@pytest.mark.parametrize("name", [talk.name for talk in TALKS])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
async def test_any_way_of_paging_gives_the_same_rows(
    talks: Chains, name: str, data: st.DataObject
) -> None:
    table = Table()
    for page in talks[name]:
        numbers = st.integers(1, page.last)
        cuts = sorted({0, page.last, *data.draw(st.lists(numbers, max_size=8))})
        for before, last in itertools.pairwise(cuts):
            table.take(cut(page, before + 1, last))
            one, other = data.draw(st.tuples(numbers, numbers))
            table.take(cut(page, min(one, other), max(one, other)))
    assert table.content() == whole(talks, name).content()
    assert all(before.can_become(after) for before, after in table.moves)
    assert table.projector.ended
    assert all(row["status"].is_terminal for row in table.nodes.values())
    assert all(row["status"] != "pending" for row in table.approvals.values())


async def test_an_approved_call_goes_on_in_the_same_row(talks: Chains) -> None:
    table = whole(talks, "approved")
    (asked,) = table.approvals.values()
    assert (asked["status"], asked["decided_by"]) == ("approved", UUID(PERSON))
    assert asked["created_at"] < asked["decided_at"] < asked["expires_at"]
    assert asked["request"] == {"tool": "flaky", "arguments": {"n": 1}}
    first, second = rows_of(table, "call_1_1")
    assert [row["status"] for row in (first, second)] == ["failed", "completed"]
    assert (first["name"], first["input"], second["output"]) == ("flaky", {"n": 1}, {"n": 1})
    assert first["output"] is None
    assert first["scheduled_event_id"] == second["scheduled_event_id"]


async def test_what_is_not_allowed_is_skipped_with_the_reason(talks: Chains) -> None:
    reasons = {"rejected": "rejected: too dear", "expired": "expired"}
    for name, reason in reasons.items():
        table = whole(talks, name)
        (row,) = rows_of(table, "call_1_1")
        assert (row["status"], row["reason"]) == ("skipped", reason)
        assert (row["name"], row["input"], row["output"]) == ("echo", {"n": 1}, None)
        (asked,) = table.approvals.values()
        assert asked["status"] == name
        assert asked["decided_at"] == row["ended_at"]
    assert whole(talks, "rejected").projector.execution.status == "completed"
    (asked,) = whole(talks, "rejected").approvals.values()
    assert asked["comment"] == "too dear"
    both = whole(talks, "both")
    assert {row["node_key"]: row["status"] for row in both.nodes.values()} == {
        "turn_1": "completed",
        "call_1_1": "completed",
        "call_1_2": "skipped",
        "turn_2": "completed",
    }


@pytest.mark.parametrize("name", ["cancelled", "terminated"])
async def test_a_run_that_ends_cancels_what_it_asks(talks: Chains, name: str) -> None:
    table = whole(talks, name)
    (asked,) = table.approvals.values()
    (row,) = rows_of(table, "call_1_1")
    assert (asked["status"], row["status"]) == ("cancelled", "cancelled")
    assert asked["decided_by"] is None


async def test_a_large_question_is_asked_by_reference(talks: Chains) -> None:
    table, (page,) = Table(), talks["approved"]
    large = {"$artifact": {"id": str(uuid4()), "size": 200_000}}
    facts = [
        dataclasses.replace(fact, result={"output": large})
        if isinstance(fact, LocalEnded) and fact.purpose == APPROVAL_PURPOSE
        else fact
        for fact in page.facts
    ]
    table.take(dataclasses.replace(page, facts=facts))
    (asked,) = table.approvals.values()
    assert asked["request"] == {"tool": "flaky", "arguments": large}
    assert (asked["status"], asked["expires_at"]) == ("approved", None)


async def test_calls_of_workflows_and_agents_are_runs_below(talks: Chains) -> None:
    table = whole(talks, "below")
    kinds = {row["name"]: (row["node_type"], row["status"]) for row in table.nodes.values()}
    assert kinds["sub"] == ("workflow", "completed")
    assert kinds["help"] == ("agent", "completed")
    assert {row["status"] for row in table.approvals.values()} == {"approved"}


async def test_a_conversation_waits_between_messages(talks: Chains) -> None:
    table = whole(talks, "chat")
    assert [row["node_key"] for row in table.nodes.values()] == ["turn_1", "turn_2", "turn_3"]
    (page,) = talks["chat"]
    step = Table()
    for number in range(1, page.last + 1):
        step.take(cut(page, number, number))
    assert [after for _, after in step.moves].count(ExecutionStatus.WAITING) == 3


async def test_summaries_are_turns(talks: Chains) -> None:
    rows = whole(talks, "summary").nodes.values()
    summaries = [row for row in rows if row["node_key"].startswith("summary_")]
    assert summaries
    assert {row["node_type"] for row in summaries} == {"agent"}


async def asked_of(desk: Desk, execution_id: UUID) -> list[tuple[Any, ...]]:
    """All that is known of the approvals."""
    return [
        (
            *(row.id, row.node_key, row.title, row.request, row.status, row.comment),
            *(row.decided_by, row.decided_at, row.expires_at, row.created_at),
        )
        for row in await desk.approvals(execution_id)
    ]


async def test_rows_in_the_database_are_those_of_the_history_and_of_a_rebuild(
    desk: Desk, mirror: Mirror
) -> None:
    talk = Talk(
        "", [calls("flaky", "echo", n=1)], None, [builtin("flaky", times=1), builtin("echo")]
    )
    async with talking(desk, talk) as execution_id:
        await until_status(desk, execution_id, ExecutionStatus.WAITING)
        for row in await desk.nodes(execution_id):
            assert row.node_key == "turn_1" or row.status == "waiting"
        assert await mirror.rebuild(execution_id)
        first, second = await desk.approvals(execution_id)
        assert (first.status, second.status, first.owner_id) == ("pending",) * 2 + (desk.owner_id,)
        name = workflow_id(str(execution_id))
        by = str(desk.owner_id)
        await decided(desk, name, Decision(place="call_1_1", approve=True, by=by))
        await decided(desk, name, Decision(place="call_1_2", approve=False, by=PERSON))
        assert (await desk.until_ended(execution_id)).status == "completed"
        asked = await asked_of(desk, execution_id)
        first, second = await desk.approvals(execution_id)
        assert (first.status, first.decided_by) == ("approved", desk.owner_id)
        assert (second.status, second.decided_by) == ("rejected", None), "no such account"
        assert await stored_rows(desk, execution_id) == await expected_rows(desk, execution_id)
        assert await mirror.rebuild(execution_id)
        assert await asked_of(desk, execution_id) == asked
        assert await stored_rows(desk, execution_id) == await expected_rows(desk, execution_id)


async def test_a_mirror_goes_on_with_a_call_that_waited_under_another(desk: Desk) -> None:
    talk = Talk("", [calls("echo", n=1)], None, [builtin("echo")])
    first = asyncio.create_task(desk.mirror().run())
    async with talking(desk, talk) as execution_id:
        await until_node(desk, execution_id, "call_1_1", ExecutionStatus.WAITING)
        first.cancel()
        await asyncio.wait([first])
        decision = Decision(place="call_1_1", approve=True, by=str(desk.owner_id))
        await decided(desk, workflow_id(str(execution_id)), decision)
        second = asyncio.create_task(desk.mirror().run())
        assert (await desk.until_ended(execution_id)).status == "completed"
        assert await stored_rows(desk, execution_id) == await expected_rows(desk, execution_id)
        (asked,) = await desk.approvals(execution_id)
        assert asked.status == "approved"
        second.cancel()
        await asyncio.wait([second])


async def test_a_conversation_that_moved_without_a_hint_is_found(
    desk: Desk, new_database: NewDatabase
) -> None:
    """It waits again when a mirror comes, and only its history is longer."""
    first = asyncio.create_task(desk.mirror().run())
    async with talking(desk, Talk("", [], facts={"chat": True})) as execution_id:
        name = workflow_id(str(execution_id))
        await until_status(desk, execution_id, ExecutionStatus.WAITING)
        first.cancel()
        await asyncio.wait([first])
        await desk.engine.say(name, Said(text="more", id="more"))
        await waits(desk, name, IDLE_PURPOSE, 2)
        assert (await desk.execution(execution_id)).status == "waiting"
        deaf = Mirror(desk.engine, desk.sessions, await new_database())
        second = asyncio.create_task(deaf.run())
        await until_node(desk, execution_id, "turn_2", ExecutionStatus.COMPLETED)
        await until_status(desk, execution_id, ExecutionStatus.WAITING)
        await desk.engine.close(name)
        assert (await desk.until_ended(execution_id)).status == "completed"
        second.cancel()
        await asyncio.wait([second])


async def test_a_run_below_an_agent_is_an_execution(desk: Desk, mirror: Mirror) -> None:
    tools = [tool | {"sensitive": False} for tool in BELOW]
    talk = Talk("", [calls("sub", "help", prompt="Help.")], None, tools)
    async with talking(desk, talk) as execution_id:
        await desk.until_ended(execution_id)
        async with desk.sessions() as session:
            rows = await session.scalars(
                select(WorkflowExecution).where(
                    WorkflowExecution.parent_execution_id == execution_id
                )
            )
            below = {row.parent_node_key: row.workflow_id for row in rows}
        assert below == {"call_1_1": desk.workflow_id, "call_1_2": None}


async def test_a_reset_run_keeps_what_was_decided(
    desk: Desk, mirror: Mirror, temporal_client: Client
) -> None:
    """Its history has the decision in another form."""
    talk = Talk("", [calls("echo", n=1)], None, [builtin("echo")])
    async with talking(desk, talk) as execution_id:
        name = workflow_id(str(execution_id))
        decision = Decision(place="call_1_1", approve=False, by=str(desk.owner_id), comment="no")
        await decided(desk, name, decision)
        ended = await desk.until_ended(execution_id)
        history = await temporal_client.get_workflow_handle(name).fetch_history()
        events = [(event.event_id, EventType.Name(event.event_type)) for event in history.events]
        asked_at = next(number for number, kind in events if kind.endswith("_MARKER_RECORDED"))
        finish = next(
            number
            for number, kind in events
            if number > asked_at and kind.endswith("_WORKFLOW_TASK_COMPLETED")
        )
        await temporal_client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=temporal_client.namespace,
                workflow_execution=WorkflowExecutionId(
                    workflow_id=name, run_id=ended.temporal_run_id
                ),
                reason="test",
                workflow_task_finish_event_id=finish,
                request_id=str(execution_id),
            )
        )
        await temporal_client.get_workflow_handle(name).result()
        assert await mirror.rebuild(execution_id)
        (asked,) = await desk.approvals(execution_id)
        assert (asked.status, asked.decided_by, asked.comment) == ("rejected", desk.owner_id, "no")
        again = await desk.execution(execution_id)
        assert again.temporal_run_id != ended.temporal_run_id
        assert await stored_rows(desk, execution_id) == await expected_rows(desk, execution_id)
