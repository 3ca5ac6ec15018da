"""Signing in, staying signed in, keys, and everything that must not work."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI
from jose import jwt

from api.app import PUBLIC, UnprotectedRoute, _refuse_unprotected, create_app
from api.auth.router import COOKIE
from api.settings import Settings
from models.enums import Role
from models.keys import new_key
from tests.api.fixtures import PASSWORD, Api, client_of, new_account
from tests.databases import NewDatabase, migrate


async def test_the_first_account_is_made_once_whoever_is_quickest(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url)
    settings = Settings(
        database_url=url,
        secret_key="s0me-random-key-" + uuid4().hex,
        encryption_keys=new_key("1"),
        artifacts="memory:///",
    )  # type: ignore[call-arg]
    app = create_app(settings)
    async with client_of(app) as client:
        assert (await client.get("/auth/setup")).json() == {"open": True}
        asks = [
            client.post("/auth/setup", json={"email": f"a{n}@example.org", "password": PASSWORD})
            for n in range(5)
        ]
        answers = await asyncio.gather(*asks)
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
        made = next(answer.json() for answer in answers if answer.status_code == 201)
        assert made["role"] == "admin"
        closed = await client.get("/auth/setup")
        assert (closed.status_code, closed.json()) == (200, {"open": False})
    await app.state.database.dispose()


@pytest.mark.parametrize(
    "key", ["", "short", "a" * 64, "changeme-changeme-changeme-changeme-1234567"]
)
def test_a_weak_key_keeps_the_api_from_starting(key: str) -> None:
    with pytest.raises(ValueError, match="PASTETRADER_SECRET_KEY"):
        Settings(database_url="postgresql://x", secret_key=key, artifacts="memory:///")  # type: ignore[call-arg,arg-type]


def test_a_route_without_an_account_keeps_the_api_from_starting(app: FastAPI) -> None:
    other = FastAPI()

    @other.get("/open")
    async def _open() -> None: ...

    with pytest.raises(UnprotectedRoute, match="/open"):
        _refuse_unprotected(other)
    assert all(path.startswith("/") for path in PUBLIC)


async def test_wrong_credentials_say_nothing_about_accounts(app: FastAPI, anonymous: Api) -> None:
    email, _ = await new_account(app, Role.EDITOR)
    wrong = await anonymous.post("/auth/login", json={"email": email, "password": "x" * 20})
    nobody = await anonymous.post(
        "/auth/login", json={"email": f"{uuid4().hex}@example.org", "password": PASSWORD}
    )
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.json()["detail"] == nobody.json()["detail"]
    assert wrong.headers["content-type"] == "application/problem+json"


async def test_guessing_is_slowed_down(app: FastAPI, anonymous: Api) -> None:
    body = {"email": f"{uuid4().hex}@example.org", "password": "guess"}
    app.state.throttle.failed(f"127.0.0.1 {body['email']}")
    for _ in range(9):
        app.state.throttle.failed(f"127.0.0.1 {body['email']}")
    answer = await anonymous.post("/auth/login", json=body)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


async def test_e_mail_is_found_whatever_its_case(app: FastAPI, anonymous: Api) -> None:
    email, _ = await new_account(app, Role.VIEWER)
    body = {"email": email.upper(), "password": PASSWORD}
    answer = await anonymous.post("/auth/login", json=body)
    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == email
    assert "password" not in answer.text.replace("hashed_password", "")


async def test_a_refresh_token_works_once_and_its_reuse_ends_the_login(app: FastAPI) -> None:
    email, _ = await new_account(app, Role.EDITOR)
    async with client_of(app) as client:
        await client.post("/auth/login", json={"email": email, "password": PASSWORD})
        first = client.cookies[COOKIE]
        assert (await client.post("/auth/refresh")).status_code == 200
        second = client.cookies[COOKIE]
        assert second != first
    async with client_of(app) as thief:
        thief.cookies.set(COOKIE, first, domain="test.local", path="/api/v1/auth")
        reused = await thief.post("/auth/refresh", headers={"Cookie": f"{COOKIE}={first}"})
        assert reused.status_code == 401
        victim = await thief.post("/auth/refresh", headers={"Cookie": f"{COOKIE}={second}"})
        assert victim.status_code == 401, "reuse must close the whole family"


async def test_logout_ends_the_login(app: FastAPI) -> None:
    email, _ = await new_account(app, Role.EDITOR)
    async with client_of(app) as client:
        await client.post("/auth/login", json={"email": email, "password": PASSWORD})
        token = client.cookies[COOKIE]
        assert (await client.post("/auth/logout")).status_code == 204
        again = await client.post("/auth/refresh", headers={"Cookie": f"{COOKIE}={token}"})
        assert again.status_code == 401


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    app: FastAPI, anonymous: Api
) -> None:
    email, _ = await new_account(app, Role.EDITOR)
    answer = await anonymous.post("/auth/login", json={"email": email, "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/api/v1/auth" in cookie


@pytest.mark.parametrize("change", ["algorithm", "key", "expired", "no subject", "issuer", "junk"])
async def test_only_our_own_live_tokens_hold(app: FastAPI, anonymous: Api, change: str) -> None:
    key = app.state.settings.secret_key.get_secret_value()
    now = datetime.now(UTC)
    claims = {
        "sub": str(uuid4()),
        "iss": "pastetrader",
        "iat": now,
        "exp": now + timedelta(hours=1),
    }
    algorithm = "HS256"
    if change == "algorithm":
        algorithm = "HS512"
    elif change == "key":
        key += "x"
    elif change == "expired":
        claims["exp"] = now - timedelta(seconds=1)
    elif change == "no subject":
        del claims["sub"]
    elif change == "issuer":
        claims["iss"] = "somebody"
    token = "junk" if change == "junk" else jwt.encode(claims, key, algorithm=algorithm)
    answer = await anonymous.get("/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_key_is_shown_once_and_dies_when_deleted(editor: Api, anonymous: Api) -> None:
    made = await editor.post("/auth/api-keys", json={"name": "script"})
    key = made.json()["key"]
    header = {"X-API-Key": key}
    assert (await anonymous.get("/auth/me", headers=header)).status_code == 200
    listed = (await editor.get("/auth/api-keys")).text
    assert key not in listed
    assert (await editor.delete(f"/auth/api-keys/{made.json()['id']}")).status_code == 204
    assert (await anonymous.get("/auth/me", headers=header)).status_code == 401


async def test_a_key_may_do_less_than_its_account(editor: Api, anonymous: Api) -> None:
    made = await editor.post("/auth/api-keys", json={"name": "reader", "scopes": ["read"]})
    header = {"X-API-Key": made.json()["key"]}
    assert (await anonymous.get("/workflows", headers=header)).status_code == 200
    answer = await anonymous.post("/workflows", json={"name": uuid4().hex}, headers=header)
    assert answer.status_code == 403


async def test_keys_of_others_are_not_there(editor: Api, stranger: Api) -> None:
    made = await editor.post("/auth/api-keys", json={"name": "mine"})
    answer = await stranger.delete(f"/auth/api-keys/{made.json()['id']}")
    assert answer.status_code == 404


async def test_a_viewer_cannot_write(viewer: Api) -> None:
    answer = await viewer.post("/workflows", json={"name": uuid4().hex})
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


async def test_a_new_password_needs_the_current_one_and_ends_other_logins(app: FastAPI) -> None:
    email, _ = await new_account(app, Role.EDITOR)
    login = {"email": email, "password": PASSWORD}
    async with client_of(app) as here, client_of(app) as elsewhere:
        for client in (here, elsewhere):
            token = (await client.post("/auth/login", json=login)).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
        change = {"password": "another-long-password", "current_password": "wrong"}
        refused = await here.patch("/auth/me", json=change)
        assert (refused.status_code, refused.json()["code"]) == (422, "VALIDATION_FAILED")
        change["current_password"] = PASSWORD
        assert (await here.patch("/auth/me", json=change)).status_code == 200
        assert (await here.post("/auth/refresh")).status_code == 200
        assert (await elsewhere.post("/auth/refresh")).status_code == 401
        assert (await elsewhere.post("/auth/login", json=login)).status_code == 401


async def test_one_changes_ones_own_name_and_no_role(viewer: Api) -> None:
    changed = await viewer.patch("/auth/me", json={"display_name": "Renamed"})
    assert (changed.json()["display_name"], changed.json()["role"]) == ("Renamed", "viewer")
    assert (await viewer.patch("/auth/me", json={"role": "admin"})).status_code == 422
