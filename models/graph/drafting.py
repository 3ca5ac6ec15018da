"""Typed operations that draft a graph, and what they make of one.

The fold is total and deterministic: what cannot be done is refused with a reason and changes
nothing, and the rest goes on. Of a call that holds anything but operations nothing is done. Meaning
is not looked at here (see `validation`).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from models.enums import FailureMode, NodeType, OnError
from models.graph.base import Key
from models.graph.limits import MAX_DEFINITION_BYTES, MAX_EDGES, MAX_NODES
from models.graph.problems import nearest
from models.graph.values import Json, ValueProblem, check_json

MAX_OPERATIONS = 100
MAX_REASON = 1_000
NAME = "workflow"
_SETTINGS = ("name", "description", "variables", "failure_mode", "output")
_MAX_EDGE_ID = 100
# What surrounds nodes and edges in a document: brackets, names, commas.
_FRAME_BYTES = 64
_LONGEST = 300
_SHOWN_NAMES = 10

Document: TypeAlias = dict[str, Json]
Object: TypeAlias = dict[str, Json]
Reason = Annotated[str, Field(min_length=1, max_length=MAX_REASON)]
_Reference = Annotated[str, Field(min_length=1, max_length=200)]


# Operations --------------------------------------------------------------------------------------


class _Operation(BaseModel):
    """Closed and strict: models and their JSON Schema accept the same. null is "left out"."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _NodeFields(_Operation):
    op: str
    key: Key
    name: str | None = Field(None, max_length=200)
    parent: Key | None = Field(None, description="Key of the container that holds it.")
    config: Object | None = Field(None, description="As node_kinds describes it for the type.")
    inputs: Object | None = None
    tool: _Reference | None = Field(None, description="A registered tool, in place of config.")
    agent: _Reference | None = Field(None, description="A registered agent, in place of config.")
    timeout_seconds: float | None = Field(None, gt=0, le=7 * 86_400)
    retry: Object | None = None
    on_error: OnError | None = Field(None, strict=False)
    compensation: Key | None = Field(
        None, description="Key of a tool or workflow node without edges that undoes this one."
    )

    def given(self) -> Object:
        """The node's fields that are not left out."""
        names = set(_NodeFields.model_fields) - {"op", "key"}
        return self.model_dump(mode="json", include=names, exclude_none=True)


class AddNode(_NodeFields):
    """Add a node; reason: which part of the text it does, and how."""

    op: Literal["add_node"]
    type: NodeType = Field(strict=False)
    reason: Reason


class ChangeNode(_NodeFields):
    """Replace whole fields of a node; unset removes fields."""

    op: Literal["change_node"]
    type: NodeType | None = Field(None, strict=False)
    unset: (
        list[
            Literal[
                "name",
                "parent",
                "config",
                "inputs",
                "tool",
                "agent",
                "timeout_seconds",
                "retry",
                "on_error",
                "compensation",
            ]
        ]
        | None
    ) = None
    reason: Reason | None = None


class RemoveNode(_Operation):
    """Remove a node with its edges."""

    op: Literal["remove_node"]
    key: Key


class Connect(_Operation):
    """Add an edge; source_handle is a named way out, such as a condition's branch."""

    op: Literal["connect"]
    source: Key
    target: Key
    source_handle: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class Disconnect(_Operation):
    """Remove an edge."""

    op: Literal["disconnect"]
    source: Key
    target: Key
    source_handle: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class SetDetails(_Operation):
    """Replace what is given of the workflow itself; unset removes it."""

    op: Literal["set_details"]
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    description: Annotated[str, Field(max_length=10_000)] | None = None
    variables: Object | None = None
    failure_mode: FailureMode | None = Field(None, strict=False)
    output: Json = Field(None, description="Template of the run's output.")
    unset: list[Literal["description", "variables", "failure_mode", "output"]] | None = None


class Explain(_Operation):
    """Replace the reason of a node."""

    op: Literal["explain"]
    key: Key
    reason: Reason


Operation: TypeAlias = Annotated[
    AddNode | ChangeNode | RemoveNode | Connect | Disconnect | SetDetails | Explain,
    Field(discriminator="op"),
]


class Edits(_Operation):
    """The arguments of one edit: operations, done in order."""

    operations: list[Operation] = Field(min_length=1, max_length=MAX_OPERATIONS)


_OPERATION: TypeAdapter[Any] = TypeAdapter(Operation)


def edits_schema() -> dict[str, Any]:
    """The JSON Schema of `Edits` as models of all providers take it: without references."""
    schema = Edits.model_json_schema()
    found: dict[str, Any] = _written_out(schema, schema["$defs"])
    return found


def _written_out(part: Any, definitions: Mapping[str, Any], *, names: bool = False) -> Any:
    """`part` with its references replaced; with `names` its keys are no keywords."""
    if isinstance(part, list):
        return [_written_out(each, definitions) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        target = definitions[part["$ref"].rpartition("/")[2]]
        beside = {name: each for name, each in part.items() if name != "$ref"}
        return _written_out(target | beside, definitions)
    dropped = () if names else ("$defs", "discriminator", "title", "default")
    return {
        "anyOf" if name == "oneOf" and not names else name: _written_out(
            each, definitions, names=name == "properties" and not names
        )
        for name, each in part.items()
        if name not in dropped
    }


# Fold --------------------------------------------------------------------------------------------


class RefusalCode(StrEnum):
    """Stable names of the reasons why an operation is not done."""

    INVALID_ARGUMENTS = "INVALID_ARGUMENTS"
    INVALID_OPERATION = "INVALID_OPERATION"
    INVALID_VALUE = "INVALID_VALUE"
    NODE_EXISTS = "NODE_EXISTS"
    NODE_NOT_FOUND = "NODE_NOT_FOUND"
    NODE_HOLDS_OTHERS = "NODE_HOLDS_OTHERS"
    EDGE_EXISTS = "EDGE_EXISTS"
    EDGE_NOT_FOUND = "EDGE_NOT_FOUND"
    SELF_LOOP = "SELF_LOOP"
    TOO_LARGE = "TOO_LARGE"


@dataclass(frozen=True, slots=True)
class Refused:
    """An operation that was not done: number `operation` of call number `call`, both from 0."""

    call: int
    operation: int
    code: RefusalCode
    message: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A graph document that can be stored, and the reasons of its nodes by key.

    `done` counts the operations of each call that were done.
    """

    document: Document
    reasons: dict[str, str] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    done: list[int] = field(default_factory=list)


def fold(base: Mapping[str, Any] | None, calls: Iterable[Json]) -> Draft:
    """What the calls make of `base`, in order; each is the arguments of one edit, good or not.

    Args:
        base: A document that can be stored: it has keys, no two nodes share one, and edges have
            ends. None begins an empty graph. It stays as it is.
        calls: Any JSON values.
    """
    folding = _Folding(base or {"name": NAME})
    refused: list[Refused] = []
    done: list[int] = []
    for number, arguments in enumerate(calls):
        operations, wrong = _read(arguments)
        for place, operation in enumerate(operations):
            try:
                folding.do(operation)
            except _Refusal as why:
                wrong.append((place, why))
        refused += [Refused(number, place, why.code, why.message) for place, why in wrong]
        done.append(max(0, len(operations) - len(wrong)))
    return Draft(folding.document(), folding.reasons, refused, done)


class _Refusal(Exception):
    def __init__(self, code: RefusalCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"


def _read(arguments: Json) -> tuple[list[Any], list[tuple[int, _Refusal]]]:
    """The operations of a call, or what is wrong with some: then none of them is done."""
    given = arguments.get("operations") if isinstance(arguments, dict) else None
    alone = isinstance(arguments, dict) and len(arguments) == 1
    if not alone or not isinstance(given, list) or not 0 < len(given) <= MAX_OPERATIONS:
        return [], [(0, _unusable())]
    operations, wrong = [], []
    for place, each in enumerate(given):
        try:
            check_json(each)
            operations.append(_OPERATION.validate_python(each))
        except ValueProblem as problem:
            text = f"{problem.path}: {problem.message}" if problem.path else problem.message
            wrong.append((place, _Refusal(RefusalCode.INVALID_VALUE, text)))
        except ValidationError as error:
            wrong.append((place, _Refusal(RefusalCode.INVALID_OPERATION, _words(error))))
    return ([], wrong) if wrong else (operations, [])


def _unusable() -> _Refusal:
    return _Refusal(
        RefusalCode.INVALID_ARGUMENTS,
        f"the arguments are {{operations: […]}} with 1 to {MAX_OPERATIONS} operations, and "
        "nothing else",
    )


def _words(error: ValidationError) -> str:
    """The first problems; the tag of the union, which pydantic names first, is not in the places."""
    said = []
    for found in error.errors(include_url=False, include_input=False, include_context=False)[:3]:
        path = ".".join(str(part) for part in found["loc"][1:])
        said.append(f"{path}: {found['msg']}" if path else str(found["msg"]))
    return "; ".join(said)


class _Folding:
    """A graph that changes; each operation is done, or raises `_Refusal` and does nothing."""

    def __init__(self, base: Mapping[str, Any]) -> None:
        self.settings: Document = {name: base[name] for name in _SETTINGS if name in base}
        self.nodes: dict[str, Object] = {node["key"]: node for node in base.get("nodes") or ()}
        self.edges: dict[_Ends, Object] = {_ends(edge): edge for edge in base.get("edges") or ()}
        self.reasons: dict[str, str] = {}
        items = (*self.nodes.values(), *self.edges.values())
        self.size = _size(self.settings) + _FRAME_BYTES + sum(map(_size, items))

    def document(self) -> Document:
        """The graph as a document."""
        return self.settings | {
            "nodes": list(self.nodes.values()),
            "edges": list(self.edges.values()),
        }

    def do(self, operation: Any) -> None:
        """Raises `_Refusal`."""
        match operation:
            case AddNode():
                self._add(operation)
            case ChangeNode():
                self._change(operation)
            case RemoveNode():
                self._remove(operation.key)
            case Connect():
                self._connect(operation)
            case Disconnect():
                self._disconnect(operation)
            case SetDetails():
                self._set(operation)
            case Explain():
                self._need(operation.key)
                self.reasons[operation.key] = operation.reason

    def _add(self, asked: AddNode) -> None:
        if asked.key in self.nodes:
            raise _Refusal(
                RefusalCode.NODE_EXISTS,
                f"there is a node `{asked.key}` already; change it, or choose another key",
            )
        if len(self.nodes) >= MAX_NODES:
            raise _too_large(f"a graph has at most {MAX_NODES} nodes")
        node: Object = {"key": asked.key, "type": asked.type.value, **asked.given()}
        self._make_room(0, _size(node))
        self.nodes[asked.key] = node
        self.reasons[asked.key] = asked.reason

    def _change(self, asked: ChangeNode) -> None:
        before = self._need(asked.key)
        node = {name: each for name, each in before.items() if name not in (asked.unset or ())}
        if asked.type is not None:
            node["type"] = asked.type.value
        node |= asked.given()
        self._make_room(_size(before), _size(node))
        self.nodes[asked.key] = node
        if asked.reason is not None:
            self.reasons[asked.key] = asked.reason

    def _remove(self, key: str) -> None:
        node = self._need(key)
        inner = [name for name, each in self.nodes.items() if each.get("parent") == key]
        held = [name for name in inner if name != key]
        if held:
            raise _Refusal(
                RefusalCode.NODE_HOLDS_OTHERS,
                f"`{key}` holds {_names(held)}: remove these first, or unset their parent",
            )
        lost = [ends for ends in self.edges if key in ends[:2]]
        self.size -= _size(node) + sum(_size(self.edges.pop(ends)) for ends in lost)
        del self.nodes[key]
        self.reasons.pop(key, None)

    def _connect(self, asked: Connect) -> None:
        for key in (asked.source, asked.target):
            self._need(key)
        if asked.source == asked.target:
            raise _Refusal(
                RefusalCode.SELF_LOOP,
                f"`{asked.source}` cannot lead to itself; repeat with a `loop` container",
            )
        ends = (asked.source, asked.target, asked.source_handle, None)
        if ends in self.edges:
            raise _Refusal(RefusalCode.EDGE_EXISTS, f"the edge {_arrow(ends)} is there already")
        if len(self.edges) >= MAX_EDGES:
            raise _too_large(f"a graph has at most {MAX_EDGES} edges")
        edge = _edge(ends)
        self._make_room(0, _size(edge))
        self.edges[ends] = edge

    def _disconnect(self, asked: Disconnect) -> None:
        ends = (asked.source, asked.target, asked.source_handle, None)
        if ends not in self.edges:
            raise _Refusal(
                RefusalCode.EDGE_NOT_FOUND,
                f"there is no edge {_arrow(ends)}; {self._edges_of(asked.source)}",
            )
        self.size -= _size(self.edges.pop(ends))

    def _set(self, asked: SetDetails) -> None:
        if asked.name is not None and not asked.name.strip():
            raise _Refusal(RefusalCode.INVALID_VALUE, "name: a workflow's name is not blank")
        kept = {
            name: each for name, each in self.settings.items() if name not in (asked.unset or ())
        }
        given = asked.model_dump(mode="json", include=set(_SETTINGS), exclude_none=True)
        found = {name: (kept | given)[name] for name in _SETTINGS if name in kept | given}
        self._make_room(_size(self.settings), _size(found))
        self.settings = found

    def _need(self, key: str) -> Object:
        found = self.nodes.get(key)
        if found is None:
            hint = nearest(key, list(self.nodes)) or f"there are {_names(list(self.nodes))}"
            raise _Refusal(RefusalCode.NODE_NOT_FOUND, f"there is no node `{key}`; {hint}")
        return found

    def _edges_of(self, key: str) -> str:
        found = [_arrow(ends) for ends in self.edges if ends[0] == key][:_SHOWN_NAMES]
        return f"from `{key}` there are {', '.join(found)}" if found else f"none leave `{key}`"

    def _make_room(self, before: int, after: int) -> None:
        """Raises `_Refusal` when the document would be too large; what shrinks is always done."""
        size = self.size - before + after
        if size > MAX_DEFINITION_BYTES and after > before:
            raise _too_large(f"a graph has at most {MAX_DEFINITION_BYTES} bytes")
        self.size = size


_Ends: TypeAlias = tuple[str, str, str | None, str | None]


def _ends(edge: Mapping[str, Any]) -> _Ends:
    return edge["source"], edge["target"], edge.get("source_handle"), edge.get("target_handle")


def _edge(ends: _Ends) -> Object:
    source, target, handle, _ = ends
    edge: Object = {"source": source, "target": target}
    if handle is not None:
        edge["source_handle"] = handle
    name = _arrow(ends)
    if len(name) > _MAX_EDGE_ID:
        # The name that an edge gets by itself is cut there, and then no longer its own.
        digest = hashlib.sha256(json.dumps(ends).encode()).hexdigest()
        edge["id"] = f"{name[: _MAX_EDGE_ID - 33]}-{digest[:32]}"
    return edge


def _arrow(ends: _Ends) -> str:
    source, target, handle, _ = ends
    return f"{source}:{handle}->{target}" if handle else f"{source}->{target}"


def _size(value: Json) -> int:
    """Bytes of an item with the comma after it."""
    return len(json.dumps(value, ensure_ascii=False).encode()) + 2


def _too_large(message: str) -> _Refusal:
    return _Refusal(RefusalCode.TOO_LARGE, f"{message}; move a part into a workflow of its own")


def _names(keys: Sequence[str]) -> str:
    shown = ", ".join(f"`{key}`" for key in keys[:_SHOWN_NAMES])
    more = len(keys) - _SHOWN_NAMES
    return (f"{shown} and {more} more" if more > 0 else shown) or "none"
