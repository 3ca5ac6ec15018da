"""Large bodies pass through the worker; its memory does not grow with them."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from tests.activities.conftest import Attempt
from tests.activities.tools.http.memory_program import SIZE
from tests.activities.tools.http.server import Server, call

ROOT = Path(__file__).resolve().parents[4]
PROGRAM = Path(__file__).with_name("memory_program.py")
BOUND = 16 * 1024 * 1024


def large(to: BinaryIO) -> None:
    kind = b"Content-Type: application/octet-stream"
    to.write(b"HTTP/1.1 200 OK\r\n%s\r\nContent-Length: %d\r\n\r\n" % (kind, SIZE))
    to.writelines(bytes(100_000) for _ in range(SIZE // 100_000))


def grown(server: Server, folder: Path, *configs: dict[str, Any]) -> list[dict[str, Any]]:
    """What each configuration cost in a process of its own."""
    lines = [{"url": server.url}, *configs]
    done = subprocess.run(
        [sys.executable, PROGRAM, server.url, folder],
        input="".join(json.dumps(line) + "\n" for line in lines),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


async def test_large_bodies_do_not_fill_the_memory(server: Server, tmp_path: Path) -> None:
    server.writes["/large"] = large
    server.answers["/bomb"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(4 * SIZE)))
    url, most = f"{server.url}/large", SIZE
    post = {"url": server.url, "method": "POST"}
    down, up, parts, bomb, in_memory = grown(
        server,
        tmp_path,
        {"url": url, "max_bytes": most},
        {**post, "body": "LARGE"},
        {**post, "multipart": [{"name": "file", "value": "LARGE"}]},
        {"url": f"{server.url}/bomb", "max_bytes": 1_000, "response": "text"},
        {"url": url, "max_bytes": most, "response": "text"},
    )
    assert [each["error"] for each in (down, up, parts, in_memory)] == [None] * 4
    assert bomb["error"] == "PayloadTooLarge"
    assert max(down["grown"], up["grown"], parts["grown"], bomb["grown"]) < BOUND
    # The measure sees what is held in memory.
    assert in_memory["grown"] > SIZE
    assert len(server.requests[2].body) == SIZE
    assert len(server.requests[3].body) > SIZE


async def test_what_arrives_is_what_was_sent(server: Server, attempt: Attempt) -> None:
    data = os.urandom(300_000)
    kind = {"Content-Type": "image/png; charset=x", "Content-Encoding": "gzip"}
    server.answers["/a%20b%00c.png"] = (200, kind, gzip.compress(data))
    found = await call(attempt, server, url=f"{server.url}/a%20b%00c.png?key=hidden")
    facts = found["body"]["$artifact"]
    assert (facts["size"], facts["content_type"]) == (len(data), "image/png")
    assert facts["name"] == "a b\ufffdc.png"
    assert await attempt.artifacts.get(found["body"]) == data


@pytest.mark.parametrize(("response", "expected"), [("auto", None), ("bytes", 0), ("text", "")])
async def test_an_empty_answer(
    server: Server, attempt: Attempt, response: str, expected: Any
) -> None:
    found = (await call(attempt, server, url=server.url, response=response))["body"]
    assert (found["$artifact"]["size"] if response == "bytes" else found) == expected
