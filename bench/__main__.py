"""`python -m bench`: measures, prints a table, writes JSON."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench import interpreter, product, recovery, retention, sandbox
from bench.figures import Figure, show, write

GROUPS: dict[str, Callable[[int], AsyncIterator[Figure]]] = {
    "interpreter": interpreter.run,
    "product": product.run,
    "recovery": recovery.run,
    "retention": retention.run,
    "sandbox": sandbox.run,
}


def main(
    only: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(GROUPS)}.")] = None,
    rounds: Annotated[int, typer.Option(help="Pairs per ratio.", min=3, max=200)] = 20,
    to: Annotated[Path, typer.Option(help="JSON file to write.")] = Path(
        "bench/results/latest.json"
    ),
    strict: Annotated[bool, typer.Option(help="Exit with 1 when a target is missed.")] = False,
) -> None:
    """Measure PasteTrader beside hand-written Temporal code on the same tuned server."""
    console = Console()
    figures = asyncio.run(_measure(only or list(GROUPS), rounds, console))
    show(figures, console)
    write(figures, to)
    console.print(f"Written to {to}.")
    if strict and not all(figure.met for figure in figures):
        raise typer.Exit(1)


async def _measure(names: list[str], rounds: int, console: Console) -> list[Figure]:
    figures: list[Figure] = []
    for name in names:
        with console.status(f"measuring {name}") as status:
            async for figure in GROUPS[name](rounds):
                figures.append(figure)
                status.update(f"measuring {name}: {figure.name} {figure.value:.3g} {figure.unit}")
                console.log(f"{figure.name}: {figure.value:.3g} {figure.unit}  {figure.note}")
    return figures


if __name__ == "__main__":
    typer.run(main)
