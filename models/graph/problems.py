"""What can be wrong with a graph."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from models.graph.tool import ToolSpec


class Severity(StrEnum):
    """An error keeps a graph from being published; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Code(StrEnum):
    """Stable names of problems."""

    CYCLE_DETECTED = "CYCLE_DETECTED"
    SELF_LOOP_DETECTED = "SELF_LOOP_DETECTED"
    NODE_NOT_FOUND = "NODE_NOT_FOUND"
    DUPLICATE_EDGE = "DUPLICATE_EDGE"
    DUPLICATE_KEY = "DUPLICATE_KEY"
    NO_TRIGGER_NODE = "NO_TRIGGER_NODE"
    TRIGGER_HAS_INPUT = "TRIGGER_HAS_INPUT"
    UNREACHABLE_NODES = "UNREACHABLE_NODES"
    DANGLING_NODES = "DANGLING_NODES"
    DEAD_END_NODE = "DEAD_END_NODE"
    INVALID_NODE_CONFIG = "INVALID_NODE_CONFIG"
    INVALID_HANDLE = "INVALID_HANDLE"
    INVALID_REFERENCE = "INVALID_REFERENCE"
    SCHEMA_MISMATCH = "SCHEMA_MISMATCH"
    UNDEFINED_VARIABLE = "UNDEFINED_VARIABLE"
    INVALID_EXPRESSION = "INVALID_EXPRESSION"
    INVALID_CONTAINER = "INVALID_CONTAINER"
    INVALID_COMPENSATION = "INVALID_COMPENSATION"
    GRAPH_TOO_LARGE = "GRAPH_TOO_LARGE"
    UNKNOWN_SECRET = "UNKNOWN_SECRET"  # noqa: S105 - a name, no secret


WARNINGS = frozenset({Code.DEAD_END_NODE, Code.SCHEMA_MISMATCH, Code.UNKNOWN_SECRET})


class Problem(BaseModel):
    """One finding; `path` is its place in the document, such as `nodes[3].config.url`."""

    model_config = ConfigDict(frozen=True)

    code: Code
    message: str
    severity: Severity
    node_keys: list[str] = Field(default_factory=list)
    edge_ids: list[str] = Field(default_factory=list)
    path: str = ""
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What exists outside the graph, by name; None when that is not known here."""

    tools: Mapping[str, ToolSpec] | None = None
    workflows: Set[str] | None = None
    agents: Set[str] | None = None
    secrets: Set[str] | None = None


def problem(
    code: Code,
    message: str,
    *,
    nodes: list[str] | None = None,
    edges: list[str] | None = None,
    path: str = "",
    suggestion: str | None = None,
) -> Problem:
    """A finding with the severity of its code."""
    return Problem(
        code=code,
        message=message,
        severity=Severity.WARNING if code in WARNINGS else Severity.ERROR,
        node_keys=nodes or [],
        edge_ids=edges or [],
        path=path,
        suggestion=suggestion,
    )


def nearest(name: str, known: Set[str] | list[str]) -> str | None:
    """A suggestion for a name that nobody knows."""
    near = get_close_matches(name, list(known), 1)
    return f"did you mean `{near[0]}`?" if near else None
