"""One attempt of the HTTP tool: what is sent is made ready, the answer becomes JSON."""

from contextlib import ExitStack

import httpx

from activities.context import ToolContext
from activities.http_body import Allowance
from activities.http_client import HttpClient
from activities.tools.http.answer import Saved, plain, received
from activities.tools.http.body import content_of
from activities.tools.http.exchange import Exchange
from activities.tools.http.oauth import Tokens
from activities.tools.http.paging import Collected, collect
from activities.tools.http.url import first_url
from models.graph.http import HttpConfig, Pagination
from models.graph.values import Json


class HttpTool:
    """Runs one attempt; holds the worker's client and its OAuth tokens."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self._tokens = Tokens(client)

    async def __call__(
        self, config: HttpConfig, inputs: dict[str, Json], context: ToolContext
    ) -> Json:
        """`{status, headers, body}`; a body that is no text becomes an artifact.

        With `pagination`: `{status, headers, pages, items, truncated}` of the last page.

        Raises:
            InvalidInput: URL, headers, credentials or body cannot be sent.
            AddressBlocked, ConnectionFailed, ToolTimeout: see `HttpClient.stream`.
            PayloadTooLarge: the answer, or all pages together, are over `max_bytes`.
            AuthenticationFailed: no OAuth token came for the client's credentials.
            HttpStatusError: `fail_on` or `retry_on` names the status.
            InvalidOutput: an answer is not the JSON that was asked for.
        """
        url = first_url(config)
        with ExitStack() as files:
            content = await content_of(config, context, files)
            exchange = Exchange(self._client, self._tokens, config, context, content)
            if config.pagination is None:
                return await _once(exchange, url, config, context)
            return await _all(exchange, url, config, config.pagination, context)


async def _once(
    exchange: Exchange, url: httpx.URL, config: HttpConfig, context: ToolContext
) -> Json:
    async with exchange.answer(url) as response:
        body = await received(config, response, context)
    if isinstance(body, Saved):
        body = await context.artifacts.put_file(
            context.execution_id, body.file, content_type=body.content_type, name=body.name
        )
    return {**_head(response), "body": body}


async def _all(
    exchange: Exchange,
    url: httpx.URL,
    config: HttpConfig,
    pagination: Pagination,
    context: ToolContext,
) -> Json:
    allowance = Allowance(config.max_bytes)
    found: Collected = await collect(exchange, url, pagination, allowance, context.log)
    return {
        **_head(found.last),
        "pages": found.pages,
        "items": found.items,
        "truncated": found.truncated,
    }


def _head(response: httpx.Response) -> dict[str, Json]:
    headers: dict[str, Json] = {name: plain(value) for name, value in response.headers.items()}
    return {"status": response.status_code, "headers": headers}
