"""Waiting for people: each question is recorded, waits on a timer, and takes one decision."""

from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from models.graph.values import Json, encoded_size
from temporal_workflows.commands import Commands
from temporal_workflows.contracts import (
    APPROVAL_PURPOSE,
    Activity,
    Decision,
    Envelope,
    EvaluateTask,
    activity_id,
)
from temporal_workflows.scheduler import Place

ALREADY_DECIDED = "AlreadyDecided"


class Approvals:
    """The questions of one run that wait for a person."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._waiting: dict[str, datetime] = {}
        self._decisions: dict[str, Decision] = {}

    def check(self, decision: Decision) -> None:
        """Raises `ApplicationError` of type `AlreadyDecided` unless its place waits for one."""
        until = self._waiting.get(decision.place)
        # The timer fires no earlier than this, so that never both count.
        if until is None or decision.place in self._decisions or workflow.now() >= until:
            raise ApplicationError(
                f"{decision.place} does not wait for a decision (any more)", type=ALREADY_DECIDED
            )

    def decide(self, decision: Decision) -> None:
        """Take a decision that was checked."""
        self._decisions[decision.place] = decision

    async def wait(
        self, place: Place, title: str, question: dict[str, Json], until: datetime
    ) -> Decision | None:
        """Record the question, for the mirror and for people, and wait; None when time is up.

        `question` is {tool, arguments, asked_at}: what asks, and what it shows; `form` is the JSON
        Schema of what is to be filled in.
        """
        name = activity_id(place.key, place.path)
        await self._ask(place, title, {**question, "until": until.isoformat()})
        self._waiting[name] = until
        try:
            await workflow.wait_condition(
                lambda: name in self._decisions,
                timeout=max((until - workflow.now()).total_seconds(), 0.001),
                timeout_summary=activity_id(place.key, place.path, APPROVAL_PURPOSE),
            )
        except TimeoutError:
            return None
        finally:
            del self._waiting[name]
        return self._decisions.pop(name)

    async def _ask(self, place: Place, title: str, question: dict[str, Json]) -> None:
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
            title=title,
            purpose=APPROVAL_PURPOSE,
            size=encoded_size(question),
            result=Envelope,
        )
