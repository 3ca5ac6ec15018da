"""Several people decide together: who may, how many must, and who is reminded."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from models.enums import Role
from tests.api.approvals.people import Person, asking, change, person, until
from tests.api.approvals.test_nodes import FORM, asked, graph
from tests.api.executions.test_upgrade import newer
from tests.api.fixtures import Api, ended, published, started

RUN_ROUTES = ("", "/nodes", "/logs", "/timeline")


@pytest.fixture
async def ann(app: FastAPI) -> AsyncIterator[Person]:
    async with person(app) as found:
        yield found


@pytest.fixture
async def ben(app: FastAPI) -> AsyncIterator[Person]:
    async with person(app) as found:
        yield found


@pytest.fixture
async def eve(app: FastAPI) -> AsyncIterator[Person]:
    async with person(app) as found:
        yield found


@pytest.fixture
async def owner(app: FastAPI) -> AsyncIterator[Person]:
    async with person(app) as found:
        yield found


async def test_two_of_three_decide(owner: Person, ann: Person, ben: Person, eve: Person) -> None:
    people = [ann.email, f" {ben.email.upper()} ", eve.email, ann.email]
    run_id, asks = await asking(owner.api, people, required=2, form=FORM)
    assert asks["assignees"] == [ann.email, ben.email, eve.email]
    assert (asks["required"], asks["decisions"], asks["can_decide"]) == (2, [], False)
    for each in (ann, ben, eve):
        assert await each.listed(mine=True, status="pending") == [asks["id"]]
        assert (await each.sees(asks))["can_decide"] is True

    wrong = await ann.decide(asks, form={"shares": "many"})
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "body.form.shares")
    first = await ann.decide(asks, form={"shares": 1}, comment="fine")
    assert first.status_code == 200, first.text
    assert (first.json()["status"], first.json()["can_decide"]) == ("pending", False)
    shown = await until(ann, asks, 1)
    (said,) = shown["decisions"]
    wanted = {"by": ann.id, "by_email": ann.email, "approve": True, "comment": "fine"}
    assert said == {**wanted, "form": {"shares": 1}, "at": said["at"]}
    assert (shown["decided_by"], shown["comment"]) == (None, None)
    assert await ann.listed(mine=True) == []
    assert await ann.listed() == [asks["id"]]
    again = await ann.decide(asks, form={"shares": 2})
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_DECIDED")
    run = (await owner.api.get(f"/executions/{run_id}")).json()
    assert run["status"] == "waiting"

    second = await eve.decide(asks, form={"shares": 3}, comment="me too")
    assert (second.json()["status"], second.json()["decided_by"]) == ("approved", eve.id)
    run = await ended(owner.api, run_id)
    output = run["output"]["approved"]
    assert {name: output[name] for name in ("approved", "by", "comment", "form")} == {
        "approved": True,
        "by": eve.id,
        "comment": "me too",
        "form": {"shares": 3},
    }
    assert [each["form"]["shares"] for each in output["decisions"]] == [1, 3]
    late = await ben.decide(asks, form={"shares": 1})
    assert (late.status_code, late.json()["decision"]["decided_by"]) == (409, eve.id)
    shown = await until(owner, asks, 2, "approved")
    assert [each["by_email"] for each in shown["decisions"]] == [ann.email, eve.email]
    assert shown["decided_at"] == shown["decisions"][-1]["at"] > shown["decisions"][0]["at"]
    assert (await owner.api.post(f"/executions/{run_id}/rebuild")).status_code == 200
    assert await owner.sees(asks) == shown
    assert asks["id"] in await ben.listed(mine=True)


async def test_one_no_ends_it(owner: Person, ann: Person, ben: Person) -> None:
    run_id, asks = await asking(owner.api, [ann.email, ben.email], required=2)
    await ann.decide(asks)
    answer = await ben.decide(asks, False, comment="too risky")
    assert (answer.json()["status"], answer.json()["comment"]) == ("rejected", "too risky")
    output = (await ended(owner.api, run_id))["output"]["rejected"]
    assert (output["approved"], output["by"]) == (False, ben.id)
    assert [each["approve"] for each in output["decisions"]] == [True, False]
    shown = await until(ann, asks, 2, "rejected")
    assert (shown["decided_by_email"], shown["comment"]) == (ben.email, "too risky")


async def test_too_few_in_time_are_nobody(owner: Person, ann: Person, ben: Person) -> None:
    names = [ann.email, ben.email]
    run_id, asks = await asking(owner.api, names, required=2, approval_seconds=1.5)
    assert (await ann.decide(asks)).status_code == 200
    output = (await ended(owner.api, run_id))["output"]["timeout"]
    assert (output["approved"], output["by"]) == (False, None)
    assert [each["by"] for each in output["decisions"]] == [ann.id]
    shown = await until(owner, asks, 1, "expired")
    assert shown["decided_by"] is None
    assert (await ben.decide(asks)).status_code == 409


async def test_of_a_hundred_clicks_of_two_people_two_count(
    owner: Person, ann: Person, ben: Person
) -> None:
    run_id, asks = await asking(owner.api, [ann.email, ben.email], required=2)
    clicks = [each.decide(asks, comment=str(n)) for n in range(50) for each in (ann, ben)]
    answers = await asyncio.gather(*clicks)
    assert Counter(answer.status_code for answer in answers) == {200: 2, 409: 98}
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"ALREADY_DECIDED"}
    run = await ended(owner.api, run_id)
    assert {each["by"] for each in run["output"]["approved"]["decisions"]} == {ann.id, ben.id}
    assert len((await until(owner, asks, 2, "approved"))["decisions"]) == 2


async def test_of_a_hundred_double_clicks_one_counts(owner: Person, ann: Person) -> None:
    run_id, asks = await asking(owner.api, [ann.email])
    answers = await asyncio.gather(*(ann.decide(asks, n % 2 == 0) for n in range(100)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 99}
    taken = next(n for n, answer in enumerate(answers) if answer.status_code == 200)
    way = "approved" if taken % 2 == 0 else "rejected"
    assert list((await ended(owner.api, run_id))["output"]) == [way]


async def test_who_is_not_asked_sees_nothing_and_the_owner_only_looks(
    owner: Person, ann: Person, eve: Person
) -> None:
    run_id, asks = await asking(owner.api, [ann.email])
    unknown = {"id": str(uuid4())}
    for answer, missing in (
        (await eve.decide(asks), await eve.decide(unknown)),
        (
            await eve.api.get(f"/approvals/{asks['id']}"),
            await eve.api.get(f"/approvals/{unknown['id']}"),
        ),
    ):
        assert answer.status_code == missing.status_code == 404
        assert answer.json()["code"] == missing.json()["code"]
    assert await eve.listed() == await eve.listed(mine=True) == []

    assert asks["id"] in await owner.listed()
    assert asks["id"] not in await owner.listed(mine=True)
    refused = await owner.decide(asks)
    assert (refused.status_code, refused.json()["code"]) == (403, "NOT_ASSIGNED")
    assert ann.email in refused.json()["detail"]

    shown = await ann.sees(asks)
    own = await owner.sees(asks)
    assert shown == own | {"can_decide": True, "own": False}
    assert shown["workflow_name"].startswith("asks ")
    for route in RUN_ROUTES:
        assert (await ann.api.get(f"/executions/{run_id}{route}")).status_code == 404
    assert (await ann.api.post(f"/executions/{run_id}/cancel")).status_code == 404
    assert (await ann.api.get("/executions")).json()["items"] == []
    assert (await owner.api.post(f"/executions/{run_id}/cancel")).status_code == 202
    await until(ann, asks, 0, "cancelled")


async def test_a_role_is_whoever_has_it_now(app: FastAPI, owner: Person, ann: Person) -> None:
    async with person(app, Role.VIEWER) as viewer:
        run_id, asks = await asking(owner.api, ["Role:Viewer"])
        assert asks["assignees"] == ["role:viewer"]
        assert (await ann.decide(asks)).status_code == 404
        assert asks["id"] in await viewer.listed(mine=True, status="pending")
        await change(app, viewer, role=Role.EDITOR)
        assert (await viewer.decide(asks)).status_code == 404
        await change(app, viewer, role=Role.VIEWER)
        key = (
            await viewer.api.post("/auth/api-keys", json={"name": "k", "scopes": ["read"]})
        ).json()
        body = {"approve": True}
        path = f"/approvals/{asks['id']}/decision"
        headers = {"X-API-Key": key["key"], "Authorization": ""}
        by_key = await viewer.api.post(path, json=body, headers=headers)
        assert by_key.status_code == 403, by_key.text
        await change(app, viewer, is_active=False)
        assert (await viewer.decide(asks)).status_code == 401
        await change(app, viewer, is_active=True)
        assert (await viewer.decide(asks)).status_code == 200
        assert (await ended(owner.api, run_id))["output"]["approved"]["by"] == viewer.id


async def test_an_owner_who_only_reads_does_not_decide(app: FastAPI, owner: Person) -> None:
    run_id, asks = await asking(owner.api, [])
    await change(app, owner, role=Role.VIEWER)
    refused = await owner.decide(asks)
    assert (refused.status_code, refused.json()["code"]) == (403, "NOT_ASSIGNED")
    await change(app, owner, role=Role.EDITOR)
    assert (await owner.decide(asks)).status_code == 200
    await ended(owner.api, run_id)


async def test_templates_name_people(owner: Person, ann: Person, ben: Person) -> None:
    names = ["{{ input.first }}", "{{ input.others }}"]
    document = graph(assignees=names, required=2)
    workflow = await published(owner.api, document)
    given = {"n": 1, "first": ann.email.upper(), "others": [ben.email, "role:admin"]}
    run_id = await started(owner.api, workflow, given)
    asks = await asked(owner.api, run_id)
    assert asks["assignees"] == [ann.email, ben.email, "role:admin"]
    assert (await ann.decide(asks)).status_code == 200
    assert (await ben.decide(asks)).status_code == 200
    assert (await ended(owner.api, run_id))["status"] == "completed"
    for others in ([], ["nobody"], ["role:emperor"], [7], [ann.email], None):
        run_id = await started(owner.api, workflow, given | {"others": others})
        run = await ended(owner.api, run_id)
        assert (run["status"], run["error"]["code"]) == ("failed", "InvalidInput"), others
        assert "assignees" in run["error"]["message"]


async def test_a_large_question_still_says_who_may_decide(owner: Person, ann: Person) -> None:
    document = graph(assignees=[ann.email])
    document["nodes"][1]["inputs"] = dict.fromkeys(("first", "second"), "{{ input.rows }}")
    workflow = await published(owner.api, document)
    run_id = await started(owner.api, workflow, {"n": 1, "rows": "x" * 100_000})
    asks = await asked(owner.api, run_id)
    assert asks["assignees"] == [ann.email]
    assert list(asks["request"]) == ["$artifact"]
    assert (await owner.decide(asks)).status_code == 403
    assert (await ann.decide(asks)).status_code == 200
    assert (await ended(owner.api, run_id))["status"] == "completed"


async def test_a_form_has_a_bound(owner: Person, ann: Person) -> None:
    run_id, asks = await asking(owner.api, [ann.email])
    large = await ann.decide(asks, form={"text": "x" * 40_000})
    assert (large.status_code, large.json()["errors"][0]["path"]) == (422, "body.form")
    assert (await ann.decide(asks, False)).status_code == 200
    await ended(owner.api, run_id)


async def test_people_are_reminded_once(owner: Person, ann: Person) -> None:
    run_id, asks = await asking(owner.api, [ann.email], reminder_seconds=0.5)
    assert asks["reminded_at"] is None
    async with asyncio.timeout(20):
        while (shown := await ann.sees(asks))["reminded_at"] is None:
            await asyncio.sleep(0.05)
    assert (shown["status"], shown["can_decide"]) == ("pending", True)
    assert shown["reminded_at"] > shown["created_at"]
    run = (await owner.api.get(f"/executions/{run_id}")).json()
    assert run["status"] == "waiting"
    assert (await ann.decide(asks)).status_code == 200
    run = await ended(owner.api, run_id)
    assert {node["status"] for node in run["nodes"] if node["node_key"] == "review"} == {
        "completed"
    }
    done = await until(ann, asks, 1, "approved")
    assert done["reminded_at"] == shown["reminded_at"]
    await owner.api.post(f"/executions/{run_id}/rebuild")
    assert await ann.sees(asks) == done


async def test_who_decides_soon_is_not_reminded(owner: Person, ann: Person) -> None:
    run_id, asks = await asking(owner.api, [ann.email], reminder_seconds=3600)
    assert (await ann.decide(asks)).status_code == 200
    assert (await ended(owner.api, run_id))["status"] == "completed"
    assert (await until(ann, asks, 1, "approved"))["reminded_at"] is None


async def test_what_was_decided_lasts_when_the_run_goes_on_in_another_history(
    owner: Person, ann: Person, ben: Person
) -> None:
    document = graph(assignees=[ann.email, ben.email], required=2, reminder_seconds=0.2)
    workflow = await published(owner.api, document)
    run_id = await started(owner.api, workflow, {"n": 7})
    asks = await asked(owner.api, run_id)
    await ann.decide(asks, comment="first")
    async with asyncio.timeout(20):
        while (before := await until(ann, asks, 1))["reminded_at"] is None:
            await asyncio.sleep(0.05)
    first = (await owner.api.get(f"/executions/{run_id}")).json()["temporal"]["run_id"]

    version = await newer(owner.api, workflow, document | {"output": "{{ nodes.review.output }}"})
    upgraded = await owner.api.post(f"/executions/{run_id}/upgrade", json={"version": version})
    assert upgraded.status_code == 202, upgraded.text
    async with asyncio.timeout(20):
        while True:
            run = (await owner.api.get(f"/executions/{run_id}")).json()
            if run["temporal"]["run_id"] != first and run["status"] == "waiting":
                break
            await asyncio.sleep(0.05)
    shown = await until(ann, asks, 1)
    told = ("created_at", "expires_at", "reminded_at", "assignees", "required")
    assert {name: shown[name] for name in told} == {name: before[name] for name in told}
    again = await ann.decide(asks)
    assert again.status_code == 409
    assert (await ben.decide(asks, comment="second")).status_code == 200
    run = await ended(owner.api, run_id)
    assert [each["comment"] for each in run["output"]["decisions"]] == ["first", "second"]
    done = await until(owner, asks, 2, "approved")
    await owner.api.post(f"/executions/{run_id}/rebuild")
    assert await owner.sees(asks) == done


async def test_two_in_parallel_branches_are_independent(
    editor: Api, ann: Person, ben: Person
) -> None:
    def ask(key: str, who: Person) -> dict[str, Any]:
        config = {"message": key, "assignees": [who.email]}
        return {"key": key, "type": "approval", "config": config}

    document = {
        "name": f"two {uuid4().hex}",
        "nodes": [{"key": "start", "type": "trigger"}, ask("left", ann), ask("right", ben)],
        "edges": [{"source": "start", "target": key} for key in ("left", "right")],
    }
    run_id = await started(editor, await published(editor, document))
    async with asyncio.timeout(20):
        while not (mine := await ann.listed(mine=True)) or not (his := await ben.listed(mine=True)):
            await asyncio.sleep(0.05)
    assert (await ann.decide({"id": his[0]})).status_code == 404
    assert (await ben.decide({"id": his[0]}, comment="right")).status_code == 200
    left = await until(ann, {"id": mine[0]}, 0)
    assert left["can_decide"] is True
    assert (await ann.decide({"id": mine[0]}, comment="left")).status_code == 200
    run = await ended(editor, run_id)
    assert {key: value["comment"] for key, value in run["output"].items()} == {
        "left": "left",
        "right": "right",
    }
