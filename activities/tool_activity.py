"""Activity `tool`: checks what goes in and out, runs the tool, and types every failure."""

import asyncio
import copy
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import orjson
import structlog
from pydantic import TypeAdapter, ValidationError
from temporalio import activity
from temporalio.exceptions import FailureError

from activities.clean_artifacts import CleanArtifacts
from activities.context import ArtifactStore, ToolContext
from activities.errors import (
    InternalError,
    InvalidInput,
    InvalidOutput,
    ToolError,
    ToolTimeout,
    application_error,
    typed,
)
from activities.live import LIVE
from activities.loading import loaded
from activities.log import AttemptLog
from activities.nodes import inline
from activities.schema import check_schema
from activities.scratch import Scratch
from activities.scrubbing import Scrubber
from activities.secrets import Secrets, names_in, put_in
from activities.turns import Turn, Turns
from models.enums import ToolType
from models.graph.expression import ExpressionError
from models.graph.tool import ToolConfig
from models.graph.values import Json, ValueProblem, check_json, is_artifact
from temporal_workflows.contracts import Activity, Envelope, ToolTask, Usage

_log = structlog.get_logger(__name__)
# They get artifacts as files, however large; the others get what is in them.
_TAKE_FILES = frozenset({ToolType.PYTHON, ToolType.SHELL})
_CONFIG: TypeAdapter[ToolConfig] = TypeAdapter(ToolConfig)


class RunTool(Protocol):
    """Runs one attempt of a tool of one kind."""

    async def __call__(
        self, config: Any, inputs: dict[str, Json], context: ToolContext, /
    ) -> Json: ...


class ToolActivities:
    """The tools of this worker by kind."""

    def __init__(
        self,
        tools: Mapping[ToolType, RunTool],
        artifacts: ArtifactStore,
        secrets: Secrets,
        turns: Turns,
    ) -> None:
        self._tools = tools
        self._artifacts = artifacts
        self._secrets = secrets
        self._turns = turns

    @property
    def all(self) -> list[Callable[..., Any]]:
        """The activities to register."""
        return [self.tool]

    @activity.defn(name=Activity.TOOL)
    async def tool(self, task: ToolTask) -> Envelope:
        """Run one attempt of a tool node.

        Raises:
            ApplicationError: with a `FailureDetail`; final once the node's attempts are used up.
        """
        number = activity.info().attempt if activity.in_activity() else 1
        try:
            async with self._turns.turn(task) as turn:
                return await self._in_turn(task, number, turn)
        except ToolError as error:  # there was no turn, so nothing ran
            raise application_error(error, task.context, attempt=number, retry=task.retry) from None

    async def _in_turn(self, task: ToolTask, number: int, turn: Turn) -> Envelope:
        attempt = _Attempt(task, number, self._tools, self._artifacts, self._secrets)
        failure = await attempt.outcome()
        if failure is None:
            return Envelope(output=attempt.output, logs=attempt.log.lines, usage=attempt.usage())
        await turn.prepare(failure, number)
        # Without a cause: Temporal would record its message too, which may hold a secret.
        raise application_error(
            failure,
            task.context,
            attempt=number,
            retry=task.retry,
            logs=attempt.log.lines,
            usage=attempt.usage(),
        ) from None


class _Attempt:
    """One attempt: its log, its files, and the secrets that must not leave it."""

    def __init__(
        self,
        task: ToolTask,
        number: int,
        tools: Mapping[ToolType, RunTool],
        artifacts: ArtifactStore,
        secrets: Secrets,
    ) -> None:
        live = LIVE.get()
        self._number = number
        self.log = AttemptLog(live.add if live else None)
        self.scratch = Scratch()
        self._task = task
        self._tools = tools
        self._artifacts = artifacts.of(task.context.owner_id)
        self._secrets = secrets
        self._scrubber = Scrubber({})
        self._started = time.monotonic()
        self.output: Json = None

    async def outcome(self) -> ToolError | None:
        """Run to the end; why it failed, or None once `output` is there."""
        seconds = self._task.timeout_seconds
        try:
            async with asyncio.timeout(seconds):
                with typed(), self._unexpected():
                    self.output = await self._run()
        except TimeoutError:
            return ToolTimeout(
                f"the attempt did not end within {seconds:g} seconds (timeout_seconds)"
            )
        except ToolError as error:
            return self._clean(error)
        finally:
            self.scratch.remove()
        return None

    async def _run(self) -> Json:
        """The tool's output, checked, without secrets, large parts of it as artifacts."""
        task = self._task
        inputs = await self._inputs()
        config = await self._fill(inputs)
        if task.input_schema is not None:
            given = await loaded(self._artifacts, inputs)
            check_schema(given, task.input_schema, where="inputs")
        output = await self._tools[ToolType(config.kind)](config, inputs, self._context())
        try:
            check_json(output)
        except ValueProblem as problem:
            where = f" at {problem.path}" if problem.path else ""
            raise InvalidOutput(f"the result is not JSON{where}: {problem.message}") from problem
        if task.output_schema is not None:
            check_schema(output, task.output_schema, where="output", error=InvalidOutput)
        # In a thread: beside a large result the heartbeats go on.
        clean = await asyncio.to_thread(self._scrubber.value, output)
        execution_id = task.context.execution_id
        return await inline(self._artifacts, execution_id, clean, task.inline_bytes)

    @contextmanager
    def _unexpected(self) -> Iterator[None]:
        """Log our own faults here: a traceback may repeat secrets, and nobody else knows them."""
        try:
            yield
        except (ToolError, FailureError, ExpressionError):
            raise
        except Exception as error:  # noqa: BLE001 - it is raised again, typed
            shown = self._scrubber.text(traceback.format_exc())
            _log.error("a tool failed unexpectedly", node=self._task.context.node_key, error=shown)
            raise InternalError(f"{type(error).__name__}: {error}") from None

    def _clean(self, failure: ToolError) -> ToolError:
        failure.message = self._scrubber.text(failure.message)
        failure.details = self._scrubber.value(failure.details)
        return failure

    def usage(self) -> Usage:
        """What the attempt has cost so far."""
        return Usage(ms=round((time.monotonic() - self._started) * 1000))

    async def _inputs(self) -> dict[str, Json]:
        inputs = self._task.inputs
        if is_artifact(inputs):
            inputs = orjson.loads(await self._artifacts.get(inputs))
        if self._task.config.get("kind") not in _TAKE_FILES:
            inputs = await loaded(self._artifacts, inputs)
        if not isinstance(inputs, dict):
            raise InvalidInput("the inputs are not an object")
        # The task itself stays without values: a traceback may show it.
        return copy.deepcopy(inputs) if self._task.secrets else inputs

    async def _fill(self, inputs: dict[str, Json]) -> ToolConfig:
        """Put the secrets into `inputs` and the configuration; from here on all is scrubbed."""
        task = self._task
        config = copy.deepcopy(task.config)
        body = config.get("json_body")
        if body is not None and not is_artifact(body):  # one that is all of the body is streamed
            config["json_body"] = await loaded(self._artifacts, body)
        if not task.secrets:
            return _parse(config)
        names = names_in(task.secrets)
        values = await self._secrets.values(task.context.owner_id, names)
        self._scrubber = self.log.scrubber = await asyncio.to_thread(Scrubber, values)
        await self._open_places(inputs)
        put_in({"config": config, "inputs": inputs}, task.secrets, values)
        return _parse(config)

    async def _open_places(self, inputs: dict[str, Json]) -> None:
        """Load the large inputs that secrets go into; others may stay references."""
        for place in self._task.secrets:
            name = str(place.at[1])
            if place.at[0] == "inputs" and len(place.at) > 2 and is_artifact(inputs.get(name)):
                inputs[name] = orjson.loads(await self._artifacts.get(inputs[name]))

    def _context(self) -> ToolContext:
        context = self._task.context
        clean = CleanArtifacts(self._artifacts, self._scrubber) if self._scrubber else None
        return ToolContext(
            execution_id=context.execution_id,
            node_key=context.node_key,
            path=context.path,
            attempt=self._number,
            idempotency_key=f"{context.execution_id}:{context.node_key}:{context.path}",
            timeout_seconds=self._task.timeout_seconds,
            log=self.log,
            artifacts=clean or self._artifacts,
            scratch=self.scratch,
            owner_id=context.owner_id,
        )


def _parse(config: dict[str, Json]) -> ToolConfig:
    try:
        return _CONFIG.validate_python(config)
    except ValidationError as error:
        problems = [
            f"config.{'.'.join(str(part) for part in problem['loc'][1:])}: {problem['msg']}"
            for problem in error.errors(include_input=False)
        ]
        raise InvalidInput("; ".join(problems)) from None
