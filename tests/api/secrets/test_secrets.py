"""Secrets through the API: written, used by tools, never told."""

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from models.enums import Role
from models.keys import new_key
from models.session import act_as
from tests.api.fixtures import Api, client_of, ended, imported, published, started
from tests.api.stacks import Stack, new_client, settings_for
from tests.databases import NewDatabase, migrate

FAILING = "def main(token):\n    raise ValueError('no')"


def graph(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A trigger, and the nodes in a row behind it."""
    keys = ["start", *(node["key"] for node in nodes)]
    edges = [{"source": one, "target": other} for one, other in pairwise(keys)]
    start = {"key": "start", "type": "trigger"}
    return {"name": f"flow {uuid4().hex}", "nodes": [start, *nodes], "edges": edges, **more}


def tool(key: str, config: dict[str, Any], inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": key, "type": "tool", "config": config, "inputs": inputs, **more}


def render(inputs: dict[str, Any], key: str = "say", **more: Any) -> dict[str, Any]:
    """A tool that prints what it is given."""
    config = {"kind": "builtin", "name": "render", "template": "<{{ token }}>"}
    return tool(key, config, inputs, **more)


def length(key: str = "size", **more: Any) -> dict[str, Any]:
    """A tool that tells how long its secret is, and so which one it got."""
    config = {"kind": "builtin", "name": "render", "template": "{{ token | length }}"}
    return tool(key, config, {"token": "{{ secrets.token }}"}, **more)


def value(size: int = 40) -> str:
    return ("s3cret-" + uuid4().hex * 4)[:size]


@pytest.fixture
async def owner(app: FastAPI) -> AsyncIterator[Api]:
    """An editor without any secrets yet."""
    async with new_client(app) as client:
        yield client


async def keep(client: Api, name: str = "token", secret: str | None = None) -> str:
    """Keep a secret; its value."""
    secret = secret or value()
    answer = await client.put(f"/secrets/{name}", json={"value": secret})
    assert answer.status_code in {200, 201}, answer.text
    return secret


async def names(client: Api) -> list[str]:
    return [each["name"] for each in (await client.get("/secrets")).json()["items"]]


def input_of(found: dict[str, Any], key: str) -> Any:
    return next(node["input"] for node in found["nodes"] if node["node_key"] == key)


async def run(client: Api, document: dict[str, Any], given: Any = None) -> dict[str, Any]:
    return await ended(client, await started(client, await published(client, document), given))


# Use ---------------------------------------------------------------------------------------------


async def test_a_tool_gets_the_value_and_nobody_else_does(owner: Api) -> None:
    secret = value()
    made = await owner.put("/secrets/token", json={"value": secret, "description": "for tests"})
    assert made.status_code == 201, made.text
    assert secret not in made.text
    found = await run(owner, graph(render({"token": "Bearer {{ secrets.token }}"})))
    assert found["status"] == "completed", found
    assert found["output"] == {"say": "<Bearer [secret token]>"}
    assert input_of(found, "say") == {"token": "Bearer {{ secrets.token }}"}
    listed = (await owner.get("/secrets")).json()["items"]
    assert [each["name"] for each in listed] == ["token"]
    assert listed[0]["last_used_at"] is not None


async def test_data_that_names_a_secret_stays_data(owner: Api) -> None:
    await keep(owner)
    document = graph(render({"token": "{{ input.text }}", "other": "{{ secrets.token }}"}))
    found = await run(owner, document, {"text": "{{ secrets.token }}"})
    assert found["output"] == {"say": "<{{ secrets.token }}>"}


async def test_a_missing_secret_fails_the_run_and_says_what_to_do(owner: Api) -> None:
    document = graph(render({"token": "{{ secrets.absent }}"}, retry={"max_attempts": 3}))
    found = await run(owner, document)
    assert (found["status"], found["error"]["code"]) == ("failed", "SecretMissing")
    assert "'absent'" in found["error"]["message"]
    assert "pastetrader secrets set absent" in found["error"]["message"]
    assert found["error"]["attempt"] == 1, "another attempt would not find it either"


async def test_a_secret_of_somebody_else_is_missing(owner: Api, editor: Api) -> None:
    await keep(editor, "only_theirs")
    found = await run(owner, graph(render({"token": "{{ secrets.only_theirs }}"})))
    assert found["error"]["code"] == "SecretMissing"


async def test_a_public_tool_uses_the_secret_of_whoever_runs_it(owner: Api, app: FastAPI) -> None:
    config = {
        "kind": "builtin",
        "name": "date",
        "options": {"format": "{{ secrets.token }}"},
    }
    name = f"public {uuid4().hex}"
    made = await owner.post("/tools", json={"name": name, "config": config, "is_public": True})
    assert made.status_code == 201, made.text
    # A format without directives is printed as it is, so the scrubbed name shows whose it was.
    await keep(owner, "token", "the-owners-value")
    document = graph({"key": "when", "type": "tool", "tool": name})
    async with new_client(app) as other:
        missing = await run(other, document)
        assert missing["error"]["code"] == "SecretMissing"
        await keep(other, "token", "another-account")
        found = await run(other, graph({"key": "when", "type": "tool", "tool": name}))
        assert found["output"]["when"]["text"] == "[secret token]"
        tried = await other.post(f"/tools/{made.json()['id']}/test", json={})
        assert tried.json()["output"]["text"] == "[secret token]", tried.text
        used = (await other.get("/secrets")).json()["items"][0]["last_used_at"]
    assert used is not None
    mine = (await owner.get("/secrets")).json()["items"][0]
    assert mine["last_used_at"] is None, "the tool's owner lent nothing"


async def test_tools_of_sub_workflows_resolve_them(owner: Api) -> None:
    await keep(owner, "token", value(33))
    inner = graph(length())
    await published(owner, inner)
    call = {"key": "call", "type": "workflow", "config": {"workflow": inner["name"]}}
    found = await run(owner, graph(call))
    assert found["output"] == {"call": {"size": "33"}}


async def test_containers_resolve_them_in_every_pass(owner: Api) -> None:
    await keep(owner)
    each = {"key": "each", "type": "parallel", "config": {"items": "{{ input.xs }}"}}
    inner = render({"token": "{{ item }} {{ secrets.token }}"}, parent="each")
    document = graph(each)
    document["nodes"].append(inner)
    found = await run(owner, document, {"xs": [1, 2]})
    assert found["output"] == {"each": ["<1 [secret token]>", "<2 [secret token]>"]}


async def test_run_again_with_edited_inputs_keeps_secrets(owner: Api) -> None:
    await keep(owner)
    document = graph(
        render({"token": "{{ input.who }}: {{ secrets.token }}", "note": "{{ input.who }}"})
    )
    first = await run(owner, document, {"who": "a"})
    assert input_of(first, "say") == {"token": "a: {{ secrets.token }}", "note": "a"}
    edited = {"token": "b - {{ secrets.token }}", "note": "{{ secrets.token }}"}
    body = {"from_node": "say", "inputs": edited}
    again = await owner.post(f"/executions/{first['id']}/retry", json=body)
    assert again.status_code == 202, again.text
    found = await ended(owner, again.json()["id"])
    assert found["output"] == {"say": "<b - [secret token]>"}
    assert input_of(found, "say") == edited


async def test_edited_inputs_cannot_ask_for_a_secret_that_the_node_does_not_have(
    owner: Api,
) -> None:
    await keep(owner)
    first = await run(owner, graph(render({"token": "{{ input.who }}"})), {"who": "a"})
    body = {"from_node": "say", "inputs": {"token": "{{ secrets.token }}"}}
    again = await owner.post(f"/executions/{first['id']}/retry", json=body)
    found = await ended(owner, again.json()["id"])
    assert found["output"] == {"say": "<{{ secrets.token }}>"}


async def test_large_texts_with_secrets_side_by_side_do_not_end_a_run(owner: Api) -> None:
    """Each of them is within what an expression may give; all together are over a message."""
    await keep(owner)
    config = {"items": list(range(8)), "max_concurrency": 8}
    each = {"key": "each", "type": "parallel", "config": config}
    code = "def main(token):\n    return len(token)"
    text_ = "{{ secrets.token }}" + "{{ input.text }}" * 9
    inner = tool("use", {"kind": "python", "code": code}, {"token": text_}, parent="each")
    document = graph(each)
    document["nodes"].append(inner)
    found = await run(owner, document, {"text": "x" * 100_000})
    assert found["status"] == "completed" or found["error"]["code"] == "PayloadTooLarge"


async def test_a_secret_inside_a_large_input_gets_there(owner: Api) -> None:
    """What is large travels by reference, field by field."""
    await keep(owner, "token", "v" * 20)
    code = "def main(doc):\n    return [doc['token'], len(doc['token']), len(doc['rows'])]"
    rows = "{{ input.rows }}"
    inputs = {"doc": {"token": "<{{ secrets.token }}>", "rows": rows, "again": rows}}
    document = graph(tool("use", {"kind": "python", "code": code}, inputs))
    found = await run(owner, document, {"rows": ["y" * 100] * 1_250})
    assert found["output"] == {"use": ["<[secret token]>", 22, 1_250]}


async def test_a_replaced_value_is_what_the_next_attempt_gets(owner: Api) -> None:
    """The first attempts fail, because the file format that they want is not the old value."""
    await keep(owner, "token", "2" * 30)
    code = "def main(token):\n    if token[0] == '2':\n        raise ValueError('old')\n    return len(token)"
    node = tool(
        "use",
        {"kind": "python", "code": code},
        {"token": "{{ secrets.token }}"},
        retry={"max_attempts": 50, "initial_interval": 0.2, "backoff": 1},
    )
    execution = await started(owner, await published(owner, graph(node)))
    async with asyncio.timeout(30):
        while True:
            shown = (await owner.get(f"/executions/{execution}")).json()
            attempts = [each["attempt"] for each in shown["nodes"] if each["node_key"] == "use"]
            if max(attempts, default=0) >= 2:
                break
            await asyncio.sleep(0.05)
    await keep(owner, "token", "3" * 44)
    found = await ended(owner, execution)
    assert (found["status"], found["output"]) == ("completed", {"use": 44})


# Writing -----------------------------------------------------------------------------------------


async def test_no_route_tells_a_value(owner: Api) -> None:
    secret = await keep(owner)
    told = [
        await owner.put("/secrets/token", json={"value": secret}),
        await owner.get("/secrets"),
        await owner.get("/secrets/token"),
        await owner.get("/secrets?limit=1"),
        await owner.delete("/secrets/token"),
        await owner.delete("/secrets/token"),
    ]
    assert [each.status_code for each in told] == [200, 200, 405, 200, 204, 404]
    assert not [each.text for each in told if secret in each.text]
    fields = told[1].json()["items"][0].keys()
    assert fields == {"name", "description", "created_at", "updated_at", "last_used_at"}


@pytest.mark.parametrize(
    "name",
    ["1a", "a-b", "a.b", "a b", "ä", "a%0A", "-", "a" * 64, "a%00", "{{ a }}", "a'b"],
)
async def test_names_that_no_expression_could_use_are_refused(owner: Api, name: str) -> None:
    secret = value()
    answer = await owner.put(f"/secrets/{name}", json={"value": secret})
    assert answer.status_code in {404, 422}
    assert secret not in answer.text
    assert await names(owner) == []


@pytest.mark.parametrize("name", ["a", "_", "A9_", "a" * 63, "rotate"])
async def test_names_that_expressions_can_use_are_taken(owner: Api, name: str) -> None:
    assert (await owner.put(f"/secrets/{name}", json={"value": value()})).status_code == 201
    assert await names(owner) == [name]
    assert (await owner.delete(f"/secrets/{name}")).status_code == 204


SHOWN = "s3cret-that-no-problem-may-repeat"


@pytest.mark.parametrize(
    "body",
    [
        {"value": SHOWN[:5]},
        {"value": ""},
        {"value": SHOWN * 2_000},
        {"value": "é" * 40_000},
        {"value": f"{SHOWN}\x00"},
        {"value": [SHOWN]},
        {"value": {"a": SHOWN}},
        {"value": None},
        {"value": 123456789},
        {"secret": SHOWN},
        {"value": SHOWN, "extra": SHOWN},
        {"value": SHOWN, "description": 5},
        {"value": SHOWN, "description": "x" * 1_001},
        {"value": SHOWN, "description": "\x00"},
        [SHOWN],
        SHOWN,
        {},
    ],
    ids=lambda body: json.dumps(body)[:50],
)
async def test_what_is_no_secret_is_refused_without_an_echo(owner: Api, body: Any) -> None:
    answer = await owner.put("/secrets/token", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]
    assert SHOWN[:5] not in answer.text
    assert await names(owner) == []


@pytest.mark.parametrize(
    "raw",
    [
        f'{{"value": "{SHOWN}'.encode(),
        f'{{"value": "{SHOWN}\\ud800"}}'.encode(),
        b'{"value": "\xff' + SHOWN.encode() + b'"}',
        f"value={SHOWN}".encode(),
        f'{{"value": "{SHOWN}", }}'.encode(),
        b"",
    ],
)
async def test_a_malformed_body_is_refused_without_an_echo(owner: Api, raw: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await owner.put("/secrets/token", content=raw, headers=headers)
    assert answer.status_code in {400, 422}, answer.text
    assert SHOWN[:5] not in answer.text
    assert await names(owner) == []


@pytest.mark.parametrize(
    "secret", ["x" * 6, "ü" * 6, "line\nline\n", "x" * 65_536, "🔑" * 6, " padded ", "\t\"'\\{{}}"]
)
async def test_every_text_that_is_long_enough_is_a_secret(owner: Api, secret: str) -> None:
    assert (await owner.put("/secrets/token", json={"value": secret})).status_code == 201
    found = await run(owner, graph(length()))
    assert found["output"] == {"size": str(len(secret))}, found


async def test_replacing_keeps_what_is_left_out(owner: Api) -> None:
    first = await owner.put("/secrets/token", json={"value": value(), "description": "mine"})
    assert first.status_code == 201
    second = await owner.put("/secrets/token", json={"value": value()})
    assert (second.status_code, second.json()["description"]) == (200, "mine")
    assert second.json()["created_at"] == first.json()["created_at"]
    assert second.json()["updated_at"] > first.json()["updated_at"]
    third = await owner.put("/secrets/token", json={"value": value(), "description": None})
    assert (third.status_code, third.json()["description"]) == (200, None)
    assert await names(owner) == ["token"]


async def test_many_at_once_under_one_name_are_one(owner: Api) -> None:
    answers = await asyncio.gather(
        *(owner.put("/secrets/token", json={"value": value()}) for _ in range(8))
    )
    assert sorted(each.status_code for each in answers) == [200] * 7 + [201]
    assert await names(owner) == ["token"]


async def test_a_deleted_secret_is_gone(owner: Api) -> None:
    await keep(owner, "token", "x" * 20)
    assert (await owner.delete("/secrets/token")).status_code == 204
    assert (await run(owner, graph(length())))["error"]["code"] == "SecretMissing"
    assert (await owner.put("/secrets/token", json={"value": "y" * 21})).status_code == 201
    assert (await run(owner, graph(length())))["output"] == {"size": "21"}


async def test_pages_follow_the_names(owner: Api) -> None:
    wanted = [f"n{number}" for number in range(5)]
    for name in reversed(wanted):
        await keep(owner, name)
    found: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await owner.get("/secrets", params=params)).json()
        found += [each["name"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == wanted
    assert (await owner.get("/secrets?cursor=nonsense")).status_code == 422


# Who ---------------------------------------------------------------------------------------------


async def test_everybody_sees_and_removes_their_own_only(owner: Api, editor: Api) -> None:
    await keep(owner, "mine")
    assert "mine" not in await names(editor)
    assert (await editor.delete("/secrets/mine")).status_code == 404
    assert await names(owner) == ["mine"]
    await keep(editor, "mine")
    assert (await editor.delete("/secrets/mine")).status_code == 204
    assert await names(owner) == ["mine"]


async def test_not_even_an_administrator_sees_others(owner: Api, admin: Api) -> None:
    await keep(owner, "mine")
    assert "mine" not in await names(admin)
    assert (await admin.delete("/secrets/mine")).status_code == 404


async def test_a_viewer_writes_nothing(viewer: Api, anonymous: Api) -> None:
    body = {"value": value()}
    for client, status in ((viewer, 403), (anonymous, 401)):
        assert (await client.put("/secrets/token", json=body)).status_code == status
        assert (await client.delete("/secrets/token")).status_code == status
        assert (await client.post("/secrets/rotate")).status_code == status
    assert (await viewer.get("/secrets")).json()["items"] == []
    assert (await anonymous.get("/secrets")).status_code == 401


async def test_a_key_that_may_only_read_writes_nothing(owner: Api, app: FastAPI) -> None:
    made = await owner.post("/auth/api-keys", json={"name": "ci", "scopes": ["read"]})
    assert made.status_code == 201, made.text
    async with client_of(app, {"X-API-Key": made.json()["key"]}) as reader:
        assert (await reader.get("/secrets")).status_code == 200
        assert (await reader.put("/secrets/t", json={"value": value()})).status_code == 403


async def test_only_an_administrator_rotates(owner: Api, admin: Api) -> None:
    assert (await owner.post("/secrets/rotate")).status_code == 403
    assert (await admin.post("/secrets/rotate")).status_code == 200


async def test_writes_are_noted_without_the_value(owner: Api, app: FastAPI) -> None:
    name = f"n{uuid4().hex}"
    secret = await keep(owner, name)
    await owner.delete(f"/secrets/{name}")
    async with app.state.sessions() as session:
        statement = text(
            "SELECT action, detail::text FROM audit_log WHERE resource = :n ORDER BY id"
        )
        rows = (await session.execute(statement, {"n": name})).all()
    assert [row[0] for row in rows] == ["secret.set", "secret.delete"]
    assert secret not in str(rows)


async def test_the_database_itself_shows_everybody_their_own(app: FastAPI, owner: Api) -> None:
    await keep(owner, "mine")
    me = (await owner.get("/auth/me")).json()["id"]
    async with app.state.sessions.begin() as session:
        await act_as(session, me)
        rows = (await session.execute(text("SELECT DISTINCT owner_id::text FROM secrets"))).all()
        assert rows == [(me,)]
        hidden = await session.execute(
            text("UPDATE secrets SET description = 'x' WHERE owner_id::text <> :me"), {"me": me}
        )
        assert hidden.rowcount == 0


# What graphs may name ----------------------------------------------------------------------------


async def problems(client: Api, document: dict[str, Any]) -> list[dict[str, Any]]:
    workflow = await imported(client, document)
    answer = await client.post(f"/workflows/{workflow['id']}/validate")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["problems"]
    return found


async def test_publishing_warns_of_an_unknown_secret_and_does_not_refuse(owner: Api) -> None:
    await keep(owner, "api_token")
    document = graph(
        render({"token": "{{ secrets.api_tokn }} {{ secrets.api_token }}"}),
        tool("get", {"kind": "http", "url": "https://example.com/{{ secrets.none }}"}, {}),
    )
    found = [each for each in await problems(owner, document) if each["code"] == "UNKNOWN_SECRET"]
    assert {(each["path"], each["severity"]) for each in found} == {
        ("nodes[1].inputs", "warning"),
        ("nodes[2].config.url", "warning"),
    }
    assert "did you mean `api_token`" in found[0]["suggestion"]
    assert "before the workflow runs" in found[1]["suggestion"]
    await published(owner, {**document, "name": uuid4().hex})


CONDITION = {"branches": [{"handle": "yes", "when": "{{ secrets.token == 'a' }}"}], "default": "no"}
ELSEWHERE: dict[str, dict[str, Any]] = {
    "adapter": {"type": "adapter", "config": {"output": "{{ secrets.token }}"}},
    "adapter-inside": {"type": "adapter", "config": {"output": {"a": ["x {{ secrets.token }}"]}}},
    "adapter-soft": {"type": "adapter", "config": {"output": "{{ secrets.token | default(1) }}"}},
    "condition-inputs": {
        "type": "condition",
        "config": {**CONDITION, "branches": [{"handle": "yes", "when": "{{ true }}"}]},
        "inputs": {"a": "{{ secrets.token }}"},
    },
    "delay": {"type": "delay", "config": {"seconds": "{{ secrets.token }}"}},
    "delay-until": {"type": "delay", "config": {"until": "{{ secrets.token }}"}},
    "parallel": {"type": "parallel", "config": {"items": "{{ secrets.token }}"}},
    "loop": {"type": "loop", "config": {"items": "{{ secrets.token }}"}},
    "aggregator": {
        "type": "aggregator",
        "config": {"wait": "all", "merge": "custom", "template": "{{ secrets.token }}"},
    },
    "workflow": {
        "type": "workflow",
        "config": {"workflow": "any"},
        "inputs": {"a": "{{ secrets.token }}"},
    },
    "trigger-inputs": {"type": "trigger", "inputs": {"a": "{{ secrets.token }}"}},
    "text": {
        "type": "tool",
        "config": {"kind": "builtin", "name": "render", "template": "{{ secrets.token }}"},
    },
}
CONDITIONS: dict[str, dict[str, Any]] = {
    "condition": {"type": "condition", "config": CONDITION},
    "while": {
        "type": "loop",
        "config": {"while": "{{ secrets.token == 'a' }}", "max_iterations": 3},
    },
}
COMPUTED = [
    "{{ secrets.token | upper }}",
    "{{ secrets.token ~ 'x' }}",
    "{{ 'x' if secrets.token == 'a' else 'y' }}",
    "{{ secrets.token[0] }}",
    "{{ secrets[input.name] }}",
    "{{ secrets }}",
    "{{ secrets | length }}",
    "{{ secrets.token is defined }}",
    "{{ [secrets.token] }}",
    "{{ secrets.token | default('') }}",
    "x {{ secrets.token | upper }} y",
]


def refusals(found: list[dict[str, Any]]) -> set[str]:
    return {each["code"] for each in found if each["severity"] == "error"} & {
        *("INVALID_REFERENCE", "INVALID_EXPRESSION", "UNDEFINED_VARIABLE")
    }


@pytest.mark.parametrize("node", ELSEWHERE.values(), ids=ELSEWHERE)
async def test_only_tools_read_secrets(owner: Api, node: dict[str, Any]) -> None:
    await keep(owner)
    document = graph({"key": "n", **node})
    if node["type"] == "trigger":
        document = {**document, "nodes": document["nodes"][1:], "edges": []}
    assert refusals(await problems(owner, document))


@pytest.mark.parametrize("node", CONDITIONS.values(), ids=CONDITIONS)
async def test_no_condition_reads_secrets(owner: Api, node: dict[str, Any]) -> None:
    await keep(owner)
    assert refusals(await problems(owner, graph({"key": "n", **node})))


async def test_a_run_output_reads_no_secret(owner: Api) -> None:
    await keep(owner)
    document = graph(render({"token": "x"}), output="{{ secrets.token }}")
    assert refusals(await problems(owner, document))


@pytest.mark.parametrize("expression", COMPUTED)
async def test_nothing_is_computed_with_a_secret(owner: Api, expression: str) -> None:
    """Whoever could, could also print a part of it that no scrubbing knows."""
    await keep(owner)
    found = await problems(owner, graph(render({"token": expression})))
    assert refusals(found)
    config = {"kind": "http", "url": "https://example.com", "headers": {"X": expression}}
    made = await owner.post("/tools", json={"name": uuid4().hex, "config": config})
    assert made.status_code == 422, made.text
    assert made.json()["errors"][0]["path"] == "body.config.headers"
    tried = await owner.post("/tools/test", json={"config": config, "inputs": {"name": "token"}})
    assert tried.status_code == 422, tried.text


async def test_a_try_takes_secrets_in_the_inputs_as_they_are_written(owner: Api) -> None:
    await keep(owner)
    body = {
        "config": render({})["config"],
        "inputs": {"token": ["{{ secrets.token }}", "{{ 1 + 1 }}", "{{ secrets.token | upper }}"]},
    }
    tried = (await owner.post("/tools/test", json=body)).json()
    assert tried["ok"], tried
    assert "[secret token]" in tried["output"]
    assert "{{ 1 + 1 }}" in tried["output"]
    assert "{{ secrets.token | upper }}" in tried["output"]
    missing = {**body, "inputs": {"token": "{{ secrets.absent }}"}}
    tried = (await owner.post("/tools/test", json=missing)).json()
    assert tried["error"]["code"] == "SecretMissing"


# Rotation ----------------------------------------------------------------------------------------


async def rows_of(url: str) -> dict[str, str]:
    """Key ids by secret name."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT name, key_id FROM secrets ORDER BY name")
    await connection.close()
    return {row["name"]: row["key_id"] for row in rows}


async def test_rotation_moves_everybodys_secrets_to_the_new_key(
    new_database: NewDatabase, temporal_address: str, tmp_path: Path
) -> None:
    """With the old key, with both, then with the new one alone; runs go on in between."""
    url, file = await new_database(), tmp_path / "keys"
    await migrate(url)
    old, new = new_key("old"), new_key("new")
    file.write_text(f"{old}\n")
    folder = tmp_path / "store"
    stack = Stack(settings_for(url, temporal_address, folder, encryption_keys_file=file))
    async with (
        stack.serving(),
        stack.worker(),
        stack.signed_in() as one,
        stack.signed_in() as other,
        stack.signed_in(Role.ADMIN) as admin,
    ):
        await keep(one, "token", "1" * 31)
        await keep(other, "token", "2" * 32)
        await keep(other, "second")
        assert (await admin.post("/secrets/rotate")).json() == {"key_id": "old", "rotated": 0}

        file.write_text(f"{new}\n{old}\n")
        await keep(one, "fresh")
        assert (await run(one, graph(length())))["output"] == {"size": "31"}
        rotated = await admin.post("/secrets/rotate")
        assert rotated.json() == {"key_id": "new", "rotated": 3}
        assert (await admin.post("/secrets/rotate")).json() == {"key_id": "new", "rotated": 0}
        assert set((await rows_of(url)).values()) == {"new"}

        file.write_text(f"{new}\n")
        assert (await run(one, graph(length())))["output"] == {"size": "31"}
        assert (await run(other, graph(length())))["output"] == {"size": "32"}


async def test_rotation_without_the_old_key_changes_nothing(
    new_database: NewDatabase, temporal_address: str, tmp_path: Path
) -> None:
    url = await new_database()
    await migrate(url)
    both = f"{new_key('b')}\n{new_key('a')}"
    first = Stack(settings_for(url, temporal_address, tmp_path, encryption_keys=both))
    async with first.signed_in() as owner:
        await keep(owner, "one")
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE secrets SET key_id = 'gone'")
    await connection.close()
    async with first.signed_in() as owner, first.signed_in(Role.ADMIN) as admin:
        await keep(owner, "two")
        refused = await admin.post("/secrets/rotate")
    assert (refused.status_code, refused.json()["code"]) == (503, "KEY_UNAVAILABLE")
    assert "'one'" in refused.json()["detail"]
    assert await rows_of(url) == {"one": "gone", "two": "b"}


async def test_a_worker_without_the_key_says_what_is_missing(
    new_database: NewDatabase, temporal_address: str, tmp_path: Path
) -> None:
    url = await new_database()
    await migrate(url)
    stack = Stack(settings_for(url, temporal_address, tmp_path))
    other = settings_for(url, temporal_address, tmp_path).keys
    async with stack.serving(), stack.worker(keys=other), stack.signed_in() as owner:
        await keep(owner)
        found = await run(owner, graph(length(retry={"max_attempts": 1})))
    assert found["error"]["code"] == "SecretUnreadable"
    assert "same encryption keys as the API" in found["error"]["message"]


async def test_a_broken_key_file_is_no_fault_of_the_request(
    new_database: NewDatabase, temporal_address: str, tmp_path: Path
) -> None:
    url, file = await new_database(), tmp_path / "keys"
    await migrate(url)
    file.write_text(new_key("1"))
    settings = settings_for(url, temporal_address, tmp_path, encryption_keys_file=file)
    stack = Stack(settings)
    async with stack.signed_in() as owner:
        file.write_text("broken")
        refused = await owner.put("/secrets/token", json={"value": SHOWN})
        assert refused.status_code == 503, refused.text
        assert SHOWN not in refused.text
        assert (await owner.get("/secrets")).status_code == 200
        file.write_text(new_key("2"))
        assert (await owner.put("/secrets/token", json={"value": SHOWN})).status_code == 201


async def test_a_new_secret_replaces_none_when_asked_so(editor: Api) -> None:
    name, only_new = f"s{uuid4().hex}", {"If-None-Match": "*"}
    first = await editor.put(f"/secrets/{name}", json={"value": "first-value"}, headers=only_new)
    assert first.status_code == 201
    again = await editor.put(f"/secrets/{name}", json={"value": "second-value"}, headers=only_new)
    assert (again.status_code, again.json()["code"]) == (409, "NAME_TAKEN")
    assert (await editor.put(f"/secrets/{name}", json={"value": "third-value"})).status_code == 200
