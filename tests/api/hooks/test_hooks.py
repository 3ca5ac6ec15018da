"""Webhooks from outside: proven, taken once whatever happens, answered, and shown to their owner."""

import asyncio
import hashlib
import hmac
import json
import shlex
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from api.hooks.repository import KEPT_REFUSALS
from api.retention import KEEP
from models.enums import Role, Verification
from models.trigger import HookClock, WebhookDelivery
from models.user import User
from tests.api.fixtures import Api, adapter_graph, client_of, ended, published
from tests.api.stacks import Stack, new_client, settings_for
from tests.api.test_robustness import SEED_BODIES

SECRET, VALUE = "HOOK_SECRET", "hook-secret-of-these-tests"


async def webhook(client: Api, graph: dict[str, Any] | None = None, **config: Any) -> str:
    """Id of a new webhook that starts a workflow, which echoes its input."""
    workflow_id = await published(client, graph or adapter_graph(output="{{ input }}"))
    if config.get("verification") == "none":
        given = {"type": "webhook", **config}
    else:
        answer = await client.put(f"/secrets/{SECRET}", json={"value": VALUE})
        assert answer.status_code in {200, 201}, answer.text
        given = {"type": "webhook", "secret": SECRET, **config}
    body = {"workflow_id": workflow_id, "name": f"hook {uuid4().hex}", "config": given}
    made = await client.post("/triggers", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["url"] == f"/api/v1/hooks/{made.json()['id']}"
    return str(made.json()["id"])


def signed(
    body: bytes, *, at: float | None = None, delivery: str | None = None, secret: str = VALUE
) -> dict[str, str]:
    """Headers as a sender makes them by the documentation."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(
        secret.encode(), f"{stamp}.{delivery or ''}.".encode() + body, hashlib.sha256
    ).hexdigest()
    named = {"X-PasteTrader-Delivery": delivery} if delivery else {}
    return {
        "Content-Type": "application/json",
        "X-PasteTrader-Timestamp": stamp,
        "X-PasteTrader-Signature": f"sha256={digest}",
        **named,
    }


async def call(
    client: Api, hook: str, given: Any = None, *, headers: dict[str, str] | None = None, **more: Any
) -> httpx.Response:
    """One signed call with a JSON body."""
    body = given if isinstance(given, bytes) else json.dumps(given).encode()
    return await client.post(
        f"/hooks/{hook}", content=body, headers={**signed(body, **more), **(headers or {})}
    )


async def deliveries(client: Api, hook: str, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get(f"/triggers/{hook}/deliveries", params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def refusal(client: Api, hook: str) -> str:
    """Why the newest refused call was refused, as its owner reads it."""
    found = await deliveries(client, hook, status="refused", limit=1)
    return str(found[0]["detail"])


async def forget_refusals(app: FastAPI, hook: str) -> None:
    """As if they were of an earlier second."""
    earlier = {"received_at": WebhookDelivery.received_at - timedelta(seconds=2)}
    async with app.state.sessions.begin() as session:
        chosen = update(WebhookDelivery).where(WebhookDelivery.trigger_id == UUID(hook))
        await session.execute(chosen.values(**earlier))


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# Taking ------------------------------------------------------------------------------------------


async def test_a_signed_call_starts_a_run(editor: Api, anonymous: Api) -> None:
    hook = await webhook(editor, tags=["from outside"])
    answer = await call(anonymous, hook, {"n": 41}, delivery="tick-1")
    assert answer.status_code == 202, answer.text
    assert answer.json().keys() == {"id", "status"}
    run = await ended(editor, answer.json()["id"])
    assert (run["status"], run["output"]) == ("completed", {"next": {"n": 41}})
    assert (run["trigger_type"], run["tags"]) == ("webhook", ["from outside"])
    assert run["trigger_metadata"]["trigger_id"] == hook
    assert run["trigger_metadata"]["delivery_id"] == "tick-1"
    [kept] = await deliveries(editor, hook)
    assert kept["execution_id"] == run["id"]
    assert kept["execution_status"] == "completed"
    assert (kept["status"], kept["delivery_id"]) == ("accepted", "tick-1")
    assert (kept["preview"], kept["content_type"]) == ('{"n": 41}', "application/json")
    assert (await editor.get(f"/triggers/{hook}")).json()["last_run_at"]
    secrets = (await editor.get("/secrets")).json()["items"]
    assert next(each for each in secrets if each["name"] == SECRET)["last_used_at"]


@pytest.mark.slow
async def test_a_hundred_copies_of_one_delivery_are_one_run(editor: Api, anonymous: Api) -> None:
    hook = await webhook(editor, rate_limit={"calls": 1, "seconds": 3600})
    answers = await asyncio.gather(
        *(call(anonymous, hook, {"n": 1}, delivery="one") for _ in range(100))
    )
    assert {answer.status_code for answer in answers} == {202}
    ids = {answer.json()["id"] for answer in answers}
    assert len(ids) == 1
    run = await ended(editor, ids.pop())
    listed = await editor.get("/executions", params={"workflow_id": run["workflow_id"]})
    assert [each["id"] for each in listed.json()["items"]] == [run["id"]]
    assert len(await deliveries(editor, hook)) == 1


async def test_a_repeat_is_answered_with_the_first_run(editor: Api, anonymous: Api) -> None:
    hook = await webhook(editor)
    first = (await call(anonymous, hook, {"n": 1}, delivery="again")).json()
    other = (await call(anonymous, hook, {"n": 2}, delivery="again")).json()
    assert other["id"] == first["id"]
    run = await ended(editor, first["id"])
    assert run["output"] == {"next": {"n": 1}}
    at = time.time()
    unnamed = [await call(anonymous, hook, {"n": 3}, at=at) for _ in range(2)]
    later = await call(anonymous, hook, {"n": 3}, at=at - 1)
    ids = [answer.json()["id"] for answer in (*unnamed, later)]
    assert ids[0] == ids[1] != ids[2]
    paused = await editor.post(f"/triggers/{hook}/pause")
    assert paused.status_code == 200, paused.text
    known = await call(anonymous, hook, {"n": 1}, delivery="again")
    assert (known.status_code, known.json()["id"]) == (202, first["id"])


async def test_what_was_taken_while_temporal_was_away_is_started_later(
    app: FastAPI, editor: Api, tmp_path: Path
) -> None:
    hook = await webhook(editor)
    given = app.state.settings
    lame = Stack(
        settings_for(
            given.database_url,
            "127.0.0.1:1",
            tmp_path,
            encryption_keys=given.encryption_keys,
            artifacts=given.artifacts,
        )
    )
    async with client_of(lame.app) as client:
        answer = await call(client, hook, {"n": 5}, delivery="kept")
    await lame.app.state.database.dispose()
    assert answer.status_code == 202, answer.text
    run = await ended(editor, answer.json()["id"])
    assert (run["status"], run["output"]) == ("completed", {"next": {"n": 5}})


async def test_forms_and_texts(editor: Api, anonymous: Api) -> None:
    hook = await webhook(editor, wait_seconds=30)
    bodies: dict[str, tuple[bytes, Any]] = {
        "application/x-www-form-urlencoded": (b"a=1&b=2&a=3", {"a": ["1", "3"], "b": "2"}),
        "text/plain; charset=utf-8": ("é".encode(), {"body": "é"}),
        "application/json": (b"[1, 2]", {"body": [1, 2]}),
    }
    for content_type, (body, wanted) in bodies.items():
        answer = await call(anonymous, hook, body, headers={"Content-Type": content_type})
        assert answer.status_code == 200, answer.text
        assert answer.json()["output"] == {"next": wanted}


async def test_input_is_mapped_and_only_wanted_calls_start(editor: Api, anonymous: Api) -> None:
    hook = await webhook(
        editor,
        wait_seconds=30,
        only_if="{{ event.body.price > 10 }}",
        input={
            "price": "{{ event.body.price }}",
            "from": "{{ event.headers['x-source'] }}",
            "page": "{{ event.query.page }}",
            "id": "{{ event.delivery_id }}",
        },
    )
    body = json.dumps({"price": 11}).encode()
    headers = {**signed(body, delivery="d-1"), "X-Source": "here", "Authorization": "Bearer x"}
    answer = await anonymous.post(f"/hooks/{hook}?page=2", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    mapped = {"price": 11, "from": "here", "page": "2", "id": "d-1"}
    assert answer.json()["output"] == {"next": mapped}
    skipped = await call(anonymous, hook, {"price": 9}, delivery="d-2")
    assert (skipped.status_code, skipped.json()) == (202, {"status": "skipped"})
    again = await call(anonymous, hook, {"price": 99}, delivery="d-2")
    assert again.json() == {"status": "skipped"}, "it was decided before"
    [kept, _] = await deliveries(editor, hook)
    assert (kept["status"], kept["execution_id"]) == ("skipped", None)
    lacking = await call(anonymous, hook, {"price": 12})
    assert code(lacking) == (422, "EXPRESSION_FAILED")
    assert "x-source" not in lacking.text, "a caller is not told of the owner's templates"
    assert "x-source" in await refusal(editor, hook)
    deep = await webhook(editor, input={"a": {"b": "{{ event.body }}"}})
    nested = await call(anonymous, deep, b"[" * 64 + b"]" * 64)
    assert code(nested) == (422, "EXPRESSION_FAILED")


async def test_the_answer_waits_for_the_run(editor: Api, anonymous: Api) -> None:
    slow = {
        "name": f"slow {uuid4().hex}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "pause", "type": "delay", "config": {"seconds": 3}},
            {"key": "after", "type": "adapter", "config": {"output": "done"}},
        ],
        "edges": [{"source": "start", "target": "pause"}, {"source": "pause", "target": "after"}],
    }
    failing = adapter_graph(output="{{ input.n / 0 }}")
    patient, hasty, broken = (
        await webhook(editor, slow, wait_seconds=30),
        await webhook(editor, {**slow, "name": uuid4().hex}, wait_seconds=0.5),
        await webhook(editor, failing, wait_seconds=30),
    )
    began = time.monotonic()
    waited, late, failed = await asyncio.gather(
        call(anonymous, patient, {}), call(anonymous, hasty, {}), call(anonymous, broken, {"n": 1})
    )
    assert waited.status_code == 200, waited.text
    assert waited.json() | {"id": ""} == {
        "id": "",
        "status": "completed",
        "output": {"after": "done"},
    }
    assert time.monotonic() - began < 15
    assert late.status_code == 202
    assert late.json().keys() == {"id", "status"}
    assert failed.status_code == 200
    assert failed.json()["status"] == "failed"
    assert failed.json()["error"].keys() == {"code", "message"}


# Refusing ----------------------------------------------------------------------------------------


async def test_unproven_calls_start_nothing(app: FastAPI, editor: Api, anonymous: Api) -> None:
    hook = await webhook(editor)
    now = time.time()
    body = b'{"n": 1}'
    wrong: dict[str, dict[str, str]] = {
        "is missing": {"Content-Type": "application/json"},
        "does not fit": signed(body, secret="another secret"),
        "300 seconds": signed(body, at=now - 400),
        "or after now": signed(body, at=now + 400),
        "fit the body": signed(b'{"n": 2}'),
        "Unix time": {**signed(body), "X-PasteTrader-Timestamp": "today"},
    }
    for reason, headers in wrong.items():
        answer = await anonymous.post(f"/hooks/{hook}", content=body, headers=headers)
        assert code(answer) == (401, "SIGNATURE_INVALID"), reason
        assert reason in await refusal(editor, hook)
        await forget_refusals(app, hook)
    assert await deliveries(editor, hook, status="accepted") == []
    assert (await call(anonymous, hook, {"n": 1})).status_code == 202, "and the right one does"


async def test_refusals_are_kept_few(app: FastAPI, editor: Api, anonymous: Api) -> None:
    hook = await webhook(editor)
    flood = await asyncio.gather(
        *(anonymous.post(f"/hooks/{hook}", content=b"x") for _ in range(40))
    )
    assert {answer.status_code for answer in flood} == {401}
    assert 1 <= len(await deliveries(editor, hook)) <= 3
    for _ in range(KEPT_REFUSALS + 3):
        await forget_refusals(app, hook)
        await anonymous.post(f"/hooks/{hook}", content=b"x")
    kept = await deliveries(editor, hook, limit=100)
    assert len(kept) == KEPT_REFUSALS
    pages = await editor.get(f"/triggers/{hook}/deliveries", params={"limit": 15})
    rest = await deliveries(editor, hook, limit=15, cursor=pages.json()["next_cursor"])
    assert [*pages.json()["items"], *rest] == kept


async def test_calls_that_cannot_be_taken(app: FastAPI, editor: Api, anonymous: Api) -> None:
    hook = await webhook(editor, max_body_bytes=100)
    assert code(await call(anonymous, str(uuid4()), {})) == (404, "NOT_FOUND")
    assert code(await call(anonymous, hook, b"x" * 101)) == (413, "BODY_TOO_LARGE")
    endless = await anonymous.post(f"/hooks/{hook}", content=_endless())
    assert code(endless) == (413, "BODY_TOO_LARGE")
    kind = await call(anonymous, hook, b"x", headers={"Content-Type": "application/pdf"})
    assert code(kind) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert code(await call(anonymous, hook, b"{")) == (422, "VALIDATION_FAILED")
    assert code(await call(anonymous, hook, {}, delivery="a b")) == (422, "VALIDATION_FAILED")
    await editor.post(f"/triggers/{hook}/pause")
    assert code(await call(anonymous, hook, {})) == (410, "TRIGGER_PAUSED")
    assert code(await call(anonymous, hook, {}, secret="wrong one")) == (401, "SIGNATURE_INVALID")
    await editor.post(f"/triggers/{hook}/resume")
    assert (await call(anonymous, hook, {})).status_code == 202
    await forget_refusals(app, hook)
    await editor.delete(f"/secrets/{SECRET}")
    assert code(await call(anonymous, hook, {})) == (401, "SIGNATURE_INVALID")
    assert SECRET in await refusal(editor, hook)
    await editor.delete(f"/triggers/{hook}")
    assert code(await call(anonymous, hook, {})) == (404, "NOT_FOUND")


async def _endless() -> Any:
    for _ in range(1_000):
        yield b"x" * 10
    raise AssertionError("it read on")


async def test_an_input_that_the_schema_refuses(editor: Api, anonymous: Api) -> None:
    graph = adapter_graph()
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    graph["nodes"][0]["config"] = {"input_schema": schema}
    hook = await webhook(editor, graph)
    wrong = await call(anonymous, hook, {"n": "text"}, delivery="once")
    assert code(wrong) == (422, "SCHEMA_MISMATCH")
    assert "input.n" in await refusal(editor, hook)
    right = await call(anonymous, hook, {"n": 1}, delivery="once")
    assert right.status_code == 202, "a refused delivery may come again"


async def test_a_workflow_that_cannot_start(app: FastAPI, editor: Api, anonymous: Api) -> None:
    hook = await webhook(editor, node="elsewhere")
    answer = await call(anonymous, hook, {})
    assert answer.status_code == 422
    workflow_id = (await editor.get(f"/triggers/{hook}")).json()["workflow_id"]
    await editor.delete(f"/workflows/{workflow_id}")
    assert code(await call(anonymous, hook, {})) == (404, "NOT_FOUND")


async def test_the_rate_is_limited(app: FastAPI, editor: Api, anonymous: Api) -> None:
    hook = await webhook(editor, rate_limit={"calls": 3, "seconds": 3600})
    answers = await asyncio.gather(*(call(anonymous, hook, {"n": n}) for n in range(12)))
    assert sorted(answer.status_code for answer in answers) == [202] * 3 + [429] * 9
    over = next(answer for answer in answers if answer.status_code == 429)
    assert over.json()["code"] == "TOO_MANY_REQUESTS"
    assert 3_500 <= int(over.headers["Retry-After"]) <= 3_600
    taken = next(n for n, answer in enumerate(answers) if answer.status_code == 202)
    assert len(await deliveries(editor, hook, status="accepted")) == 3
    unproven = await anonymous.post(f"/hooks/{hook}", content=b"x")
    assert unproven.status_code == 401, "who cannot sign learns nothing of the others"
    async with app.state.sessions.begin() as session:
        clock = await session.get_one(HookClock, UUID(hook))
        assert clock.calls == 3
        clock.since -= timedelta(seconds=3_600)
    assert (await call(anonymous, hook, {"n": taken + 100})).status_code == 202
    async with app.state.sessions() as session:
        assert (await session.get_one(HookClock, UUID(hook))).calls == 1


async def test_hostile_calls_make_no_server_error(editor: Api, anonymous: Api) -> None:
    kinds = ("application/json", "application/x-www-form-urlencoded", "text/plain", "image/png")
    hook = await webhook(editor, max_body_bytes=1024 * 1024, rate_limit={"calls": 10_000})
    free = await webhook(
        editor, verification="none", max_body_bytes=1024 * 1024, rate_limit={"calls": 10_000}
    )
    for body in SEED_BODIES:
        for kind in kinds:
            for target in (hook, free):
                answer = await call(anonymous, target, body, headers={"Content-Type": kind})
                assert answer.status_code < 500, (body[:60], kind, answer.text)
    for query in ("a=%00", "a=%ff", "a=%ed%a0%80", "&" * 5_000, "x" * 10_000):
        answer = await anonymous.post(f"/hooks/{free}?{query}", content=b"")
        assert answer.status_code < 500, (query[:20], answer.text)
    for name in ("X-PasteTrader-Delivery", "Content-Type", "X-Other", "Content-Length"):
        for value in (b"\xff\xfe", b"x" * 5_000, b"", b"\xed\xa0\x80", b"9" * 20):
            headers = [(name.encode(), value)]
            answer = await anonymous.post(f"/hooks/{free}", content=b"{}", headers=headers)
            assert answer.status_code < 500, (name, value[:20], answer.text)


# Trying out, and whose it is ---------------------------------------------------------------------


@pytest.mark.parametrize("scheme", list(Verification))
async def test_a_sample_is_taken_as_if_it_had_come(
    editor: Api, anonymous: Api, scheme: Verification
) -> None:
    hook = await webhook(editor, verification=scheme)
    sample = {"body": '@{"n": "it\'s"}', "content_type": "text/plain"}
    tried = await editor.post(f"/triggers/{hook}/test", json=sample)
    assert tried.status_code == 200, tried.text
    found = tried.json()
    assert found["status"] == 202
    assert found["delivery"]["execution_id"] == found["answer"]["id"]
    assert VALUE not in tried.text
    words = shlex.split(found["curl"])
    assert words[:4] == ["curl", "-X", "POST", f"http://test/api/v1/hooks/{hook}"]
    headers = dict(word.split(": ", 1) for flag, word in pairwise(words) if flag == "-H")
    assert headers == found["headers"]
    again = await anonymous.post(words[3], headers=headers, content=words[-1].encode())
    assert (again.status_code, again.json()["id"]) == (202, found["answer"]["id"])
    run = await ended(editor, found["answer"]["id"])
    assert run["output"] == {"next": {"body": sample["body"]}}


async def test_a_sample_that_is_refused_says_why(editor: Api) -> None:
    hook = await webhook(editor)
    refused = (await editor.post(f"/triggers/{hook}/test", json={"body": "{"})).json()
    assert (refused["status"], refused["answer"]["code"]) == (422, "VALIDATION_FAILED")
    assert refused["delivery"]["status"] == "refused"
    await editor.delete(f"/secrets/{SECRET}")
    unsigned = await editor.post(f"/triggers/{hook}/test", json={"body": "{}"})
    assert unsigned.status_code == 422
    assert SECRET in unsigned.json()["detail"]


async def test_slack_asks_whether_anybody_is_there(editor: Api, anonymous: Api) -> None:
    hook = await webhook(editor, verification="slack")
    for challenge, status in (("3eZbrw1aBm2rZgRNFdxV2595E9CY", 200), ("\ud800", 422)):
        body = json.dumps({"type": "url_verification", "challenge": challenge})
        stamp = str(int(time.time()))
        digest = hmac.new(VALUE.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256)
        headers = {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={digest.hexdigest()}",
        }
        answer = await anonymous.post(f"/hooks/{hook}", content=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.json().get("challenge", challenge) == challenge
    assert await deliveries(editor, hook, status="accepted") == []


async def test_nobody_else_sees_or_tries_it(
    app: FastAPI, editor: Api, stranger: Api, viewer: Api, anonymous: Api
) -> None:
    hook = await webhook(editor)
    assert (await call(anonymous, hook, {})).status_code == 202
    for path in (f"/triggers/{hook}/deliveries", f"/triggers/{uuid4()}/deliveries"):
        assert code(await stranger.get(path)) == (404, "NOT_FOUND")
        assert (await anonymous.get(path)).status_code == 401
    for path in (f"/triggers/{hook}/test", f"/triggers/{uuid4()}/test"):
        assert code(await stranger.post(path, json={"body": "{}"})) == (404, "NOT_FOUND")
        assert (await viewer.post(path, json={"body": "{}"})).status_code in {403, 404}
        assert (await anonymous.post(path, json={"body": "{}"})).status_code == 401
    assert len(await deliveries(editor, hook)) == 1


async def test_an_owner_who_may_start_nothing_has_no_webhooks(app: FastAPI, anonymous: Api) -> None:
    async with new_client(app) as owner:
        hook = await webhook(owner)
        assert (await call(anonymous, hook, {})).status_code == 202
        email = (await owner.get("/auth/me")).json()["email"]
    for change in ({"role": Role.VIEWER}, {"role": Role.EDITOR, "is_active": False}):
        async with app.state.sessions.begin() as session:
            await session.execute(update(User).where(User.email == email).values(**change))
        assert code(await call(anonymous, hook, {"n": 2})) == (404, "NOT_FOUND")
    async with app.state.sessions() as session:
        row = WebhookDelivery
        counted = select(func.count()).where(row.trigger_id == UUID(hook))
        assert await session.scalar(counted) == 1


async def test_old_deliveries_are_forgotten(app: FastAPI, editor: Api, anonymous: Api) -> None:
    hook = await webhook(editor)
    for name in ("old", "new"):
        assert (await call(anonymous, hook, {}, delivery=name)).status_code == 202
    async with app.state.sessions.begin() as session:
        chosen = update(WebhookDelivery).where(WebhookDelivery.delivery_id == "old")
        await session.execute(
            chosen.values(received_at=WebhookDelivery.received_at - KEEP - timedelta(minutes=1))
        )
    assert (await app.state.row_retention.sweep(datetime.now(UTC)))["webhook_deliveries"] >= 1
    assert [each["delivery_id"] for each in await deliveries(editor, hook)] == ["new"]
