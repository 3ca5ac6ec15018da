"""`pastetrader trigger`, on the whole product."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from chaos.stack import live_stack
from tests.cli.commands import LOOK_SECONDS, command

pytestmark = pytest.mark.slow

FLOW = """
name: nightly
nodes:
  - {key: start, type: trigger}
  - {key: next, type: adapter, config: {output: "{{ input }}"}}
edges:
  - {source: start, target: next}
"""
TRIGGER = """
name: night
workflow: nightly
config:
  type: schedule
  schedule_type: cron
  cron: 30 2 * * *
  time_zone: Europe/Berlin
  input: {why: "{{ event.cause }}"}
"""


async def test_a_trigger_from_its_file_to_its_end(tmp_path: Path) -> None:
    data, flow, trigger = tmp_path / "data", tmp_path / "flow.yaml", tmp_path / "trigger.yaml"
    flow.write_text(FLOW)
    trigger.write_text(TRIGGER)

    async def ok(*arguments: str) -> str:
        done = await command(*arguments, data_dir=data)
        assert done.code == 0, (arguments, done.err)
        return done.out + done.err

    async def given(*arguments: str) -> Any:
        return json.loads((await command(*arguments, data_dir=data)).out)

    async def ended(count: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(60):
            while True:
                rows: list[dict[str, Any]] = await given("trigger", "history", "night", "--json")
                if [row["execution_status"] for row in rows] == ["completed"] * count:
                    return rows
                await asyncio.sleep(LOOK_SECONDS)

    async with live_stack(data):
        await ok("workflow", "import", str(flow))
        await ok("workflow", "publish", "nightly")
        assert "It fires next at" in await ok("trigger", "create", str(trigger))
        assert "night" in await ok("trigger", "list", "--workflow", "nightly")

        times = (await given("trigger", "preview", "0 9 * * mon", "--count", "2", "--json"))[
            "times"
        ]
        assert [time[11:16] for time in times] == ["09:00", "09:00"]
        whole = await given("trigger", "preview", "--file", str(trigger), "--json")
        assert (whole["time_zone"], len(whole["times"])) == ("Europe/Berlin", 10)

        paused = await given("trigger", "pause", "night", "--note", "moving", "--json")
        assert (paused["is_active"], paused["note"]) == (False, "moving")
        await ok("trigger", "fire", "night")
        [row] = await ended(1)
        run = await given("execution", "show", row["execution_id"], "--json")
        assert run["output"] == {"next": {"why": "manual"}}

        window = ("--start", "2026-01-01T00:00:00Z", "--end", "2026-01-03T00:00:00Z", "--parallel")
        filled = await given("trigger", "backfill", "night", *window, "--json")
        assert filled["times"] == ["2026-01-01T01:30:00Z", "2026-01-02T01:30:00Z"]
        await ended(3)
        assert (await given("trigger", "resume", "night", "--json"))["is_active"] is True

        wrong = await command("trigger", "preview", "0 9 *", data_dir=data)
        assert (wrong.code, "config.cron" in wrong.err) == (2, True)
        unknown = await command("trigger", "show", "no such", data_dir=data)
        assert (unknown.code, "no trigger is named" in unknown.err) == (2, True)
        await ok("trigger", "delete", "night")
        assert await given("trigger", "list", "--json") == []
