"""One attempt of a tool that knows a secret: nothing of it leaves by any way."""

import gc
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from uuid import uuid4

import orjson
import pytest
import structlog
from temporalio.exceptions import ApplicationError

from activities.artifacts import Artifacts
from activities.context import ToolContext
from activities.errors import UserCodeError
from activities.limits import ToolLimits
from activities.tool_activity import ToolActivities
from activities.turns import Turns
from models.enums import ToolType
from models.graph.node import Retry
from models.graph.values import Json
from temporal_workflows.contracts import Envelope, NodeContext, SecretPart, SecretPlace, ToolTask
from tests.activities.vault import Vault, open_vault

VALUE = f"s3cret-{uuid4().hex}-{uuid4().hex}"
Run = Callable[[Any, dict[str, Json], ToolContext], Awaitable[Json]]


class Desk:
    """Runs a function as a tool."""

    def __init__(self, vault: Vault, owner: str) -> None:
        self.artifacts = Artifacts.from_url("memory:///")
        self.owner = owner
        self._vault = vault

    async def run(self, tool: Run, inputs: Json = None, **more: Any) -> Envelope:
        """The tool with `inputs.token` as the secret."""
        activities = ToolActivities(
            dict.fromkeys(ToolType, tool),
            self.artifacts,
            self._vault.secrets,
            Turns(ToolLimits(self._vault.database)),
        )
        task = {
            "context": NodeContext(execution_id=str(uuid4()), owner_id=self.owner, node_key="n"),
            "config": {"kind": "builtin", "name": "any"},
            "inputs": {"token": "{{ secrets.t }}"} if inputs is None else inputs,
            "secrets": [SecretPlace(at=["inputs", "token"], parts=[SecretPart(secret="t")])],
            "retry": Retry(max_attempts=1),
        }
        return await activities.tool(ToolTask.model_validate(task | more))

    async def failure(self, tool: Run, inputs: Json = None, **more: Any) -> ApplicationError:
        """How the tool failed; nothing in it is the secret."""
        with pytest.raises(ApplicationError) as failed:
            await self.run(tool, inputs, **more)
        error = failed.value
        assert error.__cause__ is None
        told = [error.message, *(detail.model_dump_json() for detail in error.details)]
        assert VALUE not in "".join(told)
        assert "[secret t]" in "".join(told)
        return error


@pytest.fixture(scope="module")
async def desk(migrated_url: str) -> AsyncIterator[Desk]:
    """With artifacts in memory, and an account whose secret `t` is `VALUE`."""
    async with open_vault(migrated_url) as vault:
        owner = await vault.account()
        await vault.keep(owner, "t", VALUE)
        yield Desk(vault, owner)


async def test_output_logs_and_artifacts_are_clean(desk: Desk) -> None:
    async def tool(config: Any, inputs: dict[str, Json], context: ToolContext) -> Json:
        assert inputs["token"] == VALUE
        context.log(f"line {VALUE}", data={VALUE: [VALUE]})
        file = context.scratch.folder() / "file"
        file.write_text(f"in a file: {VALUE}")
        return [
            {"token": VALUE},
            await context.artifacts.put(
                context.execution_id, VALUE.encode(), content_type="text/plain", name=f"{VALUE}.txt"
            ),
            await context.artifacts.put_file(context.execution_id, file, content_type="text/plain"),
        ]

    done = await desk.run(tool)
    assert VALUE not in done.model_dump_json()
    assert done.logs[0].message == "line [secret t]"
    of_owner = desk.artifacts.of(desk.owner)
    stored = [await of_owner.get(reference) for reference in done.output[1:]]  # type: ignore[index]
    assert stored == [b"[secret t]", b"in a file: [secret t]"]


async def test_the_task_itself_never_holds_a_value(desk: Desk) -> None:
    async def tool(config: Any, inputs: dict[str, Json], context: ToolContext) -> Json:
        tasks = [each for each in gc.get_objects() if isinstance(each, ToolTask)]
        assert inputs["token"] == VALUE
        return [VALUE in repr(each) for each in tasks]

    for config in ({"kind": "python", "code": "-"}, {"kind": "builtin", "name": "any"}):
        shown = (await desk.run(tool, config=config)).output
        assert isinstance(shown, list)
        assert shown
        assert not any(shown)


async def test_a_large_output_is_clean_in_its_artifact(desk: Desk) -> None:
    async def tool(config: Any, inputs: dict[str, Json], context: ToolContext) -> Json:
        return [f"{n} {VALUE}" for n in range(20_000)]

    done = await desk.run(tool)
    assert VALUE not in done.model_dump_json()
    data = await desk.artifacts.of(desk.owner).get(done.output)
    assert orjson.loads(data)[19_999] == "19999 [secret t]"


async def test_a_typed_failure_is_clean(desk: Desk) -> None:
    async def tool(config: Any, inputs: dict[str, Json], context: ToolContext) -> Json:
        context.log(f"before {VALUE}")
        raise UserCodeError(f"no: {VALUE}", details={"stderr": [VALUE.encode().hex()]})

    error = await desk.failure(tool)
    assert error.type == "UserCodeError"
    assert error.details[0].error.details == {"stderr": ["[secret t]"]}


@pytest.fixture
def as_it_comes() -> Iterator[None]:
    """Logs as a process has them that does not configure any: with local variables."""
    before = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("as_it_comes")
async def test_an_unexpected_failure_is_clean_in_the_workers_log_too(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    async def tool(config: Any, inputs: dict[str, Json], context: ToolContext) -> Json:
        local = inputs["token"]
        raise KeyError(local) from ValueError(f"cause {local}")

    error = await desk.failure(tool)
    assert error.type == "InternalError"
    logged = "".join(capfd.readouterr())
    assert "KeyError" in logged
    assert "test_tool_activity.py" in logged
    assert VALUE not in logged


async def test_a_schema_that_an_input_fails_shows_no_part_of_it(desk: Desk) -> None:
    """Messages are cut at 300 characters, in the middle of a longer secret."""

    async def tool(config: Any, inputs: dict[str, Json], context: ToolContext) -> Json:
        raise AssertionError

    token = "{{ secrets.t }}"
    for filler in ("", "x" * 280):
        place = SecretPlace(at=["inputs", "token"], parts=[filler, SecretPart(secret="t")])
        schema = {"type": "object", "properties": {"token": {"type": "integer"}}}
        error = await desk.failure(
            tool, {"token": filler + token}, secrets=[place], input_schema=schema
        )
        assert error.type == "InvalidInput"
        assert VALUE[:12] not in error.message
        assert VALUE[:12] not in error.details[0].model_dump_json()


async def test_an_output_that_is_no_json_is_told_without_it(desk: Desk) -> None:
    async def tool(config: Any, inputs: dict[str, Json], context: ToolContext) -> Json:
        return {VALUE: float("nan")}

    assert (await desk.failure(tool)).type == "InvalidOutput"


async def test_a_configuration_that_does_not_fit_is_told_without_it(desk: Desk) -> None:
    async def tool(config: Any, inputs: dict[str, Json], context: ToolContext) -> Json:
        raise AssertionError

    config = {"kind": "http", "url": "https://example.com", "method": "{{ secrets.t }}"}
    place = SecretPlace(at=["config", "method"], parts=[SecretPart(secret="t")])
    with pytest.raises(ApplicationError) as failed:
        await desk.run(tool, {}, config=config, secrets=[place])
    assert failed.value.type == "InvalidInput"
    assert VALUE not in failed.value.message


@pytest.mark.parametrize("kind", ["python", "builtin"])
async def test_a_secret_inside_a_large_input_gets_there(desk: Desk, kind: str) -> None:
    """Large inputs come as references, some of them field by field."""
    given: list[dict[str, Json]] = []

    async def tool(config: Any, inputs: dict[str, Json], context: ToolContext) -> Json:
        given.append(inputs)
        return len(json.dumps(inputs))

    document = {"token": "{{ secrets.t }}", "rows": ["x" * 1_000] * 10}
    own = desk.artifacts.of(desk.owner)
    reference = await own.put(
        str(uuid4()), json.dumps(document).encode(), content_type="application/json"
    )
    untouched = await own.put(str(uuid4()), b"[1]", content_type="application/json")
    place = SecretPlace(at=["inputs", "doc", "token"], parts=["<", SecretPart(secret="t"), ">"])
    config = {"kind": "python", "code": "-"} if kind == "python" else {"kind": kind, "name": "any"}
    inputs: Json = {"doc": reference, "other": untouched}
    whole = await own.put(
        str(uuid4()), json.dumps(inputs).encode(), content_type="application/json"
    )
    for form in (inputs, whole):
        await desk.run(tool, form, config=config, secrets=[place])
        assert given[-1]["doc"] == {**document, "token": f"<{VALUE}>"}
        assert given[-1]["other"] == (untouched if kind == "python" else [1])
