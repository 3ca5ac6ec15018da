"""Node attempts on the time axis of their run."""

from collections.abc import Sequence
from datetime import datetime

from api.executions.schemas import Bar, Timeline
from models.enums import ExecutionStatus, NodeType
from models.execution import NodeExecution, WorkflowExecution


def timeline_of(execution: WorkflowExecution, rows: Sequence[NodeExecution]) -> Timeline:
    """Bars in the order the attempts began; what never began comes last."""
    began = execution.started_at
    bars = [
        Bar(
            id=row.id,
            node_key=row.node_key,
            node_type=NodeType(row.node_type),
            name=row.name,
            path=row.path,
            attempt=row.attempt,
            status=ExecutionStatus(row.status),
            started_at=row.started_at,
            ended_at=row.ended_at,
            offset_ms=_milliseconds(began, row.started_at),
            duration_ms=_milliseconds(row.started_at, row.ended_at),
        )
        for row in rows
    ]
    bars.sort(key=lambda bar: (bar.offset_ms is None, bar.offset_ms or 0.0))
    return Timeline(
        started_at=began,
        ended_at=execution.ended_at,
        duration_ms=_milliseconds(began, execution.ended_at),
        bars=bars,
    )


def _milliseconds(since: datetime | None, until: datetime | None) -> float | None:
    if since is None or until is None:
        return None
    return (until - since).total_seconds() * 1000
