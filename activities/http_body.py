"""The body of an answer as it comes: unpacked in small pieces, counted, never more than allowed."""

import zlib
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx

from activities.errors import ConnectionFailed, PayloadTooLarge

CODINGS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
_PIECE_BYTES = 64 * 1024


class Allowance:
    """How many bytes may come, over one answer or several."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._left = max_bytes

    def take(self, size: int, host: str) -> None:
        """Count `size` bytes from `host`; raises `PayloadTooLarge`."""
        self._left -= size
        if self._left < 0:
            raise PayloadTooLarge(f"{host} sends more than {self._max_bytes} bytes (max_bytes)")


async def chunks(response: httpx.Response, allowance: Allowance) -> AsyncGenerator[bytes, None]:
    """The body in pieces.

    Raises:
        PayloadTooLarge: it is over the allowance.
        ConnectionFailed: it is packed more than once, in an unknown way, or not as it says.
    """
    host = response.request.url.host
    unpacker = _unpacker(response, host)
    try:
        async for raw in response.aiter_raw():
            for piece in unpacker.feed(raw):
                allowance.take(len(piece), host)
                yield piece
        unpacker.end()
    except zlib.error as error:
        raise ConnectionFailed(f"the answer of {host} cannot be unpacked: {error}") from error


async def read(response: httpx.Response, allowance: Allowance) -> bytes:
    """The whole body; raises as `chunks`."""
    return b"".join([piece async for piece in chunks(response, allowance)])


async def save(response: httpx.Response, allowance: Allowance, file: Path) -> int:
    """Write the body into `file` and give its size in bytes; raises as `chunks`."""
    with file.open("wb") as target:
        async for piece in chunks(response, allowance):
            target.write(piece)
        return target.tell()


async def beginning(response: httpx.Response, size: int) -> bytes:
    """The first `size` bytes at most; the rest is not read. Raises `ConnectionFailed`."""
    found = b""
    async with aclosing(chunks(response, Allowance(size + _PIECE_BYTES))) as pieces:
        async for piece in pieces:
            found += piece
            if len(found) >= size:
                break
    return found[:size]


class _Plain:
    def feed(self, raw: bytes) -> Iterator[bytes]:
        yield raw

    def end(self) -> None: ...


class _Unpacker:
    """zlib's streams in pieces of bounded size: a small packet may hold a thousandfold."""

    def __init__(self, bits: int) -> None:
        self._stream: Any = zlib.decompressobj(bits)
        self._may_be_bare = bits == zlib.MAX_WBITS
        self._begun = False

    def feed(self, raw: bytes) -> Iterator[bytes]:
        """What one piece unpacks to; what follows the stream's end is ignored, as browsers do."""
        self._begun = self._begun or bool(raw)
        full = bool(raw)
        while full and not self._stream.eof:
            piece = self._unpacked(raw)
            yield piece
            raw = self._stream.unconsumed_tail
            full = bool(raw) or len(piece) == _PIECE_BYTES

    def end(self) -> None:
        """Raises `zlib.error` when the stream stops in the middle."""
        if self._begun and not self._stream.eof:
            raise zlib.error("it ends in the middle")

    def _unpacked(self, raw: bytes) -> bytes:
        try:
            piece: bytes = self._stream.decompress(raw, _PIECE_BYTES)
        except zlib.error:
            if not self._may_be_bare:
                raise
            # Many servers send `deflate` without the header that it has by the standard.
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
            piece = self._stream.decompress(raw, _PIECE_BYTES)
        self._may_be_bare = False
        return piece


def _unpacker(response: httpx.Response, host: str) -> _Plain | _Unpacker:
    coding = response.headers.get("content-encoding", "").strip().lower().removeprefix("x-")
    if "," in coding:
        # Each layer may grow a thousandfold in memory before its size is known.
        raise ConnectionFailed(f"{host} packs its answer more than once")
    if coding in {"", "identity"}:
        return _Plain()
    if coding not in CODINGS:
        raise ConnectionFailed(f"{host} packs its answer in a way that was not asked for")
    return _Unpacker(CODINGS[coding])
