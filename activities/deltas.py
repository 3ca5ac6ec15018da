"""What running turns say, piece by piece to whoever watches; it may be lost, finished turns may not."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import asyncpg
import structlog

from activities.llm.model import OnDelta
from activities.scrubbing import ScrubbedPieces, Scrubber
from models.deltas import DELTA_CHANNEL, Delta
from temporal_workflows.contracts import NodeContext

_log = structlog.get_logger(__name__)
BATCH_SECONDS = 0.06
RECONNECT_SECONDS = 1.0
# As JSON; PostgreSQL refuses a notification of 8,000 bytes, and what goes along takes up to 300.
MAX_TEXT_BYTES = 7_500
# A turn with more than this under way falls silent: people read its answer when it is finished.
MAX_WAITING = 64 * 1024
# Of bytes that may be the beginning of a secret: so long are secrets that overlap each other.
MAX_HELD = 16 * 1024
_NOTIFY = "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload"


class Deltas:
    """Collects the pieces of turns and notifies PostgreSQL of them in batches; never raises.

    Args:
        database_url: A `postgresql://` URL; None turns it off, and models are not streamed.
    """

    def __init__(self, database_url: str | None) -> None:
        self._url = database_url
        self._news: dict[Speech, None] = {}
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._task = asyncio.create_task(self._run()) if database_url else None

    @contextmanager
    def speech(
        self, context: NodeContext, attempt: int, scrubber: Scrubber
    ) -> Iterator[OnDelta | None]:
        """What to tell the pieces of one attempt of a turn to; None when nobody could hear them.

        What was not sent when the block fails is never said: the next attempt begins anew.
        """
        if self._task is None:
            yield None
            return
        speech = Speech(context, attempt, scrubber)

        def on_delta(piece: str) -> None:
            speech.add(piece)
            self._told(speech)

        try:
            yield on_delta
        except BaseException:
            speech.silence()
            raise
        speech.ended = True
        self._told(speech)
        # The row of the turn is not far behind.
        self._hurry.set()

    async def close(self) -> None:
        """Stop; what was not sent is dropped."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def _told(self, speech: "Speech") -> None:
        self._news[speech] = None
        self._wake.set()

    def _payloads(self) -> list[str]:
        """All that is new, as notifications carry it."""
        self._wake.clear()
        self._hurry.clear()
        speeches, self._news = self._news, {}
        return [payload for speech in speeches for payload in speech.payloads()]

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            try:
                await self._send()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.info("deltas wait for the database", error=str(error))
                self._payloads()
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _send(self) -> None:
        # Nobody waits for these commits to be on disk: there is nothing in them.
        settings = {"synchronous_commit": "off"}
        connection = await asyncpg.connect(self._url, timeout=5, server_settings=settings)
        try:
            while True:
                await self._wake.wait()
                # Not `wait_for`: up to Python 3.11 it may swallow what cancels this task.
                with suppress(TimeoutError):
                    async with asyncio.timeout(BATCH_SECONDS):
                        await self._hurry.wait()
                if connection.is_closed():
                    return
                payloads = self._payloads()
                if payloads:
                    await connection.execute(_NOTIFY, DELTA_CHANNEL, payloads, timeout=5)
        finally:
            connection.terminate()


class Speech:
    """One attempt of a turn: its pieces become payloads without secrets, numbered by characters."""

    def __init__(self, context: NodeContext, attempt: int, scrubber: Scrubber) -> None:
        self.ended = False
        self._context = context
        self._attempt = attempt
        self._scrubbed = ScrubbedPieces(scrubber)
        self._pieces: list[str] = []
        self._waiting = 0
        self._silent = False
        self._offset = 0

    def add(self, piece: str) -> None:
        """The next piece; past `MAX_WAITING` there is no telling what was said between."""
        if self._silent:
            return
        self._pieces.append(piece)
        self._waiting += len(piece)
        if self._waiting > MAX_WAITING:
            self.silence()

    def silence(self) -> None:
        """Say nothing more."""
        self._silent = True
        self._pieces.clear()

    def payloads(self) -> list[str]:
        """What is new and certain; it is not given again."""
        if self._silent:
            return []
        new, self._waiting = "".join(self._pieces), 0
        self._pieces.clear()
        text = self._scrubbed.add(new)
        if self.ended:
            text += self._scrubbed.end()
        elif self._scrubbed.held > MAX_HELD:
            self.silence()
        return [self._payload(part) for part in _parts(text)]

    def _payload(self, text: str) -> str:
        delta = Delta(
            execution_id=self._context.execution_id,
            node_key=self._context.node_key,
            attempt=self._attempt,
            offset=self._offset,
            text=text,
        )
        self._offset += len(text)
        return delta.model_dump_json()


def _parts(text: str) -> Iterator[str]:
    """`text` in parts that each fit into a notification."""
    if len(json.dumps(text, ensure_ascii=False).encode()) > MAX_TEXT_BYTES:
        half = len(text) // 2
        yield from _parts(text[:half])
        yield from _parts(text[half:])
    elif text:
        yield text
