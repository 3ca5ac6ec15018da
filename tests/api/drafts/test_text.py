"""Text out of what people send, and typed reasons where there is none."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from api.drafts import text as texts
from api.drafts.text import MAX_CHARACTERS, MAX_FILE_BYTES, PdfReader, checked_text, text_of
from api.errors import APIError, TooManyRequests
from tests.api.drafts.pdfs import bomb, encrypted, pdf, scanned


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"# A method\r\n\r\n1. Buy\r2. Wait\n", "# A method\n\n1. Buy\n2. Wait"),
        ("\ufeffGewöhnlich".encode(), "Gewöhnlich"),
        ("두 평균".encode("utf-16"), "두 평균"),
    ],
)
async def test_text_is_read_in_the_encodings_that_say_what_they_are(data: bytes, text: str) -> None:
    assert await text_of(data, "method.md", PdfReader()) == text


async def test_a_pdf_gives_its_text_layer() -> None:
    found = await text_of(pdf("Buy the strongest five.", "Sell after a month."), None, PdfReader())
    assert found == "Buy the strongest five.\n\nSell after a month."
    readable = encrypted("", algorithm="RC4-128")
    assert await text_of(readable, "x.pdf", PdfReader()) == "behind a password"


@pytest.mark.parametrize(
    ("data", "name", "code", "says"),
    [
        (b"\x89PNG\r\n\x1a\n\xff", "x.png", "FILE_NOT_TEXT", "neither UTF-8"),
        (b"a\x00b", "x.txt", "FILE_NOT_TEXT", "NUL"),
        (b" \r\n ", "x.txt", "TEXT_EMPTY", "no text"),
        (b"x" * (MAX_CHARACTERS + 1), "x.txt", "TEXT_TOO_LONG", str(MAX_CHARACTERS)),
        (b"x" * (MAX_FILE_BYTES + 1), "x.txt", "FILE_TOO_LARGE", "10 MiB"),
        (scanned(), "x.pdf", "PDF_WITHOUT_TEXT", "OCR"),
        (encrypted("secret"), "x.pdf", "PDF_ENCRYPTED", "password"),
        (encrypted("secret", algorithm="RC4-40"), None, "PDF_ENCRYPTED", "password"),
        (b"this is no pdf", "x.PDF", "PDF_BROKEN", "damaged"),
        (b"%PDF-1.7\n" + b"\xff" * 5_000, None, "PDF_BROKEN", "damaged"),
        (pdf("x")[:300], None, "PDF_BROKEN", "damaged"),
        (pdf(*["y" * 210] * 1_000), None, "TEXT_TOO_LONG", "characters"),
        (pdf(*["y"] * 1_001), None, "TEXT_TOO_LONG", "pages"),
    ],
)
async def test_what_is_no_text_says_what_to_do(
    data: bytes, name: str | None, code: str, says: str
) -> None:
    with pytest.raises(APIError) as failed:
        await text_of(data, name, PdfReader())
    assert failed.value.code == code
    assert failed.value.status in {413, 422}
    assert says in failed.value.detail
    assert failed.value.detail.startswith("file: ")


async def test_pasted_text_names_its_own_field() -> None:
    with pytest.raises(APIError, match="text: there is no text"):
        checked_text(" ", "text")
    assert checked_text("x" * MAX_CHARACTERS, "text")


@pytest.mark.slow
async def test_a_bomb_ends_within_its_limits() -> None:
    with pytest.raises(APIError) as failed:
        await text_of(bomb(400), "bomb.pdf", PdfReader())
    assert failed.value.code in {"PDF_TOO_COSTLY", "PDF_BROKEN"}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A reader that writes its process id and then sleeps."""
    path = tmp_path / "sleeps.py"
    path.write_text(
        f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'a').write(f'{{os.getpid()}} ')\n"
        "time.sleep(60)\n"
    )
    return path


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_reader_that_hangs_is_ended(program: Path) -> None:
    began = time.monotonic()
    with pytest.raises(texts.PdfTooCostly):
        await PdfReader(program, seconds=1).text(pdf("x"))
    assert time.monotonic() - began < 10
    assert not alive(int((program.parent / "pid").read_text()))


async def test_whoever_goes_away_leaves_no_process_behind(program: Path) -> None:
    reading = asyncio.create_task(PdfReader(program).text(pdf("x")))
    noted = program.parent / "pid"
    while not noted.exists() or not noted.read_text():
        await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not alive(int(noted.read_text()))


async def test_only_a_few_wait(program: Path) -> None:
    reader = PdfReader(program)
    waiting = [asyncio.create_task(reader.text(pdf("x"))) for _ in range(8)]
    await asyncio.sleep(0.2)
    with pytest.raises(TooManyRequests, match="other PDFs"):
        await reader.text(pdf("x"))
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert len((program.parent / "pid").read_text().split()) <= 2
    assert await PdfReader().text(pdf("the next one")) == "the next one"
