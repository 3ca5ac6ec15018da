"""The built-in helpers."""

from typing import Any

import pytest

from activities.errors import ExpressionFailed, InvalidInput, ResourceLimit, ToolError
from activities.tools import builtin
from models.enums import LogLevel
from models.graph.builtins import BUILTINS
from models.graph.tool import BuiltinConfig
from tests.activities.conftest import Attempt


async def run(attempt: Attempt, name: str, inputs: dict[str, Any], **config: Any) -> Any:
    return await builtin.run(BuiltinConfig(name=name, **config), inputs, attempt.context)


async def test_a_data_set_by_symbol_and_time(attempt: Attempt) -> None:
    inputs = {"symbol": "ibm", "since": "2010-01-15"}
    found = await run(attempt, "dataset", inputs, options={"name": "stocks"})
    assert found == {
        "symbol": "IBM",
        "dates": ["2010-02-01", "2010-03-01"],
        "close": [127.16, 125.55],
    }
    assert attempt.lines[0][0] == "IBM: 2 prices from stocks"


async def test_dates(attempt: Attempt) -> None:
    options = {"zone": "Asia/Seoul", "add": {"days": 1, "hours": -1}, "format": "%d.%m.%Y"}
    found = await run(attempt, "date", {"at": "2026-02-28T20:00:00+00:00"}, options=options)
    assert found["iso"] == "2026-03-02T04:00:00+09:00"
    assert (found["text"], found["weekday"]) == ("02.03.2026", 1)
    assert (await run(attempt, "date", {}))["iso"].endswith("+00:00")


@pytest.mark.parametrize(
    ("at", "add", "wanted"),
    [
        ("2026-03-28T12:00", {"days": 1}, "2026-03-29T12:00:00+02:00"),
        ("2026-03-28T12:00", {"hours": 24}, "2026-03-29T13:00:00+02:00"),
        ("2026-03-28T02:30", {"days": 1}, "2026-03-29T03:30:00+02:00"),
        ("2026-10-25T01:30", {"hours": 1}, "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T01:30", {"hours": 2}, "2026-10-25T02:30:00+01:00"),
        ("2026-10-24T12:00", {"weeks": 1, "minutes": -30}, "2026-10-31T11:30:00+01:00"),
    ],
)
async def test_days_follow_the_calendar_and_hours_the_clock(
    attempt: Attempt, at: str, add: dict[str, float], wanted: str
) -> None:
    options = {"zone": "Europe/Berlin", "add": add}
    assert (await run(attempt, "date", {"at": at}, options=options))["iso"] == wanted


async def test_texts(attempt: Attempt) -> None:
    template = "{% for row in rows %}{{ row.a }} {% endfor %}"
    assert (
        await run(attempt, "render", {"rows": [{"a": "{{ x }}"}]}, template=template) == "{{ x }} "
    )
    options = {"artifact": "r.md", "content_type": "text/markdown"}
    kept = await run(attempt, "render", {"rows": []}, template=template + "한", options=options)
    assert kept["$artifact"]["content_type"] == "text/markdown"
    assert (await attempt.artifacts.get(kept)).decode() == "한"


async def test_a_text_that_runs_wild_ends(attempt: Attempt) -> None:
    wild = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}"
    with pytest.raises((ExpressionFailed, ResourceLimit)):
        await run(attempt, "render", {}, template=wild)


async def test_schema_check_and_log(attempt: Attempt) -> None:
    schema = {"type": "array", "items": {"type": "integer"}}
    assert await run(attempt, "schema_check", {"value": [1]}, options={"schema": schema}) == [1]
    with pytest.raises(InvalidInput, match=r"inputs\.value\[1\]"):
        await run(attempt, "schema_check", {"value": [1, "a"]}, options={"schema": schema})
    await run(attempt, "log", {"message": "m", "data": [1]}, options={"level": "error"})
    assert attempt.lines == [("m", LogLevel.ERROR, [1])]


async def test_a_chart_is_a_still_picture(attempt: Attempt) -> None:
    inputs = {"labels": ["a", "<b>"], "series": [{"name": "<script>", "values": [1, None]}]}
    found = await run(attempt, "chart", inputs, options={"title": "T & <x>", "name": "c.svg"})
    again = await run(attempt, "chart", inputs, options={"title": "T & <x>", "name": "c.svg"})
    svg = (await attempt.artifacts.get(found)).decode()
    assert svg.startswith("<svg")
    assert "<script" not in svg
    assert "T &amp; &lt;x&gt;" in svg
    assert found["$artifact"]["sha256"] == again["$artifact"]["sha256"], "the same every time"


async def test_a_report_has_its_table_and_charts(attempt: Attempt) -> None:
    chart = await run(attempt, "chart", {"series": [{"name": "s", "values": [1]}]})
    rows = [{"a": "x|y\nz", "b": 1.005, "c": None}, {"a": 2}]
    found = await run(
        attempt, "report", {"summary": "S", "rows": rows, "charts": [chart]}, options={"title": "R"}
    )
    text = (await attempt.artifacts.get(found)).decode()
    assert text.splitlines()[0] == "# R"
    assert "| a | b | c |" in text
    assert "| x&#124;y z | 1.00 |  |" in text
    assert "![chart.svg](chart.svg)" in text


@pytest.mark.parametrize(
    ("name", "inputs", "config", "says"),
    [
        ("nope", {}, {}, "there is no built-in 'nope'"),
        ("dataset", {"symbol": "X"}, {"options": {"name": "stocks"}}, "not 'X'"),
        ("dataset", {"symbol": "IBM"}, {"options": {"name": "bonds"}}, "config.options.name"),
        ("dataset", {}, {"options": {"name": "stocks"}}, '"symbol" is a required property'),
        ("dataset", {"symbol": "IBM", "since": "x"}, {"options": {"name": "stocks"}}, "no date"),
        ("date", {"at": "yesterday"}, {}, "no such time"),
        ("date", {}, {"options": {"zone": "Mars/Base"}}, "no time zone"),
        ("date", {}, {"options": {"add": {"days": 1e12}}}, "no such time"),
        ("render", {}, {}, "needs a template"),
        ("render", {}, {"template": "{{ x }}"}, "there is no `x`"),
        ("schema_check", {"value": 1}, {"options": {"schema": {"type": "x"}}}, "itself wrong"),
        ("schema_check", {"value": 1}, {"options": {"schema": {"$ref": "http://x/"}}}, "http://x/"),
        ("schema_check", {"value": 1}, {"options": {"schema": {"pattern": "(?=a)"}}}, "regex"),
        ("chart", {"series": []}, {}, "inputs.series"),
        ("log", {"message": 1, "extra": 2}, {}, "extra"),
    ],
)
async def test_what_does_not_fit_is_named(
    attempt: Attempt, name: str, inputs: dict[str, Any], config: dict[str, Any], says: str
) -> None:
    with pytest.raises(ToolError) as caught:
        await run(attempt, name, inputs, **config)
    assert says in caught.value.message
    assert not caught.value.retryable


def test_every_helper_is_described_and_every_description_has_a_helper() -> None:
    assert set(BUILTINS) == set(builtin._HELPERS)
