"""One canary per way out of a tool, and a search for each of them wherever anything is kept.

The tools write their secrets into every place and encoding that they can. A second value that is
no secret goes the same ways: it must be found, or the search would prove nothing.
"""

import asyncio
import base64
import json
import logging
import re
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import structlog
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest
from temporalio.client import Client

from cli.embedded.temporal import EmbeddedTemporal
from models.enums import Role
from models.keys import new_key
from tests.api.fixtures import TERMINAL, Api, published, started
from tests.api.secrets.echo import echo_server
from tests.api.stacks import Stack, settings_for
from tests.databases import NewDatabase, migrate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ROOT = Path(__file__).resolve().parents[3]
PLANTED = f"planted_{uuid4().hex[:20]}"
# What encodings write in another way; a header can carry all of it.
NASTY = "/+=\"'&<>\\%41~ x;"

# The canaries ------------------------------------------------------------------------------------


@dataclass
class Canaries:
    """Values by name; the core of each is 32 characters that every escape leaves as they are."""

    cores: dict[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """The secret `name`."""
        core = self.cores.setdefault(name, uuid4().hex)
        if name == "pem":
            return f"-----BEGIN KEY-----\n{core}\n{'ab' * 32}\n-----END KEY-----\n"
        if name == "path":
            return f"c4n {core} p@th&m:re"
        if name == "pin":
            return str(int(core, 16))[:18]
        return f"c4n{core}{NASTY}é" if name in NOT_IN_HEADERS else f"c4n{core}{NASTY}"

    def needles(self, name: str) -> dict[str, bytes]:
        """The core in six encodings and more, and its halves, in case that a limit cut it."""
        core = self.value(name) if name == "pin" else self.cores[name]
        found = {
            "plain": core.encode(),
            "hex": core.encode().hex().encode(),
            "HEX": core.encode().hex().upper().encode(),
        }
        for offset in range(3):
            encoded = base64.b64encode(b"-" * offset + core.encode() + b"--")
            part = encoded[4 if offset else 0 : (offset + len(core)) // 3 * 4]
            found[f"base64-{offset}"] = part
            found[f"base64url-{offset}"] = part.translate(bytes.maketrans(b"+/", b"-_"))
        if name not in {"pieces", "pin"}:
            found |= {"beginning": core[:16].encode(), "end": core[16:].encode()}
        return found


NOT_IN_HEADERS = {"render", "log", "python", "raises", "cause", "shell", "large", "pieces"}


def hits(canaries: Canaries, data: bytes) -> list[str]:
    """Which canaries are in `data`, in which encoding; line breaks do not hide them."""
    joined = re.sub(rb"\\n|\s", b"", data)
    return [
        f"{name} as {encoding}"
        for name in canaries.cores
        for encoding, needle in canaries.needles(name).items()
        if needle in data or needle in joined
    ]


# The tools ---------------------------------------------------------------------------------------

SPEAK = """
import base64, html, json, logging, pathlib, sys, urllib.parse

def forms(token):
    raw = token.encode()
    return {
        "plain": token, "json": json.dumps(token),
        "percent": urllib.parse.quote(token, safe=""), "plus": urllib.parse.quote_plus(token),
        "hex": raw.hex(), "HEX": raw.hex().upper(), "html": html.escape(token),
        "base64": base64.b64encode(raw).decode(), "url": base64.urlsafe_b64encode(raw).decode(),
        "basic": base64.b64encode(b"u:" + raw).decode(), "one": base64.b64encode(b"u" + raw).decode(),
        "lines": base64.encodebytes(raw).decode(), "repr": repr(token), "ascii": ascii([token]),
    }
"""
RETURNS = f"""{SPEAK}
def main(token, note):
    print(note, token)
    print(*forms(token).values(), sep="\\n", file=sys.stderr)
    logging.getLogger().warning("%s and %r", note, forms(token))
    pathlib.Path("/tmp/file.bin").write_bytes(bytes(999) + token.encode() + note.encode())
    pathlib.Path("/tmp/report.json").write_text(json.dumps([note, forms(token)]))
    return {{
        "forms": forms(token), "note": note, token: [{{token: None}}],
        "file": pathlib.Path("/tmp/file.bin"), "report": pathlib.Path("/tmp/report.json"),
        "bytes": token.encode(), "twice": json.dumps(json.dumps({{"t": token}})),
    }}
"""
RAISES = f"""{SPEAK}
def main(token, note):
    raise ValueError(f"{{note}}: {{token}} {{forms(token)}} {{'.' * 1700}} {{token}}")
"""
CAUSE = """
def main(token, note):
    try:
        {}[token]
    except KeyError as error:
        error.add_note(f"{note} {token}")
        raise RuntimeError([note, token]) from error
"""
PIECES = """
import sys
def main(token, note):
    print(note)
    for at in range(0, len(token), 4):
        print(token[at:at + 4], end="", flush=True)
    print()
    for at in range(0, len(token), 8):
        print(token[at:at + 8])
    return [token[at:at + 4] for at in range(0, len(token), 4)]
"""
LARGE = f"""{SPEAK}
def main(token, note):
    return {{"rows": [f"{{n}} {{token}} {{note}}" for n in range(6000)], "forms": [forms(token)] * 300}}
"""
NUMBER = """
def main(token, note):
    print(int(token))
    return {"pin": int(token), "note": note, "half": int(token) / 2, str(int(token)): 1}
"""
SLOW = """
import time
def main(token, note):
    for number in range(600):
        print(note, number, token, flush=True)
        time.sleep(0.1)
"""
SHELL = r"""
set -x
echo "$INPUT_TOKEN $INPUT_NOTE"
printf %s "$INPUT_TOKEN" | base64
printf %s "$INPUT_TOKEN" | od -An -v -tx1 | tr -d ' \n'
env >&2
cat "$INPUTS" > "$OUTPUT"
cp "$INPUTS" "$OUT/inputs.json"
printf '%s %s' "$INPUT_TOKEN" "$INPUT_NOTE" > "$OUT/token.txt"
"""
SHELL_FAILS = r"""
printf '%s\n' "$INPUT_NOTE"
printf '%02000d %s\n' 0 "$INPUT_TOKEN" >&2
printf '%s\n' "$INPUT_TOKEN" >&2
exit 3
"""


def python(code: str) -> dict[str, Any]:
    return {"kind": "python", "code": code}


def configurations(url: str) -> dict[str, dict[str, Any]]:
    """One tool per canary; `TOKEN` stands where its secret goes in a configuration."""
    token = "{{ secrets.TOKEN }}"
    note = {"X-Note": PLANTED}

    def http(path: str, **more: Any) -> dict[str, Any]:
        return {"kind": "http", "url": f"{url}/{path}", "headers": note, **more}

    render = {"kind": "builtin", "name": "render", "template": "{{ note }} {{ token }}"}
    log = {"kind": "builtin", "name": "log"}
    return {
        "render": render,
        "artifact": render | {"options": {"artifact": "text.txt"}},
        "log": log,
        "python": python(RETURNS),
        "pem": python(RETURNS),
        "raises": python(RAISES),
        "cause": python(CAUSE),
        "pieces": python(PIECES),
        "large": python(LARGE),
        "pin": python(NUMBER),
        "slow": python(SLOW),
        "shell": {"kind": "shell", "script": SHELL},
        "exits": {"kind": "shell", "script": SHELL_FAILS},
        "query": http("json", query={"q": token}),
        "path": http(f"json/{token}"),
        "header": http("json", headers=note | {"X-Token": token}),
        "bearer": http("html", auth={"type": "bearer", "token": token}),
        "basic": http("text", auth={"type": "basic", "username": "u", "password": token}),
        "key": http(
            "json", auth={"type": "api_key", "name": "k", "value": token, "place": "query"}
        ),
        "json": http("json", method="POST", json_body={"a": [{"b": token}]}),
        "form": http("json", method="POST", form={"t": token}),
        "multipart": http("text", method="POST", multipart=[{"name": "t", "value": token}]),
        "body": http("bytes", method="POST", body=f"<{token}>"),
        "redirect": http("redirect", query={"q": token}),
        "status": http("status/400", method="POST", query={"q": token}, body=token),
        "server": http("status/500", headers=note | {"X-Token": token}),
        "flaky": http(f"flaky/{uuid4().hex}", query={"q": token}),
        "unreachable": {"kind": "http", "url": f"http://127.0.0.1:9/{token}"},
        "blocked": {"kind": "http", "url": f"http://10.0.0.1/{token}", "query": {"q": token}},
        "invalid": {"kind": "http", "url": f"{token}://{PLANTED}"},
    }


LANES = 3
TIMES: dict[str, dict[str, Any]] = {
    "slow": {"timeout_seconds": 2},
    "flaky": {"retry": {"max_attempts": 3, "initial_interval": 0.1}},
}


def node(name: str, config: dict[str, Any]) -> dict[str, Any]:
    """A tool of the graph: its failure is data for those behind it."""
    config = json.loads(json.dumps(config).replace("secrets.TOKEN", f"secrets.{name}"))
    given = {"token": f"{{{{ secrets.{name} }}}}", "note": PLANTED}
    if config.get("name") == "log":
        given = {
            "message": f"{PLANTED} {{{{ secrets.{name} }}}}",
            "data": {f"{{{{ secrets.{name} }}}}": f"{PLANTED} {{{{ secrets.{name} }}}}"},
        }
    again = {"retry": {"max_attempts": 2, "initial_interval": 0.1}}
    base = {"key": name, "type": "tool", "on_error": "continue", "config": config, "inputs": given}
    return {**base, **again, **TIMES.get(name, {})}


def document(tools: dict[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    """All tools, a few at a time, and a node behind each that reads what it gave."""
    nodes = [{"key": "start", "type": "trigger"}, *(node(*each) for each in tools.items())]
    for number, name in enumerate(tools):
        nodes.append(
            {
                "key": f"after_{number}",
                "type": "adapter",
                "config": {"output": f"{{{{ nodes.{name} }}}}"},
            }
        )
    before = [*["start"] * LANES, *tools]
    edges = [{"source": before[n], "target": name} for n, name in enumerate(tools)]
    edges += [{"source": name, "target": f"after_{n}"} for n, name in enumerate(tools)]
    return {"name": f"leaks {uuid4().hex}", "nodes": nodes, "edges": edges, **more}


# The scene ---------------------------------------------------------------------------------------


@dataclass
class Scene:
    """A stack whose every place can be searched."""

    stack: Stack
    temporal: EmbeddedTemporal
    folder: Path
    owner: Api
    admin: Api
    canaries: Canaries = field(default_factory=Canaries)
    streams: dict[str, bytes] = field(default_factory=dict)
    executions: list[str] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)

    async def keep(self, names: Iterable[str]) -> None:
        """A canary under each name."""
        for name in names:
            body = {"value": self.canaries.value(name), "description": PLANTED}
            answer = await self.owner.put(f"/secrets/{name}", json=body)
            assert answer.status_code == 201, answer.text
            self.answers.append(answer.content)

    async def start(self, flow: dict[str, Any], given: Any = None) -> str:
        """A new run, which is watched from its beginning."""
        execution = await started(self.owner, await published(self.owner, flow), given)
        self.watch(execution)
        return execution

    def watch(self, execution: str) -> None:
        """Read its events while it runs."""
        self.executions.append(execution)
        self._tasks.append(asyncio.create_task(self._read(execution)))

    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def _read(self, execution: str) -> None:
        answer = await self.owner.get(f"/executions/{execution}/events", timeout=300)
        self.streams[execution] = answer.content

    async def ended(self, execution: str) -> dict[str, Any]:
        """The run at its end."""
        async with asyncio.timeout(240):
            while True:
                found: dict[str, Any] = (await self.owner.get(f"/executions/{execution}")).json()
                if found["status"] in TERMINAL:
                    return found
                await asyncio.sleep(0.1)

    async def settled(self) -> None:
        """Once every stream has told its end."""
        await asyncio.gather(*self._tasks)


@asynccontextmanager
async def worker_process(stack: Stack, log: Path) -> AsyncIterator[Process]:
    """`pastetrader worker` as it is started, its output in a file."""
    settings = stack.settings
    assert settings.encryption_keys is not None
    environment = {
        "TEMPORAL_ADDRESS": str(settings.temporal_address),
        "DATABASE_URL": settings.database_url,
        "PASTETRADER_ARTIFACTS": settings.artifacts,
        "PASTETRADER_ENCRYPTION_KEYS": settings.encryption_keys.get_secret_value(),
        "PASTETRADER_HTTP_ALLOW": "127.0.0.1",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "FORCE_COLOR": "0",
    }
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli.main", "worker", "--queue", stack.queue),
            stdout=output,
            stderr=output,
            env=environment,
            cwd=ROOT,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@pytest.fixture
def own_logs() -> Iterator[None]:
    """The API of this test logs into its captured output, and those after it as before."""
    before, handlers = structlog.get_config(), list(logging.getLogger().handlers)
    yield
    structlog.configure(**before)
    logging.getLogger().handlers = handlers


# The search --------------------------------------------------------------------------------------


async def histories(scene: Scene) -> list[tuple[str, bytes]]:
    """Every run's history, as JSON and as it comes over the wire."""
    client = await Client.connect(scene.temporal.address)
    found = []
    async for run in client.list_workflows(""):
        history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        found.append((f"history {run.id}", history.to_json().encode()))
        found.append((f"raw history {run.id}", await raw_history(client, run.id, run.run_id)))
    return found


async def raw_history(client: Client, workflow_id: str, run_id: str = "") -> bytes:
    """The bytes of a run's history, in which payloads stand as they are."""
    request = GetWorkflowExecutionHistoryRequest(
        namespace="default",
        execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id),
        maximum_page_size=10_000,
    )
    answer = await client.workflow_service.get_workflow_execution_history(request)
    return answer.SerializeToString()


async def tables(url: str) -> list[tuple[str, bytes]]:
    """Every table, as text and as bytes."""
    connection = await asyncpg.connect(url)
    names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = []
    for (name,) in names:
        for form in ("text", "binary"):
            output = BytesIO()
            await connection.copy_from_query(f"TABLE {name}", output=output, format=form)
            found.append((f"table {name} as {form}", output.getvalue()))
    await connection.close()
    return found


def files(name: str, folder: Path) -> list[tuple[str, bytes]]:
    """Every file below a folder, with its path."""
    return [
        (f"{name} {each.relative_to(folder)}", str(each).encode() + b" " + each.read_bytes())
        for each in sorted(folder.rglob("*"))
        if each.is_file()
    ]


async def known_ids(scene: Scene) -> dict[str, list[str]]:
    """Ids for the paths of the OpenAPI document."""
    artifacts = [
        f"{each.parent.name}.{each.name}"
        for each in (scene.folder / "store").glob("*/*")
        if not each.suffix
    ]
    me = (await scene.owner.get("/auth/me")).json()["id"]
    flows = (await scene.owner.get("/workflows?limit=100")).json()["items"]
    tools = (await scene.owner.get("/tools?limit=100")).json()["items"]
    servers = (await scene.owner.get("/mcp/servers?limit=100")).json()["items"]
    agents = (await scene.owner.get("/agents?limit=100")).json()["items"]
    approvals = (await scene.owner.get("/approvals?limit=100")).json()["items"]
    hook, rule = await _outlets(scene, flows[0]["id"])
    return {
        "user_id": [me],
        "workflow_id": [each["id"] for each in flows],
        "tool_id": [each["id"] for each in tools],
        "server_id": [each["id"] for each in servers],
        "agent_id": [each["id"] for each in agents],
        "approval_id": [each["id"] for each in approvals],
        "execution_id": scene.executions,
        "trigger_id": [hook],
        "notification_id": [rule],
        "token": ["none"],
        "artifact_id": artifacts,
        "number": ["1"],
        "other": ["1"],
    }


async def _outlets(scene: Scene, workflow_id: str) -> tuple[str, str]:
    """Ids of a webhook that took a call signed with a secret, and of a rule that names another."""
    names = [each["name"] for each in (await scene.owner.get("/secrets")).json()["items"]]
    config = {"type": "webhook", "secret": names[0], "input": {"body": "{{ event.body }}"}}
    made = await scene.owner.post(
        "/triggers", json={"workflow_id": workflow_id, "name": "canary", "config": config}
    )
    assert made.status_code == 201, made.text
    hook = str(made.json()["id"])
    called = await scene.owner.post(f"/triggers/{hook}/test", json={"body": "{}"})
    assert called.json()["delivery"] is not None, called.text
    rule = await scene.owner.post(
        "/notifications",
        json={
            "name": "canary",
            "channel": "slack",
            "occasions": ["failed"],
            "config": {"url": f"{{{{ secrets.{names[0]} }}}}"},
        },
    )
    assert rule.status_code == 201, rule.text
    return hook, str(rule.json()["id"])


async def routes(scene: Scene) -> list[tuple[str, bytes]]:
    """The answers of every GET route, with every id."""
    document = (await scene.owner.get("/openapi.json")).json()
    ids, found = await known_ids(scene), []
    for path, methods in document["paths"].items():
        if "get" not in methods:
            continue
        for filled in _filled(path, ids):
            if "{node_id}" in filled:
                execution = filled.split("/executions/")[1].split("/")[0]
                nodes = (await scene.owner.get(f"/executions/{execution}/nodes?limit=100")).json()
                filled_all = [filled.replace("{node_id}", each["id"]) for each in nodes["items"]]
            else:
                filled_all = [filled]
            found += [(f"GET {each}", await _answer(scene, each)) for each in filled_all]
    return found


def _filled(path: str, ids: dict[str, list[str]]) -> list[str]:
    names = [name for name in re.findall(r"{(\w+)}", path) if name != "node_id"]
    paths = [path]
    for name in names:
        assert name in ids, f"no ids for {{{name}}} of {path}"
        paths = [each.replace(f"{{{name}}}", known) for each in paths for known in ids[name]]
    return paths


async def _answer(scene: Scene, path: str) -> bytes:
    """All pages of it."""
    reader = scene.admin if path.startswith(("/api/v1/users", "/api/v1/audit")) else scene.owner
    url = f"http://test{path}"
    content, cursor = b"", None
    while True:
        params = {"cursor": cursor} if cursor else {}
        answer = await reader.get(url, params=params, timeout=120)
        # Of the executions few are drafts, and what has ended is not upgraded.
        fine = {200, 403, 503} | ({404} if "/drafts/" in path else set())
        fine |= {409} if path.endswith("/upgrade") else set()
        fine |= {404} if path.endswith("/none") else set()
        assert answer.status_code in fine, f"{path}: {answer.status_code} {answer.text}"
        content += answer.content + str(dict(answer.headers)).encode()
        is_json = answer.headers["content-type"].startswith("application/json")
        found = answer.json() if is_json else None
        cursor = found.get("next_cursor") if isinstance(found, dict) else None
        if cursor is None:
            return content


# The test ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("own_logs")
async def test_no_canary_is_anywhere_and_the_planted_value_is_everywhere(
    new_database: NewDatabase, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url = await new_database()
    await migrate(url)
    temporal = EmbeddedTemporal(tmp_path / "temporal", with_ui=False)
    await temporal.start()
    try:
        stack = Stack(
            settings_for(url, temporal.address, tmp_path / "store", encryption_keys=new_key("1"))
        )
        with echo_server() as echo:
            async with (
                stack.serving(),
                worker_process(stack, tmp_path / "worker.log"),
                stack.signed_in() as owner,
                stack.signed_in(Role.ADMIN) as admin,
            ):
                scene = Scene(stack, temporal, tmp_path, owner, admin)
                await use_everything(scene, echo)
                await scene.settled()
                places = [
                    *await histories(scene),
                    *await tables(url),
                    *files("temporal's folder", tmp_path / "temporal"),
                    *files("artifact", tmp_path / "store"),
                    *((f"events of {run}", data) for run, data in scene.streams.items()),
                    *await routes(scene),
                    *((f"answer {n}", data) for n, data in enumerate(scene.answers)),
                ]
    finally:
        await temporal.stop()
    captured = capfd.readouterr()
    places += [
        *files("temporal's folder at rest", tmp_path / "temporal"),
        ("log of the worker", (tmp_path / "worker.log").read_bytes()),
        ("log of the API", (captured.out + captured.err).encode()),
    ]
    found = {place: names for place, data in places if (names := hits(scene.canaries, data))}
    assert found == {}
    _planted(places)


def _planted(places: list[tuple[str, bytes]]) -> None:
    """The value that is no secret went the same ways, so that the search can find something."""
    with_it = [place for place, data in places if PLANTED.encode() in data]
    for wanted in (
        "history exec-",
        "raw history exec-",
        "table workflow_executions as text",
        "table node_executions as binary",
        "table execution_logs",
        "table secrets",
        "temporal's folder temporal.db",
        "temporal's folder at rest temporal.db",
        "artifact ",
        "events of ",
        "GET /api/v1/executions/",
        "GET /api/v1/artifacts/",
        "answer ",
        "log of the worker",
        "log of the API",
    ):
        assert [place for place in with_it if place.startswith(wanted)], f"nothing in {wanted}"


async def use_everything(scene: Scene, echo: str) -> None:
    """Let every tool do its worst."""
    tools = configurations(echo)
    await scene.keep(tools)
    run = await scene.start(document(tools))
    await _registered(scene, echo)
    await _sub_workflow(scene)
    await _cancelled(scene)
    await _tries(scene, echo)
    await _noted(scene)
    done = await scene.ended(run)
    assert done["status"] == "completed", done
    await _checked(scene, run, tools)
    await _again(scene, run)
    for execution in scene.executions:
        await scene.ended(execution)


async def _checked(scene: Scene, run: str, tools: dict[str, Any]) -> None:
    """Each tool really had its secret: all of them show its name somewhere, or never began."""
    shown = await raw_history(await Client.connect(scene.temporal.address), f"exec-{run}")
    without = {"invalid", "pieces", "unreachable", "blocked"}
    missing = [name for name in tools if f"[secret {name}]".encode() not in shown]
    large = {"large", "body", "artifact"}  # in their artifacts
    unproven = set(missing) - without - large
    nodes = (await scene.owner.get(f"/executions/{run}")).json()["nodes"]
    assert [(n["node_key"], n["error"]) for n in nodes if n["node_key"] in unproven] == []
    stored = b"".join(data for _, data in files("", scene.folder / "store"))
    assert all(f"[secret {name}]".encode() in stored for name in ("large", "body", "artifact"))


async def _registered(scene: Scene, echo: str) -> None:
    """Tools by name: with limits, and with schemas that refuse what they get and give."""
    names = ("limited", "schema_in", "schema_out", "template")
    await scene.keep(names)
    texts = {"type": "object", "properties": {"token": {"type": "integer"}}}
    made = {
        "limited": {
            "config": {
                "kind": "http",
                "url": f"{echo}/json",
                "headers": {"X-Token": "{{ secrets.limited }}"},
            },
            "rate_limit": {"max_concurrent": 1, "max_calls": 50, "per_seconds": 1},
        },
        "schema_in": {"config": python(RETURNS), "input_schema": texts},
        "schema_out": {"config": python(RETURNS), "output_schema": {"type": "integer"}},
        "template": {
            "config": {"kind": "http", "url": f"{echo}/json", "query": {"q": "{{ inputs.token }}"}}
        },
    }
    nodes = []
    for name in names:
        body = {"name": f"{name} {uuid4().hex}", "description": PLANTED, **made[name]}
        answer = await scene.owner.post("/tools", json=body)
        assert answer.status_code == 201, answer.text
        nodes.append({**node(name, {}), "tool": body["name"]})
        del nodes[-1]["config"]
        tried = await scene.owner.post(
            f"/tools/{answer.json()['id']}/test",
            json={"inputs": {"token": f"{{{{ secrets.{name} }}}}", "note": PLANTED}},
        )
        assert tried.status_code == 200, tried.text
        assert f"[secret {name}]" in tried.text
        scene.answers.append(tried.content)
    flow = document({})
    flow["nodes"] += nodes
    flow["edges"] = [{"source": "start", "target": name} for name in names]
    assert (await scene.ended(await scene.start(flow)))["status"] == "completed"


async def _sub_workflow(scene: Scene) -> None:
    """A failure that travels up, through two runs."""
    await scene.keep(["inner"])
    failing = {**node("inner", python(RAISES)), "on_error": "fail"}
    inner = document({})
    inner["nodes"].append(failing)
    inner["edges"] = [{"source": "start", "target": "inner"}]
    await published(scene.owner, inner)
    outer = document({})
    call = {"key": "call", "type": "workflow", "config": {"workflow": inner["name"]}}
    outer["nodes"].append(call)
    outer["edges"] = [{"source": "start", "target": "call"}]
    found = await scene.ended(await scene.start(outer))
    assert (found["status"], found["error"]["code"]) == ("failed", "UserCodeError")
    assert "[secret inner]" in found["error"]["message"]


async def _cancelled(scene: Scene) -> None:
    """Its lines travel with heartbeats, until it is cancelled."""
    await scene.keep(["lines"])
    flow = document({"lines": python(SLOW)})
    next(each for each in flow["nodes"] if each["key"] == "lines")["timeout_seconds"] = 100
    run = await scene.start(flow)
    async with asyncio.timeout(90):
        while "[secret lines]" not in (await scene.owner.get(f"/executions/{run}/logs")).text:
            await asyncio.sleep(0.2)
    client = await Client.connect(scene.temporal.address)
    described = await client.get_workflow_handle(f"exec-{run}").describe()
    scene.answers.append(described.raw_description.SerializeToString())
    assert b"[secret lines]" in scene.answers[-1], "while it runs, Temporal has its lines"
    await scene.owner.post(f"/executions/{run}/cancel")
    assert (await scene.ended(run))["status"] == "cancelled"


async def _tries(scene: Scene, echo: str) -> None:
    """Tools that are tried without a run."""
    tried = {
        "try_python": python(RETURNS),
        "try_raises": python(RAISES),
        "try_shell": {"kind": "shell", "script": SHELL},
        "try_exits": {"kind": "shell", "script": SHELL_FAILS},
        "try_http": {
            "kind": "http",
            "url": f"{echo}/status/400",
            "query": {"q": "{{ secrets.try_http }}"},
        },
        "try_large": python(LARGE),
    }
    await scene.keep(tried)
    for name, config in tried.items():
        body = {
            "config": config,
            "inputs": {"token": f"{{{{ secrets.{name} }}}}", "note": PLANTED},
        }
        answer = await scene.owner.post("/tools/test", json=body, timeout=120)
        assert answer.status_code == 200, answer.text
        assert f"[secret {name}]" in answer.text
        scene.answers.append(answer.content)


async def _again(scene: Scene, run: str) -> None:
    """Run again with other inputs, secrets among them."""
    edited = {"token": f"{PLANTED} {{{{ secrets.python }}}}", "note": PLANTED}
    body = {"from_node": "python", "inputs": edited}
    answer = await scene.owner.post(f"/executions/{run}/retry", json=body)
    assert answer.status_code == 202, answer.text
    scene.watch(answer.json()["id"])
    await scene.ended(answer.json()["id"])


async def _noted(scene: Scene) -> None:
    """Something that the logs of both processes tell."""
    await scene.keep([PLANTED])
    connection = await asyncpg.connect(scene.stack.settings.database_url)
    await connection.execute("UPDATE secrets SET key_id = 'gone' WHERE name = $1", PLANTED)
    await connection.close()
    await scene.owner.get(f"/{PLANTED}")
    body = {"config": python(RETURNS), "inputs": {"token": f"{{{{ secrets.{PLANTED} }}}}"}}
    answer = await scene.owner.post("/tools/test", json=body)
    assert answer.json()["error"]["code"] == "SecretUnreadable", answer.text
