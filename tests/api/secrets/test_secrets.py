"""Secrets through the API: written, used by tools, never told."""

from typing import Any
from uuid import uuid4

from tests.api.fixtures import Api, ended, published, started


def speaking(inputs: dict[str, Any]) -> dict[str, Any]:
    """A graph whose tool prints what it is given."""
    return {
        "name": f"speaks {uuid4().hex}",
        "nodes": [
            {"key": "start", "type": "trigger"},
            {
                "key": "say",
                "type": "tool",
                "config": {"kind": "builtin", "name": "render", "template": "<{{ token }}>"},
                "inputs": inputs,
            },
        ],
        "edges": [{"source": "start", "target": "say"}],
    }


async def test_a_tool_gets_the_value_and_nobody_else_does(editor: Api) -> None:
    value = f"s3cret-{uuid4().hex}"
    made = await editor.put("/secrets/token", json={"value": value, "description": "for tests"})
    assert made.status_code == 201, made.text
    assert value not in made.text
    workflow = await published(editor, speaking({"token": "Bearer {{ secrets.token }}"}))
    run = await ended(editor, await started(editor, workflow))
    assert run["status"] == "completed", run
    assert run["output"] == {"say": "<Bearer [secret token]>"}
    node = next(node for node in run["nodes"] if node["node_key"] == "say")
    assert node["input"] == {"token": "Bearer {{ secrets.token }}"}
    listed = (await editor.get("/secrets")).json()["items"]
    assert [each["name"] for each in listed] == ["token"]
    assert listed[0]["last_used_at"] is not None
