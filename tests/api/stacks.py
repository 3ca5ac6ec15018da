"""APIs and workers with settings of their own, beside the one that all tests share."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from temporalio.client import Client
from temporalio.worker import Worker

from activities.addresses import parse_openings
from activities.artifacts import Artifacts
from activities.context import ArtifactStore
from activities.database import Database
from activities.hints import Hints
from activities.http_client import HttpClient
from activities.mail import FROM_VARIABLE, URL_VARIABLE, MailServer
from activities.tool_activity import RunTool
from activities.worker import build_tools, build_worker
from api.app import create_app
from api.auth.tokens import issue_access_token
from api.settings import Settings
from models.enums import Role, ToolType
from models.keys import KeySource, new_key
from models.user import User
from temporal_workflows.payloads import data_converter
from tests.api.fixtures import Api, client_of


@dataclass
class Stack:
    """An API on a task queue of its own; workers are started as they are needed."""

    settings: Settings
    app: FastAPI = field(init=False)
    queue: str = field(default_factory=lambda: f"test-{uuid4().hex}")

    def __post_init__(self) -> None:
        self.app = create_app(self.settings)
        self.app.state.engine._task_queue = self.queue

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Stack"]:
        """With its mirror."""
        async with self.app.router.lifespan_context(self.app):
            yield self

    @asynccontextmanager
    async def worker(
        self,
        *,
        keys: KeySource | None = None,
        tools: Mapping[ToolType, RunTool] | None = None,
    ) -> AsyncIterator[Worker]:
        """A worker with the product's tools, or with others in their place."""
        url = self.settings.database_url
        hints, http, database = Hints(url), HttpClient(parse_openings("127.0.0.1")), Database(url)
        worker = build_worker(
            await self.client(),
            tools={**build_tools(http), **(tools or {})},
            artifacts=self.artifacts,
            hints=hints,
            task_queue=self.queue,
            database=database,
            keys=keys or self.settings.keys,
            http=http,
            mail=self._mail,
        )
        async with worker:
            yield worker
        for each in (hints, http, database):
            await each.close()

    @property
    def _mail(self) -> MailServer | None:
        url, sender = self.settings.smtp_url, self.settings.smtp_from
        if url is None or sender is None:
            return None
        named = {URL_VARIABLE: url.get_secret_value(), FROM_VARIABLE: sender}
        return MailServer.from_env(named)

    async def client(self) -> Client:
        """A client as a worker has one."""
        encrypts = self.settings.encrypt_payloads
        return await Client.connect(
            str(self.settings.temporal_address),
            data_converter=data_converter(self.settings.keys if encrypts else None),
        )

    @property
    def artifacts(self) -> ArtifactStore:
        """The store of both."""
        return Artifacts.from_url(self.settings.artifacts)

    @asynccontextmanager
    async def signed_in(self, role: Role = Role.EDITOR) -> AsyncIterator[Api]:
        """A new account."""
        async with new_client(self.app, role) as client:
            yield client


@asynccontextmanager
async def new_client(app: FastAPI, role: Role = Role.EDITOR) -> AsyncIterator[Api]:
    """A new account, signed in without the time that a password takes."""
    email = f"{uuid4().hex}@example.org"
    async with app.state.sessions.begin() as session:
        user = User(email=email, hashed_password="-", display_name=role, role=role)
        session.add(user)
        await session.flush()
    key = app.state.settings.secret_key.get_secret_value()
    token = issue_access_token(key, user.id, 3_600)
    async with client_of(app, {"Authorization": f"Bearer {token}"}) as client:
        yield client


def settings_for(url: str, temporal_address: str, folder: Path, **more: Any) -> Settings:
    """Settings of an API on the migrated database at `url`; `more` replaces any of them."""
    given: dict[str, Any] = {
        "database_url": url,
        "secret_key": f"k3y-for-tests-{uuid4().hex}",
        "encryption_keys": new_key("1"),
        "artifacts": folder.as_uri(),
        "temporal_address": temporal_address,
        "temporal_ui": "http://temporal.test",
    }
    return Settings(**given | more)
