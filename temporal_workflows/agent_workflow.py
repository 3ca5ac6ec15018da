"""The workflow of an agent: turns of its model and calls of its tools, each an activity."""

import asyncio
from typing import NoReturn

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception

from models.graph.agent import BUDGET_HANDLE, Budgets
from models.graph.expression import ExpressionError
from models.graph.values import Json
from temporal_workflows.commands import Commands
from temporal_workflows.contracts import (
    ADMITTED_SIGNAL,
    AGENT_WORKFLOW,
    Admitted,
    AgentInput,
    AgentState,
    AgentToolSpec,
    AskedCall,
    Envelope,
    GraphResult,
    NewMessage,
    ToolOfferSpec,
    ToolTask,
    TurnInputs,
    TurnOutput,
    TurnTask,
)
from temporal_workflows.failures import node_error, run_failure
from temporal_workflows.scheduler import Place
from temporal_workflows.tool_rendering import ToolTemplates

# What a call gives goes into the history twice: as its result, and to the model's next turn.
CALL_INLINE_BYTES = 4 * 1024


@workflow.defn(name=AGENT_WORKFLOW)
class AgentWorkflow:
    """Asks the model, runs what it asks for, and tells it the results, until it has an answer.

    The conversation is in the database; the history holds what is new in each turn, and large
    results by reference.
    """

    @workflow.init
    def __init__(self, start: AgentInput) -> None:
        self.start = start
        self.commands = Commands(start)
        self.state = start.state or _opening(start)
        self.tools = {tool.name: tool for tool in start.tools}
        self.budgets = Budgets.model_validate(start.config.get("budgets") or {})

    @workflow.run
    async def run(self, start: AgentInput) -> GraphResult:
        """Work until there is an answer or a budget is spent."""
        if start.started_at is None:
            start.started_at = workflow.info().workflow_start_time
        while True:
            spent = self._spent()
            if spent is not None:
                return GraphResult(output=self._output(BUDGET_HANDLE, None, spent))
            turn = await self._turn()
            if not turn.calls:
                ended = "answer" if turn.finish == "stop" else turn.finish
                return GraphResult(output=self._output(ended, turn.value, None))
            await self._answer(turn.calls)
            if workflow.info().get_current_history_length() > self.start.max_events:
                self._continue_as_new()

    @workflow.signal(name=ADMITTED_SIGNAL)
    def admitted(self, answer: Admitted) -> None:
        """Another run gave a limited tool up, and a call of this one is next."""
        self.commands.admit(answer)

    # Turns ---------------------------------------------------------------------------------------

    async def _turn(self) -> TurnOutput:
        state = self.state
        state.turns += 1
        state.seq += 1
        place = Place(f"turn_{state.turns}")
        task = TurnTask(
            context=self.commands.context(place),
            config=self.start.config,
            secrets=self.start.secrets,
            offers=[_offer(tool) for tool in self.start.tools],
            conversation_id=self.start.execution_id,
            seq=state.seq,
            inputs=TurnInputs(messages=state.new),
        )
        try:
            envelope = await self.commands.turn(task, place, f"Turn {state.turns}")
        except FailureError as failure:
            if is_cancelled_exception(failure):
                raise
            raise run_failure(node_error(failure, place)) from failure
        state.new = []
        self._count(envelope)
        found = TurnOutput.model_validate(envelope.output)
        state.text = found.text or state.text
        return found

    def _count(self, envelope: Envelope) -> None:
        self.state.tokens_in += envelope.usage.tokens_in
        self.state.tokens_out += envelope.usage.tokens_out
        self.state.cost_usd += envelope.usage.cost_usd

    def _spent(self) -> str | None:
        """The budget that is used up, None while there is room in all of them."""
        state, budgets = self.state, self.budgets
        started = self.start.started_at or workflow.now()
        used: list[tuple[str, float, float | None]] = [
            ("turns", state.turns, budgets.max_turns),
            ("tokens", state.tokens_in + state.tokens_out, budgets.max_tokens),
            ("cost", state.cost_usd, budgets.max_cost_usd),
            ("seconds", (workflow.now() - started).total_seconds(), budgets.max_seconds),
        ]
        return next((name for name, have, most in used if most is not None and have >= most), None)

    # Calls ---------------------------------------------------------------------------------------

    async def _answer(self, calls: list[AskedCall]) -> None:
        """Run the calls of one turn side by side; the model hears of them in its own order."""
        turn = self.state.turns
        answers = await asyncio.gather(
            *(self._call(call, Place(f"call_{turn}_{n}")) for n, call in enumerate(calls, 1))
        )
        for call, content in zip(calls, answers, strict=True):
            self.state.seq += 1
            self.state.calls += 1
            message = NewMessage(
                seq=self.state.seq, role="tool", content=content, tool_call_id=call.id
            )
            self.state.new.append(message)

    async def _call(self, call: AskedCall, place: Place) -> Json:
        tool = self.tools.get(call.name)
        if tool is None:
            known = ", ".join(self.tools) or "none"
            return _refusal("UnknownTool", f"there is no tool {call.name!r}; there are: {known}")
        if call.problem is not None:
            return _refusal("InvalidInput", call.problem)
        try:
            envelope = await self.commands.tool(self._task(tool, call, place), place, tool.name)
        except ExpressionError as problem:
            return _refusal("ExpressionFailed", problem.message)
        except ActivityError as failure:
            if is_cancelled_exception(failure):
                raise
            error = node_error(failure, place)
            return _refusal(error.code, error.message)
        return envelope.output

    def _task(self, tool: AgentToolSpec, call: AskedCall, place: Place) -> ToolTask:
        templates = ToolTemplates(tool.spec, {})
        nonce = workflow.uuid4().hex if templates.secrets else ""
        rendered = templates.render({}, nonce, call.arguments)
        return ToolTask(
            context=self.commands.context(place),
            config=rendered.config,
            inputs=dict(rendered.inputs),
            secrets=rendered.secrets,
            tool_id=tool.spec.id,
            rate_limit=tool.spec.rate_limit,
            inline_bytes=CALL_INLINE_BYTES,
            input_schema=tool.spec.input_schema,
            output_schema=tool.spec.output_schema,
            timeout_seconds=tool.timeout_seconds,
        )

    # Ends ----------------------------------------------------------------------------------------

    def _output(self, ended: str, value: Json, budget: str | None) -> Json:
        state = self.state
        return {
            "text": state.text,
            "value": value,
            "ended": ended,
            "budget": budget,
            "turns": state.turns,
            "calls": state.calls,
            "usage": {
                "tokens_in": state.tokens_in,
                "tokens_out": state.tokens_out,
                "cost_usd": round(state.cost_usd, 9),
            },
            "execution_id": self.start.execution_id,
        }

    def _continue_as_new(self) -> NoReturn:
        workflow.continue_as_new(self.start.model_copy(update={"state": self.state}))


def _opening(start: AgentInput) -> AgentState:
    """The conversation before the first turn: what the model is, and what it is to do."""
    system, prompt = start.config.get("system"), start.config["prompt"]
    said: list[tuple[str, Json]] = [("system", system)] if system else []
    said.append(("user", prompt))
    new = [
        NewMessage.model_validate({"seq": seq, "role": role, "content": content})
        for seq, (role, content) in enumerate(said, 1)
    ]
    return AgentState(seq=len(new), new=new)


def _offer(tool: AgentToolSpec) -> ToolOfferSpec:
    return ToolOfferSpec(
        name=tool.name,
        description=tool.description,
        parameters=tool.spec.input_schema or {"type": "object"},
    )


def _refusal(code: str, message: str) -> Json:
    return {"error": {"code": code, "message": message}}
