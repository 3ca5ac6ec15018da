"""The codec endpoint: who may read encrypted values, from which page, and what it refuses."""

import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from google.protobuf.json_format import MessageToDict
from sqlalchemy import text, update
from temporalio.api.common.v1 import Payload, Payloads

from api.auth.tokens import issue_access_token
from api.codec.router import COOKIE
from models.enums import Role
from models.keys import KeySource, new_key
from models.user import User
from temporal_workflows.payloads import EncryptionCodec
from tests.api.fixtures import Api, client_of
from tests.api.stacks import Stack, new_client, settings_for
from tests.databases import NewDatabase, migrate

TEMPORAL_WEB = "http://temporal.test"
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'{"x": "value of a run"}')


def sealed(app: FastAPI, *payloads: Payload) -> dict[str, Any]:
    """What Temporal Web sends of encrypted payloads."""
    codec = EncryptionCodec(app.state.settings.keys)
    return MessageToDict(Payloads(payloads=codec.encrypted(payloads or [PLAIN])))


def opened(answer: Any) -> list[bytes]:
    return [b64decode(each["data"]) for each in answer.json()["payloads"]]


@pytest.fixture
async def ruler(app: FastAPI) -> AsyncIterator[Api]:
    """An administrator of this test's own."""
    async with new_client(app, Role.ADMIN) as client:
        yield client


@pytest.fixture
async def session_cookie(ruler: Api) -> str:
    """What an administrator's browser is given for Temporal Web."""
    answer = await ruler.post("/codec/session")
    assert answer.status_code == 204, answer.text
    return str(answer.cookies[COOKIE])


async def ask(app: FastAPI, body: Any, path: str = "decode", **headers: str) -> Any:
    """As somebody who shows nothing but these headers."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client_of(app, names) as client:
        return await client.post(f"/codec/{path}", json=body)


# Reading -----------------------------------------------------------------------------------------


async def test_payloads_are_decrypted_in_order(app: FastAPI, ruler: Api) -> None:
    others = [Payload(metadata={"encoding": b"json/plain"}, data=str(n).encode()) for n in range(5)]
    answer = await ruler.post("/codec/decode", json=sealed(app, *others))
    assert answer.status_code == 200, answer.text
    assert opened(answer) == [b"0", b"1", b"2", b"3", b"4"]
    assert b64decode(answer.json()["payloads"][0]["metadata"]["encoding"]) == b"json/plain"
    assert answer.headers["cache-control"] == "no-store"


async def test_payloads_that_are_not_encrypted_come_back_as_they_are(ruler: Api) -> None:
    body = MessageToDict(Payloads(payloads=[PLAIN]))
    assert opened(await ruler.post("/codec/decode", json=body)) == [PLAIN.data]
    assert (await ruler.post("/codec/decode", json={})).json() == {}


async def test_what_is_encrypted_by_hand_is_what_workers_read(app: FastAPI, ruler: Api) -> None:
    body = MessageToDict(Payloads(payloads=[PLAIN]))
    encoded = (await ruler.post("/codec/encode", json=body)).json()
    (payload,) = encoded["payloads"]
    assert b64decode(payload["metadata"]["encoding"]) == b"binary/encrypted"
    made = Payload(
        metadata={name: b64decode(value) for name, value in payload["metadata"].items()},
        data=b64decode(payload["data"]),
    )
    assert EncryptionCodec(app.state.settings.keys).decrypted([made]) == [PLAIN]


# Who ---------------------------------------------------------------------------------------------


async def test_an_administrator_reads_by_token_key_and_cookie(
    app: FastAPI, ruler: Api, session_cookie: str
) -> None:
    made = await ruler.post("/auth/api-keys", json={"name": "codec", "scopes": ["admin"]})
    shown = (
        {"Authorization": ruler.headers["Authorization"]},
        {"X_API_Key": made.json()["key"]},
        {"Cookie": f"{COOKIE}={session_cookie}"},
    )
    for headers in shown:
        for path in ("decode", "encode"):
            answer = await ask(app, sealed(app), path, **headers)
            assert answer.status_code == 200, (headers.keys(), answer.text)


async def test_nobody_else_reads(app: FastAPI, ruler: Api) -> None:
    """Temporal Web shows everybody's runs, so that owning one is not enough."""
    async with new_client(app, Role.EDITOR) as editor, new_client(app, Role.VIEWER) as viewer:
        weak = await ruler.post("/auth/api-keys", json={"name": "w", "scopes": ["write"]})
        shown: list[tuple[int, dict[str, str]]] = [
            (401, {}),
            (401, {"Authorization": "Bearer nonsense"}),
            (401, {"X_API_Key": "pt_nonsense"}),
            (401, {"Cookie": f"{COOKIE}=nonsense"}),
            (401, {"Cookie": f"{COOKIE}="}),
            (403, {"Authorization": editor.headers["Authorization"]}),
            (403, {"Authorization": viewer.headers["Authorization"]}),
            (403, {"X_API_Key": weak.json()["key"]}),
        ]
        for status, headers in shown:
            for path in ("decode", "encode"):
                answer = await ask(app, sealed(app), path, **headers)
                assert answer.status_code == status, (headers, answer.text)
                assert "value of a run" not in answer.text
        assert (await editor.post("/codec/session")).status_code == 403
        assert (await viewer.post("/codec/session")).status_code == 403
    assert (await ask(app, {}, "session")).status_code == 401


async def test_the_cookie_is_no_access_token_and_the_other_way_round(
    app: FastAPI, ruler: Api, session_cookie: str
) -> None:
    token = ruler.headers["Authorization"].removeprefix("Bearer ")
    as_token = {"Authorization": f"Bearer {session_cookie}"}
    async with client_of(app, as_token) as client:
        assert (await client.get("/auth/me")).status_code == 401
        assert (await client.get("/secrets")).status_code == 401
        assert (await client.post("/codec/session")).status_code == 401
    assert (await ask(app, sealed(app), **as_token)).status_code == 401
    assert (await ask(app, sealed(app), Cookie=f"{COOKIE}={token}")).status_code == 401
    async with client_of(app, {"Cookie": f"{COOKIE}={session_cookie}"}) as client:
        assert (await client.get("/auth/me")).status_code == 401


async def test_a_cookie_beside_a_wrong_token_does_not_help(
    app: FastAPI, session_cookie: str
) -> None:
    """Who asks by a token is who the token says."""
    headers = {"Cookie": f"{COOKIE}={session_cookie}", "Authorization": "Bearer nonsense"}
    assert (await ask(app, sealed(app), **headers)).status_code == 401


async def test_the_cookie_is_kept_from_scripts_and_other_sites(ruler: Api) -> None:
    set_cookie = (await ruler.post("/codec/session")).headers["set-cookie"].lower()
    for wanted in ("httponly", "samesite=strict", "path=/api/v1/codec", "max-age=43200"):
        assert wanted in set_cookie


async def test_a_cookie_ends_with_its_time_and_with_the_rights_of_its_account(
    app: FastAPI, ruler: Api, session_cookie: str
) -> None:
    me = UUID((await ruler.get("/auth/me")).json()["id"])
    key = f"codec {app.state.settings.secret_key.get_secret_value()}"
    over = issue_access_token(key, me, -5)
    assert (await ask(app, sealed(app), Cookie=f"{COOKIE}={over}")).status_code == 401
    for change, status in (({"role": Role.EDITOR}, 403), ({"is_active": False}, 401)):
        async with app.state.sessions.begin() as session:
            await session.execute(update(User).where(User.id == me).values(**change))
        answer = await ask(app, sealed(app), Cookie=f"{COOKIE}={session_cookie}")
        assert answer.status_code == status


async def test_a_cookie_of_an_unknown_account_holds_nothing(app: FastAPI) -> None:
    key = f"codec {app.state.settings.secret_key.get_secret_value()}"
    cookie = issue_access_token(key, uuid4(), 100)
    assert (await ask(app, sealed(app), Cookie=f"{COOKIE}={cookie}")).status_code == 401


async def test_a_cookie_that_is_far_too_long_is_refused(app: FastAPI) -> None:
    answer = await ask(app, sealed(app), Cookie=f"{COOKIE}={'x' * 5_000}")
    assert answer.status_code == 422


# From which page ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["decode", "encode"])
async def test_only_temporal_web_may_ask_from_another_page(
    app: FastAPI, ruler: Api, path: str
) -> None:
    origins = (
        "https://evil.example",
        "http://temporal.test.evil.example",
        "http://temporal.test:81",
        "https://temporal.test",
        "null",
        "",
        "http://TEMPORAL.test",
    )
    for origin in (TEMPORAL_WEB, *origins):
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = await ruler.request("OPTIONS", f"/codec/{path}", headers=headers)
        answer = await ruler.post(f"/codec/{path}", json=sealed(app), headers={"Origin": origin})
        assert (preflight.status_code, answer.status_code) == (204, 200)
        for each in (preflight, answer):
            allowed = each.headers.get("access-control-allow-origin")
            assert allowed == (TEMPORAL_WEB if origin == TEMPORAL_WEB else None), origin
            credentials = each.headers.get("access-control-allow-credentials")
            assert credentials == ("true" if origin == TEMPORAL_WEB else None)
    headers = {"Origin": TEMPORAL_WEB}
    preflight = await ruler.request("OPTIONS", f"/codec/{path}", headers=headers)
    wanted = preflight.headers["access-control-allow-headers"]
    assert {name.strip() for name in wanted.split(",")} >= {"content-type", "x-namespace"}
    assert preflight.headers["vary"] == "Origin"


async def test_a_preflight_tells_nothing_and_needs_no_account(anonymous: Api) -> None:
    headers = {"Origin": TEMPORAL_WEB, "Access-Control-Request-Method": "POST"}
    answer = await anonymous.request("OPTIONS", "/codec/decode", headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")


async def test_no_other_route_allows_another_page(ruler: Api) -> None:
    for path in ("/auth/me", "/secrets", "/codec/session"):
        answer = await ruler.get(path, headers={"Origin": TEMPORAL_WEB})
        assert "access-control-allow-origin" not in answer.headers


async def test_without_temporal_web_no_page_may_ask(
    new_database: NewDatabase, temporal_address: str, tmp_path: Path
) -> None:
    url = await new_database()
    await migrate(url)
    stack = Stack(settings_for(url, temporal_address, tmp_path, temporal_ui=None))
    async with stack.signed_in(Role.ADMIN) as client:
        for origin in ("", "null", TEMPORAL_WEB):
            answer = await client.post(
                "/codec/decode", json=sealed(stack.app), headers={"Origin": origin}
            )
            assert answer.status_code == 200
            assert "access-control-allow-origin" not in answer.headers


# Refusals ----------------------------------------------------------------------------------------

ENCRYPTED = b64encode(b"binary/encrypted").decode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"NaN",
        b'{"payloads": 1}',
        b'{"payloads": {}}',
        b'{"payloads": [1]}',
        b'{"payloads": [null]}',
        b'{"payloads": [{"data": 1}]}',
        b'{"payloads": [{"data": "a"}]}',
        b'{"payloads": [{"data": "\\ud800"}]}',
        b'{"payloads": [{"metadata": []}]}',
        b'{"payloads": [{"metadata": {"a": 1}}]}',
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"payloads":' * 5_000,
        json.dumps({"payloads": [{"metadata": {"encoding": ENCRYPTED}}]}).encode(),
        json.dumps({"payloads": [{"metadata": {"encoding": ENCRYPTED}, "data": "AAAA"}]}).encode(),
        json.dumps(
            {"payloads": [{"metadata": {"encoding": ENCRYPTED, "key": "MQ=="}, "data": "AAAA"}]}
        ).encode(),
    ],
    ids=lambda body: body[:40].decode(errors="replace"),
)
async def test_what_is_no_payload_is_refused(ruler: Api, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await ruler.post("/codec/decode", content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "VALIDATION_FAILED"


async def test_a_body_that_is_too_large_is_refused(ruler: Api) -> None:
    body = json.dumps({"payloads": [{"data": "A" * 8_000_000}]}).encode()
    answer = await ruler.post("/codec/decode", content=body)
    assert answer.status_code == 413


async def test_unknown_fields_are_no_problem(ruler: Api, app: FastAPI) -> None:
    """Temporal's protocol grows."""
    body = sealed(app) | {"later": {"a": 1}}
    body["payloads"][0]["later"] = [1]
    assert opened(await ruler.post("/codec/decode", json=body)) == [PLAIN.data]


async def test_a_payload_under_another_key_is_refused(ruler: Api) -> None:
    for key_id in ("1", "other"):
        codec = EncryptionCodec(KeySource(new_key(key_id)))
        body = MessageToDict(Payloads(payloads=codec.encrypted([PLAIN])))
        answer = await ruler.post("/codec/decode", json=body)
        assert answer.status_code == 422, answer.text
        assert "cannot be decrypted" in answer.json()["detail"]


async def test_a_secret_is_no_payload(app: FastAPI, ruler: Api) -> None:
    """The same key, another purpose: rows of the table cannot be opened here."""
    await ruler.put("/secrets/token", json={"value": "s3cret-of-a-test"})
    async with app.state.sessions() as session:
        rows = (
            await session.execute(text("SELECT ciphertext, wrapped_key, key_id FROM secrets"))
        ).all()
    for row in rows:
        for data in row[:2]:
            payload = Payload(
                metadata={"encoding": b"binary/encrypted", "key": row[2].encode()}, data=data
            )
            body = MessageToDict(Payloads(payloads=[payload]))
            assert (await ruler.post("/codec/decode", json=body)).status_code == 422


async def test_payloads_of_both_keys_are_readable_while_both_are_there(
    new_database: NewDatabase, temporal_address: str, tmp_path: Path
) -> None:
    url, file = await new_database(), tmp_path / "keys"
    await migrate(url)
    old, new = new_key("old"), new_key("new")
    file.write_text(old)
    stack = Stack(settings_for(url, temporal_address, tmp_path, encryption_keys_file=file))
    async with stack.signed_in(Role.ADMIN) as client:
        before = sealed(stack.app)
        file.write_text(f"{new}\n{old}\n")
        after = sealed(stack.app)
        for body in (before, after):
            assert opened(await client.post("/codec/decode", json=body)) == [PLAIN.data]
        file.write_text(f"{new}\n")
        assert opened(await client.post("/codec/decode", json=after)) == [PLAIN.data]
        gone = await client.post("/codec/decode", json=before)
        assert gone.status_code == 422
        assert "'old'" in gone.json()["detail"]
        file.write_text("broken")
        for path in ("decode", "encode"):
            assert (await client.post(f"/codec/{path}", json=after)).status_code == 503


async def test_opening_a_session_is_noted(app: FastAPI, ruler: Api) -> None:
    me = (await ruler.get("/auth/me")).json()["id"]
    await ruler.post("/codec/session")
    async with app.state.sessions() as session:
        statement = text(
            "SELECT count(*) FROM audit_log WHERE action = 'codec.session' AND actor_id::text = :me"
        )
        assert await session.scalar(statement, {"me": me}) == 1
