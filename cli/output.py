"""Where results go: data to standard output, talk to standard error."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.follow.render import SYMBOLS, format_seconds
from cli.follow.tree import parse_time
from models.graph.values import ARTIFACT_KEY, is_artifact

console = Console()
talk = Console(stderr=True)


def print_json(value: Any) -> None:
    """Indented JSON for machines and pipes; never coloured, never wrapped."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def print_json_line(value: Any) -> None:
    """One JSON document on one line, flushed."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """A plain table; ids stay whole so that they can be copied."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == "id")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    console.print(table)


def print_value(value: Any) -> None:
    """A run's output: a list of flat objects as a table, text as it is, all else as JSON."""
    if isinstance(value, str):
        console.print(value, markup=False, highlight=False, soft_wrap=True)
    elif is_artifact(value):
        facts = value[ARTIFACT_KEY]
        name = facts.get("name") or facts["id"]
        console.print(f"{name}, {facts['size']:,} bytes", markup=False, highlight=False)
    elif _is_rows(value):
        columns = list(dict.fromkeys(key for row in value for key in row))
        print_table(columns, ([_cell(row.get(column)) for column in columns] for row in value))
    elif isinstance(value, dict) and any(map(_has_a_shape, value.values())):
        for key, item in value.items():
            console.print(Text(key, style="bold"), end="\n" if _is_rows(item) else "  ")
            print_value(item)
    else:
        print_json(value)


def _has_a_shape(value: Any) -> bool:
    """Whether a value is shown better than as JSON."""
    return _is_rows(value) or is_artifact(value)


def status_text(status: str) -> Text:
    """A status with its symbol and colour."""
    symbol, style = SYMBOLS.get(status, ("?", "dim"))
    return Text(f"{symbol} {status}", style=style)


def duration(row: dict[str, Any]) -> str:
    """How long a run or a node took, or has taken."""
    started = parse_time(row.get("started_at"))
    if started is None:
        return ""
    ended = parse_time(row.get("ended_at")) or datetime.now(UTC)
    return format_seconds((ended - started).total_seconds())


def _is_rows(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(row, dict) and _is_flat(row) for row in value)
    )


def _is_flat(row: dict[str, Any]) -> bool:
    return not any(isinstance(cell, dict | list) for cell in row.values())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
