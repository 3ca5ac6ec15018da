"""Documents are code: their commands run, their links lead somewhere, their claims have tests."""

import ast
import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import pytest
import yaml

from chaos.stack import live_stack
from models.graph.document import parse_document
from models.graph.validation import errors_in, validate_document

ROOT = Path(__file__).resolve().parents[2]
DOCS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
# Continuous integration runs these themselves.
MADE = re.compile(r"^make (demo|up|test|lint|types|bench)\b")
# These have tests of their own.
DEMOS = {"pastetrader demo agent"}
# Guides with a test of their own.
GUIDES = {"docs/database/models.md", "docs/database/migrations.md"}


def blocks(path: Path, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_every_command_runs(tmp_path: Path) -> None:
    commands = [
        line
        for path in DOCS
        if path.relative_to(ROOT).as_posix() not in GUIDES
        for block in blocks(path, "bash")
        for line in block.splitlines()
        if line and not MADE.match(line) and not line.startswith("source ")
        if line not in DEMOS
    ]
    assert len(commands) >= 4
    env = os.environ | {
        "PASTETRADER_DATA_DIR": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    async with live_stack(tmp_path / "data"):
        for line in dict.fromkeys(commands):
            process = await asyncio.create_subprocess_shell(
                line, cwd=ROOT, env=env, stderr=asyncio.subprocess.PIPE, start_new_session=True
            )
            try:
                _, errors = await asyncio.wait_for(process.communicate(), 60)
            finally:
                if process.returncode is None:  # a loop that waits would do so for ever
                    os.killpg(process.pid, signal.SIGKILL)
            assert process.returncode == 0, (line, errors.decode())


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_graph_is_one(path: Path) -> None:
    for block in blocks(path, "yaml"):
        found = yaml.safe_load(block)
        nodes = found if isinstance(found, list) else found.get("nodes")
        if not nodes:
            continue
        document = {"name": "x"} | (found if isinstance(found, dict) else {"nodes": nodes})
        graph, problems = validate_document(parse_document(yaml.safe_dump(document), "text/yaml"))
        assert graph is not None, problems
        if isinstance(found, dict):
            assert errors_in(problems) == []


def test_every_failure_is_held_by_a_test() -> None:
    claims = re.findall(r"`(tests/[^`:]+)::(\w+)`", (ROOT / "docs" / "failures.md").read_text())
    assert len(claims) >= 12
    for file, name in claims:
        tree = ast.parse((ROOT / file).read_text())
        functions = {
            n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert name in functions, f"{file} has no {name}"


def test_every_variable_of_the_environment_is_documented() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in DOCS)
    for folder in ("api", "activities", "cli"):
        for path in (ROOT / folder).rglob("*.py"):
            for name in re.findall(r"\"(PASTETRADER_[A-Z_]+)\"", path.read_text(encoding="utf-8")):
                assert name in text, f"{path.name} reads {name}"
