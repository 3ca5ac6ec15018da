"""Accounts, by administrators."""

from uuid import uuid4

from fastapi import FastAPI

from models.enums import Role
from tests.api.fixtures import PASSWORD, Api, client_of, new_account


def fresh() -> dict[str, str]:
    return {"email": f"{uuid4().hex}@Example.org", "password": PASSWORD, "display_name": "New"}


async def test_only_administrators_see_accounts(admin: Api, editor: Api) -> None:
    assert (await admin.get("/users")).status_code == 200
    assert (await editor.get("/users")).status_code == 403


async def test_an_account_from_its_making_to_its_end(admin: Api, anonymous: Api) -> None:
    body = fresh()
    made = await admin.post("/users", json=body)
    assert made.status_code == 201
    user = made.json()
    assert user["email"] == body["email"].lower()
    login = {"email": body["email"], "password": PASSWORD}
    assert (await anonymous.post("/auth/login", json=login)).status_code == 200
    changed = await admin.patch(f"/users/{user['id']}", json={"role": "viewer"})
    assert changed.json()["role"] == "viewer"
    assert (await admin.delete(f"/users/{user['id']}")).status_code == 204
    assert (await anonymous.post("/auth/login", json=login)).status_code == 401
    assert (await admin.get(f"/users/{user['id']}")).status_code == 404
    again = await admin.post("/users", json=body)
    assert again.status_code == 201, "the e-mail of a deleted account is free"


async def test_an_e_mail_belongs_to_one_live_account(admin: Api) -> None:
    body = fresh()
    await admin.post("/users", json=body)
    answer = await admin.post("/users", json=body | {"email": body["email"].upper()})
    assert (answer.status_code, answer.json()["code"]) == (409, "EMAIL_TAKEN")


async def test_a_closed_account_loses_its_token_at_once(app: FastAPI, admin: Api) -> None:
    email, token = await new_account(app, Role.EDITOR)
    async with client_of(app, {"Authorization": f"Bearer {token}"}) as client:
        me = (await client.get("/auth/me")).json()
        assert me["email"] == email
        await admin.patch(f"/users/{me['id']}", json={"is_active": False})
        assert (await client.get("/auth/me")).status_code == 401


async def test_every_page_of_accounts_is_different(admin: Api) -> None:
    for _ in range(3):
        await admin.post("/users", json=fresh())
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await admin.get("/users", params=params)).json()
        seen += [user["id"] for user in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) >= 3
