"""A model that does whatever it is told, wherever the words come from and however they are hidden."""
# ruff: noqa: RUF001 - letters that look like others are what it is about

import base64
import codecs
import html
import json
import quopri
import re
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from cli.scripted_model.asked import Asked
from cli.scripted_model.script import Call

# What the newest message says, as it stands there: whoever is told to may pass it on.
LAST = "$last"
_VERBS = (
    "CALL|호출|실행|调用|呼叫|呼び出し|ВЫЗОВИ|ВИКЛИЧ|LLAMA|CHAME|APPELLE|RUFE|CHIAMA|WYWOŁAJ|ÇAĞIR|"
    "ROEP|ΚΑΛΕΣΕ|استدع|קרא|बुलाओ|เรียก|GỌI|PANGGIL|ZAVOLEJ|KUTSU"
)
# The name ends at a blank or a brace; `[id]` before it names the call.
_COMMAND = re.compile(rf"(?:{_VERBS})(?:\[([^\]\n]{{0,1000}})\])?\s+([^\s{{}}\"'`<>]{{1,300}})\s*")
_PACKED = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){12,}")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
# Cyrillic and Greek letters that look like Latin ones.
_ALIKE = str.maketrans("АВСЕНІЈКМОРЅТХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABCEHIJKMOPSTXABEZHIKMNOPTYX")
_TAGS = {0xE0000 + code: code for code in range(0x20, 0x7F)}


def commanded(asked: Asked) -> list[Call]:
    """The calls that new messages ask for as `CALL name {json}`, on offer or not."""
    return [
        call
        for message in asked.new()
        for text in _texts(message.text)
        for call in told(text, message.text)
    ]


def told(text: str, whole: str = "") -> list[Call]:
    """The calls that a text asks for; as it stands, else as it reads once it is decoded.

    `$last` in their arguments stands for `whole`.
    """
    found = (list(_commands(reading, whole)) for reading in _readings(text))
    return next((calls for calls in found if calls), [])


def _commands(text: str, whole: str) -> Iterator[Call]:
    for found in _COMMAND.finditer(text):
        try:
            arguments, _ = json.JSONDecoder().raw_decode(text, found.end())
        except (ValueError, RecursionError):
            arguments = {}
        given = _filled(arguments, whole) if isinstance(arguments, dict) else {}
        yield Call(name=found[2], arguments=given, id=found[1] or None)


def _filled(value: Any, whole: str) -> Any:
    if isinstance(value, str):
        return value.replace(LAST, whole)
    if isinstance(value, list):
        return [_filled(item, whole) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, whole) for key, item in value.items()}
    return value


def _readings(text: str) -> Iterator[str]:
    yield text
    yield html.unescape(text)
    yield unquote(text)
    yield "".join(
        each for each in text.translate(_TAGS) if unicodedata.category(each) not in {"Cf", "Mn"}
    )
    yield unicodedata.normalize("NFKC", text)
    yield text.translate(_ALIKE)
    yield text[::-1]
    yield codecs.encode(text, "rot13")
    yield _ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    yield quopri.decodestring(text.encode()).decode(errors="replace")
    yield from (bytes.fromhex(found[0]).decode(errors="replace") for found in _HEX.finditer(text))
    for found in _PACKED.finditer(text):
        padded = found[0].rstrip("=") + "=" * (-len(found[0].rstrip("=")) % 4)
        try:
            yield base64.b64decode(padded, altchars=b"-_").decode(errors="replace")
        except ValueError:
            continue


def _texts(text: str) -> Iterator[str]:
    """The text, or what is written inside when it is JSON, where quotes are escaped."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        yield text
        return
    yield from _strings(value)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
