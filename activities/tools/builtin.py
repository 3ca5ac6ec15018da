"""The built-in helpers, one function each; `models.graph.builtins` says what they take."""

import asyncio
import csv
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from activities.context import ToolContext
from activities.errors import InvalidInput
from activities.schema import check_schema
from activities.tools import text
from activities.tools.drawing import draw
from activities.tools.markdown import document
from models.enums import LogLevel
from models.graph.builtins import BUILTINS
from models.graph.tool import BuiltinConfig
from models.graph.values import Json

_FOLDER = Path(__file__).with_name("datasets")
_MARKDOWN = "text/markdown"
Inputs = dict[str, Any]
Helper = Callable[[BuiltinConfig, Inputs, ToolContext], Awaitable[Json]]


async def run(config: BuiltinConfig, inputs: Inputs, context: ToolContext) -> Json:
    """What the helper that `config` names gives.

    Raises:
        InvalidInput: no such helper, or options or inputs that it does not take.
    """
    builtin, helper = BUILTINS.get(config.name), _HELPERS.get(config.name)
    if builtin is None or helper is None:
        known = ", ".join(BUILTINS)
        raise InvalidInput(f"config.name: there is no built-in {config.name!r}; there are {known}")
    check_schema(config.options, builtin.options_schema, where="config.options")
    check_schema(inputs, builtin.input_schema, where="inputs")
    return await helper(config, inputs, context)


async def _dataset(config: BuiltinConfig, inputs: Inputs, context: ToolContext) -> Json:
    name = str(config.options["name"])
    prices = await asyncio.to_thread(_prices, name)
    symbol = str(inputs["symbol"]).upper()
    if symbol not in prices:
        raise InvalidInput(f"inputs.symbol: {name} has {', '.join(prices)}, not {symbol!r}")
    since = _day(inputs, "since", date.min)
    until = _day(inputs, "until", date.max)
    rows = [(day, price) for day, price in prices[symbol] if since <= day <= until]
    context.log(f"{symbol}: {len(rows)} prices from {name}")
    return {
        "symbol": symbol,
        "dates": [day.isoformat() for day, _ in rows],
        "close": [price for _, price in rows],
    }


@cache
def _prices(name: str) -> dict[str, list[tuple[date, float]]]:
    found: dict[str, list[tuple[date, float]]] = {}
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            day = datetime.strptime(row["date"], "%b %d %Y").date()  # noqa: DTZ007 - a day
            found.setdefault(row["symbol"], []).append((day, float(row["price"])))
    return {symbol: sorted(rows) for symbol, rows in sorted(found.items())}


def _day(inputs: Inputs, name: str, default: date) -> date:
    if name not in inputs:
        return default
    try:
        return date.fromisoformat(inputs[name])
    except ValueError:
        raise InvalidInput(
            f"inputs.{name}: {inputs[name]!r} is no date such as 2005-01-31"
        ) from None


async def _date(config: BuiltinConfig, inputs: Inputs, context: ToolContext) -> Json:
    options: dict[str, Any] = config.options
    try:
        zone = ZoneInfo(options.get("zone", "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidInput(f"config.options.zone: {options['zone']!r} is no time zone") from None
    try:
        at = datetime.fromisoformat(inputs["at"]) if "at" in inputs else datetime.now(UTC)
        at = at if at.tzinfo else at.replace(tzinfo=zone)
        at = _later(at.astimezone(zone), options.get("add", {}))
        shown = at.strftime(options.get("format", "%Y-%m-%d %H:%M"))
        unix = at.timestamp()
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"inputs.at: no such time: {error}") from error
    return {
        "iso": at.isoformat(),
        "date": at.date().isoformat(),
        "time": at.strftime("%H:%M:%S"),
        "unix": unix,
        "weekday": at.isoweekday(),
        "text": shown,
    }


def _later(at: datetime, add: dict[str, float]) -> datetime:
    """Weeks and days keep the time of day, whatever clocks do meanwhile; hours pass as they are."""
    days = timedelta(**{unit: add[unit] for unit in ("weeks", "days") if unit in add})
    rest = timedelta(
        **{unit: count for unit, count in add.items() if unit not in ("weeks", "days")}
    )
    # By way of UTC, so that a time which clocks skip becomes one that exists.
    return ((at + days).astimezone(UTC) + rest).astimezone(at.tzinfo)


async def _render(config: BuiltinConfig, inputs: Inputs, context: ToolContext) -> Json:
    if config.template is None:
        raise InvalidInput("config.template: `render` needs a template")
    rendered = await text.render(config.template, inputs, field="config.template")
    name = config.options.get("artifact")
    if name is None:
        return rendered
    kind = str(config.options.get("content_type", "text/plain"))
    return await _keep(context, rendered, kind, str(name))


async def _schema_check(config: BuiltinConfig, inputs: Inputs, context: ToolContext) -> Json:
    schema: Any = config.options["schema"]
    check_schema(inputs["value"], schema, where="inputs.value")
    value: Json = inputs["value"]
    return value


async def _log(config: BuiltinConfig, inputs: Inputs, context: ToolContext) -> Json:
    level = LogLevel(str(config.options.get("level", LogLevel.INFO)))
    message = inputs["message"] if isinstance(inputs["message"], str) else str(inputs["message"])
    context.log(message, level, inputs.get("data"))
    return {"message": message}


async def _chart(config: BuiltinConfig, inputs: Inputs, context: ToolContext) -> Json:
    svg = await asyncio.to_thread(draw, config.options, inputs)
    name = str(config.options.get("name", "chart.svg"))
    return await _keep(context, svg, "image/svg+xml", name)


async def _report(config: BuiltinConfig, inputs: Inputs, context: ToolContext) -> Json:
    options: dict[str, Any] = config.options
    content = document(
        options["title"],
        summary=inputs.get("summary"),
        rows=inputs.get("rows"),
        columns=options.get("columns"),
        charts=inputs.get("charts", []),
    )
    return await _keep(context, content, _MARKDOWN, str(options.get("name", "report.md")))


async def _keep(context: ToolContext, content: str, content_type: str, name: str) -> Json:
    return await context.artifacts.put(
        context.execution_id, content.encode(), content_type=content_type, name=name
    )


_HELPERS: dict[str, Helper] = {
    "dataset": _dataset,
    "date": _date,
    "render": _render,
    "schema_check": _schema_check,
    "log": _log,
    "chart": _chart,
    "report": _report,
}
