"""What a model asks for: tools, other workflows and agents, each when people allow it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import (
    ActivityError,
    ChildWorkflowError,
    is_cancelled_exception,
)

from models.graph.expression import ExpressionError
from models.graph.limits import MAX_SUB_WORKFLOW_DEPTH
from models.graph.tool import ToolSpec
from models.graph.values import Json
from temporal_workflows.agent_inputs import Surroundings, ToolMissing, agent_child
from temporal_workflows.approvals import Approvals
from temporal_workflows.commands import Commands
from temporal_workflows.contracts import (
    AgentInput,
    AgentToolSpec,
    AskedCall,
    DraftTask,
    GraphInput,
    ToolTask,
)
from temporal_workflows.failures import node_error
from temporal_workflows.scheduler import Place
from temporal_workflows.tool_rendering import ToolTemplates

# What a call gives goes into the history twice: as its result, and to the model's next turn.
CALL_INLINE_BYTES = 4 * 1024
EXPIRED = "ApprovalExpired"


class AgentCalls:
    """Runs the calls of one agent; whatever goes wrong with one is told to its model.

    Attributes:
        approvals: The sensitive ones that wait for a person.
        expired: Whether nobody decided in time about one of them.
        spent: What the agents below have cost, as {tokens_in, tokens_out, cost_usd}.
    """

    def __init__(self, start: AgentInput, commands: Commands) -> None:
        self.expired = False
        self.spent: list[dict[str, float]] = []
        self.approvals = Approvals(commands)
        self._start = start
        self._commands = commands
        self._tools = {tool.name: tool for tool in start.tools}
        self._around = Surroundings(start.registered, start.workflows, start.agents)

    async def _refused(self, tool: AgentToolSpec, call: AskedCall, place: Place) -> Json:
        """Wait for a person; what to tell the model instead of a result, None to go on."""
        until = workflow.now() + timedelta(seconds=tool.approval_seconds)
        question: dict[str, Json] = {
            "tool": tool.name,
            "arguments": call.arguments,
            "asked_at": workflow.now().isoformat(),
        }
        decision = await self.approvals.wait(place, tool.name, question, until)
        if decision is None:
            self.expired = True
            return _refusal(EXPIRED, "nobody decided in time whether this may be done")
        if decision.approve:
            return None
        why = f": {decision.comment}" if decision.comment else ""
        return _refusal("Rejected", f"a person does not allow it{why}")

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
