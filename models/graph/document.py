"""The graph document: YAML or JSON text to plain data and back."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from models.graph.graph import Graph
from models.graph.limits import MAX_DEFINITION_BYTES, MAX_JSON_DEPTH
from models.graph.values import Json, ValueProblem, check_json

_LINE_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")
JSON_TYPES = frozenset({"application/json", "text/json"})
YAML_TYPES = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"})


class DocumentProblem(ValueError):
    """The text is no document; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def parse_document(data: bytes | str, content_type: str) -> dict[str, Json]:
    """An object of plain JSON values; `content_type` says JSON, everything else is read as YAML.

    Raises:
        DocumentProblem: over 1 MiB, malformed, nested too deeply, keys given twice, YAML aliases
            (they can grow without end), values that JSON does not have, or no object at all.
    """
    text = _decode(data)
    kind = content_type.partition(";")[0].strip().lower()
    document = _from_json(text) if kind in JSON_TYPES else _from_yaml(text)
    if not isinstance(document, dict):
        raise DocumentProblem("a graph document is an object with `name`, `nodes` and `edges`", 1)
    try:
        check_json(document)
    except ValueProblem as problem:
        place = f" at {problem.path}" if problem.path else ""
        raise DocumentProblem(f"{problem.message}{place}") from None
    return document


def as_document(graph: Graph) -> dict[str, Json]:
    """A graph as it was written: what the author left out stays out."""
    return graph.model_dump(mode="json", by_alias=True, exclude_unset=True)


def dump_json(document: Mapping[str, Json]) -> str:
    """Indented JSON."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def dump_yaml(document: Mapping[str, Json]) -> str:
    """YAML in the document's own order; texts of several lines as blocks."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def graph_hash(document: Mapping[str, Json]) -> str:
    """SHA-256 of the canonical JSON: equal for documents that differ in key order only."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


# Reading -----------------------------------------------------------------------------------------


def _decode(data: bytes | str) -> str:
    raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    if len(raw) > MAX_DEFINITION_BYTES:
        raise DocumentProblem(
            f"the document has {len(raw)} bytes; at most {MAX_DEFINITION_BYTES} are allowed"
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DocumentProblem("the document is not UTF-8 text", line) from None


def _from_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise DocumentProblem(f"malformed JSON: {error.msg}", error.lineno, error.colno) from None
    except RecursionError:
        raise DocumentProblem(f"nested deeper than {MAX_JSON_DEPTH} levels") from None
    except ValueError as error:  # an integer of thousands of digits
        raise DocumentProblem(f"malformed JSON: {error}") from None


def _no_duplicates(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise DocumentProblem(f"the key {key!r} is given twice in one object")
        found[key] = value
    return found


def _no_constant(name: str) -> Any:
    raise DocumentProblem(f"{name} is not a JSON value")


def _from_yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, narrowed further
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = f"malformed YAML: {error.problem or error.context}"
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise DocumentProblem(problem, *place) from None
    except yaml.YAMLError as error:
        raise DocumentProblem(f"malformed YAML: {error}") from None
    except RecursionError:
        raise DocumentProblem(f"nested deeper than {MAX_JSON_DEPTH} levels") from None
    except (ValueError, OverflowError) as error:
        raise DocumentProblem(f"malformed YAML: {error}") from None


class _Loader(yaml.SafeLoader):
    """Plain JSON values only: no aliases, no dates, no octal numbers, `yes` is a text."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse aliases and depth before anything is built."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(
                None,
                None,
                "aliases (`*name`) are not allowed; write the value out",
                event.start_mark,
            )
        self.depth += 1
        if self.depth > MAX_JSON_DEPTH + 1:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            problem = f"nested deeper than {MAX_JSON_DEPTH} levels"
            raise yaml.constructor.ConstructorError(None, None, problem, mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Refuse keys that are no text, and keys given twice."""
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None:
                raise _refused("a key must be text", key_node)
            if key in found:
                raise _refused(f"the key {key!r} is given twice", key_node)
            found[key] = self.construct_object(value_node, deep=deep)
        return found


def _refused(problem: str, node: Any) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks; no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        """A value that occurs twice is written twice."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value and not value.startswith((" ", "\n")) else None
    if _LINE_BREAKS.search(value):
        style = '"'  # other styles would read it back as a space
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


# YAML 1.2's JSON schema, in place of YAML 1.1's surprises (`yes`, `010`, `2026-01-01`).
_KINDS = {
    "null": (r"(?:null|Null|NULL|~|)$", ["n", "N", "~", ""]),
    "bool": (r"(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    "int": (r"[-+]?[0-9]+$", list("-+0123456789")),
    "float": (
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?$",
        list("-+0123456789."),
    ),
}
_Loader.yaml_implicit_resolvers = {}
for _kind, (_pattern, _starts) in _KINDS.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_pattern), _starts)
    # In addition to YAML 1.1's: the dumper quotes what either of them would take for no text.
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_pattern), _starts)
_Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
_Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(node.value))
