"""Accounts that runs ask, and what they ask."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from sqlalchemy import update

from models.enums import Role
from models.user import User
from tests.api.approvals.test_nodes import asked, graph
from tests.api.fixtures import Api, published, started
from tests.api.stacks import new_client


@dataclass(frozen=True)
class Person:
    """A signed-in account."""

    api: Api
    id: str
    email: str

    async def decide(self, approval: dict[str, Any], approve: bool = True, **more: Any) -> Any:
        """The answer to a decision."""
        body = {"approve": approve, **more}
        return await self.api.post(f"/approvals/{approval['id']}/decision", json=body)

    async def sees(self, approval: dict[str, Any]) -> dict[str, Any]:
        """The approval as they see it."""
        answer = await self.api.get(f"/approvals/{approval['id']}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def listed(self, **params: Any) -> list[str]:
        """Ids of the approvals that the list has for them."""
        answer = await self.api.get("/approvals", params={"limit": 100, **params})
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["items"]]


@asynccontextmanager
async def person(app: FastAPI, role: Role = Role.EDITOR) -> AsyncIterator[Person]:
    """A new one."""
    async with new_client(app, role) as api:
        me = (await api.get("/auth/me")).json()
        yield Person(api, me["id"], me["email"])


async def asking(owner: Api, assignees: list[str], **config: Any) -> tuple[str, dict[str, Any]]:
    """(Id of a run, the approval that it waits for)."""
    document = graph("rejected", "timeout", assignees=assignees, **config)
    run_id = await started(owner, await published(owner, document), {"n": 7})
    return run_id, await asked(owner, run_id)


async def until(
    who: Person, approval: dict[str, Any], wanted: int, status: str = "pending"
) -> dict[str, Any]:
    """The approval once its row shows `wanted` decisions and the status."""
    async with asyncio.timeout(20):
        while True:
            found = await who.sees(approval)
            if (len(found["decisions"]), found["status"]) == (wanted, status):
                return found
            await asyncio.sleep(0.03)


async def change(app: FastAPI, who: Person, **values: Any) -> None:
    """Change an account as an administrator would."""
    async with app.state.sessions.begin() as session:
        await session.execute(update(User).where(User.email == who.email).values(**values))
