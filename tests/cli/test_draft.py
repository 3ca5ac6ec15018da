"""`pastetrader draft`, on the whole product, with a model that follows a script."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chaos.stack import Stack, live_stack
from cli.scripted_model.script import Script
from cli.scripted_model.server import ScriptedModel, scripted_model
from models.graph.document import parse_document
from models.graph.validation import errors_in, validate_document
from tests.api.drafts.pdfs import pdf, scanned
from tests.api.drafts.test_drafts import DOUBLING, START, edit, turns
from tests.cli.commands import Done, command, ended, spawn

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
TEXT = "# Doubling\n\nTake a number. Double it. Then add one.\n"


@dataclass
class Product:
    """The product, its model, and files to draft from."""

    stack: Stack
    model: ScriptedModel
    folder: Path

    async def cli(self, *arguments: str, typed: str = "") -> Done:
        return await command(*arguments, data_dir=self.folder / "data", typed=typed)

    async def draft(self, *arguments: str, typed: str = "") -> Done:
        return await self.cli("draft", *arguments, "--agent", "drafter", typed=typed)

    def file(self, name: str, data: bytes) -> str:
        path = self.folder / name
        path.write_bytes(data)
        return str(path)


@pytest.fixture(scope="module")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    folder = tmp_path_factory.mktemp("drafts")
    async with (
        scripted_model(Script()) as model,
        live_stack(
            folder / "data", env={"PASTETRADER_HTTP_ALLOW": model.url.removeprefix("http://")}
        ) as stack,
    ):
        product = Product(stack, model, folder)
        config = {
            "provider": "openai_compatible",
            "model": "scripted-1",
            "base_url": f"{model.url}/v1",
        }
        document = json.dumps({"name": "drafter", "config": config})
        made = await product.cli("agent", "create", "-", typed=document)
        assert made.code == 0, made.err
        yield product


def drafted(text: str) -> dict[str, Any]:
    """The document, which can run."""
    document = parse_document(text, "application/yaml")
    graph, problems = validate_document(document)
    assert graph is not None
    assert errors_in(problems) == []
    return document


async def test_a_killed_worker_loses_nothing_of_the_draft(product: Product) -> None:
    slow = {"tool_calls": DOUBLING[2], "slow": {"first": 4}}
    given: list[Any] = [{"tool_calls": each} for each in DOUBLING]
    product.model.script = Script.model_validate({"turns": [*given[:2], slow, given[3], "Done."]})
    file = product.file("method.md", TEXT.encode())
    process = await spawn("draft", file, "-a", "drafter", data_dir=product.folder / "data")
    assert process.stderr is not None
    said = b""
    while b"2 turns, 2 nodes" not in said:
        said += await asyncio.wait_for(process.stderr.readline(), 60)
    await product.stack.kill("worker-1")
    done = await ended(process)
    assert done.code == 0, done.err
    document = drafted(done.out)
    assert [(node["key"], node["notes"]) for node in document["nodes"]] == [
        ("start", "The number comes in."),
        ("twice", "Doubles it."),
        ("plus", "It is computed."),
    ]
    answers = next(iter(product.model.ledger.count()["conversations"].values()), {})
    assert [each["answered"] for each in answers.values()] == [1] * 5, "no turn is paid twice"
    assert "Done." in done.err


async def test_the_draft_is_stored_when_that_is_wanted(product: Product) -> None:
    product.model.script = turns(*DOUBLING)
    target = product.folder / "doubling.yaml"
    done = await product.draft("-", "--import", "-o", str(target), typed=TEXT)
    assert (done.code, done.out) == (0, ""), done.err
    assert drafted(target.read_text())["name"] == "Doubling"
    assert "not published" in done.err
    listed = json.loads((await product.cli("workflow", "list", "--json")).out)
    (stored,) = [each for each in listed if each["name"] == "Doubling"]
    assert stored["published_version"] is None
    assert stored["id"] in done.err
    assert (await product.cli("workflow", "publish", stored["id"])).code == 0
    ran = await product.cli("run", stored["id"], "--input", '{"n": 20}')
    assert (ran.code, "41" in ran.out) == (0, True)
    again = await product.draft("-", "--workflow", "Doubling", "--json", "--import", typed=TEXT)
    # The same steps on what is there already: they are refused, and the graph stays what it was.
    assert again.code == 0, again.err
    found = json.loads(again.out)
    assert found["base"]["name"] == "Doubling"
    assert len(found["document"]["nodes"]) == 3
    listed = json.loads((await product.cli("workflow", "list", "--json")).out)
    assert {"Doubling", "Doubling (2)"} <= {each["name"] for each in listed}


async def test_a_draft_with_errors_is_shown_and_is_no_success(product: Product) -> None:
    product.model.script = turns(*DOUBLING[:3], end="I give up.")
    target = product.folder / "wrong.json"
    done = await product.draft("-", "-o", str(target), typed=TEXT)
    assert done.code == 1
    assert "error: nodes[2].config.output" in done.err
    assert "did you mean" in done.err
    assert "I give up." in done.err
    assert len(json.loads(target.read_text())["nodes"]) == 3


async def test_a_model_that_fails_leaves_nothing_behind(product: Product) -> None:
    fault = {"fault": {"kind": "status", "status": 400}}
    product.model.script = Script.model_validate({"default": fault})
    before = (await product.cli("workflow", "list", "--json")).out
    done = await product.draft("-", "--import", typed=TEXT)
    assert (done.code, done.out) == (1, "")
    assert "ModelRequestRefused" in done.err
    assert (await product.cli("workflow", "list", "--json")).out == before


async def test_pdfs_are_read_and_what_cannot_be_read_is_told(product: Product) -> None:
    product.model.script = turns([edit(START, *DOUBLING[1][1]["arguments"]["operations"])])
    done = await product.draft(product.file("method.pdf", pdf("Double a number.")), "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert [node["key"] for node in found["document"]["nodes"]] == ["start", "twice"]
    for file, says in (
        (product.file("scan.pdf", scanned()), "no text layer"),
        (product.file("picture.png", b"\x89PNG\xff"), "neither UTF-8"),
        (str(product.folder / "absent.md"), "cannot be read"),
    ):
        done = await product.draft(file)
        assert done.code == 2, (file, done.err)
        assert says in done.err, (file, done.err)
    assert (await product.cli("draft", "-", "--agent", "nobody", typed=TEXT)).code == 2
    assert (await product.draft("-", "--workflow", "no such", typed=TEXT)).code == 2
