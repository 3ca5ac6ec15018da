"""What the HTTP tool's configuration accepts, before and after its expressions are rendered."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from models.graph.graph import Graph
from models.graph.http import HttpConfig
from models.graph.templates import fields
from models.graph.tool import ToolConfig

URL = "https://api.example.com"
TEMPLATED: list[dict[str, Any]] = [
    {"auth": {"type": "basic", "username": "{{ input.user }}", "password": "{{ secrets.p }}"}},
    {"auth": {"type": "bearer", "token": "{{ secrets.token }}"}},
    {"auth": {"type": "api_key", "name": "X-Key", "value": "{{ secrets.key }}", "place": "query"}},
    {
        "auth": {
            "type": "oauth2",
            "token_url": "{{ vars.issuer }}/token",
            "client_id": "{{ vars.client }}",
            "client_secret": "{{ secrets.client }}",
            "scopes": ["{{ vars.scope }}"],
        }
    },
    {
        "multipart": [
            {"name": "file", "value": "{{ nodes.made.output }}", "filename": "{{ vars.n }}"}
        ]
    },
    {"body": "{{ nodes.made.output }}"},
    {"pagination": {"type": "page", "start": "{{ input.from }}", "max_items": "{{ input.most }}"}},
    {"pagination": {"type": "cursor", "cursor_path": "{{ vars.path }}", "parameter": "after"}},
]


@pytest.mark.parametrize("more", TEMPLATED)
def test_expressions_are_accepted_and_found(more: dict[str, Any]) -> None:
    config = {"kind": "http", "url": URL, **more}
    graph = Graph.model_validate(
        {"name": "x", "nodes": [{"key": "call", "type": "tool", "config": config}]}
    )
    found = [str(field.template) for field in fields(graph.nodes[0])]
    assert any("{{" in template for template in found)


@pytest.mark.parametrize("more", TEMPLATED)
def test_a_dump_without_defaults_is_the_same_configuration(more: dict[str, Any]) -> None:
    config = HttpConfig(url=URL, **more)
    dumped = config.model_dump(mode="json", exclude_unset=True)
    assert TypeAdapter(ToolConfig).validate_python(dumped) == config


def test_what_was_stored_before_still_reads() -> None:
    stored = {
        "kind": "http",
        "method": "POST",
        "url": URL,
        "query": {"a": [1, "b"]},
        "headers": {"Accept": "application/json"},
        "form": {"x": "1"},
        "response": "auto",
        "fail_on_status": False,
        "follow_redirects": False,
        "max_bytes": 1_000,
    }
    config = TypeAdapter(ToolConfig).validate_python(stored)
    assert config.model_dump(mode="json", exclude_unset=True) == stored


def test_numbers_stand_for_their_texts() -> None:
    config = HttpConfig(
        url=URL,
        headers={"X-Count": 5},  # type: ignore[dict-item]
        auth={"type": "basic", "username": 7, "password": 12},  # type: ignore[arg-type]
        fail_on=[404, "5xx"],  # type: ignore[list-item]
    )
    assert config.headers == {"X-Count": "5"}
    assert (config.auth.username, config.auth.password) == ("7", "12")  # type: ignore[union-attr]
    assert config.fail_on == ["404", "5xx"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"json_body": 1, "form": {"a": "b"}}, "`json_body` and `form` are given"),
        ({"body": "x", "multipart": []}, "a request has one body"),
        ({"body": {"a": 1}}, "JSON is given as `json_body`"),
        ({"body": {"$artifact": {"id": "x"}, "more": {}}}, "reference to an artifact"),
        ({"body": True}, "reference to an artifact"),
        ({"auth": {"type": "digest"}}, "'none', 'basic', 'bearer', 'api_key', 'oauth2'"),
        ({"auth": {"token": "x"}}, "type"),
        ({"auth": {"type": "bearer", "token": "x", "user": "y"}}, "Extra inputs"),
        (
            {"auth": {"type": "bearer", "token": "x"}, "headers": {"authorization": "y"}},
            "`auth` sets it",
        ),
        (
            {"auth": {"type": "api_key", "name": "X-Key", "value": "x"}, "headers": {"x-key": "y"}},
            "`auth` sets it",
        ),
        ({"multipart": [], "headers": {"content-type": "text/csv"}}, "`multipart` sets it"),
        ({"fail_on": ["6xx"]}, "pattern"),
        ({"retry_on": ["50x"]}, "pattern"),
        ({"pagination": {"type": "page", "size": 5}}, "go together"),
        ({"pagination": {"type": "link", "max_pages": 1_001}}, "less than or equal to 1000"),
        ({"pagination": {"type": "link", "max_pages": "many"}}, "integer"),
        ({"pagination": {"type": "cursor", "cursor_path": "next"}}, "Field required"),
        ({"pagination": {"type": "link"}, "response": "text"}, "reads JSON"),
        ({"pagination": {"type": "link"}, "method": "HEAD"}, "HEAD has none"),
        ({"read_timeout_seconds": 0}, "greater than 0"),
        ({"method": "CONNECT"}, "'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE' or 'OPTIONS'"),
    ],
)
def test_what_cannot_be_meant_is_named(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        HttpConfig(url=URL, **more)
    assert message in str(caught.value)
