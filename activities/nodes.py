"""Local activities: pure nodes, what steers a run, and what no other event records."""

from collections.abc import Callable
from typing import Any

from temporalio import activity

from activities.context import ArtifactStore
from activities.errors import InvalidInput, InvalidOutput
from activities.loading import loaded
from activities.schema import check_schema
from models.graph.expression import render_condition, render_value
from models.graph.limits import MAX_INLINE_BYTES
from models.graph.values import Json
from models.overflow import JSON_TYPE, by_reference
from temporal_workflows.contracts import (
    STATE_CHUNK_BYTES,
    Activity,
    AdapterTask,
    ConditionTask,
    Envelope,
    EvaluateTask,
    MergeTask,
    NodeContext,
    Records,
    RecordTask,
    StateChunks,
    StateTask,
    TriggerTask,
)


class NodeActivities:
    """Evaluates what needs no outside world; large results go to the artifact store."""

    def __init__(self, artifacts: ArtifactStore) -> None:
        self._artifacts = artifacts

    @property
    def all(self) -> list[Callable[..., Any]]:
        """The activities to register."""
        return [
            self.trigger,
            self.condition,
            self.adapter,
            self.aggregator,
            self.evaluate,
            self.record,
            self.save_state,
            self.load_state,
        ]

    @activity.defn(name=Activity.TRIGGER)
    async def trigger(self, task: TriggerTask) -> Envelope:
        """Check the run's input against the trigger's schema."""
        if task.input_schema is not None:
            given = await loaded(self._artifacts.of(task.context.owner_id), task.input)
            check_schema(given, task.input_schema, where="input")
        return await self._envelope(task.context, task.input)

    @activity.defn(name=Activity.CONDITION)
    async def condition(self, task: ConditionTask) -> Envelope:
        """Take the first branch whose `when` holds."""
        handle = task.default
        for index, (name, when) in enumerate(task.branches):
            if render_condition(when, task.scope, field=f"config.branches[{index}].when"):
                handle = name
                break
        output: Json = {**task.inputs, "handle": handle}
        return await self._envelope(task.context, output, given=task.inputs, handle=handle)

    @activity.defn(name=Activity.ADAPTER)
    async def adapter(self, task: AdapterTask) -> Envelope:
        """Render the mapping and check the result."""
        output = render_value(task.output, task.scope, field="config.output")
        if task.output_schema is not None:
            check_schema(output, task.output_schema, where="output", error=InvalidOutput)
        return await self._envelope(task.context, output, given=task.inputs)

    @activity.defn(name=Activity.AGGREGATOR)
    async def aggregator(self, task: MergeTask) -> Envelope:
        """Merge the outputs that arrived."""
        return await self._envelope(task.context, _merge(task), given=dict(task.incoming))

    @activity.defn(name=Activity.EVALUATE)
    async def evaluate(self, task: EvaluateTask) -> Envelope:
        """Render one template."""
        output = render_value(task.template, task.scope, field=task.field)
        return await self._envelope(task.context, output)

    @activity.defn(name=Activity.RECORD)
    async def record(self, task: RecordTask) -> Records:
        """Put decisions into history."""
        for record in task.records:
            record.output = await self._inline(task.context, record.output)
        return Records(records=task.records)

    @activity.defn(name=Activity.SAVE_STATE)
    async def save_state(self, task: StateTask) -> StateChunks:
        """Store a run's state for its next run."""
        text = task.text
        parts = [text[at : at + STATE_CHUNK_BYTES] for at in range(0, len(text), STATE_CHUNK_BYTES)]
        stored = [
            await self._artifacts.of(task.context.owner_id).put(
                task.context.execution_id, part.encode(), content_type="text/plain", name="state"
            )
            for part in parts
        ]
        return StateChunks(chunks=stored)

    @activity.defn(name=Activity.LOAD_STATE)
    async def load_state(self, task: StateTask) -> Envelope:
        """Read one chunk of a stored state."""
        return Envelope(
            output=(await self._artifacts.of(task.context.owner_id).get(task.chunk)).decode()
        )

    async def _envelope(
        self, context: NodeContext, output: Json, *, given: Json = None, handle: str | None = None
    ) -> Envelope:
        return Envelope(
            output=await self._inline(context, output),
            input=await self._inline(context, given),
            handle=handle,
        )

    async def _inline(self, context: NodeContext, value: Json) -> Json:
        own = self._artifacts.of(context.owner_id)
        return await inline(own, context.execution_id, value)


async def inline(
    artifacts: ArtifactStore, execution_id: str, value: Json, limit: int = MAX_INLINE_BYTES
) -> Json:
    """`value` with its large parts in the store; see `models.overflow`."""

    async def put(data: bytes) -> Json:
        return await artifacts.put(execution_id, data, content_type=JSON_TYPE)

    return await by_reference(value, put, limit)


def _merge(task: MergeTask) -> Json:
    outputs = [output for _, output in task.incoming]
    if task.merge == "list":
        return outputs
    if task.merge == "object":
        return dict(task.incoming)
    if task.merge == "custom":
        scope = {**task.scope, "item": outputs}
        return render_value(task.template, scope, field="config.template")
    joined: list[Json] = []
    for key, output in task.incoming:
        if not isinstance(output, list):
            raise InvalidInput(f"merge `concat` joins lists, but the output of {key} is not one")
        joined.extend(output)
    return joined
