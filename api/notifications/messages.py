"""What people are told, in words and as JSON."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from models.approval import Approval
from models.enums import Occasion
from models.execution import WorkflowExecution
from models.graph.values import Json
from models.notification import Notice, Notification
from temporal_workflows.contracts import Message

MAX_TITLE = 200
MAX_PART = 1_000
_ENDED = {
    Occasion.COMPLETED: "completed",
    Occasion.FAILED: "failed",
    Occasion.CANCELLED: "was cancelled",
}
_ASKED = {Occasion.APPROVAL: "Approval wanted", Occasion.REMINDER: "Approval still wanted"}


class Messages:
    """Writes messages whose links lead to `public_url`; without one they name ids only."""

    def __init__(self, public_url: str | None) -> None:
        self._base = public_url.rstrip("/") if public_url else None

    def of_run(self, rule: Notification, notice: Notice, run: WorkflowExecution) -> Message:
        """That a run ended."""
        occasion, name = Occasion(notice.occasion), name_of(run)
        took = _seconds(run.started_at, run.ended_at)
        error = _error(run.error)
        url = self.url_of_run(run.id)
        facts = [
            ("Workflow", name),
            ("Status", run.status),
            ("Took", None if took is None else _duration(took)),
            ("Error", _said(error) if error else None),
            ("Run", None if url else str(run.id)),
        ]
        told = {
            **_run(run, url),
            "status": run.status,
            "duration_seconds": took,
            "error": error,
        }
        data = {**_head(rule, notice), "run": told}
        return _message(f"{name} {_ENDED[occasion]}", facts, url, data)

    def of_approval(
        self, rule: Notification, notice: Notice, asked: Approval, run: WorkflowExecution
    ) -> Message:
        """That a run asks people, or still does."""
        url = f"{self._base}/approvals" if self._base else ""
        facts = [
            ("Workflow", name_of(run)),
            ("Asked", _request(asked.request)),
            ("Until", _moment(asked.expires_at)),
            ("Run", None if url else str(run.id)),
        ]
        told: dict[str, Json] = {
            "id": str(asked.id),
            "title": asked.title,
            "request": _request(asked.request),
            "expires_at": _iso(asked.expires_at),
            "url": url or None,
        }
        data = {**_head(rule, notice), "run": _run(run, self.url_of_run(run.id)), "approval": told}
        title = f"{_ASKED[Occasion(notice.occasion)]}: {asked.title}"
        return _message(title, facts, url, data)

    def of_test(self, rule: Notification, notice: Notice) -> Message:
        """A sample: nothing happened."""
        facts = [("Notification", rule.name), ("Tells of", ", ".join(rule.occasions))]
        url = f"{self._base}/settings/notifications" if self._base else ""
        return _message("A test of PasteTrader", facts, url, {**_head(rule, notice), "test": True})

    def url_of_run(self, run_id: UUID) -> str:
        """Where a run is shown; empty when nobody knows."""
        return f"{self._base}/executions/view?id={run_id}" if self._base else ""


def name_of(run: WorkflowExecution) -> str:
    """What a run is called: its workflow's name, or its agent's."""
    return run.workflow_name or run.agent_name or "A conversation"


def _message(
    title: str, facts: Iterable[tuple[str, str | None]], url: str, data: dict[str, Json]
) -> Message:
    text = "\n".join(f"{name}: {_cut(value, MAX_PART)}" for name, value in facts if value)
    # One line: it becomes the subject of e-mails.
    return Message(title=_cut(" ".join(title.split()), MAX_TITLE), text=text, url=url, data=data)


def _head(rule: Notification, notice: Notice) -> dict[str, Json]:
    return {
        "id": str(notice.id),
        "occasion": notice.occasion,
        "notification": {"id": str(rule.id), "name": rule.name},
        "created_at": _iso(notice.created_at),
    }


def _run(run: WorkflowExecution, url: str) -> dict[str, Json]:
    return {
        "id": str(run.id),
        "workflow_id": str(run.workflow_id) if run.workflow_id else None,
        "workflow_name": name_of(run),
        "workflow_version": run.workflow_version,
        "trigger_type": run.trigger_type,
        "started_at": _iso(run.started_at),
        "ended_at": _iso(run.ended_at),
        "url": url or None,
    }


def _error(error: dict[str, Any] | None) -> dict[str, Json] | None:
    if error is None:
        return None
    return {
        "code": str(error.get("code", "")),
        "message": _cut(str(error.get("message", "")), MAX_PART),
        "node_key": str(error.get("node_key", "")),
    }


def _said(error: dict[str, Json]) -> str:
    where = f" at {error['node_key']}" if error["node_key"] else ""
    return f"{error['code']}{where}: {error['message']}"


def _request(request: Json) -> str:
    """A node's question, or what an agent wants to call."""
    if isinstance(request, dict) and isinstance(request.get("message"), str):
        return _cut(str(request["message"]), MAX_PART)
    return _cut(json.dumps(request, ensure_ascii=False), MAX_PART)


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: characters - 1]}…"


def _seconds(started: datetime | None, ended: datetime | None) -> float | None:
    return None if started is None or ended is None else (ended - started).total_seconds()


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
