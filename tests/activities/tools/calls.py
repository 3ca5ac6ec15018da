"""Calls of boxed tools outside Temporal: a real store, a log in a list, a folder that must go."""

import textwrap
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from activities.artifacts import Artifacts
from activities.context import ToolContext
from activities.scratch import Scratch
from activities.tools import python, shell
from models.enums import LogLevel
from models.graph.tool import PythonConfig, ShellConfig
from models.graph.values import ARTIFACT_KEY, Json


@dataclass
class Calls:
    """Attempts of one node; what they log is collected with the time it came."""

    artifacts: Artifacts = field(default_factory=lambda: Artifacts.from_url("memory:///"))
    lines: list[tuple[str, LogLevel]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    execution_id: str = field(default_factory=lambda: str(uuid4()))

    def log(self, message: str, level: LogLevel = LogLevel.INFO, data: Json = None) -> None:
        assert data is None
        self.lines.append((message, level))
        self.times.append(time.monotonic())

    async def python(self, code: str, /, *, config: Any = None, **inputs: Json) -> Any:
        """What a Python tool with this code gives."""
        settings = PythonConfig(code=textwrap.dedent(code), **(config or {}))
        return await self._run(python.run, settings, inputs)

    async def shell(self, inputs: dict[str, Json] | None = None, **config: Any) -> Any:
        """What a Shell tool gives."""
        return await self._run(shell.run, ShellConfig(**config), inputs or {})

    async def stored(
        self, data: bytes, *, name: str | None = None, kind: str = "text/plain"
    ) -> Any:
        """A reference to an artifact with these bytes."""
        return await self.artifacts.put(self.execution_id, data, content_type=kind, name=name)

    async def read(self, reference: Json) -> bytes:
        """The bytes behind a reference."""
        return await self.artifacts.get(reference)

    async def _run(self, tool: Any, config: Any, inputs: dict[str, Json]) -> Any:
        scratch = Scratch()
        context = ToolContext(
            execution_id=self.execution_id,
            node_key="node",
            path="",
            attempt=1,
            idempotency_key="run:node:",
            timeout_seconds=60,
            log=self.log,
            artifacts=self.artifacts,
            scratch=scratch,
        )
        try:
            return await tool(config, inputs, context)
        finally:
            scratch.remove()


def facts(reference: Any) -> Any:
    """What a reference tells."""
    assert set(reference) == {ARTIFACT_KEY}
    return reference[ARTIFACT_KEY]
