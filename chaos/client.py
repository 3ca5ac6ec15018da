"""A client that outlives the API it talks to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx

from chaos.stack import EMAIL, PASSWORD, Stack

_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.05
_TERMINAL = {"completed", "failed", "cancelled"}


class Client:
    """Signed in as the operator; asks again while the API is away."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        """`http` has the API as its base."""
        self._http = http

    async def sign_in(self) -> None:
        """Log in with the operator's password."""
        answer = await self.send("POST", "/auth/login", json={"email": EMAIL, "password": PASSWORD})
        self._http.headers["Authorization"] = f"Bearer {answer['access_token']}"

    async def send(self, method: str, path: str, **options: Any) -> Any:
        """Decoded answer; a call that found nobody, or a server without its database, is repeated.

        Every POST carries an idempotency key, so repeating it is safe.
        """
        headers = {"Idempotency-Key": str(uuid4()), **options.pop("headers", {})}
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                try:
                    answer = await self._http.request(method, path, headers=headers, **options)
                except httpx.TransportError:
                    await asyncio.sleep(_PAUSE_SECONDS)
                    continue
                if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                    await asyncio.sleep(_PAUSE_SECONDS)
                    continue
                if answer.is_error:
                    raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
                return answer.json()

    @asynccontextmanager
    async def stream(self, path: str) -> AsyncIterator[httpx.Response]:
        """A GET whose body is read as it comes."""
        timeout = httpx.Timeout(30, read=60)
        async with self._http.stream("GET", path, timeout=timeout) as answer:
            answer.raise_for_status()
            yield answer

    async def publish(self, document: dict[str, Any]) -> str:
        """Import and publish a graph; the workflow's id."""
        made = await self.send(
            "POST", "/workflows/import", params={"on_conflict": "replace"}, json=document
        )
        await self.send("POST", f"/workflows/{made['id']}/publish", json={})
        return str(made["id"])

    async def start(self, workflow_id: str, given: Any = None) -> str:
        """Start a run; its id."""
        body = {"input": given or {}}
        started = await self.send("POST", f"/workflows/{workflow_id}/executions", json=body)
        return str(started["id"])

    async def execution(self, execution_id: str) -> dict[str, Any]:
        """The run with its nodes."""
        found: dict[str, Any] = await self.send("GET", f"/executions/{execution_id}")
        return found

    async def until_ended(self, execution_id: str, seconds: float = 120) -> dict[str, Any]:
        """The run once it ended, as the mirror shows it."""
        async with asyncio.timeout(seconds):
            while True:
                found = await self.execution(execution_id)
                if found["status"] in _TERMINAL:
                    return found
                await asyncio.sleep(0.1)

    async def nodes(self, execution_id: str) -> list[dict[str, Any]]:
        """Every node attempt that the mirror recorded."""
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            params = {"limit": 100} | ({"cursor": cursor} if cursor else {})
            page = await self.send("GET", f"/executions/{execution_id}/nodes", params=params)
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    async def history(self, execution_id: str) -> list[dict[str, Any]]:
        """Temporal's events of the run."""
        found = await self.send("GET", f"/executions/{execution_id}/history")
        return list(found["events"])


@asynccontextmanager
async def signed_in(stack: Stack) -> AsyncIterator[Client]:
    """A client of the stack's API."""
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(
        base_url=stack.urls["api"], trust_env=False, timeout=30, limits=limits
    ) as http:
        client = Client(http)
        await client.sign_in()
        yield client
