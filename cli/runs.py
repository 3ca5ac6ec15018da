"""Starts a run, watches it and says how it ended."""

from typing import Any
from uuid import uuid4

from cli.client import ApiClient
from cli.exits import CommandError, ExitCode
from cli.follow.render import format_seconds
from cli.follow.tree import RunTree, parse_time
from cli.follow.watch import follow, watcher
from cli.output import print_json, print_json_line, print_value, talk


def start_run(client: ApiClient, workflow_id: str, run_input: Any) -> dict[str, Any]:
    """Start a workflow's draft or published graph; the answer of the API."""
    headers = {"Idempotency-Key": str(uuid4())}
    path = f"/workflows/{workflow_id}/executions"
    started: dict[str, Any] = client.post(path, {"input": run_input}, headers)
    return started


def watch_run(
    client: ApiClient, execution_id: str, graph: dict[str, Any], *, show: bool, as_json: bool
) -> dict[str, Any]:
    """Wait for the end of a run, shown if wanted; the finished execution.

    Ctrl-C ends the waiting, not the run.
    """
    talk_to = watcher(talk, as_json=as_json, show=show)
    try:
        return follow(client, execution_id, RunTree.of_graph(graph), talk_to)
    except KeyboardInterrupt:
        talk.print(
            f"Run {execution_id} was not stopped: it goes on while a server runs, and with the next one. "
            f"`pastetrader execution cancel {execution_id}` ends it.",
            soft_wrap=True,
        )
        raise


def graph_of(client: ApiClient, execution: dict[str, Any]) -> dict[str, Any]:
    """The graph that a run runs, for the shape of its tree; of an agent's run, what ran so far."""
    found = client.get(f"/executions/{execution['id']}/graph")["graph"]
    graph: dict[str, Any] = found or _ran(execution)
    return graph


def _ran(execution: dict[str, Any]) -> dict[str, Any]:
    names = {row["node_key"]: row for row in execution.get("nodes") or []}
    nodes = [
        {"key": key, "name": row["name"], "type": row["node_type"]} for key, row in names.items()
    ]
    return {"name": execution.get("agent_name") or "agent", "nodes": nodes}


def print_outcome(execution: dict[str, Any], *, show: bool, as_json: bool) -> None:
    """The result on standard output, the story on standard error.

    Raises `CommandError` with exit code 1 unless the run completed.
    """
    if as_json and show:
        print_json_line({"event": "finished", "data": execution})
    elif as_json:
        print_json(execution)
    else:
        _print_for_people(execution)
    if execution["status"] != "completed":
        raise CommandError(_why(execution), ExitCode.FAILED)


def _print_for_people(execution: dict[str, Any]) -> None:
    started = parse_time(execution.get("started_at"))
    ended = parse_time(execution.get("ended_at"))
    took = f" in {format_seconds((ended - started).total_seconds())}" if started and ended else ""
    talk.print(f"Run {execution['id']} {execution['status']}{took}.", soft_wrap=True)
    if execution["status"] == "completed" and execution.get("output") is not None:
        print_value(execution["output"])


def _why(execution: dict[str, Any]) -> str:
    error = execution.get("error") or {}
    place = f" at node {error['node_key']}" if error.get("node_key") else ""
    path = f"[{error['path']}]" if error.get("path") else ""
    message = f": {error['message']} [{error.get('code', '')}]" if error.get("message") else ""
    return f"the run ended {execution['status']}{place}{path}{message}"
