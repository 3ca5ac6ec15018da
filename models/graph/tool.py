"""One configuration class per kind of tool, and a registered tool as a run carries it."""

import re
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from models.enums import ToolType
from models.graph.base import GraphModel, JsonSchema
from models.graph.http import HttpConfig
from models.graph.values import Json


class McpConfig(GraphModel):
    """A tool of a registered MCP server; the node's inputs are its arguments."""

    TEMPLATED: ClassVar[frozenset[str]] = frozenset()

    kind: Literal["mcp"] = "mcp"
    server: str = Field(min_length=1, max_length=200, description="Name of a registered server.")
    tool: str = Field(min_length=1, max_length=200, description="Name of one of its tools.")


def normalise_package(name: str) -> str:
    """The name as package indexes compare it: lower case, single hyphens."""
    return re.sub(r"[-_.]+", "-", name).lower()


PackageName = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", max_length=100),
    AfterValidator(normalise_package),
]
"""A distribution's name without a version, normalised."""

_MEMORY = "All processes together, with the files they write."
_DISK = "Size of each writable folder, and of the largest file."


class PythonConfig(GraphModel):
    """`def main(**inputs)` in a fresh sandboxed process; the return value must be JSON."""

    TEMPLATED: ClassVar[frozenset[str]] = frozenset()

    kind: Literal["python"] = "python"
    code: str = Field(min_length=1, max_length=256 * 1024)
    packages: list[PackageName] = Field(
        default_factory=list,
        max_length=20,
        description="Names of packages that the code imports, such as `pandas`; the operator "
        "decides which are offered.",
    )
    memory_mb: int = Field(512, ge=64, le=4_096, description=_MEMORY)
    disk_mb: int = Field(64, ge=16, le=1_024, description=_DISK)


class ShellConfig(GraphModel):
    """A command as a list, or a `bash -euo pipefail` script; inputs arrive as files and environment.

    Never templated: a value inside a command line would be code.
    """

    TEMPLATED: ClassVar[frozenset[str]] = frozenset()

    kind: Literal["shell"] = "shell"
    command: list[str] | None = Field(None, min_length=1, max_length=200)
    script: str | None = Field(None, min_length=1, max_length=256 * 1024)
    memory_mb: int = Field(512, ge=64, le=4_096, description=_MEMORY)
    disk_mb: int = Field(64, ge=16, le=1_024, description=_DISK)
    ok_exit_codes: list[int] = Field(default_factory=lambda: [0])
    retry_exit_codes: list[int] | None = Field(
        None, description="Failing exit codes that are worth another attempt; all when left out."
    )

    @model_validator(mode="after")
    def _one_of(self) -> "ShellConfig":
        if (self.command is None) == (self.script is None):
            raise ValueError("give either `command` (a list) or `script`, not both")
        return self


class BuiltinConfig(GraphModel):
    """A helper that ships with PasteTrader, by name; see `GET /api/v1/tools/builtin`.

    `template` is a text of its own level, rendered by the activity.
    """

    TEMPLATED: ClassVar[frozenset[str]] = frozenset({"options"})

    kind: Literal["builtin"] = "builtin"
    name: str = Field(min_length=1, max_length=100)
    template: str | None = Field(None, max_length=256 * 1024)
    options: dict[str, Json] = Field(default_factory=dict)


ToolConfig = Annotated[
    HttpConfig | McpConfig | PythonConfig | ShellConfig | BuiltinConfig, Field(discriminator="kind")
]


class RateLimit(GraphModel):
    """How often a registered tool may run, over all workers and all runs that use it."""

    max_concurrent: int | None = Field(None, ge=1, le=1_000, description="Runs at the same time.")
    max_calls: int | None = Field(None, ge=1, le=1_000_000, description="Runs in each period.")
    per_seconds: float = Field(1.0, gt=0, le=86_400, description="Length of the period.")

    @model_validator(mode="after")
    def _limits_something(self) -> "RateLimit":
        if self.max_concurrent is None and self.max_calls is None:
            raise ValueError("give `max_concurrent`, or `max_calls` with `per_seconds`")
        return self


class ToolSpec(GraphModel):
    """A registered tool as a run carries it: what runs, and what goes in and out.

    `id` is the registered tool's; the limit counts by it.
    """

    id: str | None = None
    description: str | None = None
    config: ToolConfig
    input_schema: JsonSchema | None = None
    output_schema: JsonSchema | None = None
    rate_limit: RateLimit | None = None

    @property
    def tool_type(self) -> ToolType:
        """The tool kind of the configuration."""
        return ToolType(self.config.kind)
