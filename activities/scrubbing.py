"""Takes secrets out of what a tool gives back, in every form that tools commonly give them."""

import base64
import html
import json
import mmap
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, quote_plus

from models.graph.values import Json

MIN_CHARACTERS = 6
_SHOWN = "[secret {}]"
_MAY_BE_CUT = 1_000
_CUT_MARK = "…".encode()
_WINDOW_BYTES = 256 * 1024
_MAX_THOROUGH = 4_096
# What Python, JavaScript and httpx leave as it is when they encode the same text for a URL.
_SAFE_IN_URLS = ("", "/", "!'()*", "!$&'()*+,;=:@/", "!#$&'()*+,/:;=?@")
# Where `base64`, `openssl base64` and `xxd -p` break their lines.
_BASE64_WIDTH, _OPENSSL_WIDTH, _HEX_WIDTH = 76, 64, 60
_UTF_8 = ("utf-8", "surrogatepass")
Data = bytes | mmap.mmap


class Scrubber:
    """Replaces the values of secrets by their names.

    It knows a value as it is, each long line of it, and in these encodings, two of them one in the
    other as well: escapes of JSON, HTML, Python and the shell, percent encoding, hexadecimal, and
    base64 in both alphabets at any offset in a longer text, with and without line breaks.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        """`secrets` are values by name; shorter ones than `MIN_CHARACTERS` are not looked for."""
        self._names: dict[bytes, str] = {}
        for name, value in secrets.items():
            for form in _forms(value):
                self._names.setdefault(form, name)
        self._forms = _Words(self._names)

    def __bool__(self) -> bool:
        return bool(self._names)

    def text(self, text: str) -> str:
        """`text` without secrets."""
        return self.data(text.encode(*_UTF_8)).decode(*_UTF_8) if self else text

    def data(self, data: bytes) -> bytes:
        """`data` without secrets."""
        return self._without_cut(b"".join(self._clean(data))) if self else data

    def value(self, value: Json) -> Json:
        """`value` without secrets, keys of objects included; a number that holds one becomes text."""
        if not self:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self.value(item) for key, item in value.items()}
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        shown = json.dumps(value)
        return value if (clean := self.text(shown)) == shown else clean

    def file(self, file: Path) -> None:
        """Rewrite `file` if secrets are in it; it is never in memory as a whole."""
        if not self or not file.stat().st_size:
            return
        clean = file.with_name(f".{file.name}.clean")
        with (
            file.open("rb") as source,
            mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            if self._forms.find(data, 0) is None:
                return
            with clean.open("wb") as target:
                target.writelines(self._clean(data))
        clean.replace(file)

    def ending(self, data: bytes) -> bytes:
        """`data` without secrets, and without one that it breaks off in."""
        return self._without_end(self.data(data)) if self else data

    def settled(self, data: bytes) -> int:
        """How much of `data` no secret reaches beyond, whatever follows; whole characters."""
        if not self:
            return len(data)
        begun = self._forms.begun(data)
        certain = max(len(data) - MIN_CHARACTERS + 1, 0)
        end = certain if begun is None else min(begun[0], certain)
        while end > 0:
            if end < len(data) and data[end] & 0xC0 == 0x80:
                end -= 1
                continue
            across = self._forms.begun(data, end) or self._forms.find(
                data, max(end - MIN_CHARACTERS + 1, 0), end - 1
            )
            if across is None:
                break
            end = across[0]
        return end

    def _clean(self, data: Data) -> Iterator[bytes]:
        done = 0
        while (found := self._forms.find(data, done)) is not None:
            place, form = found
            yield data[done:place]
            yield _shown(self._names[form])
            done = self._end(data, place, form)
        yield data[done:]

    def _end(self, data: Data, place: int, form: bytes) -> int:
        """Where the secret at `place` ends, with those that overlap it."""
        end = place + len(form)
        while (found := self._forms.find(data, place + 1, end - 1)) is not None:
            place, form = found
            end = max(end, place + len(form))
        return end

    def _without_cut(self, data: bytes) -> bytes:
        """Long texts are often cut at a limit, perhaps in the middle of a secret; `…` may say so."""
        *cut, last = data.split(_CUT_MARK)
        cut = [self._without_end(part) for part in cut]
        if len(data) < _MAY_BE_CUT:
            return _CUT_MARK.join([*cut, last])
        data = _CUT_MARK.join([*cut, self._without_end(last)])
        found = self._backwards.begun(data[::-1])
        if found is None:
            return data
        place, form = found
        return _shown(self._names[form[::-1]]) + data[len(data) - place :]

    def _without_end(self, data: bytes) -> bytes:
        found = self._forms.begun(data)
        return data if found is None else data[: found[0]] + _shown(self._names[found[1]])

    @cached_property
    def _backwards(self) -> "_Words":
        return _Words(form[::-1] for form in self._names)


class ScrubbedPieces:
    """Takes secrets out of a text that comes in pieces, wherever it is cut.

    It holds back what a secret may have begun in, so what it gives lags behind what it got.
    """

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        self._held = b""

    @property
    def held(self) -> int:
        """Bytes that wait for what follows."""
        return len(self._held)

    def add(self, piece: str) -> str:
        """What is certain by now and was not given before."""
        data = self._held + piece.encode(*_UTF_8)
        end = self._scrubber.settled(data)
        self._held = data[end:]
        return self._scrubber.data(data[:end]).decode(*_UTF_8)

    def end(self) -> str:
        """The rest, without a secret that broke off in it."""
        held, self._held = self._held, b""
        return self._scrubber.ending(held).decode(*_UTF_8)


def _shown(name: str) -> bytes:
    return _SHOWN.format(name).encode()


# Finding many words ------------------------------------------------------------------------------


class _Words:
    """Finds thousands of words, none of them shorter than `MIN_CHARACTERS`, about as fast as one."""

    def __init__(self, words: Iterable[bytes]) -> None:
        self._by_start: dict[bytes, list[bytes]] = {}
        self._longest = 0
        for word in sorted(words, key=len, reverse=True):
            self._by_start.setdefault(word[:MIN_CHARACTERS], []).append(word)
            self._longest = max(self._longest, len(word))
        self._starts = re.compile(_tree(self._by_start))

    def find(self, data: Data, at: int, last: int | None = None) -> tuple[int, bytes] | None:
        """Place and word of the first that begins from `at` on, and not after `last`."""
        size = len(data) if last is None else min(last + MIN_CHARACTERS, len(data))
        while self._by_start and at + MIN_CHARACTERS <= size:
            # In windows: a search keeps every other thread waiting, and with them the heartbeats.
            end = min(at + _WINDOW_BYTES, size)
            found = self._starts.search(data, at, end)
            if found is None:
                at = end - MIN_CHARACTERS + 1
                continue
            at = found.start()
            for word in self._by_start[found[0]]:
                if data[at : at + len(word)] == word:
                    return at, word
            at += 1
        return None

    def begun(self, data: bytes, end: int | None = None) -> tuple[int, bytes] | None:
        """Place and word of the longest at the end of `data[:end]` that is cut off there."""
        end = len(data) if end is None else end
        at = max(end - self._longest, 0)
        while (found := self._starts.search(data, at, end)) is not None:
            for word in self._by_start[found[0]]:
                if word.startswith(data[found.start() : end]):
                    return found.start(), word
            at = found.start() + 1
        return None


def _tree(words: Iterable[bytes]) -> bytes:
    """A pattern for any of the words, which searches many of them far quicker than a list would."""
    branches: dict[bytes, list[bytes]] = {}
    for word in words:
        branches.setdefault(word[:1], []).append(word[1:])
    parts = [re.escape(first) + _tree(filter(None, rest)) for first, rest in branches.items()]
    return parts[0] if len(parts) == 1 else b"(?:" + b"|".join(parts) + b")" if parts else b""


# Forms of a value --------------------------------------------------------------------------------


def _forms(value: str) -> Iterator[bytes]:
    thorough = len(value) <= _MAX_THOROUGH
    lines = [line.strip() for line in value.splitlines()]
    for text in dict.fromkeys([value, value.strip(), *lines]):
        if len(text) >= MIN_CHARACTERS:
            yield from _forms_of(text, thorough=thorough)
    if thorough and len(value) >= MIN_CHARACTERS:
        yield from _broken(value.encode(*_UTF_8))


def _forms_of(text: str, *, thorough: bool) -> Iterator[bytes]:
    once = [text, *dict.fromkeys(_escaped(text))] if thorough else [text]
    # Such as JSON in a URL, or a text of Python that holds JSON.
    twice = dict.fromkeys(form for each in once for form in (each, *_escaped(each)))
    yield from (each.encode(*_UTF_8) for each in twice)
    for each in once:
        yield from _packed(each.encode(*_UTF_8))


def _escaped(text: str) -> Iterator[str]:
    ascii_json, plain_json = json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]
    yield from (ascii_json, plain_json)
    yield re.sub(r"\\u[0-9a-f]{4}", lambda found: f"\\u{found[0][2:].upper()}", ascii_json)
    yield from (ascii_json.replace("/", "\\/"), plain_json.replace("/", "\\/"))
    yield plain_json.translate({ord(each): f"\\u{ord(each):04x}" for each in "<>&"})
    marked_up = html.escape(text)
    yield from (marked_up, html.escape(text, quote=False))
    yield marked_up.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    yield from (repr(text)[1:-1], ascii(text)[1:-1])
    yield text.replace("'", "'\\''")
    encoded = [quote(text, safe, errors="replace") for safe in _SAFE_IN_URLS]
    for each in [*encoded, quote_plus(text, errors="replace")]:
        yield each
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), each)


def _packed(raw: bytes) -> Iterator[bytes]:
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for core in _base64(raw):
        yield core
        yield core.translate(bytes.maketrans(b"+/", b"-_"))


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


def _broken(raw: bytes) -> Iterator[bytes]:
    """The long lines of what packs `raw`: as a text of its own, and anywhere in a longer one."""
    for packed in [*_base64(raw)]:
        yield from _lines(packed, _OPENSSL_WIDTH, [_OPENSSL_WIDTH])
        yield from _lines(packed, _BASE64_WIDTH, range(1, _BASE64_WIDTH + 1))
    yield from _lines(raw.hex().encode(), _HEX_WIDTH, range(1, _HEX_WIDTH + 1))


def _lines(text: bytes, width: int, firsts: Iterable[int]) -> Iterator[bytes]:
    for first in firsts:
        if first < len(text):
            rest = (text[at : at + width] for at in range(first, len(text), width))
            yield from (line for line in (text[:first], *rest) if len(line) >= 2 * MIN_CHARACTERS)
