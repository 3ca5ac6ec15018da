"""What was given as text, or the typed reason why it is none."""

import asyncio
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.errors import APIError, TooManyRequests, ValidationFailed
from models.graph.values import ValueProblem, check_json

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_CHARACTERS = 200_000
PDF_SECONDS = 30
# Each takes a processor and up to 768 MB while it lasts.
_MAX_RUNNING = 2
_MAX_WAITING = 6
_PROGRAM = Path(__file__).with_name("pdf_program.py")
# What fonts without a map of their characters give.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_BYTE_ORDER_MARKS = (
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)


class FileTooLarge(APIError):
    """The file is over the limit."""

    status = 413
    code = "FILE_TOO_LARGE"


class TextTooLong(ValidationFailed):
    """There is more text than one draft can be made from."""

    code = "TEXT_TOO_LONG"


class TextEmpty(ValidationFailed):
    """There is no text."""

    code = "TEXT_EMPTY"


class NoText(ValidationFailed):
    """The file is neither text nor PDF."""

    code = "FILE_NOT_TEXT"


class PdfEncrypted(ValidationFailed):
    """The PDF opens with a password only."""

    code = "PDF_ENCRYPTED"


class PdfWithoutText(ValidationFailed):
    """The PDF holds pictures of pages."""

    code = "PDF_WITHOUT_TEXT"


class PdfBroken(ValidationFailed):
    """The PDF cannot be read."""

    code = "PDF_BROKEN"


class PdfTooCostly(ValidationFailed):
    """Reading the PDF takes more time or memory than it gets."""

    code = "PDF_TOO_COSTLY"


class PdfReader:
    """Reads PDFs in processes of their own, a few at a time."""

    def __init__(self, program: Path = _PROGRAM, seconds: float = PDF_SECONDS) -> None:
        self._program = program
        self._seconds = seconds
        self._running = asyncio.Semaphore(_MAX_RUNNING)
        self._asked = 0

    async def text(self, data: bytes) -> str:
        """The text layer of a PDF.

        Raises:
            PdfEncrypted, PdfWithoutText, PdfBroken, PdfTooCostly: it cannot be read.
            TooManyRequests: others wait already.
        """
        if self._asked >= _MAX_RUNNING + _MAX_WAITING:
            raise TooManyRequests(
                "other PDFs are being read; try again, or paste the text",
                headers={"Retry-After": "10"},
            )
        self._asked += 1
        try:
            async with self._running:
                found = await self._run(data)
        finally:
            self._asked -= 1
        return _pdf_text(found)

    async def _run(self, data: bytes) -> Mapping[str, Any]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(self._program),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            cwd="/",
        )
        try:
            async with asyncio.timeout(self._seconds):
                output, _ = await process.communicate(data)
        except TimeoutError:
            return {"problem": "costly"}
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            # A limit kills it; what it cannot read makes it fail.
            return {"problem": "costly" if process.returncode < 0 else "broken"}
        found: Mapping[str, Any] = json.loads(output)
        return found


def _pdf_text(found: Mapping[str, Any]) -> str:
    problem = found.get("problem")
    if problem is None:
        text = _UNSTORABLE.sub("\ufffd", str(found.get("text", "")))
        if not text.strip():
            raise PdfWithoutText(
                "file: the PDF has no text layer, as scanned pages have none; run it through OCR, or "
                "paste the text"
            )
        return text
    if problem == "encrypted":
        raise PdfEncrypted("file: the PDF asks for a password; save it without one")
    if problem == "costly":
        raise PdfTooCostly("file: reading the PDF takes too much time or memory; paste the text")
    if problem == "pages":
        raise TextTooLong("file: the PDF has too many pages; send the part with the method")
    raise PdfBroken("file: the PDF is damaged, or none; save it anew, or paste the text")


async def text_of(data: bytes, name: str | None, pdfs: PdfReader) -> str:
    """The text in a file.

    Raises:
        FileTooLarge, NoText: it cannot be taken.
        As `PdfReader.text` and `checked_text` otherwise.
    """
    if len(data) > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 1024**2
        raise FileTooLarge(f"file: it is over {limit} MiB; send the part with the method")
    if b"%PDF-" in data[:1024] or (name or "").lower().endswith(".pdf"):
        return checked_text(await pdfs.text(data), "file")
    return checked_text(_decoded(data), "file")


def checked_text(text: str, field: str) -> str:
    """The text with plain line ends; raises `TextEmpty`, `TextTooLong`, `NoText`."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not plain:
        raise TextEmpty(f"{field}: there is no text; describe the method, step by step")
    if len(plain) > MAX_CHARACTERS:
        raise TextTooLong(
            f"{field}: the text has {len(plain)} characters, at most {MAX_CHARACTERS} are taken; "
            "send the part with the method"
        )
    try:
        check_json(plain)
    except ValueProblem as problem:
        raise NoText(f"{field}: {problem.message}; send text, Markdown or PDF") from None
    return plain


def _decoded(data: bytes) -> str:
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise NoText(
            "file: it is neither UTF-8 text nor a PDF; save it as text, Markdown or PDF"
        ) from None
