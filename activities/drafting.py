"""Activity `draft`: one call of a tool with which a model drafts a graph.

The draft is kept nowhere: it is what the calls in the conversation make of its base. So an attempt
that is repeated, and calls side by side, see the same.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson
from temporalio import activity

from activities.context import ArtifactStore
from activities.conversation import Conversation, Entry
from activities.database import Database
from activities.errors import InvalidInput, ToolError, application_error, typed
from activities.node_kinds import described, overview
from activities.nodes import inline
from models.graph.document import dump_yaml
from models.graph.draft_tools import (
    EDIT,
    KINDS,
    SHOW,
    DraftBase,
    asked_names,
    edits_of,
    read_arguments,
)
from models.graph.drafting import Draft, fold
from models.graph.problems import Problem
from models.graph.validation import validate_document
from models.graph.values import Json, is_artifact
from temporal_workflows.contracts import Activity, DraftTask, Envelope, Usage

MAX_SHOWN = 20
# The model is shown no more than this of an answer anyway, see activity `turn`.
MAX_DOCUMENT_BYTES = 48 * 1024
# What a call gives goes into the history twice.
INLINE_BYTES = 4 * 1024


class DraftActivities:
    """The drafts of this worker."""

    def __init__(self, database: Database, artifacts: ArtifactStore) -> None:
        self._database = database
        self._artifacts = artifacts

    @property
    def all(self) -> list[Callable[..., Any]]:
        """The activities to register."""
        return [self.draft]

    @activity.defn(name=Activity.DRAFT)
    async def draft(self, task: DraftTask) -> Envelope:
        """What the model is told about its call; wrong arguments are no failure.

        Raises:
            ApplicationError: with a `FailureDetail`; final once the attempts are used up.
        """
        started = time.monotonic()
        try:
            with typed():
                output = await self._answer(task)
        except ToolError as error:
            number = activity.info().attempt
            raise application_error(error, task.context, attempt=number, retry=task.retry) from None
        usage = Usage(ms=round((time.monotonic() - started) * 1000))
        return Envelope(output=output, usage=usage)

    async def _answer(self, task: DraftTask) -> Json:
        artifacts = self._artifacts.of(task.context.owner_id)
        base = await _base(artifacts, task.base)
        conversation = Conversation(self._database, task.conversation_id, task.context.owner_id)
        calls = _calls_until(task, await conversation.before(task.seq + 1))
        answer = _answer(task.name, calls, base)
        return await inline(artifacts, task.context.execution_id, answer, INLINE_BYTES)


async def _base(artifacts: ArtifactStore, given: Json) -> DraftBase:
    """Only the whole may be a reference: what looks like one inside belongs to the document."""
    if is_artifact(given):
        given = orjson.loads(await artifacts.get(given))
    return DraftBase.model_validate(given or {})


def _calls_until(task: DraftTask, entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Names and arguments of all calls so far, the task's own last.

    Raises:
        InvalidInput: the conversation has no such call.
    """
    found = []
    for entry, name, call_id, arguments in _calls(entries):
        found.append((name, arguments))
        if entry.seq == task.seq and call_id == task.call_id:
            return found
    raise InvalidInput(f"message {task.seq} does not ask for call {task.call_id!r}")


def _calls(entries: Sequence[Entry]) -> Iterator[tuple[Entry, str, str, str]]:
    for entry in entries:
        for call in entry.message.tool_calls:
            yield entry, call.name, call.id, call.arguments


def _answer(name: str, calls: list[tuple[str, str]], base: DraftBase) -> Json:
    arguments = read_arguments(calls[-1][1])
    if name == KINDS:
        types = asked_names(arguments, "types")
        return described(types, base) if types else overview(base)
    draft = fold(base.document, edits_of(calls))
    _, problems = validate_document(draft.document, base.known())
    if name == EDIT:
        return _edited(draft) | _problems(problems)
    if name == SHOW:
        return _shown(draft, asked_names(arguments, "keys")) | _problems(problems)
    raise InvalidInput(f"there is no tool {name!r} to draft with")


def _edited(draft: Draft) -> dict[str, Json]:
    """What became of the last call."""
    own = [each for each in draft.refused if each.call == len(draft.done) - 1]
    told: list[Json] = [
        {"operation": each.operation, "code": each.code.value, "why": each.message}
        for each in own[:MAX_SHOWN]
    ]
    found: dict[str, Json] = {"done": draft.done[-1], "refused": told}
    return found | {"nodes": _count(draft, "nodes"), "edges": _count(draft, "edges")}


def _count(draft: Draft, name: str) -> int:
    items = draft.document[name]
    return len(items) if isinstance(items, list) else 0


def _problems(problems: Sequence[Problem]) -> dict[str, Json]:
    told: list[Json] = [
        each.model_dump(mode="json", exclude_defaults=True, exclude={"edge_ids"})
        for each in problems[:MAX_SHOWN]
    ]
    more = len(problems) - len(told)
    return {"problems": told} | ({"more_problems": more} if more > 0 else {})


def _shown(draft: Draft, keys: Sequence[str]) -> dict[str, Json]:
    """The document, its nodes alone, or its outline when it is too long to be read at once.

    As YAML: a text is never searched for references to artifacts, which a draft may name.
    """
    nodes: Any = draft.document["nodes"]
    chosen = [node for node in nodes if not keys or node["key"] in keys]
    text = dump_yaml({"nodes": chosen} if keys else draft.document)
    if len(text.encode()) <= MAX_DOCUMENT_BYTES:
        return {"draft": text}
    outline: list[Json] = [
        {name: node[name] for name in ("key", "type", "parent") if name in node} for node in chosen
    ]
    return {
        "outline": outline,
        "edges": [_arrow(edge) for edge in _edges(draft.document)],
        "note": "too long to be shown whole: ask for a few nodes by `keys`",
    }


def _edges(document: dict[str, Json]) -> list[Any]:
    edges = document["edges"]
    return edges if isinstance(edges, list) else []


def _arrow(edge: Any) -> str:
    handle = edge.get("source_handle")
    return f"{edge['source']}{f':{handle}' if handle else ''} -> {edge['target']}"
