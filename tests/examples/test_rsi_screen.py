"""The flagship's numbers against a calculation of their own, written another way."""

import csv
import json
from collections import defaultdict
from datetime import datetime
from decimal import Decimal, getcontext
from pathlib import Path
from typing import Any

import pytest

from tests.api.fixtures import Api, ended, started
from tests.examples.test_examples import EXAMPLES, publish

getcontext().prec = 40
FLAGSHIP = EXAMPLES / "rsi-screen"
PRICES = EXAMPLES.parent / "activities" / "tools" / "datasets" / "stocks.csv"
DAYS = ("2007-11-01", "2009-02-01", "2001-08-01")


def closes_until(day: str) -> dict[str, list[Decimal]]:
    """Closing prices by symbol up to a day, straight from the file."""
    found: dict[str, list[tuple[datetime, Decimal]]] = defaultdict(list)
    with PRICES.open() as file:
        for row in csv.DictReader(file):
            found[row["symbol"]].append(
                (datetime.strptime(row["date"] + " Z", "%b %d %Y %z"), Decimal(row["price"]))
            )
    last = datetime.fromisoformat(f"{day}T00:00:00Z")
    return {
        symbol: [price for at, price in sorted(rows) if at <= last]
        for symbol, rows in found.items()
    }


def wilder_rsi(close: list[Decimal], period: int = 14) -> Decimal:
    """RSI as a recursion from the newest price back, exact to forty digits.

    Wilder's average is A(t) = A(t-1) + (x(t) - A(t-1)) / n, begun with the mean of the first n.
    """

    def average(moves: list[Decimal]) -> Decimal:
        if len(moves) == period:
            return sum(moves, Decimal(0)) / period
        before = average(moves[:-1])
        return before + (moves[-1] - before) / period

    steps = [close[at] - close[at - 1] for at in range(1, len(close))]
    up = average([step if step > 0 else Decimal(0) for step in steps])
    down = average([-step if step < 0 else Decimal(0) for step in steps])
    return 100 * up / (up + down)


def verdict(rsi: Decimal) -> str:
    """The rule."""
    if rsi < 30:
        return "buy"
    return "sell" if rsi > 70 else "hold"


@pytest.fixture(scope="module")
async def workflow_id(editor: Api) -> str:
    """The flagship, published."""
    return await publish(editor, FLAGSHIP)


@pytest.mark.parametrize("day", DAYS)
async def test_the_numbers_are_right(editor: Api, workflow_id: str, day: str) -> None:
    prices = {symbol: close for symbol, close in closes_until(day).items() if len(close) > 14}
    given = {"symbols": sorted(prices), "as_of": day}
    run = await ended(editor, await started(editor, workflow_id, given))
    assert run["status"] == "completed", run["error"]
    rows = {row["symbol"]: row for row in run["output"]["verdicts"]}
    assert set(rows) == set(prices)
    for symbol, close in prices.items():
        rsi = wilder_rsi(close)
        assert abs(Decimal(str(rows[symbol]["rsi"])) - rsi) <= Decimal("0.005"), symbol
        assert Decimal(str(rows[symbol]["close"])) == close[-1]
        assert rows[symbol]["verdict"] == verdict(rsi)
    assert [row["rsi"] for row in run["output"]["verdicts"]] == sorted(
        row["rsi"] for row in rows.values()
    )
    await the_report_says_the_same(editor, run["output"], rows)


async def the_report_says_the_same(client: Api, output: Any, rows: dict[str, Any]) -> None:
    report = await client.get(f"/artifacts/{output['report']['$artifact']['id']}")
    assert report.headers["content-type"].startswith("text/markdown")
    for symbol, row in rows.items():
        line = f"| {symbol} | {row['close']:.2f} | {row['rsi']:.2f} | {row['verdict']} |"
        assert line in report.text
    chart = await client.get(f"/artifacts/{output['chart']['$artifact']['id']}")
    assert chart.headers["content-type"].startswith("image/svg+xml")
    assert all(symbol in chart.text for symbol in rows)


def test_every_verdict_occurs() -> None:
    found = {
        verdict(wilder_rsi(close))
        for day in DAYS
        for close in closes_until(day).values()
        if len(close) > 14
    }
    assert found == {"buy", "sell", "hold"}


async def test_too_few_prices_are_an_error_of_their_node(editor: Api, workflow_id: str) -> None:
    given = {"symbols": ["GOOG"], "as_of": "2004-12-01"}
    run = await ended(editor, await started(editor, workflow_id, given))
    assert run["status"] == "failed"
    assert run["error"]["node_key"] == "each"
    assert run["error"]["message"].startswith("rsi@0: ")
    failed = {node["node_key"] for node in run["nodes"] if node["status"] == "failed"}
    assert failed == {"rsi", "each"}
    assert "needs more than 14 prices" in run["error"]["message"]


async def test_the_input_is_checked_before_anything_runs(editor: Api, workflow_id: str) -> None:
    body = {"input": {"symbols": [], "as_of": "yesterday"}}
    answer = await editor.post(f"/workflows/{workflow_id}/executions", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "SCHEMA_MISMATCH")


def test_the_shipped_input_is_one_of_those_tested() -> None:
    given = json.loads((FLAGSHIP / "input.json").read_text())
    assert given["as_of"] in DAYS
    assert Path(PRICES).with_name("SOURCE.md").exists()
