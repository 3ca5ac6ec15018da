"""What a model drafts with: three tools, and what a draft begins from."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from models.graph.base import JsonSchema
from models.graph.drafting import edits_schema
from models.graph.problems import Known
from models.graph.tool import ToolSpec
from models.graph.values import Json, ValueProblem, check_json

EDIT, SHOW, KINDS = "edit_draft", "show_draft", "node_kinds"
MAX_ASKED = 50


@dataclass(frozen=True, slots=True)
class DraftTool:
    """A tool as the model sees it; `parameters` is a JSON Schema."""

    name: str
    description: str
    parameters: JsonSchema


def draft_tools() -> list[DraftTool]:
    """The tools, in the order in which they are used."""
    return [
        DraftTool(
            KINDS,
            "What graphs are made of. Without `types` an overview: types of nodes, kinds of tools, "
            "built-in helpers, expressions, and what this account has. With `types`, any of those "
            "names, what each takes.",
            _names("types", "Names from the overview."),
        ),
        DraftTool(
            EDIT,
            "Changes the draft by operations, done in order. The answer says which were refused and "
            "why, and what is still wrong with the graph.",
            edits_schema(),
        ),
        DraftTool(
            SHOW,
            "The draft as it stands, and what is still wrong with it. With `keys` only these nodes.",
            _names("keys", "Keys of nodes."),
        ),
    ]


def _names(name: str, description: str) -> JsonSchema:
    items = {"type": "string", "minLength": 1, "maxLength": 200}
    listed = {"type": "array", "items": items, "maxItems": MAX_ASKED, "description": description}
    return {"type": "object", "properties": {name: listed}, "additionalProperties": False}


def asked_names(arguments: Json, name: str) -> list[str]:
    """The names that a call asks for; none when it asks for nothing in particular."""
    given = arguments.get(name) if isinstance(arguments, dict) else None
    return [each for each in given if isinstance(each, str)] if isinstance(given, list) else []


def edits_of(calls: Iterable[tuple[str, str]]) -> list[Json]:
    """The arguments of the calls of `edit_draft` for `fold`, from (name, arguments as text)."""
    return [read_arguments(text) for name, text in calls if name == EDIT]


def read_arguments(text: str) -> Json:
    """What a model wrote as arguments; null when it is no JSON that can be kept."""
    try:
        return check_json(json.loads(text))
    except (ValueProblem, ValueError, RecursionError):
        return None


# What a draft begins from ------------------------------------------------------------------------


class _Carried(BaseModel):
    """Unknown fields are ignored, so that an older worker reads a newer start."""

    model_config = ConfigDict(extra="ignore")


class KnownTool(_Carried):
    """A registered tool, without what it does inside."""

    kind: str
    description: str | None = None
    input_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None


class KnownWorkflow(_Carried):
    """A published workflow; the schema is of its input."""

    description: str | None = None
    input_schema: dict[str, Any] | None = None


class DraftBase(_Carried):
    """The document that is changed (none: a new one), and what the account has, by name."""

    document: dict[str, Json] | None = None
    tools: dict[str, KnownTool] = Field(default_factory=dict)
    workflows: dict[str, KnownWorkflow] = Field(default_factory=dict)
    agents: dict[str, str | None] = Field(default_factory=dict)
    secrets: list[str] = Field(default_factory=list)

    def known(self) -> Known:
        """The same for the validator, whose rules read the schema of a tool's input alone."""
        spec: Any = ToolSpec
        return Known(
            tools={
                name: spec.model_construct(input_schema=tool.input_schema)
                for name, tool in self.tools.items()
            },
            workflows=set(self.workflows),
            agents=set(self.agents),
            secrets=set(self.secrets),
        )
