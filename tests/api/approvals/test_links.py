"""Links by which one account decides once."""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy import select, update

from api.approvals.links import link_url, make_link
from models.approval import Approval, ApprovalLink
from models.audit import AuditEntry
from models.enums import Role
from models.user import User
from tests.api.approvals.people import Person, asking, change, person, until
from tests.api.approvals.test_nodes import FORM
from tests.api.fixtures import Api, ended


@pytest.fixture
async def owner(app: FastAPI) -> AsyncIterator[Person]:
    async with person(app) as found:
        yield found


@pytest.fixture
async def ann(app: FastAPI) -> AsyncIterator[Person]:
    async with person(app) as found:
        yield found


@pytest.fixture
async def ben(app: FastAPI) -> AsyncIterator[Person]:
    async with person(app) as found:
        yield found


async def linked(who: Person, approval: dict[str, Any], **body: Any) -> dict[str, Any]:
    """A new link of theirs."""
    answer = await who.api.post(f"/approvals/{approval['id']}/links", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


async def use(client: Api, token: str, approve: bool = True, **more: Any) -> tuple[int, Any]:
    """(Status, answer) of a decision by a link."""
    answer = await client.post(f"/approval-links/{token}", json={"approve": approve, **more})
    return answer.status_code, answer.json()


async def look(client: Api, token: str) -> tuple[int, Any]:
    """(Status, answer) of a look at what a link asks."""
    answer = await client.get(f"/approval-links/{token}")
    return answer.status_code, answer.json()


async def stored(app: FastAPI, token: str) -> ApprovalLink:
    """The row of a link."""
    hashed = hashlib.sha256(token.encode()).hexdigest()
    async with app.state.sessions() as session:
        found = await session.scalar(select(ApprovalLink).where(ApprovalLink.token_hash == hashed))
    assert found is not None
    return found


async def test_a_link_shows_and_decides_once(
    app: FastAPI, owner: Person, ann: Person, anonymous: Api
) -> None:
    run_id, asks = await asking(owner.api, [ann.email], form=FORM)
    link = await linked(ann, asks)
    token = link["token"]
    assert re.fullmatch(r"[\w-]{43}", token)
    assert link["url"] == f"/approve?token={token}"
    left = datetime.fromisoformat(link["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(hours=24)
    row = await stored(app, token)
    assert token not in str(vars(row))

    code, shown = await look(anonymous, token)
    assert code == 200
    assert shown == {
        "title": "Right?",
        "request": {"message": "Is 7 right?"},
        "form_schema": FORM,
        "status": "pending",
        "expires_at": shown["expires_at"],
        "email": ann.email,
        "workflow_name": asks["workflow_name"],
        "decided": False,
    }
    # Programs that scan mail open every link.
    for _ in range(3):
        assert (await look(anonymous, token))[0] == 200
        assert (await anonymous.head(f"/approval-links/{token}")).status_code == 405
    assert (await ann.sees(asks))["decisions"] == []

    code, wrong = await use(anonymous, token, form={"shares": "many"})
    assert (code, wrong["errors"][0]["path"]) == (422, "body.form.shares")
    code, told = await use(anonymous, token, form={"shares": 3}, comment="by mail")
    assert (code, told["status"], told["decided"]) == (200, "approved", True)
    output = (await ended(owner.api, run_id))["output"]["approved"]
    assert (output["by"], output["comment"]) == (ann.id, "by mail")
    for code, problem in (await use(anonymous, token), await look(anonymous, token)):
        assert (code, problem["code"]) == (410, "LINK_USED")
    row = await stored(app, token)
    assert row.used_at is not None
    async with app.state.sessions() as session:
        entries = await session.scalars(
            select(AuditEntry).where(AuditEntry.resource == asks["id"]).order_by(AuditEntry.id)
        )
        noted = [(entry.action, str(entry.actor_id), entry.detail) for entry in entries]
    assert noted == [
        ("approval.link", ann.id, {"email": ann.email}),
        ("approval.approve", ann.id, {"by": "link"}),
    ]


async def test_a_link_is_used_once_by_many_at_once(
    owner: Person, ann: Person, ben: Person, anonymous: Api
) -> None:
    run_id, asks = await asking(owner.api, [ann.email, ben.email], required=2)
    tokens = [(await linked(ann, asks))["token"] for _ in range(2)]
    answers = await asyncio.gather(*(use(anonymous, tokens[0]) for _ in range(10)))
    assert Counter(code for code, _ in answers) == {200: 1, 410: 9}
    code, problem = await use(anonymous, tokens[1])
    assert (code, problem["code"]) == (409, "ALREADY_DECIDED"), "two links are one person"
    await until(ann, asks, 1)
    code, shown = await look(anonymous, tokens[1])
    assert (code, shown["status"], shown["decided"]) == (200, "pending", True)
    token = (await linked(ben, asks))["token"]
    code, told = await use(anonymous, token, approve=False)
    assert (code, told["status"]) == (200, "rejected")
    assert (await ended(owner.api, run_id))["output"]["rejected"]["by"] == ben.id
    await until(ann, asks, 2, "rejected")
    code, shown = await look(anonymous, tokens[1])
    assert (code, shown["status"], shown["decided"]) == (200, "rejected", True)


async def test_a_link_ends(app: FastAPI, owner: Person, ann: Person, anonymous: Api) -> None:
    run_id, asks = await asking(owner.api, [ann.email])
    token = (await linked(ann, asks, expires_seconds=60))["token"]
    past = datetime.now(UTC) - timedelta(seconds=1)
    async with app.state.sessions.begin() as session:
        hashed = hashlib.sha256(token.encode()).hexdigest()
        chosen = update(ApprovalLink).where(ApprovalLink.token_hash == hashed)
        await session.execute(chosen.values(expires_at=past))
    for code, problem in (await use(anonymous, token), await look(anonymous, token)):
        assert (code, problem["code"]) == (410, "LINK_EXPIRED")
    for wrong in (token[:-1], "x", "é%00", "x" * 300):
        assert (await look(anonymous, wrong))[0] in {404, 422}, wrong
        assert (await use(anonymous, wrong))[0] in {404, 422}, wrong
    for seconds in (0, 59, 31 * 86_400, "soon"):
        body = {"expires_seconds": seconds}
        refused = await ann.api.post(f"/approvals/{asks['id']}/links", json=body)
        assert refused.status_code == 422
    assert (await ann.sees(asks))["decisions"] == []
    await ann.decide(asks)
    await ended(owner.api, run_id)


async def test_an_account_that_may_not_decide_any_more_revokes_its_links(
    app: FastAPI, owner: Person, ann: Person, anonymous: Api
) -> None:
    run_id, asks = await asking(owner.api, [ann.email, "role:viewer"])
    async with person(app, Role.VIEWER) as viewer:
        tokens = [(await linked(each, asks))["token"] for each in (ann, viewer)]
        await change(app, ann, is_active=False)
        await change(app, viewer, role=Role.EDITOR)
        for token in tokens:
            for code, problem in (await use(anonymous, token), await look(anonymous, token)):
                assert (code, problem["code"]) == (410, "LINK_REVOKED")
        await change(app, ann, is_active=True, deleted_at=datetime.now(UTC))
        assert (await use(anonymous, tokens[0]))[0] == 410
        await change(app, ann, deleted_at=None)
        assert (await use(anonymous, tokens[0]))[0] == 200
    await ended(owner.api, run_id)


async def test_a_link_is_for_oneself(
    app: FastAPI, owner: Person, ann: Person, ben: Person, anonymous: Api
) -> None:
    run_id, asks = await asking(owner.api, [ann.email, "role:admin"])
    path = f"/approvals/{asks['id']}/links"
    assert (await ben.api.post(path, json={})).status_code == 404
    assert (await anonymous.post(path, json={})).status_code == 401
    as_another = await owner.api.post(path, json={"email": ann.email})
    assert as_another.status_code == 403
    assert "your own" in as_another.json()["detail"]
    not_asked = await owner.api.post(path, json={})
    assert (not_asked.status_code, not_asked.json()["code"]) == (403, "NOT_ASSIGNED")
    async with person(app, Role.ADMIN) as admin:
        link = await linked(admin, asks, email=ann.email.upper())
        assert link["email"] == ann.email
        nobody = await admin.api.post(path, json={"email": "nobody@example.org"})
        assert (nobody.status_code, nobody.json()["errors"][0]["path"]) == (422, "body.email")
    assert (await use(anonymous, link["token"]))[0] == 200
    assert (await ended(owner.api, run_id))["output"]["approved"]["by"] == ann.id
    late = await ann.api.post(path, json={})
    assert late.status_code == 403


async def test_a_link_that_the_server_makes_is_as_good(
    app: FastAPI, owner: Person, anonymous: Api
) -> None:
    run_id, asks = await asking(owner.api, [])
    async with app.state.sessions.begin() as session:
        approval = await session.scalar(select(Approval).where(Approval.id == asks["id"]))
        user = await session.scalar(select(User).where(User.email == owner.email))
        token = await make_link(session, approval, user, 600)
    assert link_url("https://x.example/pt/", token) == f"https://x.example/pt/approve?token={token}"
    assert (await use(anonymous, token, comment="ok"))[0] == 200
    assert (await ended(owner.api, run_id))["output"]["approved"]["by"] == owner.id


async def test_a_token_is_in_no_log(owner: Person, anonymous: Api) -> None:
    run_id, asks = await asking(owner.api, [])
    with structlog.testing.capture_logs() as lines:
        token = (await linked(owner, asks))["token"]
        await look(anonymous, token)
        assert (await use(anonymous, token))[0] == 200
    await ended(owner.api, run_id)
    paths = [line.get("path") for line in lines]
    assert paths.count("/api/v1/approval-links/…") == 2
    assert token not in str(lines)
