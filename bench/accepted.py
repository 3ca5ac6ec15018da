"""Runs that are accepted and started without the API, so that the API can be stopped meanwhile."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio.client import Client as Temporal, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter

from chaos.client import Client
from chaos.stack import Stack
from migrations.tables import metadata
from models.base import new_id
from models.graph.graph import Graph
from models.session import create_engine, create_session_factory
from temporal_workflows.contracts import GRAPH_WORKFLOW, TASK_QUEUE, GraphInput, workflow_id

EXECUTIONS = metadata.tables["workflow_executions"]
_AT_ONCE = 100
Handle = WorkflowHandle[Any, Any]


@dataclass(frozen=True, slots=True)
class Acceptor:
    """Writes the rows the API would write, and starts what it would start."""

    temporal: Temporal
    sessions: async_sessionmaker[AsyncSession]
    owner_id: UUID
    workflow_id: UUID
    graph: Graph

    @classmethod
    async def of(cls, stack: Stack, client: Client, document: dict[str, Any]) -> "Acceptor":
        """An acceptor for one published graph."""
        found = environment(stack.pids["api"])
        me = await client.send("GET", "/auth/me")
        return cls(
            await Temporal.connect(
                found["TEMPORAL_ADDRESS"], data_converter=pydantic_data_converter
            ),
            create_session_factory(create_engine(found["DATABASE_URL"])),
            UUID(me["id"]),
            UUID(await client.publish(document)),
            Graph.model_validate(document),
        )

    async def batch(self, runs: int) -> float:
        """Seconds from the first start to the last result of that many runs."""
        starts = [self._input() for _ in range(runs)]
        await self._insert(starts)
        began = time.perf_counter()
        handles = await asyncio.gather(*(self._start(one) for one in starts))
        await asyncio.gather(*(handle.result() for handle in handles))
        return time.perf_counter() - began

    async def start_many(self, runs: int) -> list[UUID]:
        """Start that many runs and leave them; their ids."""
        ids: list[UUID] = []
        for _ in range(0, runs, _AT_ONCE):
            starts = [self._input() for _ in range(_AT_ONCE)]
            await self._insert(starts)
            await asyncio.gather(*(self._start(one) for one in starts))
            ids += [UUID(one.execution_id) for one in starts]
        return ids

    def _input(self) -> GraphInput:
        return GraphInput(
            execution_id=str(new_id()),
            owner_id=str(self.owner_id),
            workflow_id=str(self.workflow_id),
            workflow_version=1,
            graph=self.graph,
            input={},
        )

    async def _insert(self, starts: list[GraphInput]) -> None:
        async with self.sessions.begin() as session:
            await session.execute(insert(EXECUTIONS), [self._row(one) for one in starts])

    def _row(self, start: GraphInput) -> dict[str, Any]:
        return {
            "id": UUID(start.execution_id),
            "owner_id": self.owner_id,
            "workflow_id": self.workflow_id,
            "workflow_version": 1,
            "graph_hash": "",
            "input": {},
            "temporal_workflow_id": workflow_id(start.execution_id),
            "start_input": start.model_dump(mode="json"),
        }

    async def _start(self, start: GraphInput) -> Handle:
        return await self.temporal.start_workflow(
            GRAPH_WORKFLOW, start, id=workflow_id(start.execution_id), task_queue=TASK_QUEUE
        )


def environment(pid: int) -> dict[str, str]:
    """What a child of ours was started with."""
    entries = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)
