"""Who is told of what, once, whatever goes wrong on the way."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from temporalio.api.common.v1 import WorkflowExecution as Run
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest

from models.notification import Notice
from temporal_workflows.contracts import notify_workflow_id
from tests.activities.mailbox import Mailbox
from tests.activities.tools.http.server import Answer, Asked, Server
from tests.api.approvals.test_nodes import asked, graph
from tests.api.fixtures import Api, ended, published, started
from tests.api.notifications.conftest import PUBLIC_URL
from tests.api.notifications.tellers import divides, notices, rule, settled, until
from tests.api.stacks import Stack

DOCS = Path(__file__).resolve().parents[3] / "docs" / "notifications.md"
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")


async def email_of(client: Api) -> str:
    return str((await client.get("/auth/me")).json()["email"])


async def failed_run(client: Api, workflow_id: str) -> str:
    run_id = await started(client, workflow_id, {"n": 0})
    assert (await ended(client, run_id))["status"] == "failed"
    return run_id


async def test_every_channel_is_told_once_of_an_end(
    me: Api, server: Server, mailbox: Mailbox
) -> None:
    key = f"key-{uuid4().hex}"
    await me.put("/secrets/SIGNS", json={"value": key})
    address = f"{uuid4().hex}@example.org"
    rules = [
        await rule(me, "webhook", url=f"{server.url}/webhook", secret="SIGNS"),
        await rule(me, "slack", url=f"{server.url}/slack"),
        await rule(me, "discord", url=f"{server.url}/discord"),
        await rule(me, "email", to=[address, f"other-{address}"]),
    ]
    document = divides()
    run_id = await failed_run(me, await published(me, document))
    for each in rules:
        (told,) = await settled(me, each)
        assert (told["status"], told["attempts"], told["error"]) == ("sent", 1, None)
        assert (told["occasion"], told["execution_id"]) == ("failed", run_id)
        assert told["sent_at"] is not None
    found = {asked.path: asked for asked in server.requests}
    assert len(server.requests) == 3
    webhook = found["/webhook"]
    is_genuine = documented()
    assert is_genuine(key, webhook.headers, webhook.body)
    assert not is_genuine("another key", webhook.headers, webhook.body)
    assert not is_genuine(key, webhook.headers, webhook.body + b" ")
    data = json.loads(webhook.body)
    url = f"{PUBLIC_URL}/executions/view?id={run_id}"
    assert (data["occasion"], data["notification"]["id"]) == ("failed", rules[0])
    assert data["id"] == webhook.headers["x-pastetrader-delivery"]
    assert (data["run"]["id"], data["run"]["status"], data["run"]["url"]) == (run_id, "failed", url)
    assert (data["run"]["workflow_name"], data["run"]["error"]["node_key"]) == (
        document["name"],
        "share",
    )
    assert data["run"]["duration_seconds"] > 0
    for path in ("/slack", "/discord"):
        body = found[path].body.decode()
        assert f"{document['name']} failed" in body
        assert url in body
    letters = [each for each in mailbox.letters if each["To"].endswith(address)]
    assert sorted(str(each["To"]) for each in letters) == [address, f"other-{address}"]
    for letter in letters:
        assert letter["Subject"] == f"{document['name']} failed"
        assert url in letter.get_content()
        assert "ExpressionFailed at share" in letter.get_content()


async def test_of_what_and_of_whose_runs_is_as_asked_for(me: Api, server: Server) -> None:
    mine, other = await published(me, divides()), await published(me, divides())
    failures = await rule(me, "webhook", "failed", url=f"{server.url}/failures")
    one = await rule(me, "webhook", "completed", workflow_id=mine, url=f"{server.url}/one")
    paused = await rule(me, "webhook", "completed", url=f"{server.url}/paused")
    await me.patch(f"/notifications/{paused}", json={"is_active": False})
    for workflow_id in (mine, other):
        assert (await ended(me, await started(me, workflow_id, {"n": 3})))["status"] == "completed"
    run_id = await failed_run(me, other)
    (told,) = await settled(me, failures)
    assert told["execution_id"] == run_id
    (told,) = await settled(me, one)
    assert told["occasion"] == "completed"
    assert await notices(me, paused) == []
    assert sorted(asked.path for asked in server.requests) == ["/failures", "/one"]


async def test_a_run_below_another_is_told_of_by_that_one(me: Api, server: Server) -> None:
    inner = divides()
    await published(me, inner)
    outer = {
        "name": f"outer {uuid4().hex}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {"key": "sub", "type": "workflow", "config": {"workflow": inner["name"]}},
        ],
        "edges": [{"source": "start", "target": "sub"}],
    }
    outer["nodes"][1]["inputs"] = {"n": "{{ input.n }}"}  # type: ignore[index]
    every = await rule(me, "webhook", "completed", "failed", url=server.url)
    run_id = await started(me, await published(me, outer), {"n": 0})
    assert (await ended(me, run_id))["status"] == "failed"
    (told,) = await settled(me, every)
    assert told["execution_id"] == run_id


async def test_a_cancelled_run_and_nobody_elses(me: Api, stack: Stack, server: Server) -> None:
    async with stack.signed_in() as other:
        theirs = await rule(other, "webhook", "cancelled", "approval", url=server.url)
        every = await rule(me, "webhook", "cancelled", url=server.url)
        run_id = await started(me, await published(me, graph()), {"n": 7})
        await asked(me, run_id)
        await me.post(f"/executions/{run_id}/cancel")
        await ended(me, run_id)
        (told,) = await settled(me, every)
        assert told["occasion"] == "cancelled"
        assert await notices(other, theirs) == []


async def test_a_question_comes_with_a_link_for_who_may_decide(
    me: Api, stack: Stack, anonymous_of: Api, mailbox: Mailbox, server: Server
) -> None:
    mine = await email_of(me)
    passer_by = f"{uuid4().hex}@example.org"
    by_mail = await rule(me, "email", "approval", to=[mine, passer_by])
    by_hook = await rule(me, "webhook", "approval", url=server.url)
    run_id = await started(me, await published(me, graph()), {"n": 7})
    question = await asked(me, run_id)
    (told,) = await settled(me, by_mail)
    assert (told["status"], told["occasion"], told["execution_id"]) == ("sent", "approval", run_id)
    await settled(me, by_hook)
    (request,) = server.requests
    data = json.loads(request.body)
    assert data["approval"]["id"] == question["id"]
    assert (data["approval"]["title"], data["approval"]["request"]) == ("Right?", "Is 7 right?")
    texts = {str(each["To"]): each.get_content() for each in mailbox.letters}
    assert "Is 7 right?" in texts[mine]
    assert "/approve?token=" not in texts[passer_by] + request.body.decode()
    token = texts[mine].partition("/approve?token=")[2].split()[0]
    assert token not in await history(stack, told["id"])
    answer = await anonymous_of.post(f"/approval-links/{token}", json={"approve": True})
    assert answer.status_code == 200, answer.text
    assert (await ended(me, run_id))["status"] == "completed"
    assert len(await notices(me, by_mail)) == 1


async def test_a_reminder_is_told_once(me: Api, server: Server) -> None:
    both = await rule(me, "webhook", "approval", "reminder", url=server.url)
    run_id = await started(me, await published(me, graph(reminder_seconds=1)), {"n": 7})
    found = await settled(me, both, many=2)
    assert [each["occasion"] for each in found] == ["reminder", "approval"]
    await asyncio.sleep(2.5)
    assert len(await notices(me, both)) == 2
    assert len(server.requests) == 2
    await me.post(f"/executions/{run_id}/cancel")


async def test_a_server_that_is_ill_is_told_when_it_is_well(me: Api, server: Server) -> None:
    answers = iter([(500, {}, b""), (429, {"Retry-After": "2"}, b""), (204, {}, b"")])
    times: list[datetime] = []

    def answer(_asked: Asked) -> Answer:
        times.append(datetime.now(UTC))
        return next(answers)

    server.answers["/hook"] = answer
    made = await rule(me, "webhook", url=f"{server.url}/hook")
    await failed_run(me, await published(me, divides()))
    (told,) = await settled(me, made)
    assert (told["status"], told["attempts"], told["error"]) == ("sent", 3, None)
    assert times[2] - times[1] > timedelta(seconds=1.9)
    assert len({asked.headers["idempotency-key"] for asked in server.requests}) == 1


async def test_who_does_not_want_to_be_told_is_asked_once(me: Api, server: Server) -> None:
    server.answers["/hook"] = (410, {}, b"")
    made = await rule(me, "webhook", url=f"{server.url}/hook")
    await failed_run(me, await published(me, divides()))
    (told,) = await settled(me, made)
    assert (told["status"], told["attempts"], told["sent_at"]) == ("failed", 1, None)
    assert told["error"] == "127.0.0.1 answered 410 Gone"
    await asyncio.sleep(1.5)
    assert len(server.requests) == 1


async def test_while_it_is_tried_the_last_failure_is_shown(me: Api, server: Server) -> None:
    server.answers["/hook"] = (503, {}, b"")
    made = await rule(me, "webhook", url=f"{server.url}/hook")
    await failed_run(me, await published(me, divides()))
    (found,) = await until(me, made, lambda each: each["attempts"] >= 2)
    assert found["attempts"] <= len(server.requests)
    assert (found["status"], found["sent_at"]) == ("pending", None)
    assert found["error"] == "127.0.0.1 answered 503 Service Unavailable"
    assert (await me.delete(f"/notifications/{made}")).status_code == 204
    before = len(server.requests)
    await asyncio.sleep(5)
    assert len(server.requests) <= before + 1


async def test_secrets_are_in_no_history_and_no_row(me: Api, stack: Stack, server: Server) -> None:
    hidden = f"c4nary{uuid4().hex}"
    await me.put("/secrets/HIDDEN", json={"value": hidden})
    server.answers[f"/{hidden}"] = (404, {}, hidden.encode())
    url = f"{server.url}/{{{{ secrets.HIDDEN }}}}"
    made = await rule(me, "webhook", url=url, secret="HIDDEN")
    shown = (await me.get(f"/notifications/{made}")).json()
    assert shown["config"] == {"url": url, "secret": "HIDDEN"}
    await failed_run(me, await published(me, divides()))
    (told,) = await settled(me, made)
    assert told["status"] == "failed"
    assert server.requests[0].path == f"/{hidden}"
    assert "secrets.HIDDEN" in await history(stack, told["id"])
    assert hidden not in await history(stack, told["id"]) + json.dumps(told)


async def test_what_nobody_started_is_started_later_and_once(
    me: Api, stack: Stack, server: Server
) -> None:
    """The API dies right after it has committed that it will tell."""
    made = await rule(me, "webhook", url=server.url)
    outbox, sessions = stack.app.state.outbox, stack.app.state.sessions
    hold = datetime.now(UTC) + timedelta(hours=1)
    async with sessions() as session:
        session.add(
            Notice(
                owner_id=UUID((await me.get("/auth/me")).json()["id"]),
                notification_id=UUID(made),
                key="test:dies",
                occasion="failed",
                look_at=hold,
            )
        )
        await session.commit()
    async with sessions() as session:
        await session.execute(
            update(Notice).where(Notice.look_at == hold).values(look_at=datetime.now(UTC))
        )
        taken = await outbox._take(session)
        await session.commit()
        lost = session.info.pop("after_commit")
    assert taken == len(lost) == 1
    assert server.requests == []
    (told,) = await settled(me, made)
    assert told["status"] == "sent"
    await lost[0]()  # and the one who seemed dead comes back
    await asyncio.sleep(1)
    assert len(server.requests) == 1


async def test_many_that_wait_are_looked_at_ever_less(
    me: Api, stack: Stack, server: Server
) -> None:
    server.answers["/"] = (503, {"Retry-After": "3600"}, b"")
    made = await rule(me, "webhook", url=f"{server.url}/")
    await me.post(f"/notifications/{made}/test")
    await until(me, made, lambda each: each["error"] is not None)
    for age, pause in ((60, 60), (7_200, 600)):
        now = datetime.now(UTC)
        then = {"created_at": now - timedelta(seconds=age), "look_at": now}
        async with stack.app.state.sessions.begin() as session:
            mine = Notice.notification_id == UUID(made)
            await session.execute(update(Notice).where(mine).values(**then))
        async with asyncio.timeout(20):
            while True:
                async with stack.app.state.sessions() as session:
                    look_at = await session.scalar(select(Notice.look_at).where(mine))
                assert look_at is not None
                if look_at != now:
                    break
                await asyncio.sleep(0.1)
        assert abs((look_at - now).total_seconds() - pause) < 6


def documented() -> Callable[[str, dict[str, str], bytes], bool]:
    """How the documentation checks a signature."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    found: dict[str, Any] = {}
    exec(code, found)  # noqa: S102 - it is our own
    check: Callable[[str, dict[str, str], bytes], bool] = found["is_genuine"]
    return check


async def history(stack: Stack, notice_id: str) -> str:
    """All that Temporal keeps of the telling of a notice."""
    client = await stack.client()
    answer = await client.workflow_service.get_workflow_execution_history(
        GetWorkflowExecutionHistoryRequest(
            namespace="default", execution=Run(workflow_id=notify_workflow_id(notice_id))
        )
    )
    found: Any = answer.history.SerializeToString()
    return str(found.decode(errors="replace"))
