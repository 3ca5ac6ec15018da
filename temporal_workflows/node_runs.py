"""How each node type runs: what is rendered, what is recorded, which command it becomes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError, is_cancelled_exception

from models.enums import ApprovalStatus, ExecutionStatus
from models.graph.agent import BUDGET_HANDLE, TIMEOUT_HANDLE, AgentSpec
from models.graph.assignees import AssigneesInvalid, named
from models.graph.expression import ExpressionError, render_value
from models.graph.limits import MAX_INLINE_BYTES, MAX_ITEMS, MAX_SUB_WORKFLOW_DEPTH
from models.graph.node import (
    EXPIRED_HANDLE,
    REJECTED_HANDLE,
    AdapterNode,
    AgentNode,
    AggregatorNode,
    ApprovalConfig,
    ApprovalNode,
    ConditionNode,
    DelayNode,
    EventNode,
    LoopNode,
    Node,
    ParallelNode,
    ToolNode,
    TriggerNode,
    WorkflowNode,
)
from models.graph.tool import ToolSpec
from models.graph.values import Json, encoded_size, is_artifact
from temporal_workflows.agent_inputs import Surroundings, ToolMissing, agent_run
from temporal_workflows.approvals import Approvals, Question
from temporal_workflows.commands import Commands
from temporal_workflows.contracts import (
    Activity,
    AdapterTask,
    ConditionTask,
    Envelope,
    EvaluateTask,
    GraphInput,
    MergeTask,
    NodeError,
    RunState,
    SubWorkflow,
    ToolTask,
    TriggerTask,
    activity_id,
)
from temporal_workflows.event_waits import EventWaits
from temporal_workflows.failures import node_error
from temporal_workflows.scheduler import Outcome, Place, Scheduler
from temporal_workflows.scope import scope_for
from temporal_workflows.tool_rendering import RenderedTool, ToolTemplates

COMPLETED = ExecutionStatus.COMPLETED
# Temporal counts time in nanoseconds and ends with the year 2262; timers beyond fire at once.
MAX_DELAY = timedelta(days=100 * 365)
TOO_FAR = "at most 100 years can be waited"
MAX_EVENT_NAME = 200
MAX_EVENT_KEY = 255


class NodeFailed(Exception):
    """A node failed inside the workflow, so no activity's event tells of it."""

    def __init__(self, code: str, message: str, details: Json = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def error(self, place: Place) -> NodeError:
        """As the error of the node at `place`."""
        return NodeError(
            code=self.code,
            message=self.message,
            node_key=place.key,
            path=place.path,
            details=self.details,
        )


@dataclass(slots=True)
class NodeRuns:
    """Runs one node at a time to its outcome; containers run through `items` and `proceed`."""

    start: GraphInput
    scheduler: Scheduler
    commands: Commands
    deadlines: dict[Place, datetime] = field(default_factory=dict)
    approvals: Approvals = field(init=False)
    events: EventWaits = field(init=False)

    def __post_init__(self) -> None:
        before = self.start.state or RunState()
        self.approvals = Approvals(self.commands, before.questions)
        self.events = EventWaits(self.commands, self._waiting(before), before.events)

    async def run(self, place: Place) -> Outcome:
        """Run a node that is no container.

        Raises:
            NodeFailed: it failed before any activity was scheduled.
            FailureError: it failed in an activity or a child workflow.
        """
        node = self.start.graph.by_key[place.key]
        handlers: dict[type[Node], Callable[[Place, Any], Awaitable[Outcome]]] = {
            TriggerNode: self._trigger,
            ToolNode: self._tool,
            ConditionNode: self._condition,
            AdapterNode: self._adapter,
            AggregatorNode: self._aggregator,
            DelayNode: self._delay,
            WorkflowNode: self._workflow,
            AgentNode: self._agent,
            ApprovalNode: self._approval,
            EventNode: self._event,
        }
        return await handlers[type(node)](place, node)

    # Nodes ---------------------------------------------------------------------------------------

    async def _trigger(self, place: Place, node: TriggerNode) -> Outcome:
        task = TriggerTask(
            context=self.commands.context(place),
            input=self.start.input,
            input_schema=node.config.input_schema,
        )
        return await self._pure(Activity.TRIGGER, task, place, node, encoded_size(task.input))

    async def _tool(self, place: Place, node: ToolNode) -> Outcome:
        spec = self._spec(node)
        rendered = self._rendered_tool(place, node, spec)
        if encoded_size(rendered.config) > MAX_INLINE_BYTES:
            raise NodeFailed(
                "PayloadTooLarge",
                f"the rendered configuration is over {MAX_INLINE_BYTES} bytes; "
                "pass large values through `inputs`",
            )
        self._check_places(rendered)
        inputs: Json = rendered.inputs
        task = ToolTask(
            context=self.commands.context(place),
            config=rendered.config,
            inputs=await self.stored(place, node.title, "inputs", inputs),
            secrets=rendered.secrets,
            tool_id=spec.id,
            rate_limit=spec.rate_limit,
            input_schema=spec.input_schema,
            output_schema=spec.output_schema,
            timeout_seconds=node.timeout_seconds,
            retry=node.retry,
        )
        envelope = await self.commands.tool(task, place, node.title)
        return Outcome(COMPLETED, envelope.output)

    def _check_places(self, rendered: RenderedTool) -> None:
        """Texts with secrets travel beside the inputs, so they cannot go by reference."""
        places: list[Json] = [place.model_dump(mode="json") for place in rendered.secrets]
        if encoded_size(places) > MAX_INLINE_BYTES:
            raise NodeFailed(
                "PayloadTooLarge",
                f"the texts that hold secrets are over {MAX_INLINE_BYTES} bytes together; "
                "pass the secret in an input of its own",
            )

    def _rendered_tool(
        self, place: Place, node: ToolNode | AgentNode, spec: ToolSpec | AgentSpec
    ) -> RenderedTool:
        templates = ToolTemplates(spec, node.inputs)
        # Only whoever names a secret takes a random number, so that older histories replay.
        nonce = workflow.uuid4().hex if templates.secrets else ""
        given = self._edited(place)
        try:
            return templates.render(self._scope(place, *templates.all), nonce, given)
        except ExpressionError as error:
            raise NodeFailed("ExpressionFailed", error.message, {"field": error.field}) from error

    async def _condition(self, place: Place, node: ConditionNode) -> Outcome:
        branches = [(branch.handle, branch.when) for branch in node.config.branches]
        task = ConditionTask(
            context=self.commands.context(place),
            inputs=self._rendered_inputs(place, node),
            branches=branches,
            default=node.config.default,
            scope=self._scope(place, [when for _, when in branches]),
        )
        return await self._pure(Activity.CONDITION, task, place, node, encoded_size(task.inputs))

    async def _adapter(self, place: Place, node: AdapterNode) -> Outcome:
        task = AdapterTask(
            context=self.commands.context(place),
            inputs=self._rendered_inputs(place, node),
            output=node.config.output,
            scope=self._scope(place, node.config.output),
            output_schema=node.config.output_schema,
        )
        size = encoded_size(task.scope) + encoded_size(task.inputs)
        return await self._pure(Activity.ADAPTER, task, place, node, size)

    async def _aggregator(self, place: Place, node: AggregatorNode) -> Outcome:
        successes = node.config.wait == "first_success"
        incoming = [
            (key, found.output)
            for key, found in self.scheduler.live_inputs(place)
            if not (successes and found.status is ExecutionStatus.FAILED)
        ]
        task = MergeTask(
            context=self.commands.context(place),
            merge=node.config.merge,
            incoming=incoming,
            template=node.config.template,
            scope=self._scope(place, node.config.template),
        )
        size = 2 * sum(encoded_size(output) for _, output in incoming)
        return await self._pure(Activity.AGGREGATOR, task, place, node, size)

    async def _delay(self, place: Place, node: DelayNode) -> Outcome:
        until = self.deadlines.get(place)
        if until is None:
            until = await self._deadline(place, node)
            self.deadlines[place] = until
        await self.commands.wait((until - workflow.now()).total_seconds(), place)
        self.deadlines.pop(place, None)
        return Outcome(COMPLETED, {"until": until.isoformat()})

    async def _deadline(self, place: Place, node: DelayNode) -> datetime:
        template: dict[str, Json] = {"seconds": node.config.seconds, "until": node.config.until}
        found = await self.evaluate(place, node, "delay", template)
        seconds, until = found["seconds"], found["until"]
        if until is not None:
            end = _parse_time(until)
            if end - workflow.now() > MAX_DELAY:
                raise NodeFailed("InvalidInput", f"`until` is {until!r}: {TOO_FAR}")
            return end
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise NodeFailed("InvalidInput", f"`seconds` is {seconds!r}; it must be a number ≥ 0")
        if seconds > MAX_DELAY.total_seconds():
            raise NodeFailed("InvalidInput", f"`seconds` is {seconds!r}: {TOO_FAR}")
        return workflow.now() + timedelta(seconds=seconds)

    async def _approval(self, place: Place, node: ApprovalNode) -> Outcome:
        until = self.deadlines.get(place)
        if until is None:
            until = workflow.now() + timedelta(seconds=node.config.approval_seconds)
        question = self._question(place, node, until)
        self.deadlines[place] = until
        asked = await self.approvals.ask(place, node.title, question)
        self.deadlines.pop(place, None)
        return self._verdict(node, asked)

    def _verdict(self, node: ApprovalNode, asked: Question) -> Outcome:
        """Nobody goes on unasked: without an edge for it, a no is a failure."""
        ways = {edge.source_handle for edge in self.start.graph.outgoing[node.key]}
        last = asked.decisions[-1] if asked.status is not ApprovalStatus.PENDING else None
        handle: str | None = None
        if last is None:
            handle = EXPIRED_HANDLE
            if handle not in ways:
                raise NodeFailed("ApprovalExpired", _too_late(asked))
        elif not last.approve:
            handle = REJECTED_HANDLE
            if handle not in ways:
                why = f": {last.comment}" if last.comment else ""
                raise NodeFailed("Rejected", f"a person rejected it{why}")
        decisions: list[Json] = [each.model_dump(mode="json") for each in asked.decisions]
        output: dict[str, Json] = {
            "approved": last is not None and last.approve,
            "by": last.by if last else None,
            "comment": last.comment if last else None,
            "form": last.form if last else None,
            "decisions": decisions,
        }
        return Outcome(COMPLETED, output, handle=handle)

    def _question(self, place: Place, node: ApprovalNode, until: datetime) -> Question:
        """What people see: the message, and the inputs that the node was given."""
        config = node.config
        inputs = self._rendered_inputs(place, node)
        message = self._rendered(place, config.message, "config.message")
        arguments: Json = {"message": message} | ({"inputs": inputs} if inputs else {})
        shown: dict[str, Json] = {"tool": node.title, "arguments": arguments, "form": config.form}
        if config.assignees:
            # Of a large question the largest fields go by reference; these are never among them.
            shown |= {"assignees": self._assignees(place, config), "required": config.required}
        return Question(
            shown,
            until,
            asked_at=workflow.now(),
            required=config.required,
            reminder_seconds=config.reminder_seconds,
        )

    def _assignees(self, place: Place, config: ApprovalConfig) -> list[Json]:
        rendered = self._rendered(place, list(config.assignees), "config.assignees")
        try:
            return list(named(rendered if isinstance(rendered, list) else [], config.required))
        except AssigneesInvalid as error:
            raise NodeFailed("InvalidInput", f"`assignees`: {error}") from error

    def _rendered(self, place: Place, template: Json, field: str) -> Json:
        try:
            return render_value(template, self._scope(place, template), field=field)
        except ExpressionError as error:
            raise NodeFailed("ExpressionFailed", error.message, {"field": error.field}) from error

    def _waiting(self, before: RunState) -> dict[Place, datetime]:
        """The places that waited for an event when the run continued as new, until when."""
        waits = {node.key for node in self.start.graph.nodes if isinstance(node, EventNode)}
        return {Place(key, path): at for key, path, at in before.deadlines if key in waits}

    async def _event(self, place: Place, node: EventNode) -> Outcome:
        until = self.deadlines.get(place)
        if until is None:
            until = workflow.now() + timedelta(seconds=node.config.wait_seconds)
        awaited = self._awaited(place, node)
        self.deadlines[place] = until
        try:
            found = await self.events.wait(place, node.title, awaited, until)
        finally:
            self.deadlines.pop(place, None)
        if found is not None:
            return Outcome(COMPLETED, found.model_dump(mode="json"))
        ways = {edge.source_handle for edge in self.start.graph.outgoing[node.key]}
        if EXPIRED_HANDLE not in ways:
            raise NodeFailed("EventTimeout", f"no event {awaited['event']!r} came in time", awaited)
        nothing: dict[str, Json] = {"id": None, "payload": None, "received_at": None}
        return Outcome(COMPLETED, {**awaited, **nothing}, handle=EXPIRED_HANDLE)

    def _awaited(self, place: Place, node: EventNode) -> dict[str, Json]:
        """The name and the key of the event that the node waits for."""
        scope = self._scope(place, node.config.event, node.config.key)
        try:
            event = render_value(node.config.event, scope, field="config.event")
            key = render_value(node.config.key, scope, field="config.key")
        except ExpressionError as error:
            raise NodeFailed("ExpressionFailed", error.message, {"field": error.field}) from error
        if not isinstance(event, str) or not 0 < len(event) <= MAX_EVENT_NAME:
            raise _no_event_text("event", event, MAX_EVENT_NAME)
        if node.config.key is None:
            return {"event": event, "key": None}
        # Numbers are what orders and accounts are called by.
        key = str(key) if isinstance(key, int) and not isinstance(key, bool) else key
        if not isinstance(key, str) or not 0 < len(key) <= MAX_EVENT_KEY:
            raise _no_event_text("key", key, MAX_EVENT_KEY)
        return {"event": event, "key": key}

    async def _workflow(self, place: Place, node: WorkflowNode) -> Outcome:
        target = self.start.workflows.get(_sub_workflow_name(node))
        if target is None:
            raise NodeFailed("NotFound", f"workflow {node.config.workflow!r} is not in this run")
        if self.start.depth >= MAX_SUB_WORKFLOW_DEPTH:
            raise NodeFailed(
                "SubWorkflowTooDeep", f"more than {MAX_SUB_WORKFLOW_DEPTH} workflows deep"
            )
        inputs = await self._inputs(place, node)
        await self.evaluate(place, node, "workflow", {})
        # A sub-workflow retries its own nodes; the whole of it only when its author says so.
        attempts = node.retry.max_attempts if "retry" in node.model_fields_set else 1
        for attempt in range(1, attempts):
            try:
                return await self._child(place, node, target, inputs)
            except ChildWorkflowError as failure:
                final = node_error(failure, place).code in node.retry.non_retryable
                if final or is_cancelled_exception(failure):
                    raise
            await self.commands.wait(node.retry.delay(attempt), place, f"retry.{attempt}")
        return await self._child(place, node, target, inputs)

    async def _child(
        self, place: Place, node: WorkflowNode, target: SubWorkflow, inputs: Json
    ) -> Outcome:
        child = GraphInput(
            execution_id=str(workflow.uuid4()),
            owner_id=self.start.owner_id,
            workflow_id=target.workflow_id,
            workflow_version=target.version,
            graph=target.graph,
            graph_hash=target.graph_hash,
            tools=self.start.tools,
            workflows=self.start.workflows,
            agents=self.start.agents,
            input=inputs,
            depth=self.start.depth + 1,
        )
        result = await self.commands.child(child, place, _own_timeout(node))
        return Outcome(COMPLETED, result.output)

    async def _agent(self, place: Place, node: AgentNode) -> Outcome:
        spec = self._agent_spec(node)
        rendered = self._rendered_tool(place, node, spec)
        self._check_places(rendered)
        prompt = rendered.config["prompt"] if node.config else rendered.inputs.get("prompt")
        # Whoever draws no edge from a handle goes on with what there is.
        ways = {edge.source_handle for edge in self.start.graph.outgoing[node.key]}
        try:
            child = agent_run(
                spec,
                rendered,
                prompt,
                Surroundings(self.start.tools, self.start.workflows, self.start.agents),
                execution_id=str(workflow.uuid4()),
                owner_id=self.start.owner_id,
                workflow_id=self.start.workflow_id,
                workflow_version=self.start.workflow_version,
                graph_hash=self.start.graph_hash,
                node_key=node.key,
                title=node.title,
                depth=self.start.depth + 1,
                ends_on_timeout=TIMEOUT_HANDLE in ways,
            )
        except ToolMissing as problem:
            raise NodeFailed("NotFound", str(problem)) from problem
        result = await self.commands.agent(child, place, _own_timeout(node))
        ended = result.output.get("ended") if isinstance(result.output, dict) else None
        taken = ended in {BUDGET_HANDLE, TIMEOUT_HANDLE} and ended in ways
        return Outcome(COMPLETED, result.output, handle=str(ended) if taken else None)

    def _agent_spec(self, node: AgentNode) -> AgentSpec:
        if node.config is not None:
            return AgentSpec(config=node.config)
        spec = self.start.agents.get(node.agent or "")
        if spec is None:
            raise NodeFailed("NotFound", f"agent {node.agent!r} is not registered")
        return spec

    # Containers ----------------------------------------------------------------------------------

    async def items(self, place: Place, node: ParallelNode | LoopNode) -> list[Json] | None:
        """The items of a container, recorded; None for a `while` loop."""
        template = node.config.items
        whiles = isinstance(node, LoopNode) and node.config.while_ is not None
        found = await self.evaluate(place, node, "items", {"items": template})
        if whiles:
            return None
        items = found["items"]
        if not isinstance(items, list):
            what = "an artifact" if is_artifact(items) else type(items).__name__
            raise NodeFailed("InvalidInput", f"`items` is {what}; it must be a list")
        if len(items) > MAX_ITEMS:
            raise NodeFailed("TooManyItems", f"{len(items)} items; at most {MAX_ITEMS} are run")
        return items

    async def proceed(self, place: Place, node: LoopNode, index: int) -> bool:
        """Whether the loop's `while` holds before pass number `index`, recorded."""
        last = self.scheduler.passes[place].results.get(index - 1)
        scope = self._scope(place, node.config.while_)
        scope |= {"index": index, "previous": last}
        found = await self._evaluated(
            place, node, f"while.{index}", {"while": node.config.while_}, scope
        )
        answer = found["while"]
        if not isinstance(answer, bool):
            raise NodeFailed("InvalidInput", f"`while` is {answer!r}; it must be true or false")
        return answer

    # Values --------------------------------------------------------------------------------------

    async def evaluate(
        self, place: Place, node: Node, purpose: str, template: Mapping[str, Json]
    ) -> dict[str, Json]:
        """Render what steers the run and record it."""
        return await self._evaluated(
            place, node, purpose, template, self._scope(place, dict(template))
        )

    async def _evaluated(
        self,
        place: Place,
        node: Node,
        purpose: str,
        template: Mapping[str, Json],
        scope: dict[str, Json],
    ) -> dict[str, Json]:
        task = EvaluateTask(
            context=self.commands.context(place), field="", template=dict(template), scope=scope
        )
        envelope = await self.commands.local(
            Activity.EVALUATE,
            task,
            place,
            title=node.title,
            purpose=purpose,
            size=encoded_size(scope),
            result=Envelope,
        )
        if not isinstance(envelope.output, dict) or is_artifact(envelope.output):
            raise NodeFailed("PayloadTooLarge", f"`{purpose}` is over {MAX_INLINE_BYTES} bytes")
        return envelope.output

    async def stored(self, place: Place, title: str, purpose: str, value: Json) -> Json:
        """`value` itself, or a reference to it once it is over the inline limit."""
        if encoded_size(value) <= MAX_INLINE_BYTES:
            return value
        # Templates are not evaluated in scope values, so data stays data.
        task = EvaluateTask(
            context=self.commands.context(place),
            field=purpose,
            template="{{ item }}",
            scope={"item": value},
        )
        envelope = await self.commands.local(
            Activity.EVALUATE, task, place, title=title, purpose=purpose, result=Envelope
        )
        return envelope.output

    async def _inputs(self, place: Place, node: Node) -> Json:
        inputs: Json = self._rendered_inputs(place, node)
        return await self.stored(place, node.title, "inputs", inputs)

    def _rendered_inputs(self, place: Place, node: Node) -> dict[str, Json]:
        overridden = self._edited(place)
        if overridden is not None:
            return overridden
        scope = self._scope(place, node.inputs)
        try:
            return {
                key: render_value(template, scope, field=f"inputs.{key}")
                for key, template in node.inputs.items()
            }
        except ExpressionError as error:
            raise NodeFailed("ExpressionFailed", error.message, {"field": error.field}) from error

    def _edited(self, place: Place) -> dict[str, Json] | None:
        """Inputs that whoever runs it again gave instead, for this pass or for all."""
        given = self.start.input_overrides
        return given.get(activity_id(place.key, place.path), given.get(place.key))

    def _scope(self, place: Place, *templates: Json) -> dict[str, Json]:
        return scope_for(self.scheduler, self.start, self.scheduler.frame_of(place), *templates)

    def _spec(self, node: ToolNode) -> ToolSpec:
        if node.config is not None:
            return ToolSpec(config=node.config)
        spec = self.start.tools.get(node.tool or "")
        if spec is None:
            raise NodeFailed("NotFound", f"tool {node.tool!r} is not registered")
        return spec

    async def _pure(
        self,
        name: str,
        task: TriggerTask | ConditionTask | AdapterTask | MergeTask,
        place: Place,
        node: Node,
        size: int,
    ) -> Outcome:
        envelope = await self.commands.local(
            name, task, place, title=node.title, size=size, result=Envelope
        )
        return Outcome(COMPLETED, envelope.output, envelope.handle)


def _no_event_text(name: str, value: Json, most: int) -> NodeFailed:
    shown = repr(value)[:100]
    message = f"`{name}` is {shown}; it must be a text of 1 to {most} characters"
    return NodeFailed("InvalidInput", message, {"field": f"config.{name}"})


def _too_late(asked: Question) -> str:
    if asked.required == 1:
        return "nobody decided in time"
    return f"{len(asked.decisions)} of {asked.required} approved in time"


def _own_timeout(node: Node) -> float | None:
    """Seconds, only when the author gave them: what runs below has limits of its own."""
    return node.timeout_seconds if "timeout_seconds" in node.model_fields_set else None


def _sub_workflow_name(node: WorkflowNode) -> str:
    """Key of the target in `GraphInput.workflows`: `name`, or `name@version`."""
    version = node.config.version
    return f"{node.config.workflow}@{version}" if version else node.config.workflow


def _parse_time(value: Json) -> datetime:
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise NodeFailed(
            "InvalidInput", f"`until` is {value!r}; it must be an ISO 8601 time with an offset"
        )
    return parsed.astimezone(UTC)
