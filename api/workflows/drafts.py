"""Drafts: rows to a document and back, checked for what the tables cannot hold."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import NotFound, VersionMismatch
from api.schemas import StoredJson
from api.workflows.errors import DraftRefused, GraphTooLarge, InvalidDocument
from api.workflows.schemas import DraftEdge, DraftNode, Operation
from models.graph.limits import MAX_DEFINITION_BYTES, MAX_EDGES, MAX_NODES
from models.graph.values import ValueProblem, check_json
from models.workflow import EdgeRow, NodeRow, Workflow

Document = dict[str, Any]
MAX_EDGE_ID = 100
SETTINGS = ("failure_mode", "output")
_NODES, _EDGES = TypeAdapter(list[DraftNode]), TypeAdapter(list[DraftEdge])
_STORED: TypeAdapter[Any] = TypeAdapter(StoredJson)


async def read_draft(session: AsyncSession, workflow: Workflow, *, ids: bool = False) -> Document:
    """The draft as a graph document; with `ids` its nodes carry the client's ids too."""
    nodes = await session.scalars(
        select(NodeRow).where(NodeRow.workflow_id == workflow.id).order_by(NodeRow.position)
    )
    edges = await session.scalars(
        select(EdgeRow).where(EdgeRow.workflow_id == workflow.id).order_by(EdgeRow.position)
    )
    document: Document = {"name": workflow.name}
    if workflow.description is not None:
        document["description"] = workflow.description
    if workflow.variables:
        document["variables"] = workflow.variables
    document |= {name: workflow.config[name] for name in SETTINGS if name in workflow.config}
    document["nodes"] = [({"id": row.id} if ids else {}) | row.document for row in nodes]
    document["edges"] = [({"id": row.id} if ids else {}) | row.document for row in edges]
    return document


def without_ids(document: Document) -> Document:
    """A document as the validator reads it: ids of nodes belong to the draft alone."""
    nodes = document.get("nodes")
    if not isinstance(nodes, list):
        return document
    bare = [
        {name: value for name, value in node.items() if name != "id"}
        if isinstance(node, dict)
        else node
        for node in nodes
    ]
    return document | {"nodes": bare}


async def write_draft(
    session: AsyncSession, workflow: Workflow, document: Document, expected: int | None
) -> None:
    """Replace the draft, name and settings included; the next version of its optimistic lock.

    Raises:
        VersionMismatch: the draft is not at version `expected`.
        InvalidDocument, DraftRefused, GraphTooLarge: the tables cannot hold it.
    """
    await lock(session, workflow, expected)
    nodes, edges = _checked(document)
    workflow.name = document.get("name") or workflow.name
    workflow.description = document.get("description")
    workflow.variables = document.get("variables") or {}
    workflow.config = {name: document[name] for name in SETTINGS if document.get(name) is not None}
    workflow.version += 1
    await session.execute(delete(EdgeRow).where(EdgeRow.workflow_id == workflow.id))
    await session.execute(delete(NodeRow).where(NodeRow.workflow_id == workflow.id))
    if nodes:
        await session.execute(insert(NodeRow), _node_rows(workflow.id, nodes))
    if edges:
        await session.execute(insert(EdgeRow), _edge_rows(workflow.id, edges))
    await session.flush()
    await session.refresh(workflow)


async def lock(session: AsyncSession, workflow: Workflow, expected: int | None) -> None:
    """Hold the workflow's row until the transaction ends; raises `VersionMismatch`."""
    await session.refresh(workflow, with_for_update=True)
    if expected is not None and workflow.version != expected:
        raise VersionMismatch(
            f"the draft is at version {workflow.version}, not {expected}; read it again",
            extra={"current_version": workflow.version},
        )


def apply(document: Document, operations: Sequence[Operation]) -> Document:
    """A draft (with ids) after some changes, in order.

    Raises:
        NotFound: there is no node or edge with an operation's id.
        InvalidDocument: an operation lacks what it needs.
    """
    changed = document | {"nodes": [*document["nodes"]], "edges": [*document["edges"]]}
    for number, operation in enumerate(operations):
        verb, _, kind = operation.op.partition("_")
        items: list[Document] = changed[f"{kind}s"]
        if verb == "add":
            items.append(_value(operation, number))
            continue
        place = _place(items, operation, kind, number)
        if verb == "put":
            items[place] = {"id": items[place]["id"]} | _value(operation, number)
        else:
            removed = items.pop(place)
            if kind == "node":
                changed["edges"] = _without(changed["edges"], removed.get("key"))
    return changed


def _value(operation: Operation, number: int) -> Document:
    if operation.value is None:
        raise InvalidDocument(f"operations[{number}]: {operation.op} needs `value`")
    given = {"id": operation.id} if operation.id is not None else {}
    return given | operation.value


def _place(items: list[Document], operation: Operation, kind: str, number: int) -> int:
    for place, item in enumerate(items):
        if operation.id is not None and item["id"] == operation.id:
            return place
    raise NotFound(f"operations[{number}]: there is no {kind} {operation.id!r}")


def _without(edges: list[Document], key: Any) -> list[Document]:
    return [edge for edge in edges if key not in {edge.get("source"), edge.get("target")}]


# What the tables hold ----------------------------------------------------------------------------


def _checked(document: Document) -> tuple[list[Document], list[Document]]:
    for name, limit in (("nodes", MAX_NODES), ("edges", MAX_EDGES)):
        if len(document.get(name) or ()) > limit:
            raise GraphTooLarge(f"the graph has more than {limit} {name}; call another workflow")
    try:
        check_json(document)
        nodes = _NODES.validate_python(document.get("nodes") or [])
        edges = _EDGES.validate_python(document.get("edges") or [])
        _STORED.validate_python(document.get("variables"))
    except ValueProblem as problem:
        raise InvalidDocument(f"{problem.path}: {problem.message}") from None
    except ValidationError as error:
        raise InvalidDocument(
            "nodes need a `key`, edges a `source` and a `target`",
            errors=[
                {
                    "path": ".".join(map(str, found["loc"])),
                    "message": found["msg"],
                    "code": found["type"],
                }
                for found in error.errors()
            ],
        ) from None
    plain_nodes = [node.model_dump(mode="json", exclude_unset=True) for node in nodes]
    plain_edges = [edge.model_dump(mode="json", exclude_unset=True) for edge in edges]
    size = len(json.dumps([plain_nodes, plain_edges], ensure_ascii=False).encode())
    if size > MAX_DEFINITION_BYTES:
        raise GraphTooLarge(f"the graph has {size} bytes; at most {MAX_DEFINITION_BYTES} may be")
    return plain_nodes, plain_edges


def _node_rows(workflow_id: UUID, nodes: list[Document]) -> list[Document]:
    _refuse_doubles("nodes", "key", [node["key"] for node in nodes])
    ids = [node.pop("id", None) or node["key"] for node in nodes]
    _refuse_doubles("nodes", "id", ids)
    return [
        {
            "workflow_id": workflow_id,
            "id": ids[position],
            "key": node["key"],
            "position": position,
            "document": node,
        }
        for position, node in enumerate(nodes)
    ]


def _edge_rows(workflow_id: UUID, edges: list[Document]) -> list[Document]:
    names = ("source", "target", "source_handle", "target_handle")
    ends = [tuple(edge.get(name) for name in names) for edge in edges]
    for source, target, *_ in ends:
        if source == target:
            raise DraftRefused(f"edges: `{source}` has an edge to itself; use a `loop` container")
    _refuse_doubles("edges", "pair of handles", ends)
    ids = [edge.pop("id", None) or _edge_id(edge) for edge in edges]
    _refuse_doubles("edges", "id", ids)
    return [
        {
            "workflow_id": workflow_id,
            "id": ids[position],
            "position": position,
            "document": edge,
            **dict(zip(names, ends[position], strict=True)),
        }
        for position, edge in enumerate(edges)
    ]


def _edge_id(edge: Document) -> str:
    handle = f":{edge['source_handle']}" if edge.get("source_handle") else ""
    entrance = f":{edge['target_handle']}" if edge.get("target_handle") else ""
    name = f"{edge['source']}{handle}-{edge['target']}{entrance}"
    if len(name) <= MAX_EDGE_ID:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{name[: MAX_EDGE_ID - len(digest) - 1]}-{digest}"


def _refuse_doubles(where: str, what: str, values: Sequence[Any]) -> None:
    doubled = [value for value, count in Counter(values).items() if count > 1]
    if doubled:
        raise DraftRefused(f"{where}: the {what} {doubled[0]!r} is there twice")
