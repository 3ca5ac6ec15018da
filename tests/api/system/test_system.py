"""Health, figures, the audit log, and what every answer carries."""

import asyncio
import re
from uuid import uuid4

from fastapi import FastAPI

from api.app import create_app
from api.settings import Settings
from models.keys import new_key
from tests.api.fixtures import PASSWORD, Api, adapter_graph, client_of, imported
from tests.databases import NewDatabase


async def test_health(anonymous: Api) -> None:
    assert (await anonymous.get("http://test/healthz")).json()["status"] == "ok"
    async with asyncio.timeout(30):
        while (ready := await anonymous.get("http://test/readyz")).status_code == 503:
            await asyncio.sleep(0.05)
    assert ready.json() == {
        "status": "ok",
        "checks": {"database": "ok", "temporal": "ok", "mirror": "ok"},
    }
    metrics = await anonymous.get("http://test/metrics")
    assert "pastetrader_http_requests_total" in metrics.text
    assert re.search(r"pastetrader_mirror_sweep_age_seconds \d", metrics.text)


async def test_a_database_without_tables_says_what_to_do(new_database: NewDatabase) -> None:
    settings = Settings(
        database_url=await new_database(),
        secret_key="s0me-random-key-" + uuid4().hex,
        encryption_keys=new_key("1"),
        artifacts="memory:///",
    )  # type: ignore[call-arg]
    app = create_app(settings)
    async with client_of(app) as client:
        account = {"email": "a@example.org", "password": PASSWORD}
        answer = await client.post("/auth/login", json=account)
    await app.state.database.dispose()
    assert answer.status_code == 503
    assert "pastetrader migrate" in answer.json()["detail"]


async def test_info_and_stats(editor: Api) -> None:
    await imported(editor, adapter_graph())
    info = (await editor.get("/system/info")).json()
    assert info["version"]
    assert info["postgresql"]
    stats = (await editor.get("/system/stats")).json()
    assert stats["workflows"] >= 1


async def test_the_audit_log_is_for_administrators_and_append_only(
    app: FastAPI, admin: Api, editor: Api
) -> None:
    await imported(editor, adapter_graph())
    assert (await editor.get("/audit")).status_code == 403
    found = (await admin.get("/audit", params={"action": "workflow.import"})).json()["items"]
    assert found[0]["action"] == "workflow.import"
    assert (await admin.get("/audit", params={"limit": 1})).json()["next_cursor"]


async def test_every_answer_carries_a_request_id(anonymous: Api) -> None:
    given = await anonymous.get("/auth/me", headers={"X-Request-ID": "mine-1"})
    assert given.headers["x-request-id"] == given.json()["request_id"] == "mine-1"
    strange = await anonymous.get("/auth/me", headers={"X-Request-ID": "a b\tc"})
    assert strange.headers["x-request-id"] != "a b\tc"


async def test_the_documentation_needs_nothing_from_elsewhere(anonymous: Api) -> None:
    page = (await anonymous.get("http://test/docs")).text
    assert not re.search(r"(src|href)=\"(https?:)?//", page)
    assert "/api/v1/openapi.json" in page


async def test_an_unknown_route_is_a_problem_too(anonymous: Api) -> None:
    answer = await anonymous.get("/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    wrong = await anonymous.put("/auth/login")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
