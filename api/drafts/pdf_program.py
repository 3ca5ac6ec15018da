"""The text layer of a PDF: a program of its own, for files that eat all they get.

Reads the file from standard input and writes JSON, {text} or {problem}. Its limits hold for the
whole process; whoever starts it counts the time. Broken files raise anything, and then it fails.
"""

import io
import json
import logging
import resource
import sys

MEMORY_BYTES = 768 * 1024 * 1024
CPU_SECONDS = 20
MAX_PAGES = 1_000
# Whoever reads this takes less; so it need not go on.
MAX_CHARACTERS = 1_000_000


def extracted(data: bytes) -> dict[str, str]:
    """The answer for a file."""
    from pypdf import PdfReader  # noqa: PLC0415 - within the limits
    from pypdf.errors import DependencyError  # noqa: PLC0415

    try:
        reader = PdfReader(io.BytesIO(data))
        # Many files are encrypted with an empty password, which opens them.
        if reader.is_encrypted and not reader.decrypt(""):
            return {"problem": "encrypted"}
        return _text(reader)
    except DependencyError:  # for ciphers that nothing here knows
        return {"problem": "encrypted"}
    except MemoryError:
        return {"problem": "costly"}


def _text(reader: object) -> dict[str, str]:
    pages = reader.pages  # type: ignore[attr-defined]
    if len(pages) > MAX_PAGES:
        return {"problem": "pages"}
    parts: list[str] = []
    size = 0
    for page in pages:
        parts.append(page.extract_text())
        size += len(parts[-1])
        if size > MAX_CHARACTERS:
            break
    return {"text": "\n\n".join(parts)}


def main() -> None:
    """Read, extract, write."""
    logging.disable()
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write(json.dumps(extracted(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
