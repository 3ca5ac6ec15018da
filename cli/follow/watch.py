"""Follows a run to its end, on a terminal as a live tree, elsewhere as plain lines."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.live import Live

from cli.client import ApiClient
from cli.follow.events import run_events
from cli.follow.render import SYMBOLS, format_seconds, render
from cli.follow.tree import RunTree, parse_time

_FRAMES_PER_SECOND = 10
Events = Iterator[tuple[str, dict[str, Any]]]
Watch = Callable[[Events, RunTree], None]


def follow(client: ApiClient, execution_id: str, tree: RunTree, watch: Watch) -> dict[str, Any]:
    """Watch a run until it ends; its execution as the API then gives it."""
    watch(run_events(client, execution_id), tree)
    execution: dict[str, Any] = client.get(f"/executions/{execution_id}")
    return execution


def watcher(console: Console, *, as_json: bool = False, show: bool = True) -> Watch:
    """How a run is shown here: JSON lines, nothing, a live tree, or plain lines."""
    if as_json:
        return _json_lines if show else _silently
    if not show:
        return _silently
    return _live(console) if console.is_terminal else _plain(console)


def _silently(events: Events, tree: RunTree) -> None:
    for event, data in events:
        tree.apply(event, data)


def _json_lines(events: Events, tree: RunTree) -> None:
    for event, data in events:
        tree.apply(event, data)
        sys.stdout.write(json.dumps({"event": event, "data": data}) + "\n")
        sys.stdout.flush()


def _live(console: Console) -> Watch:
    def watch(events: Events, tree: RunTree) -> None:
        with Live(
            get_renderable=lambda: render(tree),
            console=console,
            refresh_per_second=_FRAMES_PER_SECOND,
            vertical_overflow="ellipsis",
        ) as live:
            for event, data in events:
                tree.apply(event, data)
            live.vertical_overflow = "visible"

    return watch


def _plain(console: Console) -> Watch:
    def watch(events: Events, tree: RunTree) -> None:
        for event, data in events:
            tree.apply(event, data)
            if line := _line(event, data):
                console.print(line, markup=False, highlight=False, soft_wrap=True)

    return watch


def _line(event: str, data: dict[str, Any]) -> str | None:
    if event == "log":
        return f"  {data.get('level', 'info'):<7} {_place(data)}: {data.get('message', '')}"
    if event not in {"node", "execution"}:
        return None
    symbol = SYMBOLS.get(data["status"], ("?", ""))[0]
    what = _place(data) if event == "node" else "run"
    return f"{symbol} {what} {data['status']}{_duration(data)}{_attempt(data)}{_error(data)}"


def _place(data: dict[str, Any]) -> str:
    path = data.get("path") or ""
    return f"{data.get('node_key', '')}[{path}]" if path else str(data.get("node_key", ""))


def _duration(data: dict[str, Any]) -> str:
    started, ended = parse_time(data.get("started_at")), parse_time(data.get("ended_at"))
    if started is None or ended is None:
        return ""
    return f" in {format_seconds((ended - started).total_seconds())}"


def _attempt(data: dict[str, Any]) -> str:
    return f" (attempt {data['attempt']})" if (data.get("attempt") or 1) > 1 else ""


def _error(data: dict[str, Any]) -> str:
    error = data.get("error")
    return f": {error['message']}" if isinstance(error, dict) and error.get("message") else ""
