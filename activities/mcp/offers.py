"""The tools that a server offers, as a person approves them and as calls compare them."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from activities.mcp.limits import MAX_DESCRIPTION, MAX_SCHEMA_BYTES, MAX_TITLE, MAX_TOOL_NAME
from activities.mcp.wording import one_line, shown
from models.graph.json_schema import SchemaInvalid, check_json_schema
from models.graph.values import ValueProblem, check_json

# What a person or a model relies on when choosing the tool; icons and the like are not among it.
PINNED = ("name", "title", "description", "inputSchema", "outputSchema", "annotations")
Definition = Mapping[str, Any]


class Unusable(ValueError):
    """A tool that cannot be offered to graphs; the message says why."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One tool; `hash` is of its whole definition, the texts here are cut."""

    name: str
    title: str | None
    description: str | None
    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | None
    hash: str


@dataclass(frozen=True, slots=True)
class Offers:
    """Everything that a server offers; `left_out` are (name, why) of what graphs cannot use."""

    usable: list[Offer]
    left_out: list[tuple[str, str]]


def tool_hash(definition: Definition) -> str:
    """SHA-256, in hexadecimal, of the pinned parts of a definition in canonical JSON."""
    pinned = {part: definition[part] for part in PINNED if definition.get(part) is not None}
    text = json.dumps(pinned, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def by_name(definitions: Sequence[Definition]) -> dict[str, Definition]:
    """The definitions by name; a name that stands for several tools stands for none."""
    times = Counter(definition["name"] for definition in definitions)
    return {found["name"]: found for found in definitions if times[found["name"]] == 1}


def sort_out(definitions: Sequence[Definition]) -> Offers:
    """What graphs can use of a server's list, and what not."""
    times = Counter(definition["name"] for definition in definitions)
    offers = Offers([], [])
    for definition in definitions:
        name = definition["name"]
        try:
            found = offer(definition)
        except Unusable as problem:
            offers.left_out.append((one_line(name, MAX_TOOL_NAME), str(problem)))
            continue
        if times[name] == 1:
            offers.usable.append(found)
        else:
            offers.left_out.append((name, "several tools have this name"))
    return offers


def offer(definition: Definition) -> Offer:
    """A definition as an offer.

    Raises:
        Unusable: its name or a schema cannot be used.
    """
    title, description = definition.get("title"), definition.get("description")
    return Offer(
        name=_name(definition["name"]),
        title=None if title is None else one_line(title, MAX_TITLE),
        description=None if description is None else shown(description, MAX_DESCRIPTION),
        input_schema=_schema(definition["inputSchema"], "input"),
        output_schema=_schema(definition.get("outputSchema"), "output"),
        hash=tool_hash(definition),
    )


def _name(name: str) -> str:
    if not 0 < len(name) <= MAX_TOOL_NAME:
        raise Unusable(f"a name has 1 to {MAX_TOOL_NAME} characters")
    if not name.isprintable() or name != name.strip():
        raise Unusable("its name holds characters that cannot be seen")
    return name


def _schema(schema: Any, which: str) -> Any:
    if schema is None:
        return None
    try:
        check_json(schema)
        if len(json.dumps(schema)) > MAX_SCHEMA_BYTES:
            raise Unusable(f"its {which} schema is over {MAX_SCHEMA_BYTES // 1024} KiB")
        check_json_schema(schema)
    except (ValueProblem, SchemaInvalid) as problem:
        raise Unusable(f"its {which} schema cannot be checked: {problem}") from problem
    return schema
