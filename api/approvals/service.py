"""Telling a run what a person decided, once."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.approvals import repository
from api.approvals.schemas import ApprovalOut, DecisionOut, DecisionRequest
from api.engine import Engine, EngineUnavailable, NotRunning, UpdateRefused
from api.errors import Conflict, Forbidden, NotFound, ValidationFailed
from api.executions.errors import TemporalUnavailable
from api.executions.repository import hint
from models.enums import ApprovalStatus
from models.graph.json_schema import SchemaInvalid, schema_problems
from models.graph.values import Json
from models.user import User
from temporal_workflows.approvals import ALREADY_DECIDED
from temporal_workflows.contracts import Decision, activity_id, workflow_id

_ENDED = {
    ApprovalStatus.EXPIRED: "nobody decided in time",
    ApprovalStatus.CANCELLED: "the run ended before anybody decided",
}


class AlreadyDecided(Conflict):
    """Nobody waits for a decision any more; `decision` in the problem says who decided, if known."""

    code = "ALREADY_DECIDED"


class NotAssigned(Forbidden):
    """The account may see what its run asks, and others are to decide."""

    code = "NOT_ASSIGNED"


class DecisionRefused(Conflict):
    """The run does not take the decision, for the reason in the detail."""

    code = "DECISION_REFUSED"


class ApprovalService:
    """What one account decides, in one transaction."""

    def __init__(self, session: AsyncSession, user: User, engine: Engine) -> None:
        self._session = session
        self._user = user
        self._engine = engine

    async def get(self, approval_id: UUID) -> ApprovalOut:
        """One approval.

        Raises:
            NotFound: it does not exist, or is somebody else's.
        """
        found = await repository.by_id(self._session, self._user, approval_id)
        if found is None:
            raise NotFound(f"there is no approval {approval_id}")
        return found

    async def decide(self, approval_id: UUID, request: DecisionRequest) -> ApprovalOut:
        """Tell the run; the approval as it is from now on, which its row shows a little later.

        Raises:
            NotFound: it does not exist, or is somebody else's and does not ask this account.
            NotAssigned: it is of the account's own run, and asks others.
            ValidationFailed: the form is not filled in as it asks for.
            AlreadyDecided, DecisionRefused: the run does not wait for this decision.
            TemporalUnavailable: no answer came in time; the decision may have been taken.
        """
        found = await self.get(approval_id)
        self._check_asked(found)
        if request.approve and found.form_schema is not None:
            _check_form(request.form or {}, found.form_schema)
        decision = Decision(
            place=activity_id(found.node_key, found.path),
            approve=request.approve,
            by=str(self._user.id),
            comment=request.comment or None,
            form=request.form,
        )
        try:
            # The row of the run is hidden from those who only decide.
            run = workflow_id(str(found.execution_id))
            taken = await self._engine.decide(run, decision)
        except UpdateRefused as refused:
            if refused.type != ALREADY_DECIDED:
                raise DecisionRefused(f"the run does not take it: {refused}") from refused
            raise _already(await self.get(approval_id)) from refused
        except NotRunning as ended:
            raise _already(await self.get(approval_id)) from ended
        except EngineUnavailable as error:
            raise TemporalUnavailable(
                f"the decision may not have arrived ({error}); look whether it was taken, "
                "and try again"
            ) from error
        await hint(self._session, found.execution_id)
        return self._decided(found, decision, taken.status)

    def _check_asked(self, found: ApprovalOut) -> None:
        if found.status is not ApprovalStatus.PENDING:
            raise _already(found)
        if any(each.by == str(self._user.id) for each in found.decisions):
            raise AlreadyDecided("you have decided already; others are still to decide")
        if not found.can_decide:
            who = ", ".join(found.assignees) or "somebody who may run workflows"
            raise NotAssigned(f"this is for others to decide: {who}")

    def _decided(
        self, found: ApprovalOut, decision: Decision, status: ApprovalStatus
    ) -> ApprovalOut:
        now = datetime.now(UTC)
        mine = DecisionOut(
            by=decision.by,
            by_email=self._user.email,
            approve=decision.approve,
            comment=decision.comment,
            form=decision.form,
            at=now,
        )
        made: dict[str, Any] = {"can_decide": False, "decisions": [*found.decisions, mine]}
        if status is not ApprovalStatus.PENDING:
            made |= {
                "status": status,
                "comment": decision.comment,
                "decided_by": self._user.id,
                "decided_by_email": self._user.email,
                "decided_at": now,
            }
        return found.model_copy(update=made)


def _check_form(form: Json, schema: dict[str, Any]) -> None:
    try:
        problems = schema_problems(form, schema)
    except SchemaInvalid as error:
        raise ValidationFailed(f"the form's JSON Schema cannot be used: {error}") from error
    if problems:
        raise ValidationFailed(
            "the form is not filled in as it asks for; see `errors`",
            errors=[
                {
                    "path": f"body.form.{each.path}" if each.path else "body.form",
                    "message": each.message,
                    "code": "SCHEMA_MISMATCH",
                }
                for each in problems[:20]
            ],
        )


def _already(found: ApprovalOut) -> AlreadyDecided:
    """What is known of the decision that was first; its row may come a moment later."""
    if found.status is ApprovalStatus.PENDING:
        return AlreadyDecided("somebody decided a moment ago, or the run ended; look again")
    by = f" by {found.decided_by_email}" if found.decided_by_email else ""
    detail = _ENDED.get(found.status, f"it was {found.status}{by}")
    told = ("status", "comment", "decided_by", "decided_by_email", "decided_at")
    decision = found.model_dump(mode="json", include=set(told))
    return AlreadyDecided(f"{detail}; the run waits no more", extra={"decision": decision})
