"""What a model asks for: tools, other workflows and agents, each when people allow it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ChildWorkflowError,
    is_cancelled_exception,
)

from models.graph.expression import ExpressionError
from models.graph.limits import MAX_SUB_WORKFLOW_DEPTH
from models.graph.tool import ToolSpec
from models.graph.values import Json
from temporal_workflows.agent_inputs import Surroundings, ToolMissing, agent_child
from temporal_workflows.commands import Commands
from temporal_workflows.contracts import (
    APPROVAL_PURPOSE,
    Activity,
    AgentInput,
    AgentToolSpec,
    AskedCall,
    Decision,
    DraftTask,
    Envelope,
    EvaluateTask,
    GraphInput,
    ToolTask,
    activity_id,
)
from temporal_workflows.failures import node_error
from temporal_workflows.scheduler import Place
from temporal_workflows.tool_rendering import ToolTemplates

# What a call gives goes into the history twice: as its result, and to the model's next turn.
CALL_INLINE_BYTES = 4 * 1024
ALREADY_DECIDED = "AlreadyDecided"
EXPIRED = "ApprovalExpired"


class AgentCalls:
    """Runs the calls of one agent; whatever goes wrong with one is told to its model.

    Attributes:
        expired: Whether nobody decided in time about one of them.
        spent: What the agents below have cost, as {tokens_in, tokens_out, cost_usd}.
    """

    def __init__(self, start: AgentInput, commands: Commands) -> None:
        self.expired = False
        self.spent: list[dict[str, float]] = []
        self._start = start
        self._commands = commands
        self._tools = {tool.name: tool for tool in start.tools}
        self._around = Surroundings(start.registered, start.workflows, start.agents)
        self._waiting: dict[str, datetime] = {}
        self._decisions: dict[str, Decision] = {}

    # Approvals -----------------------------------------------------------------------------------

    def check(self, decision: Decision) -> None:
        """Raises `ApplicationError` of type `AlreadyDecided` unless its call waits for one."""
        until = self._waiting.get(decision.place)
        if until is None or decision.place in self._decisions or workflow.now() >= until:
            raise ApplicationError(
                f"{decision.place} does not wait for a decision (any more)", type=ALREADY_DECIDED
            )

    def decide(self, decision: Decision) -> None:
        """Take a decision that was checked."""
        self._decisions[decision.place] = decision

    async def _refused(self, tool: AgentToolSpec, call: AskedCall, place: Place) -> Json:
        """Wait for a person; what to tell the model instead of a result, None to go on."""
        name = activity_id(place.key, place.path)
        until = workflow.now() + timedelta(seconds=tool.approval_seconds)
        await self._ask(tool, call, place, until)
        self._waiting[name] = until
        try:
            await workflow.wait_condition(
                lambda: name in self._decisions,
                timeout=tool.approval_seconds,
                timeout_summary=activity_id(place.key, place.path, APPROVAL_PURPOSE),
            )
        except TimeoutError:
            self.expired = True
            return _refusal(EXPIRED, "nobody decided in time whether this may be done")
        finally:
            del self._waiting[name]
        decision = self._decisions.pop(name)
        if decision.approve:
            return None
        why = f": {decision.comment}" if decision.comment else ""
        return _refusal("Rejected", f"a person does not allow it{why}")

    async def _ask(
        self, tool: AgentToolSpec, call: AskedCall, place: Place, until: datetime
    ) -> None:
        """Record the question, for the mirror and for people."""
        question: dict[str, Json] = {
            "tool": tool.name,
            "arguments": call.arguments,
            "asked_at": workflow.now().isoformat(),
            "until": until.isoformat(),
        }
        task = EvaluateTask(
            context=self._commands.context(place),
            field=APPROVAL_PURPOSE,
            template="{{ item }}",
            scope={"item": question},
        )
        await self._commands.local(
            Activity.EVALUATE,
            task,
            place,
            title=tool.name,
            purpose=APPROVAL_PURPOSE,
            result=Envelope,
        )

    # Calls ---------------------------------------------------------------------------------------

    async def run(self, call: AskedCall, place: Place, seq: int) -> Json:
        """The result for the model; `seq` is the number of the message that asks for it."""
        tool = self._tools.get(call.name)
        if tool is None:
            known = ", ".join(self._tools) or "none"
            return _refusal("UnknownTool", f"there is no tool {call.name!r}; there are: {known}")
        # A draft's own activity says better what is wrong with its operations.
        if call.problem is not None and not tool.draft:
            return _refusal("InvalidInput", call.problem)
        try:
            refusal = await self._refused(tool, call, place) if tool.sensitive else None
            return refusal or await self._run(tool, call, place, seq)
        except ExpressionError as problem:
            return _refusal("ExpressionFailed", problem.message)
        except ToolMissing as problem:
            return _refusal("NotFound", str(problem))
        except (ActivityError, ChildWorkflowError) as failure:
            if is_cancelled_exception(failure):
                raise
            error = node_error(failure, place)
            return _refusal(error.code, error.message)

    async def _run(self, tool: AgentToolSpec, call: AskedCall, place: Place, seq: int) -> Json:
        if tool.draft:
            task = self._draft_task(call, place, seq)
            return (await self._commands.draft(task, place, tool.name)).output
        if tool.spec is not None:
            tool_task = self._tool_task(tool, tool.spec, call, place)
            return (await self._commands.tool(tool_task, place, tool.name)).output
        if self._start.depth >= MAX_SUB_WORKFLOW_DEPTH:
            return _refusal("TooDeep", f"more than {MAX_SUB_WORKFLOW_DEPTH} runs below each other")
        below: Callable[[AgentToolSpec, AskedCall, Place], Awaitable[Json]]
        below = self._agent if tool.agent is not None else self._workflow
        return await below(tool, call, place)

    def _tool_task(
        self, tool: AgentToolSpec, spec: ToolSpec, call: AskedCall, place: Place
    ) -> ToolTask:
        templates = ToolTemplates(spec, {})
        nonce = workflow.uuid4().hex if templates.secrets else ""
        rendered = templates.render({}, nonce, call.arguments)
        return ToolTask(
            context=self._commands.context(place),
            config=rendered.config,
            inputs=dict(rendered.inputs),
            secrets=rendered.secrets,
            tool_id=spec.id,
            rate_limit=spec.rate_limit,
            inline_bytes=CALL_INLINE_BYTES,
            input_schema=spec.input_schema,
            output_schema=spec.output_schema,
            timeout_seconds=tool.timeout_seconds,
        )

    def _draft_task(self, call: AskedCall, place: Place, seq: int) -> DraftTask:
        return DraftTask(
            context=self._commands.context(place),
            conversation_id=self._start.execution_id,
            seq=seq,
            call_id=call.id,
            name=call.name,
            inputs=call.arguments,
            base=self._start.draft_base,
        )

    async def _workflow(self, tool: AgentToolSpec, call: AskedCall, place: Place) -> Json:
        target = self._around.workflows[tool.workflow or ""]
        child = GraphInput(
            execution_id=str(workflow.uuid4()),
            owner_id=self._start.owner_id,
            workflow_id=target.workflow_id,
            workflow_version=target.version,
            graph=target.graph,
            graph_hash=target.graph_hash,
            tools=self._start.registered,
            workflows=self._start.workflows,
            agents=self._start.agents,
            input=dict(call.arguments),
            depth=self._start.depth + 1,
        )
        result = await self._commands.child(child, place, tool.timeout_seconds)
        return result.output

    async def _agent(self, tool: AgentToolSpec, call: AskedCall, place: Place) -> Json:
        child = agent_child(
            self._around.agents[tool.agent or ""],
            str(call.arguments["prompt"]),
            self._around,
            workflow.uuid4().hex,
            execution_id=str(workflow.uuid4()),
            owner_id=self._start.owner_id,
            workflow_id=self._start.workflow_id,
            workflow_version=self._start.workflow_version,
            graph_hash=self._start.graph_hash,
            node_key=place.key,
            title=tool.name,
            depth=self._start.depth + 1,
        )
        result = await self._commands.agent(child, place, tool.timeout_seconds)
        found = result.output if isinstance(result.output, dict) else {}
        usage = found.get("usage")
        if isinstance(usage, dict):
            self.spent.append({name: float(str(usage.get(name) or 0)) for name in usage})
        value = found.get("value")
        answer: Json = found.get("text") if value is None else value
        return {"answer": answer, "ended": found.get("ended")}


def _refusal(code: str, message: str) -> Json:
    return {"error": {"code": code, "message": message}}
