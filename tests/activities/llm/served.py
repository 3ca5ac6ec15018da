"""A provider's model, through its real library, against the scripted server."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from activities.addresses import parse_openings
from activities.http_client import HttpClient, Times
from activities.llm.messages import Message, ModelReply, ModelRequest, Role, ToolOffer
from activities.llm.model import ChatModel
from activities.llm.providers import open_model
from cli.scripted_model.ledger import Ledger
from cli.scripted_model.script import Script
from cli.scripted_model.server import ScriptedModel, scripted_model
from models.enums import ModelProvider

KEY = "sk-canary-4f1c9a7e2b8d"
PROVIDERS = (ModelProvider.OPENAI, ModelProvider.GLM, ModelProvider.ANTHROPIC)
WEATHER = ToolOffer(
    name="weather",
    description="Today's weather.",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}},
)
Said = Sequence[Message] | str


def user(text: str) -> Message:
    """A user's message."""
    return Message(role=Role.USER, content=text)


def result(of: str, text: str) -> Message:
    """What the call `of` gave."""
    return Message(role=Role.TOOL, tool_call_id=of, content=text)


def request(said: Said = "Hello", **more: Any) -> ModelRequest:
    """One turn."""
    messages = (user(said),) if isinstance(said, str) else tuple(said)
    return ModelRequest(model="scripted-1", messages=messages, **more)


@dataclass
class Served:
    """A model and its server; `deltas` are what the last streamed reply came in."""

    provider: ModelProvider
    server: ScriptedModel
    model: ChatModel
    streamed: bool
    deltas: list[str] = field(default_factory=list)

    async def ask(self, said: Said = "Hello", **more: Any) -> ModelReply:
        """The reply to one turn."""
        self.deltas.clear()
        return await self.model.reply(
            request(said, **more), self.deltas.append if self.streamed else None
        )

    @property
    def body(self) -> dict[str, Any]:
        """The last request's."""
        return self.server.ledger.requests[-1].body


class Servers:
    """Servers that are used one test after another: starting and stopping one takes a while."""

    def __init__(self) -> None:
        self._running = AsyncExitStack()
        self._idle: list[ScriptedModel] = []

    @asynccontextmanager
    async def one(self, script: Script) -> AsyncIterator[ScriptedModel]:
        """A server that nobody else uses, and that knows nothing of who did."""
        if not self._idle:
            self._idle.append(await self._running.enter_async_context(scripted_model(script)))
        server = self._idle.pop()
        server.script, server.ledger = script, Ledger()
        yield server
        if not server.ledger.open:
            self._idle.append(server)

    async def stop(self) -> None:
        """Stop them all."""
        await self._running.aclose()


servers = Servers()


@asynccontextmanager
async def served(
    provider: ModelProvider,
    script: dict[str, Any],
    *,
    streamed: bool = False,
    key: str | None = KEY,
    times: Times | None = None,
) -> AsyncIterator[Served]:
    """A model of `provider` whose server answers by `script`."""
    async with servers.one(Script.model_validate(script)) as server:
        http = HttpClient(parse_openings(server.url.removeprefix("http://")))
        path = "" if provider is ModelProvider.ANTHROPIC else "/v1"
        more = {} if times is None else {"times": times}
        model = open_model(provider, base_url=f"{server.url}{path}", api_key=key, http=http, **more)
        try:
            yield Served(provider, server, model, streamed)
        finally:
            await http.close()
