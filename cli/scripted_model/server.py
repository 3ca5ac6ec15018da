"""The server: both protocols on one port, and what it counted."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from cli.scripted_model import anthropic_wire, openai_wire
from cli.scripted_model.answer import answer_of
from cli.scripted_model.asked import Asked, Refused
from cli.scripted_model.ledger import Ledger, Received
from cli.scripted_model.obedience import commanded
from cli.scripted_model.script import Reply, Script, Status
from cli.scripted_model.speaker import Speaker
from cli.scripted_model.wire import Wire

HOST = "127.0.0.1"
# What walking through a body of another shape raises.
_SHAPELESS = (AttributeError, KeyError, TypeError, ValueError)


class ScriptedModel:
    """Answers by `script`; it may be replaced at any time."""

    def __init__(self, script: Script, keep: int = 1_000) -> None:
        self.script = script
        self.ledger = Ledger(keep)
        self.url = ""
        self.app = Starlette(
            routes=[
                Route(openai_wire.PATH, _Conversing(self, openai_wire), methods=["POST"]),
                Route(anthropic_wire.PATH, _Conversing(self, anthropic_wire), methods=["POST"]),
                Route("/count", self._count),
                Route("/requests", self._requests),
            ]
        )

    def reply(self, received: Received) -> Reply:
        """What the script says to a request."""
        asked = received.asked
        if self.script.obey and (calls := commanded(asked)):
            return Reply(tool_calls=calls)
        for place, rule in enumerate(self.script.rules):
            if rule.when.holds(asked, received.attempt) and self.ledger.use(
                place, asked.conversation, rule.times
            ):
                return rule.reply
        return self.script.by_turn(asked.turn)

    async def _count(self, _request: Request) -> JSONResponse:
        return JSONResponse(self.ledger.count())

    async def _requests(self, request: Request) -> JSONResponse:
        """The kept requests, without their headers."""
        wanted = request.query_params.get("conversation")
        return JSONResponse(
            [
                {
                    "conversation": each.asked.conversation,
                    "turn": each.asked.turn,
                    "attempt": each.attempt,
                    "answered": each.answered,
                    "path": each.path,
                    "body": each.body,
                }
                for each in self.ledger.requests
                if wanted in {None, each.asked.conversation}
            ]
        )


class _Conversing:
    """One protocol's endpoint. What it sends may break off, so it speaks ASGI itself."""

    def __init__(self, model: ScriptedModel, wire: Wire) -> None:
        self._model = model
        self._wire = wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        ledger = self._model.ledger
        ledger.open += 1
        answering = asyncio.create_task(self._answer(request, await request.body(), send))
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ledger.open -= 1
            for task in (answering, leaving):
                task.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)

    async def _answer(self, request: Request, body: bytes, send: Send) -> None:
        nobody = Asked("", (), (), stream=False)
        try:
            self._admit(request)
            parsed, asked = self._read(body)
        except Refused as refusal:
            self._model.ledger.refused += 1
            status = Status(status=refusal.status, type=refusal.kind, message=refusal.message)
            await Speaker(self._wire, nobody, Reply(), send).fail(status)
            return
        received = self._model.ledger.arrived(
            asked, request.url.path, dict(request.headers), parsed, str(request.client)
        )
        reply = self._model.reply(received)
        answer = self._wire.adapted(answer_of(reply, asked), asked, self._model.script)
        with contextlib.suppress(ClientDisconnect, OSError):
            if await Speaker(self._wire, asked, reply, send).say(answer, _credentials(request)):
                self._model.ledger.answered(received)

    def _admit(self, request: Request) -> None:
        key = self._model.script.key
        if key is not None and _credentials(request) != key:
            raise Refused("invalid API key", status=401, kind="authentication_error")

    def _read(self, body: bytes) -> tuple[dict[str, Any], Asked]:
        try:
            parsed = json.loads(body)
            return parsed, self._wire.read(parsed, self._model.script)
        except _SHAPELESS as problem:
            raise Refused(f"the request cannot be read: {problem!r}") from None


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


def _credentials(request: Request) -> str:
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    return request.headers.get("x-api-key", bearer)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to whoever runs the loop."""
        yield


def listen(port: int = 0) -> socket.socket:
    """A listening socket on the loopback; any free port when it is 0."""
    # Only of sockets whose protocol is named does asyncio turn the delay of small packets off.
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind((HOST, port))
    found.listen(1_024)
    found.setblocking(False)
    return found


def address(listening: socket.socket) -> str:
    """The URL of a listening socket."""
    return f"http://{HOST}:{listening.getsockname()[1]}"


def config(model: ScriptedModel) -> uvicorn.Config:
    """How to serve it."""
    return uvicorn.Config(
        model.app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1
    )


@asynccontextmanager
async def scripted_model(script: Script) -> AsyncIterator[ScriptedModel]:
    """A running server within the block, on a free port of this machine."""
    model, listening = ScriptedModel(script), listen()
    model.url = address(listening)
    server = _Server(config(model))
    serving = asyncio.create_task(server.serve([listening]))
    try:
        yield model
    finally:
        server.should_exit = server.force_exit = True
        await serving
