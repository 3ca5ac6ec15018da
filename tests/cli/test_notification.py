"""`pastetrader notification`, on the whole product."""

import json
from pathlib import Path
from typing import Any

import pytest

from chaos.stack import live_stack
from tests.activities.mailbox import SENDER, open_mailbox
from tests.activities.tools.http.server import Server
from tests.cli.commands import command

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Requiring AUTH")]
FAILS = """
name: fails
nodes:
  - {key: start, type: trigger}
  - {key: share, type: adapter, config: {output: "{{ 12 / input.n }}"}}
edges:
  - {source: start, target: share}
"""


async def test_notifications_are_made_tested_told_and_deleted(tmp_path: Path) -> None:
    data, server = tmp_path / "data", Server()
    async with open_mailbox() as mailbox:
        env = {
            "PASTETRADER_HTTP_ALLOW": "127.0.0.1",
            "PASTETRADER_SMTP_URL": mailbox.url,
            "PASTETRADER_SMTP_FROM": SENDER,
        }
        async with live_stack(data, env=env):

            async def notification(*arguments: str, code: int = 0) -> Any:
                done = await command("notification", *arguments, "--json", data_dir=data)
                assert done.code == code, (arguments, done.err)
                return json.loads(done.out) if done.out else done.err

            document = tmp_path / "fails.yaml"
            document.write_text(FAILS)
            imported = await command("workflow", "import", str(document), data_dir=data)
            assert imported.code == 0, imported.err
            await notification(
                *("create", "hook", "--channel", "webhook", "--url", f"{server.url}/hook"),
                *("--on", "failed", "--on", "completed", "--workflow", "fails"),
            )
            people = ("--to", "ann@example.org", "--to", "bob@example.org")
            made = await notification("create", "mail", "--channel", "email", *people)
            assert made["config"]["to"] == ["ann@example.org", "bob@example.org"]
            listed = await command("notification", "list", data_dir=data, COLUMNS="200")
            assert "ann@example.org, bob@example.org" in listed.out
            assert "failed, completed" in listed.out
            told = await notification("test", "mail")
            assert (told["status"], told["execution_id"]) == ("sent", None)
            assert len(mailbox.letters) == 2
            server.answers["/hook"] = (410, {}, b"")
            assert "answered 410 Gone" in await notification("test", "hook", code=1)
            shown = await command("notification", "notices", "hook", data_dir=data, COLUMNS="200")
            assert "a test" in shown.out
            assert "410 Gone" in shown.out
            refused = await notification(
                "create", "bad", "--channel", "slack", "--url", "{{ input.url }}", code=2
            )
            assert "only `{{ secrets.NAME }}` may stand in it" in refused
            unknown = await notification("notices", "nobody", code=2)
            assert "no notification is named" in unknown
            gone = await command("notification", "delete", "hook", data_dir=data)
            assert gone.code == 0, gone.err
            assert [each["name"] for each in await notification("list")] == ["mail"]
    server.close()
