"""Rules at the edges of the graph's semantics, on a real Temporal."""

from typing import Any

import pytest

from tests.temporal_workflows.runs import Runs
from tests.temporal_workflows.shapes import tool
from tests.temporal_workflows.test_graph_workflow import failure, graph, statuses


@pytest.mark.parametrize(
    "config", [{"seconds": 1e10}, {"seconds": 1e300}, {"until": "9999-01-01T00:00:00+00:00"}]
)
async def test_a_delay_beyond_what_temporal_counts_is_refused(
    runs: Runs, config: dict[str, Any]
) -> None:
    wait = {"key": "wait", "type": "delay", "config": config}
    error = await failure(await runs.start(graph(wait, edges="start>wait")))
    assert (error.code, error.node_key) == ("InvalidInput", "wait")
    assert "100 years" in error.message


UNKNOWN = "{{ input.absent }}"


@pytest.mark.parametrize(
    ("node", "code"),
    [
        ({"type": "condition", "config": {"branches": [{"handle": "a", "when": UNKNOWN}]}}, None),
        ({"type": "adapter", "config": {"output": UNKNOWN}}, None),
        (
            {"type": "adapter", "config": {"output": 1, "output_schema": {"type": "string"}}},
            "Output",
        ),
        ({"type": "aggregator", "config": {"merge": "concat"}}, "Input"),
        ({"type": "parallel", "config": {"items": UNKNOWN}}, None),
        ({"type": "loop", "config": {"while": UNKNOWN}}, None),
        ({"type": "delay", "config": {"seconds": UNKNOWN}}, None),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
async def test_what_fails_without_a_tool_is_typed_too(
    runs: Runs, node: dict[str, Any], code: str | None
) -> None:
    node = {"key": "it"} | node
    handle = await runs.start(graph(node, tool("after", "echo"), edges="start>it it>after"))
    error = await failure(handle)
    wanted = f"Invalid{code}" if code else "ExpressionFailed"
    assert (error.code, error.node_key) == (wanted, "it")
    closed = {"it": "failed"} if node["type"] == "loop" else {}
    assert await statuses(handle) == {"after": "skipped"} | closed


async def test_a_loop_whose_while_breaks_later_fails_once(runs: Runs) -> None:
    loop = {"key": "lp", "type": "loop", "config": {"while": "{{ input.on[index] }}"}}
    body = {"key": "b", "type": "adapter", "parent": "lp", "config": {"output": 1}}
    handle = await runs.start(graph(loop, body, edges="start>lp"), {"on": [True]})
    error = await failure(handle)
    assert (error.code, error.node_key) == ("ExpressionFailed", "lp")


async def test_a_sub_workflow_is_not_retried_on_an_error_that_is_final(runs: Runs) -> None:
    retry = {"max_attempts": 3, "initial_interval": 0.01, "non_retryable": ["Fatal"]}
    node = {"key": "sub", "type": "workflow", "config": {"workflow": "broken"}, "retry": retry}
    handle = await runs.start(graph(node, edges="start>sub"))
    assert (await failure(handle)).code == "Fatal"
    events = (await handle.fetch_history()).events
    failed = "child_workflow_execution_failed_event_attributes"
    assert len([event for event in events if event.HasField(failed)]) == 1


async def test_first_success_leaves_failures_out(runs: Runs) -> None:
    document = graph(
        tool("bad", "fatal", on_error="continue"),
        tool("good", "echo", inputs={"n": 1}),
        {"key": "first", "type": "aggregator", "config": {"wait": "first_success"}},
        edges="start>bad bad>good bad>first good>first",
    )
    assert await runs.output(document) == {"first": [{"n": 1}]}


async def test_a_disabled_trigger_does_not_fire(runs: Runs) -> None:
    document = graph(
        {"key": "other", "type": "trigger"},
        {"key": "one", "type": "adapter", "config": {"output": 1}},
        {"key": "two", "type": "adapter", "config": {"output": 2}},
        edges="start>one other>two",
    )
    document["nodes"][0]["disabled"] = True
    assert await runs.output(document) == {"two": 2}


async def test_the_trigger_that_fired_starts(runs: Runs) -> None:
    document = graph(
        {"key": "other", "type": "trigger"},
        {"key": "one", "type": "adapter", "config": {"output": 1}},
        {"key": "two", "type": "adapter", "config": {"output": 2}},
        {"key": "both", "type": "adapter", "config": {"output": 3}},
        edges="start>one other>two one>both two>both",
    )
    assert await runs.output(document, trigger_key="other") == {"both": 3}
