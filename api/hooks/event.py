"""What came, as the templates of its trigger see it: `event` is {body, headers, query, delivery_id}."""

import json
from typing import Any
from urllib.parse import parse_qsl

from api.hooks.errors import BodyKindUnknown, CallInvalid
from api.hooks.verification import PROOFS, Call
from models.graph.limits import MAX_JSON_DEPTH
from models.graph.values import Json, ValueProblem, check_json

FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 1_000
# Others of Python's codecs are no character sets, or grow what they read.
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "iso-8859-1"})
TAKEN = f"application/json, {FORM} or text/plain"


def read_event(call: Call, delivery_id: str) -> dict[str, Json]:
    """The call as JSON, without what proves who sent it.

    Raises:
        BodyKindUnknown: the body is neither JSON, a form nor text.
        CallInvalid: body or query hold what JSON cannot.
    """
    event: dict[str, Json] = {
        "body": _body(call),
        "headers": {name: text for name, text in call.headers.items() if name not in PROOFS},
        "query": _fields(call.query, "query"),
        "delivery_id": delivery_id,
    }
    try:
        check_json(event)
    except ValueProblem as problem:
        raise CallInvalid(f"{problem.path}: {problem.message}") from None
    return event


def _body(call: Call) -> Json:
    given = call.headers.get("content-type", "")
    if not given and not call.body:
        return None
    kind = given.partition(";")[0].strip().lower()
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return _json(call.body)
    if kind == FORM:
        return _fields(_text(call.body, "utf-8"), "body")
    if kind.startswith("text/"):
        return _text(call.body, _charset(given))
    raise BodyKindUnknown(f"Content-Type: {kind or 'none'} is not read; send {TAKEN}")


def _json(body: bytes) -> Json:
    try:
        found: Json = json.loads(_text(body, "utf-8"), parse_constant=_no_constant)
    except RecursionError:
        raise CallInvalid(f"body: nested deeper than {MAX_JSON_DEPTH} levels") from None
    except ValueError as error:
        raise CallInvalid(f"body: no JSON: {error}") from None
    return found


def _no_constant(name: str) -> Any:
    raise CallInvalid(f"body: {name} is not a JSON value")


def _fields(text: str, place: str) -> dict[str, Json]:
    """Fields by name; one that is given more than once is a list."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError:
        raise CallInvalid(f"{place}: is not UTF-8 text") from None
    except ValueError:
        raise CallInvalid(f"{place}: has more than {MAX_FIELDS} fields") from None
    found: dict[str, list[Json]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _charset(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
            if charset not in CHARSETS:
                raise BodyKindUnknown(f"Content-Type: charset {charset!r} is not read; send UTF-8")
            return charset
    return "utf-8"


def _text(body: bytes, charset: str) -> str:
    try:
        return body.decode("utf-8-sig" if charset in {"utf-8", "utf8"} else charset)
    except UnicodeDecodeError:
        raise CallInvalid(f"body: is not {charset.upper()} text") from None
