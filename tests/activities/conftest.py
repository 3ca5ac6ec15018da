"""One attempt of a tool, outside Temporal."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from activities.artifacts import Artifacts
from activities.context import ToolContext
from models.enums import LogLevel
from models.graph.values import Json


@dataclass
class Attempt:
    """A context, and what was logged through it."""

    artifacts: Artifacts
    lines: list[tuple[str, LogLevel, Json]] = field(default_factory=list)

    def log(self, message: str, level: LogLevel = LogLevel.INFO, data: Json = None) -> None:
        self.lines.append((message, level, data))

    @property
    def context(self) -> ToolContext:
        return ToolContext(
            execution_id=str(uuid4()),
            node_key="node",
            path="",
            attempt=1,
            idempotency_key="run:node:",
            timeout_seconds=20,
            log=self.log,
            artifacts=self.artifacts,
        )


@pytest.fixture
def attempt() -> Attempt:
    """Artifacts in memory, logs in a list."""
    return Attempt(Artifacts.from_url("memory:///"))


@pytest.fixture
def new_id() -> Callable[[], str]:
    """Ids of executions."""
    return lambda: str(uuid4())
