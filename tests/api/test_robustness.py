"""No input makes a 5xx, and nobody sees what is somebody else's: generated from the OpenAPI document."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings

from api.app import PUBLIC
from models.approval import Approval
from tests.api.fixtures import Api, adapter_graph, ended, published, started

METHODS = ("get", "post", "put", "patch", "delete")
# Its names are each account's own: whoever puts one makes it.
PUT_SECRET = ("put", "/api/v1/secrets/{name}")
SEED_TEXTS = (
    "",
    "\x00",
    "a\x00b",
    "\ud800",
    "é" * 300,
    "../..",
    "%00",
    "' OR 1=1 --",
    "\u202e",
    "x" * 5_000,
)
SEED_BODIES = (
    b"",
    b"null",
    b"[]",
    b"3",
    b"{",
    b'{"a": NaN}',
    b'{"input": NaN, "inputs": NaN, "version": NaN}',
    b'{"input": {"a": Infinity}}',
    b'{"input": {"a": 1e999}}',
    b'{"name": "\\u0000", "input": {"a": "\\u0000"}}',
    b'{"name": "\\ud800", "input": {"\\ud800": 1}, "email": "\\ud800", "password": "\\ud800"}',
    b'{"input": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"graph": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
    b'{"version": ' + b"9" * 5_000 + b"}",
    b'{"nodes": [{"key": "a", "x": "\\ud800"}], "version": 1}',
    b"\xff\xfe\x00",
    b"a: &a [*a]",
    b"name: x\nnodes: " + b"[" * 5_000,
)


def operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) of every route."""
    for path, methods in app.openapi()["paths"].items():
        for method in METHODS:
            if method in methods:
                yield method, path, methods[method]


def fill(path: str, values: dict[str, str]) -> str:
    """A path with its parameters filled in."""
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    return path


async def send(client: Api, method: str, path: str, **options: Any) -> httpx.Response:
    """One request to a path of the document."""
    return await client.request(method, f"http://test{path}", **options)


def no_server_error(answer: httpx.Response, what: Any) -> None:
    assert answer.status_code < 500, (answer.status_code, what, answer.text[:500])
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        problem = answer.json()
        assert problem["code"], what
        assert problem["request_id"], what


@pytest.fixture(scope="module")
def cases(app: FastAPI) -> list[Any]:
    """Requests that fit, or nearly fit, the description of each route; generated, not sent."""
    found = []
    for result in schemathesis.openapi.from_dict(app.openapi()).get_all_operations():
        operation = result.ok()
        # A stream has tests of its own.
        if operation.path.endswith("/{execution_id}/events") and operation.method == "get":
            continue
        found += collect(operation)
    return found


@pytest.mark.slow
async def test_generated_requests_make_no_server_error(admin: Api, cases: list[Any]) -> None:
    count = 0
    for case in cases:
        count += await sent(admin, case)
    assert count > 500


@pytest.mark.slow
async def test_generated_requests_to_what_is_there_make_no_server_error(
    app: FastAPI, editor: Api, cases: list[Any]
) -> None:
    ids = await belongings(app, editor)
    count = 0
    for case in cases:
        if case.operation.method != "delete" and (aimed := aim(case, ids)) is not None:
            count += await sent(editor, aimed)
    assert count > 500


def aim(case: Any, ids: dict[str, str]) -> Any:
    """The case with what is there in place of names of nothing; None if it names nothing."""
    given, body = case.path_parameters, case.body
    if isinstance(body, dict) and "workflow_id" in body:
        body = body | {"workflow_id": ids["workflow_id"]}
    elif not ids.keys() & given.keys():
        return None
    return case.operation.Case(
        path_parameters={name: ids.get(name, value) for name, value in given.items()},
        headers=case.headers,
        query=case.query,
        body=body,
        media_type=case.media_type,
    )


async def sent(client: Api, case: Any) -> bool:
    """Send a case, which must make no server error; false if no client could send it."""
    kwargs = case.as_transport_kwargs(base_url="http://test")
    kwargs["content"] = kwargs.pop("data", None)
    kwargs.pop("cookies", None)
    try:
        request = client.build_request(**{k: v for k, v in kwargs.items() if v is not None})
        await request.aread()
    except (httpx.InvalidURL, UnicodeEncodeError, AttributeError, TypeError, ValueError):
        return False
    no_server_error(await client.send(request), (case.operation.label, kwargs))
    return True


def collect(operation: Any) -> list[Any]:
    """Some cases of an operation, generated but not sent."""
    cases: list[Any] = []

    @settings(
        max_examples=12,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def note(case: Any) -> None:
        cases.append(case)

    note()
    return cases


async def test_seeds_make_no_server_error(app: FastAPI, admin: Api) -> None:
    for method, path, operation in operations(app):
        if path.endswith("/events"):
            continue
        ids = {
            p["name"]: str(uuid4()) for p in operation.get("parameters", []) if p["in"] == "path"
        }
        ids = {
            name: "1" if "integer" in str(_schema(operation, name)) else v
            for name, v in ids.items()
        }
        target = fill(path, ids)
        for body in SEED_BODIES if "requestBody" in operation else ():
            for kind in ("application/json", "application/yaml", "text/plain"):
                headers = {"Content-Type": kind}
                answer = await send(admin, method, target, content=body, headers=headers)
                no_server_error(answer, (method, path, body[:60], kind))


def _schema(operation: dict[str, Any], name: str) -> Any:
    return next(p["schema"] for p in operation["parameters"] if p["name"] == name)


async def test_seeds_in_paths_and_queries_make_no_server_error(app: FastAPI, admin: Api) -> None:
    for method, path, operation in operations(app):
        parameters = operation.get("parameters", [])
        names = [p["name"] for p in parameters if p["in"] == "path"]
        queries = [p["name"] for p in parameters if p["in"] == "query"]
        for text in SEED_TEXTS:
            safe = quote(text.encode("utf-8", "surrogatepass"), safe="") or "%20"
            for name in names if method == "get" and not path.endswith("/events") else ():
                others = {other: str(uuid4()) for other in names}
                answer = await send(admin, method, fill(path, others | {name: safe}))
                no_server_error(answer, (method, path, name, text))
            for name in queries if not names else ():
                answer = await send(admin, method, f"{path}?{name}={safe}")
                no_server_error(answer, (method, path, name, text))


async def test_an_endless_length_is_too_large(admin: Api) -> None:
    headers = {"Content-Length": "9" * 5_000}
    answer = await admin.post("/events", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")


async def test_altered_cursors_are_told(app: FastAPI, admin: Api) -> None:
    for method, path, operation in operations(app):
        parameters = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
        if "cursor" not in parameters or "{" in path:
            continue
        for cursor in ("x", "AAAA", "W10", "e30", "WyJhIl0", "bnVsbA", "WzFlOTk5XQ", "=" * 50, "ÿ"):
            answer = await send(admin, method, path, params={"cursor": cursor})
            assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_CURSOR"), (
                path,
                cursor,
            )


# Whose is it? ------------------------------------------------------------------------------------

BODIES: dict[str, Any] = {
    "put /graph": {"version": 1},
    "post /batch": {"operations": [{"op": "delete_node", "id": "next"}]},
    "post /nodes": {"key": "a"},
    "post /edges": {"source": "a", "target": "b"},
    "put /nodes/{item_id}": {"key": "next"},
    "post /{server_id}/approve": {"tools": "all"},
    "put /edges/{item_id}": {"source": "a", "target": "b"},
    "post /{agent_id}/tools": {"name": "t", "tool": "t"},
    "post /{approval_id}/decision": {"approve": True},
    "post /{agent_id}/chat": {"message": "Hello"},
    "post /triggers/{trigger_id}/test": {"body": "{}"},
}
TELLS = {
    "channel": "webhook",
    "occasions": ["failed"],
    "config": {"url": "http://127.0.0.1:9/"},
}


async def test_nobody_reaches_what_is_somebody_elses(
    app: FastAPI, editor: Api, stranger: Api, viewer: Api, anonymous: Api
) -> None:
    ids = await belongings(app, editor)
    run, trigger = await looks(editor, ids)
    checked = 0
    for method, path, operation in operations(app):
        if path in PUBLIC:
            continue  # of these each has a proof of its own, and tests of it
        names = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert names <= ids.keys(), f"{path}: say whose {names - ids.keys()} is"
        if not names or (method, path) == PUT_SECRET:
            continue
        options = {"json": _body(method, path)} if "requestBody" in operation else {}
        target = fill(path, ids)
        unknown = fill(path, {name: _other(name, ids[name]) for name in names})
        nobody = await send(anonymous, method, target, **options)
        assert nobody.status_code == 401, (method, path)
        theirs = await send(stranger, method, target, **options)
        missing = await send(stranger, method, unknown, **options)
        wanted = {403} if "user_id" in names else {404}
        assert {theirs.status_code, missing.status_code} == wanted, (method, path, theirs.text)
        assert _shape(theirs, ids) == _shape(missing, ids), "one answer for both"
        looked = await send(viewer, method, target, **options)
        assert looked.status_code in {403, 404}, (method, path)
        checked += 1
    assert checked >= 60
    assert await looks(editor, ids) == (run, trigger), "and nothing was changed"


async def belongings(app: FastAPI, client: Api) -> dict[str, str]:
    """One of everything that belongs to the client: by the names of path parameters, its id."""
    graph = adapter_graph()
    graph["nodes"][1] = {
        "key": "next",
        "type": "tool",
        "config": {"kind": "python", "code": "def main():\n    return 'x' * 200_000"},
    }
    workflow_id = await published(client, graph)
    run = await ended(client, await started(client, workflow_id))
    tool = {"name": uuid4().hex, "config": {"kind": "python", "code": "def main(): pass"}}
    server = {"name": uuid4().hex, "url": "http://127.0.0.1:9/mcp"}
    agent_config = {"provider": "openai_compatible", "model": "m", "base_url": "http://127.0.0.1:9"}
    agent = {"name": uuid4().hex, "config": agent_config}
    agent_id = await made(client, "/agents", agent)
    hook = {"type": "webhook", "verification": "none"}
    trigger = {"workflow_id": workflow_id, "name": uuid4().hex, "config": hook}
    trigger_id = await made(client, "/triggers", trigger)
    talk = await client.post(f"/agents/{agent_id}/chat", json={"message": "Hello"})
    assert talk.status_code == 202, talk.text
    value = {"value": "nobody else reads it"}
    assert (await client.put("/secrets/A_SECRET_OF_MINE", json=value)).status_code in {200, 201}
    return {
        "workflow_id": workflow_id,
        "conversation_id": talk.json()["conversation_id"],
        "execution_id": run["id"],
        "node_id": run["nodes"][0]["id"],
        "artifact_id": run["output"]["next"]["$artifact"]["id"],
        "tool_id": await made(client, "/tools", tool),
        "agent_id": agent_id,
        "server_id": await made(client, "/mcp/servers", server),
        "key_id": await made(client, "/auth/api-keys", {"name": "k"}),
        "user_id": (await client.get("/auth/me")).json()["id"],
        "approval_id": await asked_by(app, client, run["id"]),
        "notification_id": await made(client, "/notifications", TELLS | {"name": uuid4().hex}),
        "trigger_id": trigger_id,
        "hook_id": trigger_id,
        "number": "1",
        "other": "1",
        "item_id": "next",
        "name": "A_SECRET_OF_MINE",
    }


async def made(client: Api, path: str, body: dict[str, Any]) -> str:
    """Id of what a path makes."""
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    identity: str = answer.json()["id"]
    return identity


async def looks(client: Api, ids: dict[str, str]) -> tuple[Any, Any]:
    """The run and the trigger as they now are."""
    trigger = await client.get(f"/triggers/{ids['trigger_id']}")
    return await ended(client, ids["execution_id"]), trigger.json()


def _body(method: str, path: str) -> Any:
    """What the route takes, as far as it must be right for the question whose it is."""
    ends = (end for end in BODIES if f"{method} {path}".endswith(end.split()[1]))
    return next((BODIES[end] for end in ends if end.startswith(method)), {})


async def asked_by(app: FastAPI, client: Api, execution_id: str) -> str:
    """Id of an approval that a run asked for, as the mirror would have written it."""
    owner = UUID((await client.get("/auth/me")).json()["id"])
    facts = {"node_key": "call_1_1", "path": "", "title": "t", "request": {}}
    async with app.state.sessions.begin() as session:
        made = Approval(owner_id=owner, execution_id=UUID(execution_id), **facts)
        session.add(made)
    return str(made.id)


def _other(name: str, value: str) -> str:
    if name == "name":
        return "NO_SUCH_SECRET"
    if name in {"number", "other", "item_id"}:
        return value
    return f"{uuid4()}.{'0' * 32}" if name == "artifact_id" else str(uuid4())


def _shape(answer: httpx.Response, ids: dict[str, str]) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_lists_hold_nothing_of_others(app: FastAPI, editor: Api, stranger: Api) -> None:
    ids = await belongings(app, editor)
    event = await editor.post("/events", json={"name": "mine", "payload": {"whose": uuid4().hex}})
    theirs = [value for name, value in ids.items() if name.endswith("_id") and name != "item_id"]
    for method, path, _ in operations(app):
        if method == "get" and "{" not in path and path not in PUBLIC:
            answer = await send(stranger, method, path)
            for identity in (*theirs, event.json()["id"]):
                assert identity not in json.dumps(answer.text), path
