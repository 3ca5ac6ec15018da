"""Conversations with registered agents, through the API, with a model that follows a script."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cli.scripted_model.script import Script
from cli.scripted_model.server import ScriptedModel, scripted_model
from tests.api.fixtures import Api, adapter_graph, client_of, ended, published, started
from tests.api.stacks import Stack, settings_for
from tests.databases import NewDatabase, migrate


@pytest.fixture
async def model() -> AsyncIterator[ScriptedModel]:
    async with scripted_model(Script()) as server:
        yield server


async def registered(client: Api, url: str, **config: Any) -> str:
    """Id of a new agent."""
    settings = {
        "provider": "openai_compatible",
        "model": "scripted-1",
        "base_url": f"{url}/v1",
        "system": "You are brief.",
        **config,
    }
    body = {"name": f"agent {uuid4().hex}", "config": settings}
    answer = await client.post("/agents", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def said(client: Api, agent: str, text: str, to: str | None = None, **more: Any) -> Any:
    """The answer to a message that is taken."""
    body = {"message": text, **({"conversation_id": to} if to else {}), **more}
    answer = await client.post(f"/agents/{agent}/chat", json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def messages(client: Api, conversation: str) -> list[tuple[str, str]]:
    found = (await client.get(f"/executions/{conversation}/messages")).json()["items"]
    return [(each["role"], each["content"]) for each in found]


async def until(client: Api, conversation: str, holds: Callable[[Any], bool]) -> Any:
    """The conversation's run once it is so."""
    async with asyncio.timeout(30):
        while True:
            run = (await client.get(f"/executions/{conversation}")).json()
            if holds(run):
                return run
            await asyncio.sleep(0.05)


async def answered(client: Api, conversation: str, count: int) -> list[tuple[str, str]]:
    """What was said, once so many messages of people are answered and it waits for more."""
    async with asyncio.timeout(30):
        while True:
            found = await messages(client, conversation)
            asked = sum(role == "user" for role, _ in found)
            if asked >= count and found[-1][0] == "assistant":
                await until(client, conversation, lambda run: run["status"] == "waiting")
                return found
            await asyncio.sleep(0.05)


async def test_a_conversation_of_several_messages(editor: Api, model: ScriptedModel) -> None:
    model.script = Script.model_validate({"turns": ["Hello.", "Fine.", "Bye."]})
    agent = await registered(editor, model.url)
    first = await said(editor, agent, "Hi!")
    chat = first["conversation_id"]
    assert first["seq"] == 1
    assert first["links"] == {
        "self": f"/api/v1/executions/{chat}",
        "events": f"/api/v1/executions/{chat}/events",
        "messages": f"/api/v1/executions/{chat}/messages",
    }
    await answered(editor, chat, 1)
    assert (await said(editor, agent, "How are you?", chat))["seq"] == 2
    await answered(editor, chat, 2)
    assert (await said(editor, agent, "{{ secrets.NONE }} Go!", chat))["seq"] == 3
    assert await answered(editor, chat, 3) == [
        ("system", "You are brief."),
        ("user", "Hi!"),
        ("assistant", "Hello."),
        ("user", "How are you?"),
        ("assistant", "Fine."),
        ("user", "{{ secrets.NONE }} Go!"),
        ("assistant", "Bye."),
    ]
    run = (await editor.get(f"/executions/{chat}")).json()
    assert (run["workflow_id"], run["workflow_name"], run["workflow_version"]) == (None, None, 0)
    assert (run["agent_id"], run["trigger_type"]) == (agent, "chat")
    assert run["input"] == {"prompt": "Hi!"}
    assert [node["node_key"] for node in run["nodes"]] == ["turn_1", "turn_2", "turn_3"]


async def test_a_conversation_has_no_graph_and_is_listed_when_asked_for(
    editor: Api, stranger: Api, model: ScriptedModel
) -> None:
    agent = await registered(editor, model.url)
    long = "What   is\nthis? " + "x" * 500
    older = (await said(editor, agent, long))["conversation_id"]
    await answered(editor, older, 1)
    newer = (await said(editor, agent, "Second"))["conversation_id"]
    await answered(editor, newer, 1)
    path = f"/agents/{agent}/conversations"
    page = (await editor.get(path, params={"limit": 1})).json()
    assert [each["id"] for each in page["items"]] == [newer]
    rest = (await editor.get(path, params={"cursor": page["next_cursor"]})).json()
    assert [each["id"] for each in rest["items"]] == [older]
    title = rest["items"][0]["title"]
    assert title.startswith("What is this? xxx")
    assert len(title) == 100
    assert rest["items"][0]["status"] == "waiting"
    assert rest["next_cursor"] is None
    assert (await editor.get(f"/executions/{older}/graph")).json() == {"graph": None}
    listed = (await editor.get("/executions", params={"limit": 100})).json()["items"]
    assert older not in {run["id"] for run in listed}
    chats = (await editor.get("/executions", params={"limit": 100, "trigger": "chat"})).json()
    assert {older, newer} <= {run["id"] for run in chats["items"]}
    others = (await stranger.get("/executions", params={"limit": 100, "trigger": "chat"})).json()
    assert not {older, newer} & {run["id"] for run in others["items"]}
    retried = await editor.post(f"/executions/{older}/retry")
    assert (retried.status_code, retried.json()["code"]) == (409, "EXECUTION_WITHOUT_WORKFLOW")
    assert "send its agent a message" in retried.json()["detail"]


async def test_conversations_count_in_no_workflows_figures(
    stack: Stack, model: ScriptedModel
) -> None:
    async with stack.worker(), stack.signed_in() as client:
        await ended(
            client, await started(client, await published(client, adapter_graph()), {"n": 1})
        )
        agent = await registered(client, model.url)
        await answered(client, (await said(client, agent, "Hi"))["conversation_id"], 1)
        figures = (await client.get("/executions/statistics")).json()
    assert (figures["total"], figures["by_status"]) == (1, {"completed": 1})


async def test_a_message_that_is_sent_twice_is_one(editor: Api, model: ScriptedModel) -> None:
    agent = await registered(editor, model.url)
    first, again = await asyncio.gather(
        *(said(editor, agent, "Hi", message_id="m-1") for _ in range(2))
    )
    assert first == again
    chat = first["conversation_id"]
    other = await editor.post(f"/agents/{agent}/chat", json={"message": "Ho", "message_id": "m-1"})
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    await answered(editor, chat, 1)
    twice = [await said(editor, agent, "More", chat, message_id="m-2") for _ in range(2)]
    assert [each["seq"] for each in twice] == [2, 2]
    assert (await said(editor, agent, "Hi", chat, message_id="m-1"))["seq"] == 1
    await answered(editor, chat, 2)
    assert (await said(editor, agent, "More", chat, message_id="m-2"))["seq"] == 2
    found = await messages(editor, chat)
    assert [text for role, text in found if role == "user"] == ["Hi", "More"]


async def test_messages_that_come_at_once_are_all_read(editor: Api, model: ScriptedModel) -> None:
    slow = {"text": "So.", "slow": {"first": 1.0}}
    model.script = Script.model_validate({"turns": [slow], "default": "Well."})
    agent = await registered(editor, model.url)
    chat = (await said(editor, agent, "0"))["conversation_id"]
    taken = await asyncio.gather(*(said(editor, agent, str(n), chat) for n in range(1, 9)))
    assert sorted(each["seq"] for each in taken) == list(range(2, 10))
    found = await answered(editor, chat, 9)
    read = [text for role, text in found if role == "user"]
    assert read[0] == "0"
    assert sorted(read) == [str(n) for n in range(9)]


async def test_more_messages_than_an_agent_keeps_waiting_are_refused(
    editor: Api, model: ScriptedModel
) -> None:
    model.script = Script.model_validate({"turns": [{"fault": {"kind": "silent"}}]})
    agent = await registered(editor, model.url)
    chat = (await said(editor, agent, "Hi"))["conversation_id"]
    for number in range(20):
        await said(editor, agent, f"and {number}", chat, message_id=f"m-{number}")
    body = {"message": "and more", "conversation_id": chat}
    refused = await editor.post(f"/agents/{agent}/chat", json=body)
    assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_WAITING")
    assert refused.headers["Retry-After"]
    assert (await said(editor, agent, "and 3", chat, message_id="m-3"))["seq"] == 5
    await editor.post(f"/executions/{chat}/cancel")
    await ended(editor, chat)


async def test_a_closed_conversation_takes_no_message(editor: Api, model: ScriptedModel) -> None:
    agent = await registered(editor, model.url)
    chat = (await said(editor, agent, "Hi"))["conversation_id"]
    closed = await editor.post(f"/conversations/{chat}/close")
    assert (closed.status_code, closed.json()["id"]) == (202, chat)
    body = {"message": "Still there?", "conversation_id": chat}
    at_once = await editor.post(f"/agents/{agent}/chat", json=body)
    assert (at_once.status_code, at_once.json()["code"]) == (409, "CONVERSATION_CLOSED")
    run = await ended(editor, chat)
    assert (run["status"], run["output"]["text"]) == ("completed", "Done."), (
        "what was said is answered"
    )
    later = await editor.post(f"/agents/{agent}/chat", json=body)
    assert (later.status_code, later.json()["code"]) == (409, "CONVERSATION_CLOSED")
    assert "conversation_id" in later.json()["detail"]
    assert (await editor.post(f"/conversations/{chat}/close")).status_code == 202, "no error later"


async def test_a_conversation_that_waits_ends_when_it_is_closed(
    editor: Api, model: ScriptedModel
) -> None:
    agent = await registered(editor, model.url)
    chat = (await said(editor, agent, "Hi"))["conversation_id"]
    await answered(editor, chat, 1)
    closing = [editor.post(f"/conversations/{chat}/close") for _ in range(3)]
    assert {each.status_code for each in await asyncio.gather(*closing)} == {202}
    run = await ended(editor, chat)
    assert (run["status"], run["output"]["turns"]) == ("completed", 1)


async def test_a_conversation_that_was_stopped_is_closed(editor: Api, model: ScriptedModel) -> None:
    agent = await registered(editor, model.url)
    chat = (await said(editor, agent, "Hi"))["conversation_id"]
    await answered(editor, chat, 1)
    assert (await editor.post(f"/executions/{chat}/terminate")).status_code == 202
    body = {"message": "Still there?", "conversation_id": chat}
    for _ in range(2):
        answer = await editor.post(f"/agents/{agent}/chat", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "CONVERSATION_CLOSED")
        await ended(editor, chat)


async def test_a_failing_model_does_not_end_the_conversation(
    editor: Api, model: ScriptedModel
) -> None:
    refused = {"fault": {"kind": "status", "status": 400}}
    model.script = Script.model_validate({"default": refused})
    agent = await registered(editor, model.url)
    chat = (await said(editor, agent, "Hi"))["conversation_id"]
    run = await until(editor, chat, lambda run: run["status"] == "waiting")
    assert run["nodes"][0]["error"]["code"] == "ModelRequestRefused"
    model.script = Script.model_validate({"default": "Now."})
    assert (await said(editor, agent, "Again?", chat))["seq"] == 2
    assert (await answered(editor, chat, 2))[-1] == ("assistant", "Now.")


async def test_whose_conversation_it_is(
    editor: Api, stranger: Api, viewer: Api, model: ScriptedModel
) -> None:
    agent = await registered(editor, model.url)
    chat = (await said(editor, agent, "Hi"))["conversation_id"]
    body = {"message": "Hi", "conversation_id": chat}
    path = f"/agents/{agent}/chat"
    assert (await stranger.post(path, json=body)).status_code == 404
    assert (await stranger.post(f"/conversations/{chat}/close")).status_code == 404
    assert (await stranger.get(f"/agents/{agent}/conversations")).status_code == 404
    own = await registered(stranger, model.url)
    assert (await stranger.post(f"/agents/{own}/chat", json=body)).status_code == 404
    other = await registered(editor, model.url)
    assert (await editor.post(f"/agents/{other}/chat", json=body)).status_code == 404
    assert (await viewer.post(path, json=body)).status_code == 403
    assert (await viewer.post(f"/conversations/{chat}/close")).status_code == 403
    unknown = await editor.post(f"/agents/{uuid4()}/chat", json={"message": "Hi"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "NOT_FOUND")
    flow = await started(editor, await published(editor, adapter_graph()), {"n": 1})
    assert (await editor.post(f"/conversations/{flow}/close")).status_code == 404


async def test_a_public_agent_works_for_whoever_asks(
    editor: Api, stranger: Api, model: ScriptedModel
) -> None:
    agent = await registered(editor, model.url)
    found = (await editor.get(f"/agents/{agent}")).json()
    change = {"is_public": True, "version": found["version"]}
    assert (await editor.patch(f"/agents/{agent}", json=change)).status_code == 200
    chat = (await said(stranger, agent, "Hi", message_id="m-1"))["conversation_id"]
    await answered(stranger, chat, 1)
    assert (await editor.get(f"/executions/{chat}")).status_code == 404
    assert (await editor.get(f"/agents/{agent}/conversations")).json()["items"] == []
    mine = (await said(editor, agent, "Hi", message_id="m-1"))["conversation_id"]
    assert mine != chat


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": ""},
        {"message": "x" * (64 * 1024 + 1)},
        {"message": "a\x00b"},
        {"message": "\ud800"},
        {"message": "Hi", "message_id": ""},
        {"message": "Hi", "message_id": "has a space"},
        {"message": "Hi", "conversation_id": "no id"},
        {"message": "Hi", "text": "typo"},
    ],
)
async def test_messages_that_cannot_be_taken(
    editor: Api, model: ScriptedModel, body: dict[str, Any]
) -> None:
    agent = await registered(editor, model.url)
    answer = await editor.post(f"/agents/{agent}/chat", content=json.dumps(body))
    assert answer.status_code == 422, answer.text


async def test_the_longest_message_is_taken(editor: Api, model: ScriptedModel) -> None:
    agent = await registered(editor, model.url)
    text = "한" * (64 * 1024)
    chat = (await said(editor, agent, text))["conversation_id"]
    await answered(editor, chat, 1)
    await said(editor, agent, text, chat)
    found = await answered(editor, chat, 2)
    assert [content for role, content in found if role == "user"] == [text, text]


@pytest.fixture
async def stack(
    new_database: NewDatabase, temporal_address: str, tmp_path: Path
) -> AsyncIterator[Stack]:
    """An API whose workers come and go."""
    url = await new_database()
    await migrate(url)
    made = Stack(settings_for(url, temporal_address, tmp_path))
    async with made.serving():
        yield made


async def test_a_conversation_goes_on_with_another_worker(
    stack: Stack, model: ScriptedModel
) -> None:
    model.script = Script.model_validate({"turns": ["One.", "Two."]})
    async with stack.signed_in() as client:
        agent = await registered(client, model.url)
        chat = (await said(client, agent, "Hi"))["conversation_id"]
        async with stack.worker():
            await answered(client, chat, 1)
        lost = await client.post(
            f"/agents/{agent}/chat",
            json={"message": "And?", "conversation_id": chat, "message_id": "m-2"},
        )
        assert (lost.status_code, lost.json()["code"]) == (503, "TEMPORAL_UNAVAILABLE")
        assert "message_id" in lost.json()["detail"]
        async with stack.worker():
            assert (await said(client, agent, "And?", chat, message_id="m-2"))["seq"] == 2
            found = await answered(client, chat, 2)
    assert found[-2:] == [("user", "And?"), ("assistant", "Two.")]
    assert [text for role, text in found if role == "user"] == ["Hi", "And?"]


async def test_a_conversation_that_temporal_did_not_hear_of_is_started_by_the_next_message(
    stack: Stack, model: ScriptedModel
) -> None:
    nowhere = {"temporal_address": "127.0.0.1:1"}
    cut_off = Stack(stack.settings.model_copy(update=nowhere))
    async with stack.signed_in() as client, stack.worker():
        agent = await registered(client, model.url)
        signed_in = {"Authorization": client.headers["Authorization"]}
        async with client_of(cut_off.app, signed_in) as other:
            chat = (await said(other, agent, "Hi"))["conversation_id"]
            body = {"message": "Hello?", "conversation_id": chat}
            lost = await other.post(f"/agents/{agent}/chat", json=body)
            assert (lost.status_code, lost.json()["code"]) == (503, "TEMPORAL_UNAVAILABLE")
        assert (await said(client, agent, "Hello?", chat))["seq"] == 2
        found = await answered(client, chat, 2)
    assert [text for role, text in found if role == "user"] == ["Hi", "Hello?"]


async def test_a_conversation_that_temporal_did_not_hear_of_is_started_by_the_sweep(
    stack: Stack, model: ScriptedModel
) -> None:
    cut_off = Stack(stack.settings.model_copy(update={"temporal_address": "127.0.0.1:1"}))
    async with stack.signed_in() as client, stack.worker():
        agent = await registered(client, model.url)
        signed_in = {"Authorization": client.headers["Authorization"]}
        async with client_of(cut_off.app, signed_in) as other:
            chat = (await said(other, agent, "Hi"))["conversation_id"]
        assert (await answered(client, chat, 1))[-1] == ("assistant", "Done.")
        async with client_of(cut_off.app, signed_in) as other:
            unheard = (await said(other, agent, "Hi"))["conversation_id"]
        assert (await client.post(f"/executions/{unheard}/terminate")).status_code == 202
        assert (await ended(client, unheard))["status"] == "cancelled"
