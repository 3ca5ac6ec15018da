"""The demo that kills an agent's worker."""

from pathlib import Path

import pytest

from tests.cli.commands import command


@pytest.mark.slow
async def test_an_agent_survives_its_worker_and_no_turn_is_paid_twice(tmp_path: Path) -> None:
    done = await command("demo", "agent", data_dir=tmp_path)
    assert done.code == 0, done.err
    assert "kill -9" in done.err
    assert "4 turns, each asked for once" in done.out
    assert "AAPL gained most" in done.out
