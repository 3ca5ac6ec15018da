"""What a benchmark measured, what it should be, and how that is shown."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `at_most` and `at_least` are its target, in the same unit."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the value is within its target; true without one."""
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)

    @property
    def target(self) -> str:
        """The target in words."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g} {self.unit}"
        return f"≥ {self.at_least:g} {self.unit}" if self.at_least is not None else ""


def percentile(values: Sequence[float], percent: int) -> float:
    """The given percentile of at least one value, interpolated."""
    if len(values) == 1:
        return values[0]
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def show(figures: Sequence[Figure], console: Console) -> None:
    """A table for people."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "figure", "value", "target", "note"):
        table.add_column(column, justify="right" if column == "value" else "left")
    for figure in figures:
        mark = ("[green]✓[/]" if figure.met else "[red]✗[/]") if figure.target else " "
        value = f"{figure.value:.3g} {figure.unit}"
        table.add_row(mark, figure.name, value, figure.target, f"[dim]{figure.note}[/]")
    console.print(table)


def write(figures: Sequence[Figure], path: Path) -> None:
    """The same as JSON, with what it ran on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "at": datetime.now(UTC).isoformat(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "figures": [asdict(figure) | {"met": figure.met} for figure in figures],
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
