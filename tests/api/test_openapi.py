"""The API's description, which the designer's client is generated from."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE

import pytest

from tests.api.fixtures import Api

OURS = ("PASTETRADER_", "DATABASE_URL", "TEMPORAL_")


# Where sets are iterated, the seed decides the order.
@pytest.mark.parametrize("seed", ["1", "2"])
async def test_the_command_prints_what_the_running_app_serves(anonymous: Api, seed: str) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api.openapi"),
        stdout=PIPE,
        stderr=PIPE,
        env=env | {"PYTHONHASHSEED": seed},
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert json.loads(out) == (await anonymous.get("/openapi.json")).json()
