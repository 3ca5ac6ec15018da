"""Markdown reports: a title, some words, a table, and charts by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from models.graph.values import ARTIFACT_KEY

MAX_ROWS = 2_000


def document(
    title: str,
    *,
    summary: str | None,
    rows: Sequence[Mapping[str, Any]] | None,
    columns: Sequence[str] | None,
    charts: Sequence[Mapping[str, Any]],
) -> str:
    """The report; without `columns` the table has those of its first row."""
    parts = [f"# {_line(title)}"]
    if summary:
        parts.append(summary)
    if rows is not None:
        parts.append(_table(rows, columns or list(rows[0] if rows else ())))
    parts += [_picture(chart) for chart in charts]
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    if not rows or not columns:
        return "_No rows._"
    lines = [_row(columns), _row(["---"] * len(columns))]
    lines += [_row([_cell(row.get(column)) for column in columns]) for row in rows[:MAX_ROWS]]
    if len(rows) > MAX_ROWS:
        lines.append(f"\n{len(rows) - MAX_ROWS} more rows are not shown.")
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_line(cell).replace('|', '&#124;') for cell in cells)} |"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _picture(chart: Mapping[str, Any]) -> str:
    found = chart.get(ARTIFACT_KEY)
    facts = found if isinstance(found, Mapping) else {}
    name = _line(str(facts.get("name", "chart")))
    return f"![{name}]({name})"


def _line(text: str) -> str:
    return " ".join(str(text).split())
