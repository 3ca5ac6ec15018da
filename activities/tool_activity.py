"""Activity `tool`: checks what goes in and out, runs the tool, and types every failure."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import orjson
from pydantic import TypeAdapter, ValidationError
from temporalio import activity

from activities.context import ArtifactStore, ToolContext
from activities.errors import (
    InvalidInput,
    InvalidOutput,
    ToolError,
    ToolTimeout,
    application_error,
    typed,
)
from activities.live import LIVE
from activities.log import AttemptLog
from activities.nodes import inline
from activities.schema import check_schema
from activities.scratch import Scratch
from models.enums import ToolType
from models.graph.tool import ToolConfig
from models.graph.values import Json, ValueProblem, check_json, is_artifact
from temporal_workflows.contracts import Activity, Envelope, ToolTask, Usage

_CONFIG: TypeAdapter[ToolConfig] = TypeAdapter(ToolConfig)


class RunTool(Protocol):
    """Runs one attempt of a tool of one kind."""

    async def __call__(
        self, config: Any, inputs: dict[str, Json], context: ToolContext, /
    ) -> Json: ...


class ToolActivities:
    """The tools of this worker by kind."""

    def __init__(self, tools: Mapping[ToolType, RunTool], artifacts: ArtifactStore) -> None:
        self._tools = tools
        self._artifacts = artifacts

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
        attempt = activity.info().attempt if activity.in_activity() else 1
        live = LIVE.get()
        log = AttemptLog(live.add if live else None)
        scratch = Scratch()
        started = time.monotonic()
        try:
            async with asyncio.timeout(task.timeout_seconds):
                with typed():
                    output = await self._attempt(task, attempt, log, scratch)
        except TimeoutError:
            failure: ToolError = ToolTimeout(
                f"the attempt did not end within {task.timeout_seconds:g} seconds (timeout_seconds)"
            )
        except ToolError as error:
            failure = error
        else:
            return Envelope(output=output, logs=log.lines, usage=_usage(started))
        finally:
            scratch.remove()
        raise application_error(
            failure,
            task.context,
            attempt=attempt,
            retry=task.retry,
            logs=log.lines,
            usage=_usage(started),
        ) from failure

    async def _attempt(
        self, task: ToolTask, attempt: int, log: AttemptLog, scratch: Scratch
    ) -> Json:
        config = _parse(task)
        inputs = await self._inputs(task)
        if task.input_schema is not None:
            check_schema(inputs, task.input_schema, where="inputs")
        context = ToolContext(
            execution_id=task.context.execution_id,
            node_key=task.context.node_key,
            path=task.context.path,
            attempt=attempt,
            idempotency_key=_idempotency_key(task),
            timeout_seconds=task.timeout_seconds,
            log=log,
            artifacts=self._artifacts,
            scratch=scratch,
            owner_id=task.context.owner_id,
        )
        output = await self._tools[ToolType(config.kind)](config, inputs, context)
        try:
            check_json(output)
        except ValueProblem as problem:
            where = f" at {problem.path}" if problem.path else ""
            raise InvalidOutput(f"the result is not JSON{where}: {problem.message}") from problem
        if task.output_schema is not None:
            check_schema(output, task.output_schema, where="output", error=InvalidOutput)
        return await inline(self._artifacts, task.context.execution_id, output)

    async def _inputs(self, task: ToolTask) -> dict[str, Json]:
        inputs = task.inputs
        if is_artifact(inputs):
            inputs = orjson.loads(await self._artifacts.get(inputs))
        if not isinstance(inputs, dict):
            raise InvalidInput("the inputs are not an object")
        return inputs


def _parse(task: ToolTask) -> ToolConfig:
    try:
        return _CONFIG.validate_python(task.config)
    except ValidationError as error:
        problems = [
            f"config.{'.'.join(str(part) for part in problem['loc'][1:])}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise InvalidInput("; ".join(problems)) from error


def _idempotency_key(task: ToolTask) -> str:
    context = task.context
    return f"{context.execution_id}:{context.node_key}:{context.path}"


def _usage(started: float) -> Usage:
    return Usage(ms=round((time.monotonic() - started) * 1000))
