"""A model that does whatever it is told, wherever the words come from."""

import json
import re
from collections.abc import Iterator
from typing import Any

from cli.scripted_model.asked import Asked
from cli.scripted_model.script import Call

_COMMAND = re.compile(r"CALL\s+([A-Za-z0-9_.-]{1,64})\s*")


def commanded(asked: Asked) -> list[Call]:
    """The calls that new messages ask for as `CALL name {json}`, on offer or not."""
    return [
        call for message in asked.new() for text in _texts(message.text) for call in _commands(text)
    ]


def _commands(text: str) -> Iterator[Call]:
    for found in _COMMAND.finditer(text):
        try:
            arguments, _ = json.JSONDecoder().raw_decode(text, found.end())
        except (ValueError, RecursionError):
            arguments = {}
        yield Call(name=found[1], arguments=arguments if isinstance(arguments, dict) else {})


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
