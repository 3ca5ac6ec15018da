"""Opens the model of a provider."""

import asyncio
import re
from collections.abc import Callable, Mapping
from functools import partial

from activities.errors import InvalidInput
from activities.http_client import HttpClient, Times, parse_url
from activities.llm.errors import ModelAuthFailed
from activities.llm.failures import Failures
from activities.llm.messages import ModelReply, ModelRequest
from activities.llm.model import ChatModel, OnDelta
from activities.llm.openai_request import COMPATIBLE, GLM, OPENAI, Dialect
from activities.llm.structured import CheckedModel
from activities.llm.transport import ModelTransport
from models.enums import ModelProvider

BASE_URLS: Mapping[ModelProvider, str] = {
    ModelProvider.OPENAI: "https://api.openai.com/v1",
    ModelProvider.ANTHROPIC: "https://api.anthropic.com",
    ModelProvider.GLM: "https://api.z.ai/api/paas/v4",
}
# A model that is not streamed may think for long before it says the first word.
MODEL_TIMES = Times(connect=10.0, read=600.0, total=3_600.0)
_TITLES = {
    ModelProvider.OPENAI: "OpenAI",
    ModelProvider.ANTHROPIC: "Anthropic",
    ModelProvider.GLM: "GLM",
}
_DIALECTS = {
    ModelProvider.OPENAI: OPENAI,
    ModelProvider.GLM: GLM,
    ModelProvider.OPENAI_COMPATIBLE: COMPATIBLE,
}
_KEY = re.compile(r"[\x21-\x7e]+")


def open_model(
    provider: ModelProvider,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    http: HttpClient,
    times: Times = MODEL_TIMES,
) -> ChatModel:
    """A model whose every request goes through `http`; it needs no closing.

    `base_url` is the provider's own when left out. Without an `api_key` no credentials are sent.

    Raises:
        InvalidInput: the base URL is missing, or none.
        ModelAuthFailed: the key cannot be sent as it is.
    """
    url = parse_url(base_url or _base_url(provider), field="base_url")
    title = _TITLES.get(provider) if base_url is None else None
    name = title or f"the model server at {url.host}"
    if api_key is not None and not _KEY.fullmatch(api_key):
        raise ModelAuthFailed(
            f"the API key for {name} is empty, or holds blanks or line ends, which HTTP cannot "
            "carry; store the secret again without them"
        )
    failures = Failures(name, api_key)
    transport = ModelTransport(http, _credentials(provider, api_key), times)
    load = _anthropic if provider is ModelProvider.ANTHROPIC else _speaking(_DIALECTS[provider])
    return CheckedModel(_LoadedLate(partial(load, str(url), transport, failures)))


def _base_url(provider: ModelProvider) -> str:
    if provider not in BASE_URLS:
        raise InvalidInput("base_url: say where the model server is, as http://127.0.0.1:11434/v1")
    return BASE_URLS[provider]


def _credentials(provider: ModelProvider, api_key: str | None) -> dict[str, str]:
    if api_key is None:
        return {}
    if provider is ModelProvider.ANTHROPIC:
        return {"x-api-key": api_key}
    return {"authorization": f"Bearer {api_key}"}


def _anthropic(url: str, transport: ModelTransport, failures: Failures) -> ChatModel:
    from activities.llm.anthropic_model import (  # noqa: PLC0415 - loads Anthropic's library
        AnthropicModel,
    )

    return AnthropicModel(url, transport, failures)


def _speaking(dialect: Dialect) -> Callable[[str, ModelTransport, Failures], ChatModel]:
    def openai(url: str, transport: ModelTransport, failures: Failures) -> ChatModel:
        from activities.llm.openai_model import (  # noqa: PLC0415 - loads OpenAI's library
            OpenAIModel,
        )

        return OpenAIModel(url, transport, dialect, failures)

    return openai


class _LoadedLate:
    """Makes the model for its first request: the providers' libraries take a second to load."""

    def __init__(self, load: Callable[[], ChatModel]) -> None:
        self._load = load
        self._model: ChatModel | None = None

    async def reply(self, request: ModelRequest, on_delta: OnDelta | None = None) -> ModelReply:
        """See `ChatModel`."""
        if self._model is None:
            # Beside the event loop, whose heartbeats must not wait for it.
            self._model = await asyncio.to_thread(self._load)
        return await self._model.reply(request, on_delta)
