"""The interpreter on a real Temporal: values, joins, failures, limits, cancel."""

import asyncio
import time
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError, CancelledError

from models.graph.limits import MAX_INLINE_BYTES
from temporal_workflows.contracts import NodeError, NodeRecord
from temporal_workflows.failures import failure_detail
from tests.temporal_workflows.runs import Runs
from tests.temporal_workflows.shapes import tool


def graph(*nodes: dict[str, Any], edges: str = "", **more: Any) -> dict[str, Any]:
    """A graph document; edges as `a>b a:handle>b`; the trigger `start` is added."""
    parsed = []
    for edge in edges.split():
        source, target = edge.split(">")
        key, _, handle = source.partition(":")
        parsed.append(
            {"source": key, "target": target} | ({"source_handle": handle} if handle else {})
        )
    return {"nodes": [{"key": "start", "type": "trigger"}, *nodes], "edges": parsed} | more


async def failure(handle: WorkflowHandle[Any, Any]) -> NodeError:
    """The typed error a run ended with."""
    with pytest.raises(WorkflowFailureError) as caught:
        await handle.result()
    cause = caught.value.cause
    assert isinstance(cause, ApplicationError)
    detail = failure_detail(cause)
    assert detail is not None
    return detail.error


async def statuses(handle: WorkflowHandle[Any, Any]) -> dict[str, str]:
    """What the `record` markers of a history say."""
    found: dict[str, str] = {}
    async for event in handle.fetch_history_events():
        details = event.marker_recorded_event_attributes.details
        for payload in details["result"].payloads if "result" in details else []:
            [value] = await handle._client.data_converter.decode([payload])
            for record in value.get("records", []) if isinstance(value, dict) else []:
                found[record["node_key"] + (f"@{record['path']}" if record["path"] else "")] = (
                    record["status"]
                )
    return found


async def test_values_keep_their_type(runs: Runs) -> None:
    echo = tool("echo", "echo", inputs={"n": "{{ input.n }}", "text": "n is {{ input.n }}"})
    out = await runs.output(graph(echo, edges="start>echo"), {"n": 4})
    assert out == {"echo": {"n": 4, "text": "n is 4"}}


async def test_output_template_and_variables(runs: Runs) -> None:
    document = graph(
        {"key": "a", "type": "adapter", "config": {"output": "{{ vars.base + input.n }}"}},
        edges="start>a",
        variables={"base": 40},
        output={"sum": "{{ nodes.a.output }}", "of": "{{ run.workflow }}"},
        name="adding",
    )
    assert await runs.output(document, {"n": 2}) == {"sum": 42, "of": "adding"}


@pytest.mark.parametrize(("n", "taken"), [(1, "low"), (5, "high"), (9, "top")])
async def test_condition_takes_one_branch(runs: Runs, n: int, taken: str) -> None:
    branches = [
        {"handle": "low", "when": "{{ input.n < 3 }}"},
        {"handle": "high", "when": "{{ input.n < 7 }}"},
    ]
    document = graph(
        {"key": "c", "type": "condition", "config": {"branches": branches, "default": "top"}},
        tool("low", "echo"),
        tool("high", "echo"),
        tool("top", "echo"),
        {"key": "join", "type": "adapter", "config": {"output": "{{ nodes.c.output.handle }}"}},
        edges="start>c c:low>low c:high>high c:top>top low>join high>join top>join",
    )
    assert await runs.output(document, {"n": n}) == {"join": taken}


async def test_passes_see_their_own_nodes(runs: Runs) -> None:
    document = graph(
        {"key": "outer", "type": "parallel", "config": {"items": "{{ input.rows }}"}},
        {"key": "inner", "type": "loop", "parent": "outer", "config": {"items": "{{ item }}"}},
        {
            "key": "sum",
            "type": "adapter",
            "parent": "inner",
            "config": {"output": "{{ item + (previous | default(0, true)) }}"},
        },
        edges="start>outer",
        output="{{ nodes.outer.output }}",
    )
    out = await runs.output(document, {"rows": [[1, 2, 3], [], [10]]})
    assert [found["last"] for found in out] == [6, None, 10]
    assert out[0]["results"] == [1, 3, 6]


async def test_failure_skips_what_depends_on_it_and_names_the_node(runs: Runs) -> None:
    document = graph(
        tool("bad", "fatal"),
        tool("after", "echo"),
        tool("beside", "echo"),
        edges="start>bad bad>after start>beside",
    )
    handle = await runs.start(document)
    error = await failure(handle)
    assert (error.code, error.node_key, error.details) == ("Fatal", "bad", {"why": "scripted"})
    assert await statuses(handle) == {"after": "skipped"}


async def test_continue_hands_on_the_error(runs: Runs) -> None:
    document = graph(
        tool("bad", "fatal", on_error="continue"),
        tool("after", "echo", inputs={"code": "{{ nodes.bad.output.error.code }}"}),
        edges="start>bad bad>after",
    )
    assert await runs.output(document) == {"after": {"code": "Fatal"}}


async def test_branch_leads_through_the_error_handle(runs: Runs) -> None:
    document = graph(
        tool("bad", "fatal", on_error="branch"),
        tool("rescue", "echo"),
        tool("fine", "echo"),
        edges="start>bad bad:error>rescue bad>fine",
    )
    assert await runs.output(document) == {"rescue": {}}


async def test_retries_end_with_success(runs: Runs) -> None:
    out = await runs.output(graph(tool("f", "flaky", options={"times": 2}), edges="start>f"))
    assert out == {"f": {}}


async def test_retries_are_used_up(runs: Runs) -> None:
    error = await failure(
        await runs.start(graph(tool("f", "flaky", options={"times": 9}), edges="start>f"))
    )
    assert (error.code, error.attempt) == ("UserCodeError", 3)


async def test_node_timeout_is_typed(runs: Runs) -> None:
    slow = tool("slow", "sleep", options={"seconds": 30}, timeout_seconds=0.2)
    slow["retry"] = {"max_attempts": 1}
    error = await failure(await runs.start(graph(slow, edges="start>slow")))
    assert (error.code, error.node_key) == ("Timeout", "slow")


async def test_fail_fast_cancels_the_rest(runs: Runs) -> None:
    document = graph(
        tool("bad", "fatal"),
        tool("slow", "sleep", options={"seconds": 60}),
        edges="start>bad start>slow",
        failure_mode="fail_fast",
    )
    began = time.monotonic()
    assert (await failure(await runs.start(document))).node_key == "bad"
    assert time.monotonic() - began < 30


async def test_cancel_reaches_the_running_tool(runs: Runs) -> None:
    document = graph(tool("slow", "sleep", options={"seconds": 60}), edges="start>slow")
    handle = await runs.start(document)
    await asyncio.sleep(0.3)
    await handle.cancel()
    with pytest.raises(WorkflowFailureError) as caught:
        await asyncio.wait_for(handle.result(), 20)
    assert isinstance(caught.value.cause, CancelledError)


async def test_any_takes_the_first_and_cancels_the_rest(runs: Runs) -> None:
    document = graph(
        tool("quick", "echo"),
        tool("slow", "sleep", options={"seconds": 60}),
        {"key": "first", "type": "aggregator", "config": {"wait": "any", "cancel_rest": True}},
        edges="start>quick start>slow quick>first slow>first",
    )
    assert await asyncio.wait_for(runs.output(document), 30) == {"first": [{}]}


async def test_sub_workflow_gets_inputs_and_gives_output(runs: Runs) -> None:
    child = graph(
        {"key": "double", "type": "adapter", "config": {"output": "{{ input.n * 2 }}"}},
        edges="start>double",
        name="doubling",
        output="{{ nodes.double.output }}",
    )
    node = {
        "key": "sub",
        "type": "workflow",
        "config": {"workflow": "doubling"},
        "inputs": {"n": 21},
    }
    assert await runs.output(graph(node, edges="start>sub"), children=[child]) == {"sub": 42}


async def test_failed_sub_workflow_names_the_inner_node(runs: Runs) -> None:
    node = {"key": "sub", "type": "workflow", "config": {"workflow": "broken"}}
    error = await failure(await runs.start(graph(node, edges="start>sub")))
    assert (error.node_key, error.code) == ("sub", "Fatal")
    assert isinstance(error.details, dict)
    assert error.details["node_key"] == "inner"


async def test_large_values_travel_by_reference(runs: Runs) -> None:
    document = graph(
        tool("big", "blob", options={"bytes": MAX_INLINE_BYTES + 1}),
        tool("pass_on", "echo", inputs={"blob": "{{ nodes.big.output }}"}),
        edges="start>big big>pass_on",
    )
    out = await runs.output(document)
    assert out["pass_on"]["blob"]["$artifact"]["size"] > MAX_INLINE_BYTES


async def test_large_inputs_assembled_from_small_outputs(runs: Runs) -> None:
    document = graph(
        {"key": "each", "type": "parallel", "config": {"items": "{{ range(8) | list }}"}},
        tool("blob", "blob", parent="each", options={"bytes": 100_000}),
        tool("all", "echo", inputs={"n": "{{ nodes.each.output }}"}),
        edges="start>each each>all",
    )
    out = await runs.output(document)
    assert out["all"]["n"]["$artifact"]["size"] > 8 * 100_000


async def test_many_large_results_fit_into_workflow_tasks(runs: Runs) -> None:
    """Sixty local results of 100 kB would not fit into one 4 MB answer to Temporal."""
    document = graph(
        {
            "key": "each",
            "type": "parallel",
            "config": {"items": "{{ range(60) | list }}", "max_concurrency": 60},
        },
        {
            "key": "copy",
            "type": "adapter",
            "parent": "each",
            "config": {"output": "{{ input.blob }}"},
        },
        edges="start>each",
        output="{{ 1 }}",
    )
    out = await asyncio.wait_for(runs.output(document, {"blob": "y" * 100_000}), 60)
    assert out == 1


async def test_unknown_name_is_a_typed_node_error(runs: Runs) -> None:
    bad = tool("bad", "echo", inputs={"x": "{{ input.absent }}"})
    handle = await runs.start(graph(bad, edges="start>bad"))
    error = await failure(handle)
    assert (error.code, error.node_key) == ("ExpressionFailed", "bad")
    assert "absent" in error.message
    assert await statuses(handle) == {"bad": "failed"}


async def test_endless_loop_ends(runs: Runs) -> None:
    loop = {"key": "lp", "type": "loop", "config": {"while": "{{ true }}", "max_iterations": 5}}
    body = {"key": "b", "type": "adapter", "parent": "lp", "config": {"output": 1}}
    error = await failure(await runs.start(graph(loop, body, edges="start>lp")))
    assert (error.code, error.node_key) == ("MaxIterations", "lp")


async def test_long_runs_continue_as_new_with_their_state(runs: Runs) -> None:
    document = graph(
        {
            "key": "each",
            "type": "parallel",
            "config": {"items": "{{ range(40) | list }}", "max_concurrency": 3},
        },
        tool("t", "echo", parent="each", inputs={"i": "{{ item }}"}),
        {"key": "wait", "type": "delay", "config": {"seconds": 1}},
        edges="start>each start>wait",
        output="{{ nodes.each.output }}",
    )
    handle = await runs.start(document, max_events=60)
    assert (await handle.result()).output == [{"i": index} for index in range(40)]
    description = await handle.describe()
    assert description.run_id != handle.first_execution_run_id


async def test_state_over_the_inline_limit_is_carried_in_artifacts(runs: Runs) -> None:
    document = graph(
        {
            "key": "each",
            "type": "parallel",
            "config": {"items": "{{ range(12) | list }}", "max_concurrency": 2},
        },
        tool("t", "blob", parent="each", options={"bytes": 90_000}),
        edges="start>each",
        output="{{ nodes.each.status }}",
    )
    assert await runs.output(document, max_events=40) == "completed"


async def test_disabled_node_lets_the_run_pass(runs: Runs) -> None:
    document = graph(
        tool("off", "fatal", disabled=True), tool("after", "echo"), edges="start>off off>after"
    )
    assert await runs.output(document) == {"after": {}}


async def test_reused_outputs_are_not_run_again(runs: Runs) -> None:
    document = graph(
        tool("a", "fatal"),
        tool("b", "echo", inputs={"x": "{{ nodes.a.output }}"}),
        edges="start>a a>b",
    )
    seeds = [NodeRecord(node_key="a", status="completed", output=7)]
    assert await runs.output(document, seeds=seeds) == {"b": {"x": 7}}


async def test_container_timeout_stops_its_passes(runs: Runs) -> None:
    each = {"key": "each", "type": "parallel", "config": {"items": [1, 2]}, "timeout_seconds": 0.3}
    slow = tool("slow", "sleep", parent="each", options={"seconds": 60})
    error = await failure(await runs.start(graph(each, slow, edges="start>each")))
    assert (error.code, error.node_key) == ("Timeout", "each")


async def test_sub_workflow_is_retried_only_when_asked(runs: Runs) -> None:
    node = {"key": "sub", "type": "workflow", "config": {"workflow": "broken"}}
    node["retry"] = {"max_attempts": 3, "initial_interval": 0.01}
    handle = await runs.start(graph(node, edges="start>sub"))
    assert (await failure(handle)).code == "Fatal"
    events = (await handle.fetch_history()).events
    children = [e for e in events if e.HasField("child_workflow_execution_failed_event_attributes")]
    assert len(children) == 3
