"""Answers in pages: by links, by cursors, by numbers, and where each of them ends."""

from typing import Any

import pytest

from activities.errors import (
    AddressBlocked,
    HttpStatusError,
    InvalidInput,
    InvalidOutput,
    PayloadTooLarge,
)
from models.enums import LogLevel
from tests.activities.conftest import Attempt
from tests.activities.tools.http.server import Answer, Asked, Server, as_json, call

ROWS = [{"id": number} for number in range(7)]
TOKEN = {"type": "bearer", "token": "s3cret"}


def linked(server: Server, *, size: int = 3, rows: list[Any] = ROWS) -> None:
    """`/rows` gives pages that point to the next by a Link header."""

    def answer(asked: Asked) -> Answer:
        start = int(asked.query.get("from", 0))
        more = start + size < len(rows)
        link = {"Link": f'</rows?from={start + size}>; rel="next", </rows>; rel=first'}
        return as_json(rows[start : start + size], **(link if more else {}))

    server.answers["/rows"] = answer


def cursored(server: Server, ends_with: Any = None) -> None:
    """`/rows` gives pages of three that name the next one's cursor."""

    def answer(asked: Asked) -> Answer:
        start = int(asked.query.get("after", 0))
        cursor = start + 3 if start + 3 < len(ROWS) else ends_with
        return as_json({"data": {"rows": ROWS[start : start + 3]}, "meta": {"next": cursor}})

    server.answers["/rows"] = answer


def numbered(server: Server, first: int = 1) -> None:
    """`/rows` gives pages of `per`, counted from `first`."""

    def answer(asked: Asked) -> Answer:
        size = int(asked.query.get("per", 3))
        start = (int(asked.query["page"]) - first) * size
        return as_json({"rows": ROWS[start : start + size]})

    server.answers["/rows"] = answer


async def collected(attempt: Attempt, server: Server, **config: Any) -> Any:
    return await call(attempt, server, **{"url": f"{server.url}/rows", **config})


async def test_links(server: Server, attempt: Attempt) -> None:
    linked(server)
    found = await collected(attempt, server, pagination={"type": "link"}, query={"q": "x"})
    assert found["items"] == ROWS
    assert (found["status"], found["pages"], found["truncated"]) == (200, 3, False)
    assert "link" not in found["headers"]
    assert [asked.path for asked in server.requests] == [
        "/rows?q=x", "/rows?from=3", "/rows?from=6",
    ]  # fmt: skip


async def test_links_in_the_body(server: Server, attempt: Attempt) -> None:
    following = f"{server.url}/rows?page=2"
    server.answers["/rows"] = lambda asked: as_json(
        {"value": [len(asked.query)], "@next.link": None if asked.query else following}
    )
    pages = {"type": "link", "next_path": "/@next.link", "items": "value"}
    found = await collected(attempt, server, pagination=pages)
    assert found["items"] == [0, 1]


async def test_cursors(server: Server, attempt: Attempt) -> None:
    cursored(server)
    pages = {
        "type": "cursor",
        "items": "data.rows",
        "cursor_path": "meta.next",
        "parameter": "after",
    }
    found = await collected(attempt, server, pagination=pages, query={"q": "x", "after": "0"})
    assert (found["items"], found["pages"], found["truncated"]) == (ROWS, 3, False)
    assert [asked.path for asked in server.requests] == [
        "/rows?q=x&after=0", "/rows?q=x&after=3", "/rows?q=x&after=6",
    ]  # fmt: skip


@pytest.mark.parametrize("end", [None, "", 0, False, 6])
async def test_an_empty_or_unchanged_cursor_ends(
    server: Server, attempt: Attempt, end: Any
) -> None:
    cursored(server, end)
    pages = {
        "type": "cursor",
        "items": "/data/rows",
        "cursor_path": "/meta/next",
        "parameter": "after",
    }
    found = await collected(attempt, server, pagination=pages)
    assert (found["items"], found["pages"], found["truncated"]) == (ROWS, 3, False)


async def test_an_empty_page_does_not_end_a_chain_of_cursors(
    server: Server, attempt: Attempt
) -> None:
    pages = iter([([1], "a"), ([], "b"), ([2], None)])

    def answer(_: Asked) -> Answer:
        items, cursor = next(pages)
        return as_json({"items": items, "next": cursor})

    server.answers["/rows"] = answer
    by_cursor = {"type": "cursor", "items": "items", "cursor_path": "next", "parameter": "c"}
    assert (await collected(attempt, server, pagination=by_cursor))["items"] == [1, 2]


async def test_numbers(server: Server, attempt: Attempt) -> None:
    numbered(server)
    found = await collected(attempt, server, pagination={"type": "page", "items": "rows"})
    assert (found["items"], found["pages"], found["truncated"]) == (ROWS, 4, False)
    assert [asked.query["page"] for asked in server.requests] == ["1", "2", "3", "4"]


async def test_numbers_with_a_start_a_size_and_steps(server: Server, attempt: Attempt) -> None:
    numbered(server, first=0)
    pages = {"type": "page", "items": "rows", "start": 0, "size_parameter": "per", "size": 5}
    assert (await collected(attempt, server, pagination=pages))["items"] == ROWS
    assert [asked.query for asked in server.requests] == [
        {"per": "5", "page": "0"}, {"per": "5", "page": "1"}, {"per": "5", "page": "2"},
    ]  # fmt: skip
    server.answers["/rows"] = lambda asked: as_json(
        ROWS[int(asked.query["offset"]) : int(asked.query["offset"]) + 4]
    )
    offsets = {"type": "page", "parameter": "offset", "start": 0, "step": 4}
    assert (await collected(attempt, server, pagination=offsets))["items"] == ROWS


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"max_pages": 1}, (3, 1, True)),
        ({"max_pages": 2}, (6, 2, True)),
        ({"max_pages": 3}, (7, 3, False)),
        ({"max_items": 2}, (2, 1, True)),
        ({"max_items": 3}, (3, 1, True)),
        ({"max_items": 4}, (4, 2, True)),
        ({"max_items": 7}, (7, 3, False)),
        ({"max_items": 8}, (7, 3, False)),
    ],
)
async def test_limits_say_that_they_cut(
    server: Server, attempt: Attempt, limits: dict[str, int], expected: tuple[int, int, bool]
) -> None:
    linked(server)
    found = await collected(attempt, server, pagination={"type": "link", **limits})
    assert (len(found["items"]), found["pages"], found["truncated"]) == expected
    assert len(server.requests) == found["pages"]


async def test_pages_that_go_in_circles_end(server: Server, attempt: Attempt) -> None:
    server.answers["/rows"] = as_json([1], Link="</rows?b>; rel=next")
    found = await collected(attempt, server, pagination={"type": "link"})
    assert (found["items"], found["truncated"]) == ([1, 1], False)


async def test_pages_without_an_end_stop_at_the_limit(server: Server, attempt: Attempt) -> None:
    server.answers["/rows"] = lambda asked: as_json(
        [], Link=f"</rows?{len(asked.path)}{'x' * len(asked.path)}>; rel=next"
    )
    found = await collected(attempt, server, pagination={"type": "link", "max_pages": 12})
    assert (found["items"], found["pages"], found["truncated"]) == ([], 12, True)


@pytest.mark.parametrize("body", [b"", b"null", b'{"rows": null}', b"{}", b'{"rows": []}'])
async def test_a_page_without_items(server: Server, attempt: Attempt, body: bytes) -> None:
    server.answers["/rows"] = (200, {}, body)
    found = await collected(attempt, server, pagination={"type": "page", "items": "rows"})
    assert (found["items"], found["pages"], found["truncated"]) == ([], 1, False)
    warned = any(level is LogLevel.WARNING for _, level, _ in attempt.lines)
    assert warned is (b"rows" not in body)


@pytest.mark.parametrize(
    ("body", "items"),
    [(b"{", None), (b"{}", None), (b'"text"', None), (b'{"a": {"b": 1}}', "a.b"), (b"x", "a")],
)
async def test_a_page_that_is_no_list_says_where(
    server: Server, attempt: Attempt, body: bytes, items: str | None
) -> None:
    server.answers["/rows"] = (200, {}, body)
    with pytest.raises(InvalidOutput):
        await collected(attempt, server, pagination={"type": "page", "items": items})


@pytest.mark.parametrize("cursor", [True, [1], {"a": 1}])
async def test_a_cursor_that_is_none(server: Server, attempt: Attempt, cursor: Any) -> None:
    server.answers["/rows"] = as_json({"rows": [1], "next": cursor})
    pages = {"type": "cursor", "items": "rows", "cursor_path": "next", "parameter": "after"}
    with pytest.raises(InvalidOutput, match="cursor_path"):
        await collected(attempt, server, pagination=pages)


async def test_all_pages_together_are_bounded(server: Server, attempt: Attempt) -> None:
    linked(server, size=1)
    size = len(as_json(ROWS[:1])[2])
    pages = {"type": "link"}
    whole = await collected(attempt, server, pagination=pages, max_bytes=7 * size)
    assert whole["items"] == ROWS
    with pytest.raises(PayloadTooLarge, match=str(7 * size - 1)):
        await collected(attempt, server, pagination=pages, max_bytes=7 * size - 1)


async def test_a_page_that_fails_fails_the_attempt(server: Server, attempt: Attempt) -> None:
    server.answers["/rows"] = lambda asked: (
        as_json({}, 503, Retry_After="3") if asked.query["page"] == "2" else as_json([1])
    )
    with pytest.raises(HttpStatusError) as caught:
        await collected(attempt, server, pagination={"type": "page"})
    assert (caught.value.retryable, caught.value.retry_after) == (True, 3)


async def test_every_page_of_a_write_has_a_key_of_its_own(server: Server, attempt: Attempt) -> None:
    linked(server)
    post = {"method": "POST", "json_body": {"filter": "x"}, "pagination": {"type": "link"}}
    await collected(attempt, server, **post)
    keys = [asked.headers["idempotency-key"] for asked in server.requests]
    assert keys == ["run:node:", "run:node::2", "run:node::3"]
    assert {asked.body for asked in server.requests} == {b'{"filter":"x"}'}
    server.requests.clear()
    await collected(attempt, server, headers={"idempotency-KEY": "mine"}, **post)
    keys = [asked.headers["idempotency-key"] for asked in server.requests]
    assert keys == ["mine", "mine:2", "mine:3"]


@pytest.mark.parametrize(
    "auth", [TOKEN, {"type": "api_key", "name": "key", "value": "s3cret", "place": "query"}]
)
async def test_every_page_of_the_same_origin_gets_the_credentials(
    server: Server, attempt: Attempt, auth: dict[str, Any]
) -> None:
    linked(server)
    own = {"X-Tenant": "t"}
    await collected(attempt, server, pagination={"type": "link"}, auth=auth, headers=own)
    assert len(server.requests) == 3
    assert all("s3cret" in str(asked) for asked in server.requests)
    assert all(asked.headers["x-tenant"] == "t" for asked in server.requests)


async def test_a_page_elsewhere_gets_no_credentials_and_cannot_send_them_back(
    server: Server, other: Server, attempt: Attempt
) -> None:
    server.answers["/rows"] = as_json([1], Link=f'<{other.url}/rows>; rel="next"')
    other.answers["/rows"] = as_json([2], Link=f'<{server.url}/chosen>; rel="next"')
    server.answers["/chosen"] = as_json([3], Link='</after>; rel="next"')
    server.answers["/after"] = as_json([4])
    headers = {"X-Tenant": "s3cret", "Accept": "application/json", "Cookie": "a=s3cret"}
    found = await call(
        attempt,
        server,
        other,
        url=f"{server.url}/rows",
        query={"private": "s3cret"},
        auth=TOKEN,
        headers=headers,
        pagination={"type": "link"},
    )
    assert found["items"] == [1, 2, 3, 4]
    first, chosen, after = server.requests
    assert "s3cret" in str(first)
    assert "s3cret" not in str((chosen, after))
    assert "s3cret" not in str(other.requests)
    assert other.requests[0].headers["accept"] == "application/json"


async def test_after_a_redirect_elsewhere_the_next_page_gets_no_credentials(
    server: Server, other: Server, attempt: Attempt
) -> None:
    server.answers["/rows"] = (307, {"Location": f"{other.url}/rows"}, b"")
    other.answers["/rows"] = as_json([1], Link=f'<{server.url}/chosen>; rel="next"')
    server.answers["/chosen"] = as_json([2])
    url = f"{server.url}/rows"
    pages = {"type": "link"}
    found = await call(attempt, server, other, url=url, auth=TOKEN, pagination=pages)
    assert found["items"] == [1, 2]
    assert ["s3cret" in str(asked) for asked in server.requests] == [True, False]


async def test_a_page_on_the_inside_is_refused(
    server: Server, other: Server, attempt: Attempt
) -> None:
    server.answers["/rows"] = as_json([1], Link=f'<{other.url}/>; rel="next"')
    with pytest.raises(AddressBlocked):
        await collected(attempt, server, pagination={"type": "link"})
    assert other.requests == []


@pytest.mark.parametrize(
    "target", ["ftp://example.org/", "file:///etc/passwd", "http://[::x", "data:,x"]
)
async def test_a_link_that_cannot_be_followed(
    server: Server, attempt: Attempt, target: str
) -> None:
    server.answers["/rows"] = as_json([1], Link=f'<{target}>; rel="next"')
    with pytest.raises(InvalidOutput, match="next page"):
        await collected(attempt, server, pagination={"type": "link"})


async def test_a_number_that_is_still_a_text(server: Server, attempt: Attempt) -> None:
    for name in ("start", "step", "max_pages", "max_items"):
        with pytest.raises(InvalidInput, match=rf"config\.pagination\.{name}"):
            await collected(
                attempt, server, pagination={"type": "page", name: "{{ not rendered }}"}
            )
    assert server.requests == []


async def test_no_query_reaches_the_log(server: Server, attempt: Attempt) -> None:
    linked(server)
    await collected(attempt, server, pagination={"type": "link"}, query={"key": "hidden"})
    assert len(attempt.lines) == 3
    assert "hidden" not in str(attempt.lines)
    assert "from" not in str(attempt.lines)
