"""Old histories replay on today's interpreter, and breaking edits of it are noticed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.temporal_workflows.replaying import HISTORIES, failures
from tests.temporal_workflows.shapes import shapes

ROOT = Path(__file__).parent.parent.parent

# (file, what stands there, what a careless edit would make of it)
BREAKING_EDITS = {
    "another activity id": (
        "contracts.py",
        'place = f"{key}@{path}" if path else key',
        'place = f"{key}/{path}"',
    ),
    "an end that is no longer recorded": (
        "graph_workflow.py",
        "            case Settle(place, outcome):\n                self._record(place, outcome)",
        "            case Settle(place, outcome):\n                pass",
    ),
    "a delay that is no longer evaluated": (
        "node_runs.py",
        'found = await self.evaluate(place, node, "delay", template)',
        "found = template",
    ),
    "a pure node that became a remote activity": (
        "commands.py",
        "workflow.execute_local_activity(",
        "workflow.execute_activity(",
    ),
    "undoing that begins with what ended first": (
        "compensation.py",
        "self._scheduler.undoable[-1]",
        "self._scheduler.undoable[0]",
    ),
    "passes that start in reverse": (
        "scheduler.py",
        "        decisions, self._decisions = self._decisions, []\n        return decisions",
        "        decisions, self._decisions = self._decisions[::-1], []\n        return decisions",
    ),
}


def test_every_shape_is_recorded() -> None:
    recorded = {path.stem for path in HISTORIES.glob("*.json")}
    assert {shape.name for shape in shapes()} <= recorded


async def test_all_histories_replay() -> None:
    assert await failures(sorted(HISTORIES.glob("*.json"))) == {}


@pytest.mark.parametrize("edit", BREAKING_EDITS)
def test_a_breaking_edit_is_caught(edit: str, tmp_path: Path) -> None:
    name, before, after = BREAKING_EDITS[edit]
    shutil.copytree(ROOT / "temporal_workflows", tmp_path / "temporal_workflows")
    target = tmp_path / "temporal_workflows" / name
    source = target.read_text(encoding="utf-8")
    assert before in source
    target.write_text(source.replace(before, after), encoding="utf-8")

    result = subprocess.run(
        [sys.executable, "-m", "tests.temporal_workflows.replaying"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stdout.strip()


def test_no_history_names_a_folder_of_the_machine_that_recorded_it() -> None:
    named = [file.name for file in HISTORIES.glob("*.json") if 'File \\"/' in file.read_text()]
    assert named == []
