"""An answer in pages: each says, or lets us count, where the next one is."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from activities.context import Log
from activities.errors import InvalidInput, InvalidOutput
from activities.http_body import Allowance, read
from activities.http_client import same_origin
from activities.tools.http.answer import parsed
from activities.tools.http.exchange import Exchange
from activities.tools.http.links import next_link
from activities.tools.http.paths import ABSENT, Absent, look_up
from activities.tools.http.url import text, with_query
from models.enums import LogLevel
from models.graph.http import CursorPages, LinkPages, NumberedPages, Pagination
from models.graph.values import Json


@dataclass(frozen=True, slots=True)
class Step:
    """The page to get; `trusted` while nobody but the configuration chose its origin."""

    url: httpx.URL
    trusted: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """A page that came."""

    response: httpx.Response
    body: Json
    items: list[Json]


@dataclass(slots=True)
class Collected:
    """All items; `truncated` when a limit, not the last page, ended them."""

    last: httpx.Response
    pages: int
    items: list[Json]
    truncated: bool


Follow = Callable[[Step, Page], Step | None]


async def collect(
    exchange: Exchange, url: httpx.URL, pagination: Pagination, allowance: Allowance, log: Log
) -> Collected:
    """The items of every page from `url` on.

    Raises:
        InvalidOutput: a page is not JSON, or has no list where `items` says.
        PayloadTooLarge: the pages together are over the allowance.
        ToolError: see `Exchange.answer`.
    """
    max_pages = whole("max_pages", pagination.max_pages)
    max_items = whole("max_items", pagination.max_items) if pagination.max_items else None
    step, follow = _begin(url, pagination)
    items: list[Json] = []
    number = 1
    while True:
        page = await _page(exchange, step, number, pagination, allowance)
        if number == 1 and look_up(page.body, pagination.items) is ABSENT:
            log(f"the first page has no `{pagination.items}`: no items", LogLevel.WARNING)
        items += page.items
        following = follow(step, page)
        if max_items is not None and len(items) >= max_items:
            more = len(items) > max_items or following is not None
            return Collected(page.response, number, items[:max_items], more)
        if following is None or number == max_pages:
            return Collected(page.response, number, items, following is not None)
        step, number = following, number + 1


async def _page(
    exchange: Exchange, step: Step, number: int, pagination: Pagination, allowance: Allowance
) -> Page:
    async with exchange.answer(step.url, page=number, trusted=step.trusted) as response:
        content = await read(response, allowance)
    body = await parsed(content) if content else None
    found = look_up(body, pagination.items)
    if found is None or found is ABSENT:
        return Page(response, body, [])
    if not isinstance(found, list):
        where = f"at `{pagination.items}`" if pagination.items else "as its body"
        raise InvalidOutput(
            f"config.pagination.items: page {number} has no list {where}; name the path of the list"
        )
    return Page(response, body, found)


# The kinds ---------------------------------------------------------------------------------------


def _begin(url: httpx.URL, pagination: Pagination) -> tuple[Step, Follow]:
    if isinstance(pagination, LinkPages):
        return Step(url), _Links(url, pagination.next_path).follow
    if isinstance(pagination, CursorPages):
        return Step(url), _Cursors(url, pagination).follow
    numbers = _Numbers(url, pagination)
    return numbers.step(numbers.start), numbers.follow


class _Links:
    """Goes where the server points, but at most once to each place."""

    def __init__(self, url: httpx.URL, next_path: str | None) -> None:
        self._first = url
        self._next_path = next_path
        self._seen = {str(url)}

    def follow(self, step: Step, page: Page) -> Step | None:
        target = self._target(page)
        if not target:
            return None
        url = _joined(page.response.url, target)
        if str(url) in self._seen:
            return None
        self._seen.add(str(url))
        # Whoever was sent elsewhere once may be sent back, to a place that others chose.
        stayed = same_origin(page.response.url, self._first) and same_origin(url, self._first)
        return Step(url, step.trusted and stayed)

    def _target(self, page: Page) -> str | None:
        if self._next_path is None:
            return next_link(page.response.headers.get("link", ""))
        found = look_up(page.body, self._next_path)
        if isinstance(found, str):
            return found
        if isinstance(found, Absent) or not found:
            return None
        raise InvalidOutput(f"config.pagination.next_path: `{self._next_path}` is no URL")


class _Cursors:
    def __init__(self, url: httpx.URL, pagination: CursorPages) -> None:
        self._url = url
        self._pagination = pagination
        self._last: Json = None

    def follow(self, step: Step, page: Page) -> Step | None:
        path = self._pagination.cursor_path
        cursor = look_up(page.body, path)
        if isinstance(cursor, Absent) or not cursor or cursor == self._last:
            return None
        if not isinstance(cursor, str | int | float) or isinstance(cursor, bool):
            raise InvalidOutput(f"config.pagination.cursor_path: `{path}` is no text or number")
        self._last = cursor
        pair = (self._pagination.parameter, text(cursor))
        return Step(with_query(self._url, [pair], once=True))


class _Numbers:
    def __init__(self, url: httpx.URL, pagination: NumberedPages) -> None:
        self._parameter = pagination.parameter
        self._by = whole("step", pagination.step)
        self.start = self._number = whole("start", pagination.start, least=0)
        self._url = url
        if pagination.size is not None and pagination.size_parameter is not None:
            size = (pagination.size_parameter, str(whole("size", pagination.size)))
            self._url = with_query(url, [size], once=True)

    def step(self, number: int) -> Step:
        return Step(with_query(self._url, [(self._parameter, str(number))], once=True))

    def follow(self, _: Step, page: Page) -> Step | None:
        if not page.items:
            return None
        self._number += self._by
        return self.step(self._number)


def whole(name: str, value: int | str | None, *, least: int = 1) -> int:
    """A number of the configuration, once its expression is rendered.

    Raises:
        InvalidInput: it is a text still, or too small.
    """
    if not isinstance(value, int) or value < least:
        raise InvalidInput(f"config.pagination.{name}: is no whole number of at least {least}")
    return value


def _joined(base: httpx.URL, target: str) -> httpx.URL:
    try:
        url = base.join(target)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise InvalidOutput(f"{base.host} names a next page that is no http or https URL")
    return url.copy_with(userinfo=b"", fragment=None)
