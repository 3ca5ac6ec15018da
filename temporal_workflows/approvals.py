"""Waiting for people: each question is recorded, waits on a timer, and takes their decisions."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from models.enums import ApprovalStatus
from models.graph.assignees import together
from models.graph.values import Json, encoded_size
from temporal_workflows.commands import Commands
from temporal_workflows.contracts import (
    APPROVAL_PURPOSE,
    REMINDER_PURPOSE,
    Activity,
    Decision,
    DecisionTaken,
    Envelope,
    EvaluateTask,
    OpenQuestion,
    TakenDecision,
    activity_id,
)
from temporal_workflows.scheduler import Place

ALREADY_DECIDED = "AlreadyDecided"


@dataclass(slots=True)
class Question:
    """What is asked at a place: `shown` is recorded, with `until`, for the mirror and for people.

    It takes `required` people to approve, and one to reject; `reminder_seconds` after it was asked
    those who have not decided are reminded.
    """

    shown: dict[str, Json]
    until: datetime
    asked_at: datetime
    required: int = 1
    reminder_seconds: float | None = None
    reminded_at: datetime | None = None
    decisions: list[TakenDecision] = field(default_factory=list)

    @property
    def status(self) -> ApprovalStatus:
        """What the decisions come to; `pending` while more of them are needed."""
        return together([each.approve for each in self.decisions], self.required)


class Approvals:
    """The questions of one run that wait for people; `earlier` waited in the run before it."""

    def __init__(self, commands: Commands, earlier: Iterable[OpenQuestion] = ()) -> None:
        self._commands = commands
        self._waiting: dict[str, Question] = {}
        self._earlier = {each.place: each for each in earlier}

    def check(self, decision: Decision) -> None:
        """Raises `ApplicationError` of type `AlreadyDecided` unless its place waits for it."""
        question = self._waiting.get(decision.place)
        # The timer fires no earlier than this, so that never both count.
        if (
            question is None
            or question.status is not ApprovalStatus.PENDING
            or workflow.now() >= question.until
        ):
            raise ApplicationError(
                f"{decision.place} does not wait for a decision (any more)", type=ALREADY_DECIDED
            )
        if any(each.by == decision.by for each in question.decisions):
            raise ApplicationError("this person has decided already", type=ALREADY_DECIDED)

    def decide(self, decision: Decision) -> DecisionTaken:
        """Take a decision that was checked."""
        question = self._waiting[decision.place]
        taken = decision.model_dump(exclude={"place"})
        question.decisions.append(TakenDecision(**taken, at=workflow.now()))
        return DecisionTaken(status=question.status)

    def open_questions(self) -> list[OpenQuestion]:
        """What the next run of the chain has to know; a decision that was taken is not lost."""
        return [
            OpenQuestion(
                place=name,
                asked_at=each.asked_at,
                reminded_at=each.reminded_at,
                decisions=each.decisions,
            )
            for name, each in self._waiting.items()
        ]

    async def wait(
        self, place: Place, title: str, question: dict[str, Json], until: datetime
    ) -> TakenDecision | None:
        """Ask one person; None when time is up.

        `question` is {tool, arguments, asked_at}: what asks, and what it shows.
        """
        asked = await self.ask(place, title, Question(question, until, workflow.now()))
        return asked.decisions[-1] if asked.decisions else None

    async def ask(self, place: Place, title: str, question: Question) -> Question:
        """Record the question and wait; it is still `pending` when time is up."""
        name = activity_id(place.key, place.path)
        self._resume(name, question)
        await self._record(place, title, question)
        self._waiting[name] = question
        reminder = self._start_reminder(place, title, question)
        try:
            await workflow.wait_condition(
                lambda: question.status is not ApprovalStatus.PENDING,
                timeout=max((question.until - workflow.now()).total_seconds(), 0.001),
                timeout_summary=activity_id(place.key, place.path, APPROVAL_PURPOSE),
            )
        except TimeoutError:
            pass
        finally:
            del self._waiting[name]
            if reminder is not None:
                reminder.cancel()
        return question

    def _resume(self, name: str, question: Question) -> None:
        """Go on with what the run before this one knew."""
        earlier = self._earlier.pop(name, None)
        if earlier is None:
            return
        question.asked_at = earlier.asked_at
        question.reminded_at = earlier.reminded_at
        question.decisions = list(earlier.decisions)

    async def _record(self, place: Place, title: str, question: Question) -> None:
        times: dict[str, Json] = {
            "asked_at": question.asked_at.isoformat(),
            "until": question.until.isoformat(),
        }
        await self._evaluate(place, title, APPROVAL_PURPOSE, question.shown | times)

    def _start_reminder(
        self, place: Place, title: str, question: Question
    ) -> asyncio.Task[None] | None:
        if question.reminder_seconds is None or question.reminded_at is not None:
            return None
        due = question.asked_at + timedelta(seconds=question.reminder_seconds)
        return asyncio.create_task(self._remind(place, title, question, due))

    async def _remind(self, place: Place, title: str, question: Question, due: datetime) -> None:
        left = (due - workflow.now()).total_seconds()
        await self._commands.wait(left, place, REMINDER_PURPOSE)
        question.reminded_at = workflow.now()
        told: dict[str, Json] = {"reminded_at": question.reminded_at.isoformat()}
        await self._evaluate(place, title, REMINDER_PURPOSE, told)

    async def _evaluate(
        self, place: Place, title: str, purpose: str, value: dict[str, Json]
    ) -> None:
        # Templates are not evaluated in scope values, so data stays data.
        task = EvaluateTask(
            context=self._commands.context(place),
            field=purpose,
            template="{{ item }}",
            scope={"item": value},
        )
        await self._commands.local(
            Activity.EVALUATE,
            task,
            place,
            title=title,
            purpose=purpose,
            size=encoded_size(value),
            result=Envelope,
        )
