"""Nodes that wait for a person."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.api.executions.test_executions import read_events
from tests.api.fixtures import Api, ended, published, started

FORM = {
    "type": "object",
    "required": ["shares"],
    "properties": {"shares": {"type": "integer"}},
    "additionalProperties": False,
}


def graph(*handles: str, **config: Any) -> dict[str, Any]:
    """An approval with an adapter behind each of its ways out."""
    ways = ["approved", *handles]
    return {
        "name": f"asks {uuid4().hex}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {
                "key": "review",
                "type": "approval",
                "name": "Right?",
                "config": {"message": "Is {{ input.n }} right?", **config},
            },
            *(
                {"key": way, "type": "adapter", "config": {"output": "{{ nodes.review.output }}"}}
                for way in ways
            ),
        ],
        "edges": [
            {"source": "start", "target": "review"},
            {"source": "review", "target": "approved"},
            *({"source": "review", "target": way, "source_handle": way} for way in handles),
        ],
    }


async def asked(client: Api, run_id: str) -> dict[str, Any]:
    """What the run asks."""
    for _ in range(200):
        answer = await client.get("/approvals", params={"execution_id": run_id})
        if found := answer.json()["items"]:
            made: dict[str, Any] = found[0]
            return made
        await asyncio.sleep(0.05)
    raise AssertionError("nothing is asked")


async def decided(client: Api, approval: dict[str, Any], **body: Any) -> None:
    answer = await client.post(f"/approvals/{approval['id']}/decision", json=body)
    assert answer.status_code == 200, answer.text


async def test_a_run_waits_and_goes_on_with_what_was_filled_in(editor: Api) -> None:
    run_id = await started(editor, await published(editor, graph(form=FORM)), {"n": 7})
    approval = await asked(editor, run_id)
    assert approval["title"] == "Right?"
    assert approval["request"] == {"message": "Is 7 right?"}
    assert approval["form_schema"] == FORM
    run = (await editor.get(f"/executions/{run_id}")).json()
    assert run["status"] == "waiting"
    path = f"/approvals/{approval['id']}/decision"
    wrong = await editor.post(path, json={"approve": True, "form": {"shares": "many"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "body.form.shares")
    await decided(editor, approval, approve=True, form={"shares": 3}, comment="go")
    run = await ended(editor, run_id)
    output = run["output"]["approved"]
    me = (await editor.get("/auth/me")).json()["id"]
    last = {"by": me, "comment": "go", "form": {"shares": 3}}
    (said,) = output["decisions"]
    assert output == {"approved": True, **last, "decisions": [said]}
    assert said == {"approve": True, **last, "at": said["at"]}
    (row,) = [node for node in run["nodes"] if node["node_key"] == "review"]
    assert (row["status"], row["output"]) == ("completed", output)
    again = await editor.post(path, json={"approve": False})
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_DECIDED")


@pytest.mark.parametrize("branch", [True, False])
async def test_a_no_has_a_branch_or_is_a_failure(editor: Api, branch: bool) -> None:
    handles = ["rejected"] if branch else []
    run_id = await started(editor, await published(editor, graph(*handles)), {"n": 7})
    await decided(editor, await asked(editor, run_id), approve=False, comment="too many")
    run = await ended(editor, run_id)
    statuses = {node["node_key"]: node["status"] for node in run["nodes"]}
    assert statuses["approved"] == "skipped"
    if branch:
        assert run["output"]["rejected"]["comment"] == "too many"
    else:
        assert (run["status"], run["error"]["code"]) == ("failed", "Rejected")
        assert "too many" in run["error"]["message"]
        assert statuses["review"] == "failed"


@pytest.mark.parametrize("branch", [True, False])
async def test_nobodys_word_in_time_has_a_branch_or_is_a_failure(editor: Api, branch: bool) -> None:
    handles = ["timeout"] if branch else []
    document = graph(*handles, approval_seconds=1)
    run_id = await started(editor, await published(editor, document), {"n": 7})
    run = await ended(editor, run_id)
    if branch:
        assert run["output"]["timeout"]["approved"] is False
    else:
        assert (run["status"], run["error"]["code"]) == ("failed", "ApprovalExpired")
    assert (await asked(editor, run_id))["status"] == "expired"


async def test_a_cancelled_run_asks_no_more(editor: Api) -> None:
    run_id = await started(editor, await published(editor, graph()), {"n": 7})
    await asked(editor, run_id)
    await editor.post(f"/executions/{run_id}/cancel")
    assert (await ended(editor, run_id))["status"] == "cancelled"
    assert (await asked(editor, run_id))["status"] == "cancelled"


async def test_two_in_parallel_branches_are_independent_and_each_pass_has_its_own(
    editor: Api,
) -> None:
    each = {"key": "each", "type": "parallel", "config": {"items": "{{ input.items }}"}}
    ask = {
        "key": "ask",
        "type": "approval",
        "parent": "each",
        "config": {"message": "And {{ item }}?"},
        "on_error": "continue",
    }
    document = {
        "name": f"asks {uuid4().hex}",
        "output": "{{ nodes.each.output }}",
        "nodes": [{"key": "start", "type": "trigger"}, each, ask],
        "edges": [{"source": "start", "target": "each"}],
    }
    run_id = await started(editor, await published(editor, document), {"items": ["a", "b"]})
    found: list[dict[str, Any]] = []
    for _ in range(200):
        params = {"execution_id": run_id, "status": "pending"}
        found = (await editor.get("/approvals", params=params)).json()["items"]
        if len(found) == 2:
            break
        await asyncio.sleep(0.05)
    by_path = {approval["path"]: approval for approval in found}
    assert by_path["0"]["request"] == {"message": "And a?"}
    await decided(editor, by_path["1"], approve=True, comment="b it is")
    await decided(editor, by_path["0"], approve=False)
    run = await ended(editor, run_id)
    first, second = run["output"]
    assert first["error"]["code"] == "Rejected"
    assert (second["approved"], second["comment"]) == (True, "b it is")


async def test_of_twenty_words_one_counts(editor: Api) -> None:
    run_id = await started(editor, await published(editor, graph("rejected")), {"n": 7})
    approval = await asked(editor, run_id)
    path = f"/approvals/{approval['id']}/decision"
    answers = await asyncio.gather(
        *(editor.post(path, json={"approve": number % 2 == 0}) for number in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    said = next(number for number, answer in enumerate(answers) if answer.status_code == 200)
    run = await ended(editor, run_id)
    assert list(run["output"]) == ["approved" if said % 2 == 0 else "rejected"]


async def test_followers_hear_of_the_question_and_of_its_answer(editor: Api) -> None:
    run_id = await started(editor, await published(editor, graph()), {"n": 7})
    approval = await asked(editor, run_id)

    async def follow() -> list[str]:
        events = [event async for event in read_events(editor, run_id)]
        return [data["status"] for _, kind, data in events if kind == "approval"]

    following = asyncio.create_task(follow())
    await asyncio.sleep(0.3)
    await decided(editor, approval, approve=True)
    await ended(editor, run_id)
    assert await asyncio.wait_for(following, 10) == ["pending", "approved"]
