"""`pastetrader agent chat`, on the whole product, with a model that follows a script."""

import json
from pathlib import Path
from typing import Any

import pytest

from chaos.stack import live_stack
from cli.scripted_model.script import Script
from cli.scripted_model.server import scripted_model
from tests.cli.commands import Done, command

pytestmark = pytest.mark.slow
PRICES = {
    "name": "prices",
    "description": "The last price of a symbol.",
    "config": {"kind": "python", "code": "def main(symbol):\n    return {'last': 28.8}"},
    "input_schema": {"type": "object", "properties": {"symbol": {"type": "string"}}},
}
CALL = {"tool_calls": [{"name": "prices", "arguments": {"symbol": "MSFT"}}], "text": "I look."}
ANSWER = {"text": "It is worth 28.8.", "slow": {"between": 0.05}}
REFUSED = {"fault": {"kind": "status", "status": 400}}


async def test_a_conversation_in_a_terminal(tmp_path: Path) -> None:
    data = tmp_path / "data"

    async def agent(*arguments: str, typed: str = "") -> Done:
        return await command("agent", *arguments, data_dir=data, typed=typed)

    env = {"PASTETRADER_HTTP_ALLOW": "127.0.0.1"}
    async with scripted_model(Script()) as model, live_stack(data, env=env):
        config: dict[str, Any] = {
            "provider": "openai_compatible",
            "model": "scripted-1",
            "base_url": f"{model.url}/v1",
            "tools": [PRICES],
        }
        file = tmp_path / "agent.json"
        file.write_text(json.dumps({"name": "broker", "config": config}))
        assert (await agent("create", str(file))).code == 0
        turns = [CALL, ANSWER, "Nothing else.", REFUSED]
        model.script = Script.model_validate({"turns": turns})

        first = await agent("chat", "broker", "What is MSFT worth?")
        assert (first.code, first.out) == (0, "I look.\nIt is worth 28.8.\n"), first.err
        assert "✓ prices" in first.err
        conversation = first.err.rpartition("--conversation ")[2].strip()

        more = await agent(
            "chat", "broker", "-", "--conversation", conversation, "--json", typed="And?"
        )
        assert json.loads(more.out) == {
            "conversation_id": conversation,
            "seq": 2,
            "text": "Nothing else.",
        }
        failed = await agent("chat", "broker", "Sure?", "--conversation", conversation)
        assert (failed.code, failed.out) == (1, "")
        assert "ModelRequestRefused" in failed.err

        lines = await agent("chat", "broker", typed="MSFT\n\nthank you\n")
        assert lines.out == "I look.\nIt is worth 28.8.\nNothing else.\n"
        unknown = await agent("chat", "nobody", "Hi")
        assert (unknown.code, unknown.out) == (2, "")
        assert "pastetrader agent list" in unknown.err
        shown = await command("execution", "show", conversation, data_dir=data)
        assert "✓ prices" in shown.out
