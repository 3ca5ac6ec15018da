"""Ways into the box for its tests. Without bubblewrap they fail with the command that installs it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from activities import sandbox
from activities.sandbox import Limits, SandboxResult, SandboxSpec
from tests.activities.tools.calls import Calls

BoxedPython = Callable[..., Awaitable[SandboxResult]]


@pytest.fixture(scope="session", autouse=True)
def _box() -> None:
    found = sandbox.availability()
    assert found.ok, f"{found.reason}; run: {found.install_command}"


@pytest.fixture
def boxed_python() -> BoxedPython:
    """Runs Python code in a fresh box."""

    async def run(code: str, limits: Limits | None = None, **spec: Any) -> SandboxResult:
        host = await sandbox.require()
        command = [str(host.interpreter), "-I", "-c", code]
        return await sandbox.run(SandboxSpec(command, limits=limits or Limits(), **spec))

    return run


@pytest.fixture
def boxed_shell() -> BoxedPython:
    """Runs a bash script in a fresh box."""

    async def run(script: str, limits: Limits | None = None, **spec: Any) -> SandboxResult:
        command = ["bash", "-c", script]
        return await sandbox.run(SandboxSpec(command, limits=limits or Limits(), **spec))

    return run


@pytest.fixture
def calls() -> Calls:
    """Calls of the tools that run in boxes."""
    return Calls()
