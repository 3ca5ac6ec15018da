"""Takes secrets out of what a tool gives back, in every form that tools commonly give them."""

import base64
import html
import json
import mmap
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

from models.graph.values import Json

MIN_CHARACTERS = 6
_SHOWN = "[secret {}]"
_MAY_BE_CUT = 1_000


class Scrubber:
    """Replaces the values of secrets by their names.

    It knows a value as it is, each long line of it, and in these encodings: JSON and HTML escapes,
    percent encoding, hexadecimal, and base64 in both alphabets at any offset in a longer text.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        """`secrets` are values by name; shorter ones than `MIN_CHARACTERS` are not looked for."""
        self._names: dict[bytes, str] = {}
        for name, value in secrets.items():
            for form in _forms(value):
                self._names.setdefault(form, name)
        longest_first = sorted(self._names, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, longest_first))) if self else None

    def __bool__(self) -> bool:
        return bool(self._names)

    def text(self, text: str) -> str:
        """`text` without secrets."""
        if self._pattern is None:
            return text
        return self.data(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def data(self, data: bytes) -> bytes:
        """`data` without secrets."""
        if self._pattern is None:
            return data
        clean = self._pattern.sub(self._replacement, data)
        return self._without_cut(clean) if len(clean) >= _MAY_BE_CUT else clean

    def value(self, value: Json) -> Json:
        """`value` without secrets, keys of objects included."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self.value(item) for key, item in value.items()}
        return value

    def file(self, file: Path) -> None:
        """Rewrite `file` if secrets are in it; it is never in memory as a whole."""
        if self._pattern is None or not file.stat().st_size:
            return
        clean = file.with_name(f".{file.name}.clean")
        with (
            file.open("rb") as source,
            mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            found = self._pattern.search(data)
            if found is None:
                return
            with clean.open("wb") as target:
                done = 0
                while found is not None:
                    target.write(data[done : found.start()])
                    target.write(self._replacement(found))
                    done = found.end()
                    found = self._pattern.search(data, done)
                target.write(data[done:])
        clean.replace(file)

    def _without_cut(self, data: bytes) -> bytes:
        """Long texts are often cut at a limit, perhaps in the middle of a secret."""
        for form, name in self._names.items():
            shown = _SHOWN.format(name).encode()
            for length in range(len(form) - 1, MIN_CHARACTERS - 1, -1):
                if data.endswith(form[:length]):
                    data = data[:-length] + shown
                if data.startswith(form[-length:]):
                    data = shown + data[length:]
        return data

    def _replacement(self, found: re.Match[bytes]) -> bytes:
        return _SHOWN.format(self._names[found[0]]).encode()


def _forms(value: str) -> Iterator[bytes]:
    lines = [line.strip() for line in value.splitlines()]
    for text in dict.fromkeys([value, value.strip(), *lines]):
        if len(text) >= MIN_CHARACTERS:
            yield from _encoded(text)


def _encoded(text: str) -> Iterable[bytes]:
    raw = text.encode("utf-8", "surrogatepass")
    texts = [
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        html.escape(text),
        quote(text, safe="", errors="replace"),
        quote(text, errors="replace"),
        quote_plus(text, errors="replace"),
        raw.hex(),
        raw.hex().upper(),
    ]
    forms = [raw, *(each.encode("utf-8", "surrogatepass") for each in texts)]
    return dict.fromkeys([*forms, *_base64(raw)])


def _base64(raw: bytes) -> Iterator[bytes]:
    """The characters that `raw` alone decides, wherever it begins in a group of three bytes."""
    for before in range(3):
        after = -(before + len(raw)) % 3
        encoded = base64.b64encode(bytes(before) + raw + bytes(after))
        first = (before * 8 + 5) // 6
        last = (before + len(raw)) * 8 // 6
        core = encoded[first:last]
        if len(core) >= MIN_CHARACTERS:
            yield core
            yield core.translate(bytes.maketrans(b"+/", b"-_"))
