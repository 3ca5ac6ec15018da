"""What a schedule does while a run of its own still goes on."""

import asyncio
import itertools
from datetime import datetime
from typing import Any
from uuid import uuid4

from tests.api.fixtures import Api, ended, published
from tests.api.triggers.desk import LATER, deleted, every, fired, history, made, moments, until_done


def lasting(seconds: float) -> dict[str, Any]:
    """A graph that takes so long."""
    return {
        "name": f"lasting {uuid4().hex}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "wait", "type": "delay", "config": {"seconds": seconds}},
        ],
        "edges": [{"source": "start", "target": "wait"}],
    }


async def runs(client: Api, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The runs that ended of those that firings started, in order."""
    found = [
        (await client.get(f"/executions/{row['id']}")).json()
        for row in rows
        if row["execution_status"] in {"completed", "cancelled"}
    ]
    return sorted(found, key=lambda run: str(run["started_at"]))


def overlapping(found: list[dict[str, Any]]) -> list[str]:
    """Ids of runs that began before the one before them had ended."""
    return [
        later["id"]
        for earlier, later in itertools.pairwise(found)
        if datetime.fromisoformat(later["started_at"]) < datetime.fromisoformat(earlier["ended_at"])
    ]


async def test_skip_leaves_out_what_comes_while_a_run_goes_on(editor: Api) -> None:
    trigger = await made(editor, every(1), await published(editor, lasting(1.3)))
    rows = await until_done(editor, trigger, 2)
    assert overlapping(await runs(editor, rows)) == []
    shown = (await editor.get(f"/triggers/{trigger['id']}")).json()
    assert shown["skipped_overlap"] >= 1
    assert shown["missed"] == 0
    await deleted(editor, trigger)


async def test_buffer_one_begins_the_next_when_the_run_is_over(editor: Api) -> None:
    config = every(1, overlap="buffer_one")
    trigger = await made(editor, config, await published(editor, lasting(1.3)))
    found = await runs(editor, await until_done(editor, trigger, 3))
    assert overlapping(found) == []
    for earlier, later in itertools.pairwise(found):
        began = datetime.fromisoformat(later["started_at"])
        assert (began - datetime.fromisoformat(earlier["ended_at"])).total_seconds() < 1
    await deleted(editor, trigger)


async def test_cancel_other_ends_the_run_before(editor: Api) -> None:
    config = every(2, overlap="cancel_other")
    trigger = await made(editor, config, await published(editor, lasting(60)))
    rows = await until_done(editor, trigger, 2)
    found = await runs(editor, rows)
    assert {run["status"] for run in found} == {"cancelled"}
    live = [row for row in await history(editor, trigger) if row["execution_status"] == "running"]
    assert len(live) <= 1
    assert overlapping(found) == []
    await deleted(editor, trigger)
    for row in live:
        await editor.post(f"/executions/{row['id']}/cancel")


async def test_allow_all_lets_them_run_side_by_side(editor: Api) -> None:
    config = every(1, overlap="allow_all")
    trigger = await made(editor, config, await published(editor, lasting(2.5)))
    found = await runs(editor, await until_done(editor, trigger, 2))
    assert overlapping(found) == [run["id"] for run in found[1:]]
    await deleted(editor, trigger)


async def test_a_firing_by_hand_waits_for_its_turn(editor: Api) -> None:
    trigger = await made(editor, LATER, await published(editor, lasting(1)))
    first, second = await fired(editor, trigger), await fired(editor, trigger)
    rows = await until_done(editor, trigger, 2)
    assert {row["id"] for row in rows} == {first["id"], second["id"]}
    assert overlapping(await runs(editor, rows)) == []
    await deleted(editor, trigger)


async def test_deleting_withdraws_what_waits(editor: Api) -> None:
    trigger = await made(editor, LATER, await published(editor, lasting(1)))
    first = await fired(editor, trigger)
    async with asyncio.timeout(10):
        while (await editor.get(f"/executions/{first['id']}")).status_code != 200:
            await asyncio.sleep(0.05)
    second = await fired(editor, trigger)
    await deleted(editor, trigger)
    assert (await ended(editor, first["id"]))["status"] == "completed"
    assert (await editor.get(f"/executions/{second['id']}")).status_code == 404


async def test_jitter_moves_the_start_and_not_the_time_it_is_for(editor: Api) -> None:
    config = every(2, jitter_seconds=1, overlap="allow_all")
    trigger = await made(editor, config)
    rows = await until_done(editor, trigger, 2)
    assert all(moment.second % 2 == 0 and not moment.microsecond for moment in moments(rows))
    await deleted(editor, trigger)
