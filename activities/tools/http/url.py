"""URLs and their queries."""

from collections.abc import Iterable
from urllib.parse import unquote_plus, urlencode

import httpx
import orjson

from activities.errors import InvalidInput
from activities.http_client import parse_url
from models.graph.http import HttpConfig
from models.graph.values import Json

Pairs = list[tuple[str, str]]


def first_url(config: HttpConfig) -> httpx.URL:
    """The URL with the query that it brings, and `query` behind that.

    Raises:
        InvalidInput: it is no URL of http or https.
    """
    return with_query(parse_url(config.url), pairs(config.query))


def with_query(
    url: httpx.URL, added: Iterable[tuple[str, str]], *, once: bool = False
) -> httpx.URL:
    """`url` with more in its query; `once` replaces what had the same name.

    Raises:
        InvalidInput: a text cannot be encoded.
    """
    added = list(added)
    if not added:
        return url
    names = {name for name, _ in added} if once else set()
    kept = [
        pair
        for pair in url.query.decode("ascii").split("&")
        if pair and unquote_plus(pair.partition("=")[0]) not in names
    ]
    try:
        query = "&".join([*kept, urlencode(added)]).encode("ascii")
    except UnicodeError:
        raise InvalidInput("config.query: a text in it cannot be encoded as UTF-8") from None
    return url.copy_with(query=query)


def pairs(fields: dict[str, Json]) -> Pairs:
    """Names and texts: a list gives a pair for each item, null gives none."""
    found: Pairs = []
    for name, value in fields.items():
        values = value if isinstance(value, list) else [value]
        found += [(name, text(each)) for each in values if each is not None]
    return found


def text(value: Json) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def shown(url: httpx.URL) -> str:
    """Without the query, which may hold what no log should."""
    return str(url.copy_with(query=None, fragment=None))
