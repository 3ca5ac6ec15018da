"""A worker in this process, with scripted tools."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client

from activities.artifacts import Artifacts
from activities.hints import Hints
from activities.worker import build_worker
from tests.temporal_workflows.runs import Runs
from tests.tools import TOOLS


@pytest.fixture(scope="session")
async def runs(
    temporal_client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Runs]:
    """Graph runs on a task queue of their own."""
    folder: Path = tmp_path_factory.mktemp("artifacts")
    queue = f"test-{uuid4().hex}"
    worker = build_worker(
        temporal_client,
        tools=TOOLS,
        artifacts=Artifacts.from_url(folder.as_uri()),
        hints=Hints(None),
        task_queue=queue,
    )
    async with worker:
        yield Runs(temporal_client, queue)
