"""The workflow of an agent: turns of its model and calls of its tools, each an activity."""

import asyncio
from typing import Literal, NoReturn

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from models.graph.agent import BUDGET_HANDLE, TIMEOUT_HANDLE, Budgets
from models.graph.values import Json
from temporal_workflows.agent_calls import AgentCalls
from temporal_workflows.commands import Commands
from temporal_workflows.contracts import (
    ADMITTED_SIGNAL,
    AGENT_WORKFLOW,
    CLOSE_UPDATE,
    CONVERSATION_KEY,
    DECIDE_UPDATE,
    IDLE_PURPOSE,
    REFRESH_SIGNAL,
    SAY_UPDATE,
    Admitted,
    AgentInput,
    AgentState,
    AgentToolSpec,
    AskedCall,
    Decision,
    DecisionTaken,
    Envelope,
    GraphResult,
    NewMessage,
    Said,
    SaidAnswer,
    ToolOfferSpec,
    TurnInputs,
    TurnOutput,
    TurnTask,
    activity_id,
)
from temporal_workflows.failures import node_error, run_failure
from temporal_workflows.policies import NEWEST_BUILD
from temporal_workflows.scheduler import Place

# Newest messages beside a summary, unless the agent says how many.
SUMMARY_WINDOW = 40
MAX_WAITING_MESSAGES = 20
MAX_HEARD = 500


@workflow.defn(name=AGENT_WORKFLOW)
class AgentWorkflow:
    """Asks the model, runs what it asks for, and tells it the results, until it has an answer.

    A conversation then waits for the next message. What was said is in the database; the history
    holds what is new in each turn, and large results by reference.
    """

    @workflow.init
    def __init__(self, start: AgentInput) -> None:
        self.start = start
        self.commands = Commands(start)
        self.calls = AgentCalls(start, self.commands)
        self.state = start.state or _opening(start)
        self.refreshing = False
        self.budgets = Budgets.model_validate(start.config.get("budgets") or {})

    @workflow.run
    async def run(self, start: AgentInput) -> GraphResult:
        """Work until there is an answer or a budget is spent; a conversation until it is closed."""
        if start.started_at is None:
            start.started_at = workflow.info().workflow_start_time
        while True:
            if not self.state.idle:
                await self._work()
            if not start.chat or not await self._next_message():
                return GraphResult(output=self._output())

    # What others say -----------------------------------------------------------------------------

    @workflow.signal(name=ADMITTED_SIGNAL)
    def admitted(self, answer: Admitted) -> None:
        """Another run gave a limited tool up, and a call of this one is next."""
        self.commands.admit(answer)

    @workflow.signal(name=REFRESH_SIGNAL)
    def refresh(self) -> None:
        """Go on in another history before the next turn or message: with the newest build."""
        self.refreshing = True

    @workflow.update(name=DECIDE_UPDATE)
    def decide(self, decision: Decision) -> DecisionTaken:
        """A person allows a sensitive call, or does not."""
        return self.calls.approvals.decide(decision)

    @decide.validator
    def _may_decide(self, decision: Decision) -> None:
        self.calls.approvals.check(decision)

    @workflow.update(name=SAY_UPDATE)
    def say(self, said: Said) -> SaidAnswer:
        """A person's next message; it is read when everything before it is answered."""
        state = self.state
        if said.id not in state.heard:
            while len(state.heard) >= MAX_HEARD:
                del state.heard[next(iter(state.heard))]
            state.heard[said.id] = max(state.heard.values(), default=1) + 1
            state.said.append(said)
        return SaidAnswer(number=state.heard[said.id])

    @say.validator
    def _may_say(self, said: Said) -> None:
        if said.id in self.state.heard:
            return
        if not self.start.chat or self.state.closing:
            raise ApplicationError("the conversation is closed", type="ConversationClosed")
        if len(self.state.said) >= MAX_WAITING_MESSAGES:
            raise ApplicationError(
                f"{MAX_WAITING_MESSAGES} messages wait for their answer", type="TooManyWaiting"
            )

    @workflow.update(name=CLOSE_UPDATE)
    def close(self) -> None:
        """Nobody will say anything more."""
        self.state.closing = True

    async def _next_message(self) -> bool:
        """Wait for people; False when the conversation is closed or nobody came for long."""
        state = self.state
        state.idle = True
        if not state.said and not state.closing:
            try:
                await workflow.wait_condition(
                    lambda: bool(state.said) or state.closing or self.refreshing,
                    timeout=self.start.idle_seconds,
                    timeout_summary=activity_id(CONVERSATION_KEY, "", IDLE_PURPOSE),
                )
            except TimeoutError:
                return False
        if not state.said and not state.closing and self.refreshing:
            self._continue_as_new()
        if not state.said:
            return False
        for said in state.said:
            self._hear("user", said.text)
        state.said = []
        state.idle = False
        state.before = state.model_copy(update={"before": None, "new": [], "value": None})
        state.since = workflow.now()
        return True

    # Work ----------------------------------------------------------------------------------------

    async def _work(self) -> None:
        """Take turns until the newest question is answered, or cannot be."""
        state = self.state
        state.ended, state.value = "", None
        while not state.ended:
            length = workflow.info().get_current_history_length()
            if length > self.start.max_events or self.refreshing:
                self._continue_as_new()
            if self._spent() is not None:
                state.ended = BUDGET_HANDLE
                return
            try:
                await self._sum_up()
                turn = await self._turn()
            except ApplicationError:
                # The row of the turn says what went wrong; a person may say what to do about it.
                if not self.start.chat:
                    raise
                state.ended = "failed"
                return
            if not turn.calls:
                state.ended = "answer" if turn.finish == "stop" else turn.finish
                state.value = turn.value
                return
            await self._answer(turn.calls)
            if self.calls.expired and self.start.ends_on_timeout:
                state.ended = TIMEOUT_HANDLE

    async def _turn(self) -> TurnOutput:
        state = self.state
        state.turns += 1
        envelope = await self._ask_model(Place(f"turn_{state.turns}"), f"Turn {state.turns}")
        found = TurnOutput.model_validate(envelope.output)
        state.text = found.text or state.text
        return found

    async def _sum_up(self) -> None:
        """Let the model sum up what would no longer be sent word for word."""
        state, config = self.state, self.start.config
        window = int(str(config.get("window") or SUMMARY_WINDOW))
        if config.get("memory") != "summary" or state.seq - state.summed <= window:
            return
        state.summaries += 1
        place = Place(f"summary_{state.summaries}")
        envelope = await self._ask_model(place, f"Summary {state.summaries}", summary=True)
        covered = envelope.output.get("value") if isinstance(envelope.output, dict) else None
        # Whatever it covers, the next summary is not due at once.
        state.summed = max(int(str(covered or 0)), state.seq - window // 2)

    async def _ask_model(self, place: Place, title: str, *, summary: bool = False) -> Envelope:
        state = self.state
        state.seq += 1
        task = TurnTask(
            context=self.commands.context(place),
            config=self.start.config,
            secrets=self.start.secrets,
            offers=[] if summary else [_offer(tool) for tool in self.start.tools],
            conversation_id=self.start.execution_id,
            seq=state.seq,
            inputs=TurnInputs(messages=state.new, seq=state.seq),
            summary=summary,
        )
        try:
            envelope = await self.commands.turn(task, place, title)
        except FailureError as failure:
            if is_cancelled_exception(failure):
                raise
            raise run_failure(node_error(failure, place)) from failure
        state.new = []
        state.tokens_in += envelope.usage.tokens_in
        state.tokens_out += envelope.usage.tokens_out
        state.cost_usd = _dollars(state.cost_usd + envelope.usage.cost_usd)
        return envelope

    async def _answer(self, calls: list[AskedCall]) -> None:
        """Run the calls of one turn side by side; the model hears of them in its own order."""
        turn, seq = self.state.turns, self.state.seq
        answers = await asyncio.gather(
            *(
                self.calls.run(call, Place(f"call_{turn}_{number}"), seq)
                for number, call in enumerate(calls, 1)
            )
        )
        for call, content in zip(calls, answers, strict=True):
            self.state.calls += 1
            self._hear("tool", content, call.id)
        for usage in self.calls.spent:
            self.state.tokens_in += int(usage.get("tokens_in", 0))
            self.state.tokens_out += int(usage.get("tokens_out", 0))
            self.state.cost_usd = _dollars(self.state.cost_usd + usage.get("cost_usd", 0))
        self.calls.spent.clear()

    def _hear(
        self, role: Literal["user", "tool"], content: Json, call_id: str | None = None
    ) -> None:
        self.state.seq += 1
        message = NewMessage(seq=self.state.seq, role=role, content=content, tool_call_id=call_id)
        self.state.new.append(message)

    def _spent(self) -> str | None:
        """The budget that is used up, None while there is room in all of them."""
        state, budgets = self.state, self.budgets
        before = state.before or AgentState()
        since = state.since or self.start.started_at or workflow.now()
        tokens = state.tokens_in + state.tokens_out - before.tokens_in - before.tokens_out
        used: list[tuple[str, float, float | None]] = [
            ("turns", state.turns - before.turns, budgets.max_turns),
            ("tokens", tokens, budgets.max_tokens),
            ("cost", _dollars(state.cost_usd - before.cost_usd), budgets.max_cost_usd),
            ("seconds", (workflow.now() - since).total_seconds(), budgets.max_seconds),
        ]
        return next((name for name, have, most in used if most is not None and have >= most), None)

    # Ends ----------------------------------------------------------------------------------------

    def _output(self) -> Json:
        state = self.state
        return {
            "text": state.text,
            "value": state.value,
            "ended": state.ended,
            "budget": self._spent() if state.ended == BUDGET_HANDLE else None,
            "turns": state.turns,
            "calls": state.calls,
            "usage": {
                "tokens_in": state.tokens_in,
                "tokens_out": state.tokens_out,
                "cost_usd": state.cost_usd,
            },
            "execution_id": self.start.execution_id,
        }

    def _continue_as_new(self) -> NoReturn:
        workflow.continue_as_new(
            self.start.model_copy(update={"state": self.state}),
            initial_versioning_behavior=NEWEST_BUILD,
        )


def _dollars(amount: float) -> float:
    """Without what adding in binary leaves: eight times 0.1 is 0.8, and no turn more."""
    return round(amount, 10)


def _opening(start: AgentInput) -> AgentState:
    """The conversation before the first turn: what the model is, and what it is to do."""
    prompt = start.input["prompt"] if isinstance(start.input, dict) else start.input
    said: list[tuple[str, Json]] = [("system", start.system)] if start.system else []
    said.append(("user", prompt))
    new = [
        NewMessage.model_validate({"seq": seq, "role": role, "content": content})
        for seq, (role, content) in enumerate(said, 1)
    ]
    return AgentState(seq=len(new), new=new)


def _offer(tool: AgentToolSpec) -> ToolOfferSpec:
    own = tool.spec.input_schema if tool.spec else None
    return ToolOfferSpec(
        name=tool.name,
        description=tool.description,
        parameters=tool.parameters or own or {"type": "object"},
    )
