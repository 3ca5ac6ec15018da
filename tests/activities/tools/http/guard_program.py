"""Drives the HTTP tool in a network of its own, where every address of the world is a decoy here.

Usage: guard_program.py OPENINGS, alone in a new network namespace. Whatever address is called, the
connection ends at a decoy in this process, which writes down where it thought to go. A JSON object
comes back: `{case: {"outcome": code or "ok", "inside": [[address, port], …]}}`.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

import httpx

from activities.addresses import parse_openings
from activities.artifacts import Artifacts
from activities.context import ToolContext
from activities.errors import ToolError
from activities.http_client import HttpClient
from activities.tools.http import HttpTool
from models.graph.http import HttpConfig
from tests.activities.test_addresses import INSIDE

PUBLIC, PUBLIC_6 = "93.184.216.34", "2606:4700:4700::1111"
PORTS = (80, 443, 3128, 8001)
DECOYS = (
    "169.254.169.254/32", "10.0.0.1/32", "192.168.0.1/32", "172.16.0.1/32", "100.64.0.1/32",
    "fd00::1/128", "fd00:ec2::254/128", "fec0::1/128", "fe80::1/64",
)  # fmt: skip
NAMES = {
    "metadata.google.internal": ["169.254.169.254"],
    "127.0.0.1.wildcard.test": ["127.0.0.1"],
    "inside.test": ["10.0.0.1"],
    "inside6.test": ["fd00::1"],
    "mapped.test": ["::ffff:169.254.169.254"],
    "intranet.test": ["192.168.0.1"],
    "other.test": ["192.168.0.1"],
    "public.test": [PUBLIC],
    # The private one first: only the public one may be taken.
    "mixed.test": ["10.0.0.1", PUBLIC],
}
# Public when somebody looks first, private ever after.
REBINDING = {"rebind.test": "169.254.169.254", "rebind6.test": "::1", "rebind-lan.test": "10.0.0.1"}

SPELLINGS = (
    "http://localhost/", "http://LOCALHOST/", "http://LocalHost./", "http://localhost:80/",
    "HTTP://127.0.0.1/", "hTTp://127.0.0.1:080/", "http://127.0.0.1:/", "http://127.0.0.1./", "http://127.1./",
    "http://0x7F.1/", "http://0x7f.0x0.0x0.0x1/", "http://0177.1/", "http://0x7f.1/", "http://127.0x1/",
    "http://10.1/", "http://012.1/", "http://192.168.1/", "http://172.1048577/", "http://100.4194305/",
    "http://169.254.43518/", "http://0251.0376.0251.0376/", "http://0xA9.0xFE.0xA9.0xFE/", "http://0xA9FEA9FE/",
    "http://169.254.169.254:80/latest/meta-data/", "http://169.254.169.254./",
    "http://user:pass@127.0.0.1/", f"http://{PUBLIC}@127.0.0.1/", f"http://{PUBLIC}:80@127.0.0.1:80/",
    f"http://127.0.0.1#@{PUBLIC}/", f"http://127.0.0.1?@{PUBLIC}/", f"http://127.0.0.1\\@{PUBLIC}/",
    f"http://{PUBLIC}\\@127.0.0.1/", f"http://{PUBLIC}%40127.0.0.1/", "http:\\\\127.0.0.1\\", "http:/127.0.0.1/",
    "http:127.0.0.1", "//127.0.0.1/", "///127.0.0.1/", "http:///127.0.0.1/", "http://127.0.0.1%2f@x/",
    "http://127。0。0。1/", "http://127\uff0e0\uff0e0\uff0e1/", "http://\uff11\uff12\uff17.0.0.1/", "http://①②⑦.⓪.⓪.①/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "http://%31%32%37.0.0.1/", "http://127.0.0.1%00.example/", "http://127.0.0.1\t/",
    " http://127.0.0.1/", "http://127.0.0.1 /", "http://127.0.0.1,example.com/",
    "http://[::1]:80/", "http://[0:0:0:0:0:0:0:1]/", "http://[0000::0001]/", "http://[::FFFF:A9FE:A9FE]/",
    "http://[::ffff:0x7f.1]/", "http://[0:0:0:0:0:ffff:127.0.0.1]/", "http://[::1%25lo]/", "http://[::1%lo]/",
    "http://[fe80::1%25lo]/", "http://[fe80::1%lo]/", "http://[fe80::1%1]/", "http://[fd00:ec2::254]/",
    "http://[64:ff9b::a9fe:a9fe]/", "http://[64:ff9b:0:0:0:0:10.0.0.1]/", "http://[2002:c0a8:1::1]/",
    "http://[::1]@example.com/", "http://[::]:80/", "http://[::127.0.0.1]:80/",
    "https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://169.254.169.254/", "https://0x7f.1/",
    "ws://127.0.0.1/", "ftp://127.0.0.1/", "gopher://127.0.0.1:80/_GET", "dict://127.0.0.1:80/x",
    "file:///etc/passwd", "http+unix://%2Ftmp%2Fx/", "unix:/tmp/x", "jar:http://127.0.0.1!/",
    "http://metadata.google.internal/", "http://127.0.0.1.wildcard.test/", "http://inside.test/",
    "http://INSIDE.test./", "http://inside6.test/", "http://mapped.test/",
)  # fmt: skip
CODES = (300, 301, 302, 303, 304, 305, 306, 307, 308)
TARGETS = (
    "http://169.254.169.254/", "//169.254.169.254/", "///169.254.169.254/", "/\\169.254.169.254/",
    "http:169.254.169.254", "http:/\\169.254.169.254/", "http:///169.254.169.254/", "https://127.0.0.1/",
    "http://user:pass@10.0.0.1/", "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://2130706433/",
    "http://inside.test/", "HTTP://LOCALHOST/", "http://127.0.0.1:8001/", "file:///etc/passwd",
    "gopher://127.0.0.1:80/_x", "ftp://127.0.0.1/", "ws://127.0.0.1/", "data:text/plain,x", "javascript:0",
)  # fmt: skip
SINKS = (
    "http://169.254.169.254/", "http://127.0.0.1:8001/", "http://[fd00::1]/", "http://inside.test/",
    "http://0x7f.1/", "http://rebind.test/", f"http://{PUBLIC}/307?to=http%3A%2F%2F10.0.0.1%2F",
)  # fmt: skip
OPENED = (
    "http://10.0.0.1:8001/", "http://[::ffff:10.0.0.1]:8001/", "http://inside.test:8001/",
    "http://intranet.test:8001/", f"http://{PUBLIC}/302?to={quote('http://10.0.0.1:8001/', safe='')}",
)  # fmt: skip
STILL_CLOSED = (
    "http://10.0.0.1/", "http://10.0.0.1:443/", "http://10.0.0.2:8001/", "http://127.0.0.1:8001/",
    "http://192.168.0.1:8001/", "http://other.test:8001/", "http://intranet.test/", "http://[::1]:8001/",
    f"http://{PUBLIC}/302?to={quote('http://10.0.0.1/', safe='')}",
)  # fmt: skip


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """A name for each configuration of the tool."""
    for host in INSIDE:
        url = f"http://[{host}]/" if ":" in host else f"http://{host}/"
        yield f"form {host}", {"url": url}
    for url in SPELLINGS:
        yield f"form {url}", {"url": url}
    for target in TARGETS:
        for code in CODES:
            url = f"http://{PUBLIC}/{code}?to={quote(target, safe='')}"
            yield f"redirect {code} {target}", {"url": url}
    hops = f"http://public.test/302?to={quote('/307?to=http%3A%2F%2F10.0.0.1%2F', safe='')}"
    yield "redirect twice", {"url": hops, "method": "POST", "body": "x"}
    for name in REBINDING:
        yield f"rebind {name} looked at", {"url": f"http://{name}/"}
        yield f"rebind {name} called", {"url": f"http://{name}/"}
        url = f"http://{PUBLIC}/302?to={quote(f'http://{name}/', safe='')}"
        yield f"rebind {name} redirected", {"url": url}
    yield "mixed answers", {"url": "http://mixed.test/"}
    for url in SINKS:
        yield f"token {url}", {"url": f"http://{PUBLIC}/", "auth": oauth(url)}
        pages = {"type": "link"}
        yield (
            f"link {url}",
            {"url": f"http://{PUBLIC}/link?to={quote(url, safe='')}", "pagination": pages},
        )
        pages |= {"next_path": "next", "items": "items"}
        yield (
            f"next {url}",
            {"url": f"http://{PUBLIC}/body?to={quote(url, safe='')}", "pagination": pages},
        )
    yield "proxies of the environment", {"url": f"http://{PUBLIC}/"}
    yield "proxies of the environment, https", {"url": f"https://[{PUBLIC_6}]/"}
    for url in OPENED:
        yield f"opened {url}", {"url": url}
    for url in STILL_CLOSED:
        yield f"closed {url}", {"url": url}


def oauth(url: str) -> dict[str, str]:
    return {"type": "oauth2", "token_url": url, "client_id": "me", "client_secret": "x"}


# The world ---------------------------------------------------------------------------------------


def make_world() -> None:
    """Every address there is leads to this machine; nothing leaves the namespace."""
    for command in (
        "link set lo up",
        *(f"addr add {address} dev lo nodad" for address in DECOYS if ":" in address),
        *(f"addr add {address} dev lo" for address in DECOYS if ":" not in address),
        "route add local 0.0.0.0/0 dev lo",
        "-6 route add local ::/0 dev lo",
    ):
        subprocess.run(["ip", *command.split()], check=True)


def resolve(
    host: str, port: int, family: int = 0, kind: int = 0, proto: int = 0, flags: int = 0
) -> list[Any]:
    """The name server of this world: numbers as ever, and the names above."""
    name = host.rstrip(".").lower()
    if name in REBINDING:
        flips = looked_at.setdefault(name, iter([PUBLIC]))
        found = [next(flips, REBINDING[name])]
    else:
        found = NAMES.get(name, [host])
    if name != "localhost":
        flags |= socket.AI_NUMERICHOST
    return [one for each in found for one in real(each, port, family, kind, proto, flags)]


looked_at: dict[str, Iterator[str]] = {}
real = socket.getaddrinfo


class Decoys:
    """Servers behind every address; those that are not public write down that they were called."""

    def __init__(self) -> None:
        self.inside: list[tuple[str, int]] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        servers = []
        for port in PORTS:
            listener = socket.create_server(
                ("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=500
            )
            servers.append(await asyncio.start_server(self._serve, sock=listener))
        yield
        for server in servers:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address, port = writer.get_extra_info("sockname")[:2]
        address = address.removeprefix("::ffff:")
        if address not in {PUBLIC, PUBLIC_6}:
            self.inside.append((address, port))
        try:
            if port == 443:
                return  # nobody here has a certificate
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            writer.write(_answer(head.split(" ")[1]))
            await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, IndexError):
            return
        finally:
            writer.close()


def _answer(path: str) -> bytes:
    what, _, query = path.lstrip("/").partition("?to=")
    target = unquote(query)
    status, headers, body = "200 OK", "", '{"access_token": "t", "items": []}'
    if what.isdecimal():
        status, headers = f"{what} Moved", f"Location: {target}\r\n"
    elif what == "link":
        headers, body = f"Link: <{target}>; rel=next\r\n", "[1]"
    elif what == "body":
        body = json.dumps({"items": [1], "next": target})
    head = f"HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


# The calls ---------------------------------------------------------------------------------------


async def outcome(tool: HttpTool, config: dict[str, Any]) -> str:
    context = ToolContext(
        execution_id=str(uuid4()),
        node_key="node",
        path="",
        attempt=1,
        idempotency_key="run:node:",
        timeout_seconds=20,
        log=lambda *_: None,
        artifacts=Artifacts.from_url("memory:///"),
    )
    times = {"connect_timeout_seconds": 5, "read_timeout_seconds": 5}
    try:
        await tool(HttpConfig.model_validate(config | times), {}, context)
    except ToolError as error:
        return error.code
    finally:
        context.scratch.remove()
    return "ok"


async def careless(url: str) -> str:
    """What a client does that knows no guard and trusts its environment."""
    async with httpx.AsyncClient(follow_redirects=True, timeout=5) as client:
        try:
            await client.get(url)
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            return "failed"
    return "ok"


async def main(openings: str) -> None:
    make_world()
    socket.getaddrinfo = resolve
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        os.environ[name] = "http://127.0.0.1:3128"
    decoys, found = Decoys(), {}
    async with decoys.running():
        client = HttpClient(parse_openings(openings))
        tool = HttpTool(client)
        for name, config in cases():
            decoys.inside = []
            result = await outcome(tool, config)
            await asyncio.sleep(0.01)  # what was connected is taken up by then
            found[name] = {"outcome": result, "inside": decoys.inside}
        await client.close()
        decoys.inside = []
        result = await careless(f"http://{PUBLIC}/")
        found["a careless client"] = {"outcome": result, "inside": decoys.inside}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
