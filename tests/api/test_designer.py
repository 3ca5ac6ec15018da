"""The web designer's pages: what is served, under which policy, and what never is."""

import base64
import hashlib
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from api import errors
from api.app import create_app
from api.designer import Designer
from tests.api.fixtures import Api, client_of

SCRIPTS = ("self.n = 1", "if (a < b && c) {\n  run('한국어')\n}")
INDEX = "<!DOCTYPE html><html><head><title>Home</title></head><body>home</body></html>"
EDIT = f"""<!DOCTYPE html><html><head><title>Edit</title>
<script src="/_next/static/x.js" async=""></script><script>{SCRIPTS[0]}</script></head>
<body>edit<script id="data">{SCRIPTS[1]}</script><script>{SCRIPTS[0]}</script></body></html>"""
MISSING = "<!DOCTYPE html><html><head></head><body>not here</body></html>"
SECRET = "nobody may read this"
META = re.compile(r'<meta name="csp-nonce" content="([^"]+)">')


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A small export, with a file beside it that is none of its business."""
    folder = tmp_path / "out"
    for name, text in {
        "index.html": INDEX,
        "workflows/edit.html": EDIT,
        "404.html": MISSING,
        "_next/static/x.js": "run()",
        "theme.js": "theme()",
        "../secret.txt": SECRET,
        "../outside.html": f"<head></head>{SECRET}",
    }.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return folder


@pytest.fixture
async def site(export: Path) -> AsyncIterator[Api]:
    """The designer alone, where the app has it."""
    async with client_of(mounted(export)) as client:
        client.base_url = httpx.URL("http://test")
        yield client


@pytest.fixture
async def whole(app: FastAPI, export: Path) -> AsyncIterator[Api]:
    """The whole app with this export, for nobody."""
    again = create_app(app.state.settings.model_copy(update={"designer": export}))
    async with client_of(again) as client:
        client.base_url = httpx.URL("http://test")
        yield client
    await again.state.database.dispose()


def mounted(folder: Path) -> FastAPI:
    """An app that has a designer, and renders errors as ours does."""
    house = FastAPI(openapi_url=None)
    errors.install(house)
    house.router.default = Designer(folder, house.router.default)
    return house


def policy(answer: httpx.Response) -> dict[str, list[str]]:
    """Sources by directive."""
    rules = (rule.split() for rule in answer.headers["content-security-policy"].split(";"))
    return {name: sources for name, *sources in rules}


def sha256(code: str) -> str:
    """As a policy names a script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "home"),
        ("/index", "home"),
        ("/workflows/edit", "edit"),
        ("/workflows/edit/", "edit"),
        ("/workflows/edit?id=1", "edit"),
    ],
)
async def test_a_page_has_no_extension(site: Api, path: str, words: str) -> None:
    answer = await site.get(path)
    assert (answer.status_code, f"<body>{words}" in answer.text) == (200, True)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_the_policy_admits_exactly_the_inline_scripts_of_the_page(site: Api) -> None:
    edit = await site.get("/workflows/edit")
    assert policy(edit)["script-src"] == ["'self'", *map(sha256, SCRIPTS)]
    inline = re.findall(r"<script(?![^>]*src=)[^>]*>(.*?)</script>", edit.text, re.DOTALL)
    assert {sha256(code) for code in inline} == set(policy(edit)["script-src"]) - {"'self'"}
    assert policy(await site.get("/"))["script-src"] == ["'self'"]


async def test_a_changed_page_has_other_hashes(site: Api, export: Path) -> None:
    before = policy(await site.get("/workflows/edit"))["script-src"]
    file = export / "workflows" / "edit.html"
    file.write_text(EDIT.replace(SCRIPTS[0], "self.n = 2"), "utf-8")
    os.utime(file, ns=(1, 1))  # a file system's clock may be too coarse to tell
    after = policy(await site.get("/workflows/edit"))["script-src"]
    assert (set(before) - set(after), set(after) - set(before)) == (
        {sha256(SCRIPTS[0])},
        {sha256("self.n = 2")},
    )


@pytest.mark.parametrize("path", ["/", "/workflows/edit", "/nothing"])
async def test_the_policy_is_strict_wherever_scripts_could_come_from(site: Api, path: str) -> None:
    rules = policy(await site.get(path))
    assert rules["default-src"] == ["'none'"]
    assert rules["connect-src"] == ["'self'", "blob:"]
    for name in ("script-src", "style-src"):
        assert not set(rules[name]) & {"'unsafe-inline'", "'unsafe-eval'", "*", "data:", "blob:"}
    for name in ("base-uri", "form-action", "frame-ancestors"):
        assert rules[name] == ["'none'"]


async def test_every_answer_has_a_nonce_of_its_own(site: Api) -> None:
    answers = [await site.get("/workflows/edit") for _ in range(5)]
    nonces = set()
    for answer in answers:
        (told,) = META.findall(answer.text)
        assert policy(answer)["style-src"] == ["'self'", f"'nonce-{told}'"]
        assert META.sub("", answer.text) == EDIT, "nothing else was changed"
        nonces.add(told)
    assert len(nonces) == 5
    assert all(len(nonce) >= 22 for nonce in nonces), "128 bits"


async def test_only_what_is_named_by_its_content_is_kept_for_ever(site: Api) -> None:
    asset = await site.get("/_next/static/x.js")
    assert (asset.status_code, asset.text) == (200, "run()")
    assert "immutable" in asset.headers["cache-control"]
    assert asset.headers["content-type"].startswith(("text/javascript", "application/javascript"))
    theme = await site.get("/theme.js")
    assert (theme.status_code, theme.headers["cache-control"]) == (200, "no-cache")
    for path in ("/", "/workflows/edit", "/nothing", "/_next/static/nothing.js"):
        assert (await site.get(path)).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/workflows/edit", "/theme.js", "/nothing"])
async def test_head_is_get_without_the_body(site: Api, path: str) -> None:
    head, get = await site.head(path), await site.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-length"] == str(len(get.content))
    assert head.headers.keys() == get.headers.keys()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_pages_are_only_read(site: Api, method: str) -> None:
    answer = await site.request(method, "/workflows/edit")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert answer.headers["content-type"] == "application/problem+json"


# Where a path could lead that is not what it seems.
OUTSIDE = [
    "/../secret.txt",
    "/../outside",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/..%2foutside",
    "/workflows/%2e%2e/%2e%2e/secret.txt",
    "/workflows/..%2f..%2foutside",
    "/..%5csecret.txt",
    "/%252e%252e/secret.txt",
    "//etc/passwd",
    "/%2fetc%2fpasswd",
]
STRANGE = [
    "/%00",
    "/a%00b",
    "/theme.js%00",
    "/%ff",
    "/%ed%a0%80",
    "/.",
    "/..",
    "/%0a",
    "/%e2%80%ae",
]
LONG = ["/" + "a" * 300, "/" + "a" * 20_000, "/" + "a/" * 5_000, "/" + "../" * 3_000]


@pytest.mark.parametrize("path", [*OUTSIDE, *STRANGE, *LONG], ids=lambda path: path[:30])
async def test_nothing_outside_the_export_is_there(export: Path, path: str) -> None:
    house = mounted(export)

    async def untidied(scope: Scope, receive: Receive, send: Send) -> None:
        """A client of ours would resolve the dots; an attacker's does not."""
        seen = {"path": unquote(path), "raw_path": path.encode()}
        await house({**scope, **seen}, receive, send)

    transport = httpx.ASGITransport(untidied, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport) as client:
        answer = await client.get("http://test/")
    assert (answer.status_code, "not here" in answer.text) == (404, True), answer.text
    assert SECRET not in answer.text


async def test_links_out_of_the_export_lead_nowhere(site: Api, export: Path) -> None:
    (export / "secret.txt").symlink_to(export.parent / "secret.txt")
    (export / "page.html").symlink_to(export.parent / "outside.html")
    (export / "up").symlink_to(export.parent)
    for path in ("/secret.txt", "/page", "/up/secret.txt", "/up/outside"):
        answer = await site.get(path)
        assert (answer.status_code, SECRET in answer.text) == (404, False), path


async def test_a_link_to_itself_is_not_there(site: Api, export: Path) -> None:
    (export / "loop").symlink_to("loop")
    assert (await site.get("/loop")).status_code == 404


async def test_an_unknown_page_is_told_in_the_designers_words(site: Api) -> None:
    for path in ("/nothing", "/workflows", "/workflows/nothing", "/index.html.html", "/_next"):
        answer = await site.get(path)
        assert (answer.status_code, "not here" in answer.text) == (404, True), path
        assert META.search(answer.text), path


async def test_an_unknown_path_of_the_api_is_a_problem(site: Api) -> None:
    for path in ("/api/v1/nothing", "/api/v2", "/api/v1/workflows/x/nothing"):
        answer = await site.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), path
        assert answer.headers["content-type"] == "application/problem+json"


async def test_no_page_is_served_without_the_policy(site: Api) -> None:
    for path in ("/index.html", "/workflows/edit.html", "/404.html"):
        answer = await site.get(path)
        assert answer.status_code == 404 or "content-security-policy" in answer.headers, path


async def test_without_an_export_home_is_the_documentation(tmp_path: Path) -> None:
    async with client_of(mounted(tmp_path / "out")) as client:
        home = await client.get("http://test/")
        assert (home.status_code, home.headers["location"]) == (307, "/docs")
        for path in ("/nothing", "/index", "/api/v1/nothing", "/..%2fsecret.txt"):
            answer = await client.get(f"http://test{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), path


async def test_without_a_page_for_it_what_is_missing_is_a_problem(site: Api, export: Path) -> None:
    (export / "404.html").unlink()
    answer = await site.get("/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_a_websocket_is_turned_away(export: Path) -> None:
    client = TestClient(mounted(export))
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/nothing"):
        pass


# In the whole app --------------------------------------------------------------------------------


async def test_routes_of_the_api_win_over_pages(whole: Api, export: Path) -> None:
    for name in ("docs", "healthz", "api/v1/auth/me", "api/v1/openapi.json"):
        for page in (export / name, export / f"{name}.html"):
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text("<head></head>a page")
    assert "a page" not in (await whole.get("/docs")).text
    assert (await whole.get("/healthz")).json()["status"] == "ok"
    assert (await whole.get("/api/v1/openapi.json")).json()["info"]["title"] == "PasteTrader"
    me = await whole.get("/api/v1/auth/me")
    assert (me.status_code, me.json()["code"]) == (401, "UNAUTHORIZED")
    assert (await whole.get("/")).text.count("home") == 1


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/api/v1/nothing", "/api/v1/workflows/x/y/z", "/docs/x", "/..%2fsecret.txt"],
)
async def test_an_unknown_path_needs_no_account_and_tells_nothing(
    whole: Api, export: Path, path: str
) -> None:
    answer = await whole.get(path)
    assert answer.status_code == 404
    assert str(export) not in answer.text
    assert SECRET not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-request-id"]


async def test_a_route_with_another_method_says_which_it_has(whole: Api) -> None:
    answer = await whole.get("/api/v1/auth/login")
    assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "POST"


async def test_what_is_not_there_is_missing_whatever_the_method(whole: Api) -> None:
    answer = await whole.post("/api/v1/nothing", json={})
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
