"""Keeping, changing and testing notifications."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from api.notifications.service import MAX_NOTIFICATIONS
from models.enums import Role
from models.notification import Notification
from tests.activities.tools.http.server import Server
from tests.api.fixtures import Api, adapter_graph, published
from tests.api.notifications.tellers import notices, rule, settled
from tests.api.stacks import Stack, new_client

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")
URL = "https://example.org/hook"


def body(channel: str = "webhook", **config: Any) -> dict[str, Any]:
    return {
        "name": "tells",
        "channel": channel,
        "occasions": ["failed"],
        "config": config or {"url": URL},
    }


async def test_what_is_kept_is_shown_changed_and_deleted(me: Api) -> None:
    workflow = adapter_graph()
    workflow_id = await published(me, workflow)
    given = body(url=URL, secret="SIGNS") | {
        "workflow_id": workflow_id,
        "occasions": ["failed", "approval", "failed"],
    }
    made = (await me.post("/notifications", json=given)).json()
    assert made["workflow_name"] == workflow["name"]
    assert made["occasions"] == ["failed", "approval"]
    assert made["config"] == {"url": URL, "secret": "SIGNS"}
    assert (made["is_active"], made["version"]) == (True, 1)
    path = f"/notifications/{made['id']}"
    assert (await me.get(path)).json() == made
    change = {"version": 1, "name": "new", "workflow_id": None, "config": {"url": f"{URL}/2"}}
    changed = (await me.patch(path, json=change)).json()
    assert (changed["name"], changed["workflow_id"], changed["workflow_name"]) == (
        "new",
        None,
        None,
    )
    assert changed["config"] == {"url": f"{URL}/2", "secret": None}
    assert (changed["occasions"], changed["version"]) == (made["occasions"], 2)
    stale = await me.patch(path, json={"version": 1, "is_active": False})
    assert (stale.status_code, stale.json()["code"]) == (409, "VERSION_MISMATCH")
    assert stale.json()["current_version"] == 2
    assert (await me.delete(path)).status_code == 204
    assert (await me.get(path)).status_code == 404


async def test_lists_are_paged(me: Api) -> None:
    ids = [await rule(me, "webhook", url=URL) for _ in range(3)]
    first = (await me.get("/notifications", params={"limit": 2})).json()
    query = {"limit": 2, "cursor": first["next_cursor"]}
    second = (await me.get("/notifications", params=query)).json()
    shown = [each["id"] for each in [*first["items"], *second["items"]]]
    assert shown == ids[::-1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("channel", "config", "path"),
    [
        ("webhook", {}, "body.config.url"),
        ("webhook", {"url": "example.org"}, "body.config.url"),
        ("webhook", {"url": "ftp://example.org"}, "body.config.url"),
        ("webhook", {"url": "http://"}, "body.config.url"),
        ("webhook", {"url": "http://u:p@example.org"}, "body.config.url"),
        ("webhook", {"url": "http://[::bad"}, "body.config.url"),
        ("webhook", {"url": "http://example.org:port"}, "body.config.url"),
        ("webhook", {"url": "http://example.org/\r\nX: y"}, "body.config.url"),
        ("webhook", {"url": "http://x/{{ input.url }}"}, "body.config.url"),
        ("slack", {"url": "{{ secrets.A }}{{ vars.b }}"}, "body.config.url"),
        ("slack", {"url": "{{ secrets.A | upper }}"}, "body.config.url"),
        ("slack", {"url": URL, "secret": "A"}, "body.config.secret"),
        ("webhook", {"url": URL, "secret": "{{ secrets.A }}"}, "body.config.secret"),
        ("discord", {"to": ["a@example.org"]}, "body.config.url"),
        ("email", {"to": []}, "body.config.to"),
        ("email", {"to": ["nobody"]}, "body.config.to[0]"),
        ("email", {"to": ["a@example.org\r\nBcc: b@example.org"]}, "body.config.to[0]"),
        ("email", {"to": [f"a{n}@example.org" for n in range(21)]}, "body.config.to"),
    ],
)
async def test_what_cannot_be_used_is_refused_by_its_field(
    me: Api, channel: str, config: dict[str, Any], path: str
) -> None:
    answer = await me.post("/notifications", json=body(channel) | {"config": config})
    assert answer.status_code == 422
    assert path in [each["path"] for each in answer.json()["errors"]]
    made = await rule(me, "webhook" if channel == "email" else channel, url=URL)
    if channel != "email":
        changed = await me.patch(f"/notifications/{made}", json={"config": config})
        assert changed.status_code == 422
        assert (await me.get(f"/notifications/{made}")).json()["config"]["url"] == URL


async def test_secrets_may_be_all_of_a_url_or_a_part(me: Api) -> None:
    for url in ("{{ secrets.A }}", "{{secrets.A}}/x", "https://example.org/{{ secrets.a_B1 }}?x"):
        assert (await me.post("/notifications", json=body("slack", url=url))).status_code == 201


async def test_email_needs_a_server_of_mail(editor: Api) -> None:
    answer = await editor.post("/notifications", json=body("email", to=["a@example.org"]))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "SMTP_NOT_CONFIGURED")
    assert "PASTETRADER_SMTP_URL" in problem["detail"]
    assert "PASTETRADER_SMTP_FROM" in problem["detail"]
    assert problem["errors"][0]["path"] == "body.channel"


async def test_nobody_sees_or_touches_anothers(me: Api, stack: Stack) -> None:
    made = await rule(me, "webhook", url=URL)
    workflow_id = await published(me, adapter_graph())
    async with stack.signed_in() as other:
        path = f"/notifications/{made}"
        for answer in (
            await other.get(path),
            await other.patch(path, json={"name": "mine"}),
            await other.delete(path),
            await other.post(f"{path}/test"),
            await other.get(f"{path}/notices"),
            await other.post("/notifications", json=body() | {"workflow_id": workflow_id}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
        own = await rule(other, "webhook", url=URL)
        moved = await other.patch(f"/notifications/{own}", json={"workflow_id": workflow_id})
        assert moved.status_code == 404
        assert [each["id"] for each in (await other.get("/notifications")).json()["items"]] == [own]
    assert (await me.get(f"/notifications/{made}")).json()["version"] == 1


async def test_who_may_only_look_changes_nothing(app: FastAPI) -> None:
    async with new_client(app, Role.VIEWER) as viewer:
        assert (await viewer.get("/notifications")).json()["items"] == []
        assert (await viewer.post("/notifications", json=body())).status_code == 403


async def test_an_account_has_so_many_at_most(stack: Stack) -> None:
    async with stack.signed_in() as client:
        first = UUID(await rule(client, "webhook", url=URL))
        async with stack.app.state.sessions.begin() as session:
            given = await session.get_one(Notification, first)
            values = {"owner_id": given.owner_id, "channel": "webhook", "occasions": ["failed"]}
            more = range(MAX_NOTIFICATIONS - 1)
            session.add_all(
                Notification(**values, name=f"rule {n}", config={"url": URL}) for n in more
            )
        answer = await client.post("/notifications", json=body())
        assert (answer.status_code, answer.json()["code"]) == (409, "TOO_MANY_NOTIFICATIONS")
        await client.delete(f"/notifications/{first}")
        assert (await client.post("/notifications", json=body())).status_code == 201


async def test_a_test_tells_a_sample_and_says_how_it_went(me: Api, server: Server) -> None:
    made = await rule(me, "slack", "completed", url=server.url)
    key = {"Idempotency-Key": uuid4().hex}
    answers = [await me.post(f"/notifications/{made}/test", headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    first, second = (answer.json() for answer in answers)
    assert first["id"] == second["id"]
    assert (first["status"], first["execution_id"]) == ("pending", None)
    (told,) = await settled(me, made)
    assert (told["id"], told["status"]) == (first["id"], "sent")
    (asked,) = server.requests
    assert "A test of PasteTrader" in asked.body.decode()
    await me.post(f"/notifications/{made}/test")
    assert len(await notices(me, made)) == 2
