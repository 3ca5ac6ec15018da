"""Triggers over HTTP: kept, changed, looked at, paused, fired."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.fixtures import Api, adapter_graph, ended, imported, published
from tests.api.triggers.desk import (
    HOURLY,
    LATER,
    deleted,
    every,
    fired,
    history,
    made,
    moments,
    settled,
)

EVENT = {"type": "event", "event": "order"}


async def test_a_trigger_is_kept_changed_and_deleted(editor: Api) -> None:
    trigger = await made(editor, HOURLY)
    assert trigger["trigger_type"] == "schedule"
    assert trigger["version"] == 1
    following = datetime.fromisoformat(trigger["next_run_at"])
    assert following.minute == 0
    assert timedelta() < following - datetime.now(UTC) <= timedelta(hours=1)
    assert (trigger["missed"], trigger["skipped_overlap"], trigger["url"]) == (0, 0, None)

    path = f"/triggers/{trigger['id']}"
    change = {"version": 1, "name": "each day", "config": HOURLY | {"cron": "0 9 * * *"}}
    changed = (await editor.patch(path, json=change)).json()
    assert (changed["name"], changed["version"]) == ("each day", 2)
    assert datetime.fromisoformat(changed["next_run_at"]).hour == 9
    stale = await editor.patch(path, json=change)
    assert (stale.status_code, stale.json()["code"]) == (409, "VERSION_MISMATCH")

    listed = (await editor.get("/triggers", params={"workflow_id": trigger["workflow_id"]})).json()
    assert [each["id"] for each in listed["items"]] == [trigger["id"]]
    await deleted(editor, trigger)
    assert (await editor.get(path)).status_code == 404


async def test_lists_are_filtered_and_paged(editor: Api) -> None:
    workflow = await published(editor, adapter_graph())
    for number in range(3):
        await made(editor, EVENT, workflow, name=f"numbered {number}")
    first = (await editor.get("/triggers", params={"workflow_id": workflow, "limit": 2})).json()
    assert [each["name"] for each in first["items"]] == ["numbered 2", "numbered 1"]
    rest = {"workflow_id": workflow, "limit": 2, "cursor": first["next_cursor"]}
    second = (await editor.get("/triggers", params=rest)).json()
    assert ([each["name"] for each in second["items"]], second["next_cursor"]) == (
        ["numbered 0"],
        None,
    )
    found = await editor.get("/triggers", params={"text": "ERED 1", "trigger_type": "event"})
    assert [each["name"] for each in found.json()["items"]] == ["numbered 1"]
    assert (await editor.get("/triggers", params={"cursor": "x"})).status_code == 422


async def test_somebody_elses_trigger_is_not_there(editor: Api, stranger: Api, viewer: Api) -> None:
    trigger = await made(editor, EVENT)
    path = f"/triggers/{trigger['id']}"
    calls: list[tuple[str, str, Any]] = [
        ("GET", path, None),
        ("PATCH", path, {"version": 1, "name": "mine"}),
        ("DELETE", path, None),
        ("POST", f"{path}/pause", {}),
        ("POST", f"{path}/resume", {}),
        ("POST", f"{path}/fire", {}),
        (
            "POST",
            f"{path}/backfill",
            {"start_at": "2026-01-01T00:00Z", "end_at": "2026-01-02T00:00Z"},
        ),
        ("GET", f"{path}/history", None),
    ]
    for method, target, body in calls:
        answer = await stranger.request(method, target, json=body)
        assert answer.status_code == 404, (method, target, answer.text)
    assert (await stranger.get("/triggers")).json()["items"] == []
    new = {"workflow_id": trigger["workflow_id"], "name": "mine", "config": EVENT}
    assert (await stranger.post("/triggers", json=new)).status_code == 404
    assert (await viewer.post("/triggers", json=new)).status_code == 403


@pytest.mark.parametrize(
    ("config", "code", "field"),
    [
        (HOURLY | {"cron": "0 0 * *"}, "INVALID_SCHEDULE", "config.cron"),
        (HOURLY | {"cron": "0 0 0 * * *"}, "INVALID_SCHEDULE", "config.cron"),
        (HOURLY | {"cron": "@daily"}, "INVALID_SCHEDULE", "config.cron"),
        (HOURLY | {"cron": "CRON_TZ=UTC 0 0 * * *"}, "INVALID_SCHEDULE", "config.cron"),
        (HOURLY | {"cron": "60 * * * *"}, "INVALID_SCHEDULE", "config.cron"),
        (HOURLY | {"cron": "* * * foo *"}, "INVALID_SCHEDULE", "config.cron"),
        (HOURLY | {"cron": "5-1 * * * *"}, "INVALID_SCHEDULE", "config.cron"),
        (HOURLY | {"cron": "*/0 * * * *"}, "INVALID_SCHEDULE", "config.cron"),
        (HOURLY | {"cron": "٣ * * * *"}, "INVALID_SCHEDULE", "config.cron"),
        (HOURLY | {"cron": "0 0 30 2 *"}, "INVALID_SCHEDULE", "config.cron"),
        (HOURLY | {"time_zone": "Europe/Berlim"}, "INVALID_SCHEDULE", "config.time_zone"),
        (HOURLY | {"time_zone": "../etc/passwd"}, "INVALID_SCHEDULE", "config.time_zone"),
        (every(2, offset_seconds=2), "INVALID_SCHEDULE", "config.offset_seconds"),
        (every(1) | {"every_seconds": 1.5}, "INVALID_SCHEDULE", "config.every_seconds"),
        (LATER | {"at": "2020-01-01T00:00:00Z"}, "INVALID_SCHEDULE", "config.at"),
        (LATER | {"at": "9999-12-31T23:59:59-10:00"}, "INVALID_SCHEDULE", "config.at"),
        (LATER | {"at": "0001-01-01T00:00:00+10:00"}, "INVALID_SCHEDULE", "config.at"),
        (HOURLY | {"end_at": "2020-01-01T00:00:00Z"}, "INVALID_SCHEDULE", "config.end_at"),
        (HOURLY | {"jitter_seconds": 0.5}, "INVALID_SCHEDULE", "config.jitter_seconds"),
        (HOURLY | {"input": "{{ event."}, "INVALID_EXPRESSION", "config.input"),
        (HOURLY | {"input": {"a": "{{ nodes.b }}"}}, "UNDEFINED_VARIABLE", "config.input"),
        (HOURLY | {"only_if": "secrets.key"}, "UNDEFINED_VARIABLE", "config.only_if"),
        (
            {"type": "webhook", "verification": "github", "secret": "NO_SUCH"},
            "UNKNOWN_SECRET",
            "config.secret",
        ),
    ],
)
async def test_settings_that_cannot_work_are_named(
    editor: Api, config: dict[str, Any], code: str, field: str
) -> None:
    workflow = await published(editor, adapter_graph())
    new = {"workflow_id": workflow, "name": "wrong", "config": config}
    answer = await editor.post("/triggers", json=new)
    assert answer.status_code == 422, answer.text
    [problem] = answer.json()["errors"]
    assert (problem["code"], problem["path"]) == (code, f"body.{field}")


async def test_the_type_of_a_trigger_stays(editor: Api) -> None:
    trigger = await made(editor, EVENT)
    answer = await editor.patch(f"/triggers/{trigger['id']}", json={"version": 1, "config": HOURLY})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "body.config.type")


async def test_a_schedule_that_is_paused_says_why_and_fires_only_by_hand(editor: Api) -> None:
    trigger = await made(editor, every(1))
    await settled(editor, trigger)
    path = f"/triggers/{trigger['id']}"
    paused = (await editor.post(f"{path}/pause", json={"note": "till Monday"})).json()
    assert (paused["is_active"], paused["note"], paused["next_run_at"]) == (
        False,
        "till Monday",
        None,
    )
    await asyncio.sleep(0.7)  # what was under way when it was paused
    before = len(await settled(editor, trigger))
    await asyncio.sleep(1.6)
    assert len(await history(editor, trigger)) == before
    assert (await editor.get(path)).json()["next_run_at"] is None

    firing = await fired(editor, trigger)
    rows = {row["id"]: row for row in await settled(editor, trigger, before + 1)}
    assert rows[firing["id"]]["cause"] == "manual"
    assert len(rows) == before + 1

    resumed = (await editor.post(f"{path}/resume", json={"note": "Monday"})).json()
    assert (resumed["is_active"], resumed["note"]) == (True, "Monday")
    await settled(editor, trigger, before + 2)
    await deleted(editor, trigger)


async def test_a_firing_by_hand_starts_the_run_of_its_id(editor: Api) -> None:
    config = LATER | {"input": {"why": "{{ event.cause }}"}, "tags": ["by-hand"]}
    trigger = await made(editor, config)
    firing = await fired(editor, trigger)
    assert (firing["cause"], firing["status"]) == ("manual", "waiting")
    [row] = await settled(editor, trigger)
    assert (row["status"], row["execution_id"]) == ("started", firing["id"])
    run = await ended(editor, firing["id"])
    assert run["output"] == {"next": {"why": "manual"}}
    assert run["tags"] == ["by-hand"]
    assert run["trigger_type"] == "schedule"
    told = run["trigger_metadata"]
    assert told["trigger_id"] == trigger["id"]
    assert told["cause"] == "manual"
    shown = (await editor.get(f"/triggers/{trigger['id']}")).json()
    assert shown["last_run_at"] is not None
    assert shown["version"] == 1


async def test_an_event_by_hand_is_what_templates_see(editor: Api) -> None:
    config = EVENT | {"input": {"n": "{{ event.payload.n * 2 }}"}, "only_if": "event.payload.n > 1"}
    trigger = await made(editor, config)
    big = await fired(editor, trigger, event={"payload": {"n": 4}})
    assert (await ended(editor, big["id"]))["output"] == {"next": {"n": 8}}
    small = await fired(editor, trigger, event={"payload": {"n": 1}})
    odd = await fired(editor, trigger, event={"payload": {}})
    rows = {row["id"]: row for row in await settled(editor, trigger, 3)}
    assert rows[small["id"]]["status"] == "skipped"
    assert rows[small["id"]]["execution_id"] is None
    assert rows[odd["id"]]["status"] == "refused"
    assert "no `n`" in rows[odd["id"]]["error"]
    refused = await history(editor, trigger, status="refused")
    assert [row["id"] for row in refused] == [odd["id"]]


async def test_refused_starts_are_seen_in_the_history(editor: Api) -> None:
    draft = await imported(editor, adapter_graph())
    unpublished = await made(editor, LATER, draft["id"])
    await fired(editor, unpublished)
    [row] = await settled(editor, unpublished)
    assert row["status"] == "refused"
    assert "WORKFLOW_NOT_PUBLISHED" in row["error"]

    graph = adapter_graph()
    schema = {"type": "object", "required": ["n"]}
    graph["nodes"][0]["config"] = {"input_schema": schema}
    strict = await made(editor, LATER, await published(editor, graph))
    await fired(editor, strict)
    [row] = await settled(editor, strict)
    assert row["status"] == "refused"
    assert "SCHEMA_MISMATCH" in row["error"]
    assert row["execution_id"] is None

    nowhere = await made(editor, LATER | {"node": "elsewhere"})
    await fired(editor, nowhere)
    [row] = await settled(editor, nowhere)
    assert row["status"] == "refused"
    assert "elsewhere" in row["error"]


async def test_a_window_is_filled_once(editor: Api) -> None:
    trigger = await made(editor, HOURLY)
    window = {"start_at": "2026-03-01T00:00:00Z", "end_at": "2026-03-01T03:00:00Z"}
    path = f"/triggers/{trigger['id']}/backfill"
    answer = await editor.post(path, json=window)
    assert answer.status_code == 202, answer.text
    wanted = [datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in range(4)]
    assert [datetime.fromisoformat(time) for time in answer.json()["times"]] == wanted
    rows = await settled(editor, trigger, 4)
    assert moments(rows) == wanted
    assert {(row["cause"], row["status"]) for row in rows} == {("backfill", "started")}
    assert (await editor.post(path, json=window)).json()["times"] == []
    wider = window | {"end_at": "2026-03-01T04:00:00Z", "overlap": "allow_all"}
    assert len((await editor.post(path, json=wider)).json()["times"]) == 1
    assert len(await settled(editor, trigger, 5)) == 5
    await deleted(editor, trigger)


@pytest.mark.parametrize(
    ("window", "path"),
    [
        ({"start_at": "2026-03-02T00:00Z", "end_at": "2026-03-01T00:00Z"}, "body.end_at"),
        ({"start_at": "2026-03-02T00:00Z", "end_at": "2098-03-01T00:00Z"}, "body.end_at"),
        ({"start_at": "2000-03-02T00:00Z", "end_at": "2026-03-01T00:00Z"}, "body.end_at"),
        ({"start_at": "1999-03-02T00:00Z", "end_at": "2026-03-01T00:00Z"}, "body.start_at"),
    ],
)
async def test_a_window_must_be_usable(editor: Api, window: dict[str, str], path: str) -> None:
    trigger = await made(editor, HOURLY)
    answer = await editor.post(f"/triggers/{trigger['id']}/backfill", json=window)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["path"] == path
    await deleted(editor, trigger)


async def test_only_schedules_have_times(editor: Api) -> None:
    trigger = await made(editor, EVENT)
    window = {"start_at": "2026-03-01T00:00Z", "end_at": "2026-03-02T00:00Z"}
    answer = await editor.post(f"/triggers/{trigger['id']}/backfill", json=window)
    assert (answer.status_code, answer.json()["code"]) == (409, "NO_SCHEDULE")
