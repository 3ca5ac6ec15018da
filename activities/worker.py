"""The worker process: the composition root of workflows, activities and tools."""

import asyncio
import gc
import os
import signal
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.envconfig import ClientConfig
from temporalio.worker import (
    PollerBehaviorAutoscaling,
    Worker,
    WorkerDeploymentConfig,
    WorkflowRunner,
)

from activities import scratch
from activities.addresses import Opening, parse_openings
from activities.agent import AgentActivities
from activities.artifacts import Artifacts
from activities.context import ArtifactStore
from activities.database import Database
from activities.deltas import Deltas
from activities.drafting import DraftActivities
from activities.firing import FiringActivities
from activities.hints import Hints
from activities.http_client import HttpClient
from activities.interceptor import RunInterceptor
from activities.limits import ToolLimits
from activities.llm.prices import load_prices
from activities.mail import MailServer, MailServerInvalid
from activities.mcp.client import McpClient
from activities.mcp.operator_file import (
    VARIABLE as MCP_SERVERS,
    OperatorFileInvalid,
    StdioServer,
    read_operator_file,
)
from activities.nodes import NodeActivities
from activities.notify import NotifyActivities
from activities.secrets import Secrets
from activities.tool_activity import RunTool, ToolActivities
from activities.tools import builtin, python, shell
from activities.tools.http import HttpTool
from activities.turns import Turns
from models.enums import ToolType
from models.keys import KeysInvalid, KeySource
from temporal_workflows.contracts import TASK_QUEUE
from temporal_workflows.payloads import data_converter
from temporal_workflows.registry import WORKFLOWS, workflow_runner

# A cache smaller than the live runs costs three times the work; a cached run takes about 100 kB.
CACHED_RUNS = 2_000
WORKFLOW_THREADS = 8
CONCURRENT_ACTIVITIES = 200
CONNECT_PAUSE_SECONDS = 0.5
DEPLOYMENT = "pastetrader"

_log = structlog.get_logger(__name__)


class SettingsInvalid(ValueError):
    """The environment of the worker is not usable; the message names the variable."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What the environment says; Temporal's own variables are read by its client besides."""

    artifacts: str
    database_url: str | None = None
    http_allow: tuple[Opening, ...] = ()
    keys: KeySource | None = None
    encrypt_payloads: bool = False
    task_queue: str = TASK_QUEUE
    mcp_servers: Mapping[str, StdioServer] = field(default_factory=dict)
    stream_tokens: bool = True
    mail: MailServer | None = None
    build: WorkerDeploymentVersion | None = None

    @property
    def payload_keys(self) -> KeySource | None:
        """What payloads are encrypted with; None leaves them readable."""
        return self.keys if self.encrypt_payloads else None

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] = os.environ, *, task_queue: str = TASK_QUEUE
    ) -> "WorkerSettings":
        """Raises `SettingsInvalid`."""
        artifacts = environ.get("PASTETRADER_ARTIFACTS")
        if not artifacts:
            raise SettingsInvalid(
                "PASTETRADER_ARTIFACTS is not set: where large values are kept, the same for API "
                "and workers, such as file:///var/lib/pastetrader/artifacts or s3://bucket/prefix"
            )
        try:
            openings = parse_openings(environ.get("PASTETRADER_HTTP_ALLOW", ""))
        except ValueError as error:
            raise SettingsInvalid(f"PASTETRADER_HTTP_ALLOW: {error}") from error
        try:
            keys = KeySource.from_env(environ)
        except KeysInvalid as error:
            raise SettingsInvalid(str(error)) from error
        encrypt = environ.get("PASTETRADER_ENCRYPT_PAYLOADS", "").lower() in {"1", "true", "yes"}
        database_url = environ.get("DATABASE_URL")
        try:
            programs = read_operator_file(environ.get(MCP_SERVERS))
        except OperatorFileInvalid as error:
            raise SettingsInvalid(f"{MCP_SERVERS}: {error}") from error
        stream = environ.get("PASTETRADER_STREAM_TOKENS", "").lower() not in {"0", "false", "no"}
        try:
            mail = MailServer.from_env(environ)
        except MailServerInvalid as error:
            raise SettingsInvalid(str(error)) from error
        build_id = environ.get("PASTETRADER_BUILD_ID")
        name = environ.get("PASTETRADER_DEPLOYMENT") or DEPLOYMENT
        build = WorkerDeploymentVersion(name, build_id) if build_id else None
        return cls(
            artifacts,
            database_url,
            openings,
            keys,
            encrypt,
            task_queue,
            programs,
            stream,
            mail,
            build,
        )


def build_worker(
    client: Client,
    *,
    tools: Mapping[ToolType, RunTool],
    artifacts: ArtifactStore,
    hints: Hints,
    task_queue: str = TASK_QUEUE,
    workflows: Sequence[type] = WORKFLOWS,
    runner: WorkflowRunner | None = None,
    database: Database | None = None,
    keys: KeySource | None = None,
    mcp: McpClient | None = None,
    http: HttpClient | None = None,
    deltas: Deltas | None = None,
    mail: MailServer | None = None,
    build: WorkerDeploymentVersion | None = None,
) -> Worker:
    """A worker with every activity, and the settings of the design.

    `runner` None is the runner of the product's own workflow. Without `database` and `keys` tools
    have neither secrets nor limits, without `mcp` nobody asks MCP servers for their tools, without
    `http` there are neither agents nor notifications, without `deltas` nobody can follow what they
    say before it is said, without `mail` there are no notifications by e-mail. `build` is
    the deployment and build that runs are pinned to; without it any worker takes any run.
    """
    database = database or Database(None)
    secrets = Secrets(database, keys)
    turns = Turns(ToolLimits(database))
    agents = notify = None
    if http is not None:
        notify = NotifyActivities(http, database, secrets, keys, mail)
        agents = AgentActivities(
            http, database, secrets, artifacts, load_prices(), deltas=deltas or Deltas(None)
        )
    return Worker(
        client,
        task_queue=task_queue,
        workflows=workflows,
        activities=[
            *NodeActivities(artifacts).all,
            *ToolActivities(tools, artifacts, secrets, turns).all,
            *(agents.all if agents else ()),
            *(notify.all if notify else ()),
            *DraftActivities(database, artifacts).all,
            *FiringActivities(database).all,
            *turns.all,
            *(mcp.activities if mcp else ()),
        ],
        workflow_runner=runner or workflow_runner(),
        deployment_config=_deployment(build) if build else None,
        workflow_task_executor=ThreadPoolExecutor(WORKFLOW_THREADS, "workflow"),
        interceptors=[RunInterceptor(hints)],
        max_cached_workflows=CACHED_RUNS,
        max_concurrent_workflow_tasks=WORKFLOW_THREADS * 4,
        max_concurrent_activities=CONCURRENT_ACTIVITIES,
        max_concurrent_local_activities=CONCURRENT_ACTIVITIES,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        # Beats must leave as they come: a lost worker is noticed by their absence.
        max_heartbeat_throttle_interval=timedelta(milliseconds=200),
        default_heartbeat_throttle_interval=timedelta(milliseconds=200),
        graceful_shutdown_timeout=timedelta(seconds=5),
    )


def _deployment(build: WorkerDeploymentVersion) -> WorkerDeploymentConfig:
    """A run stays with the build that began it, until it continues as new."""
    return WorkerDeploymentConfig(
        version=build,
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


def build_tools(client: HttpClient, mcp: McpClient | None = None) -> dict[ToolType, RunTool]:
    """Every kind of tool that this version runs; those of MCP servers only with `mcp`."""
    tools: dict[ToolType, RunTool] = {
        ToolType.HTTP: HttpTool(client),
        ToolType.PYTHON: python.run,
        ToolType.SHELL: shell.run,
        ToolType.BUILTIN: builtin.run,
    }
    return tools | {ToolType.MCP: mcp.tool} if mcp else tools


async def run_worker(settings: WorkerSettings) -> None:
    """Work until SIGTERM or SIGINT, then finish what can be finished within the grace."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    connecting = asyncio.create_task(_connect(settings.payload_keys))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((connecting, stopping), return_when=asyncio.FIRST_COMPLETED)
    if not connecting.done():
        connecting.cancel()
        return
    scratch.sweep()
    hints, http = Hints(settings.database_url), HttpClient(settings.http_allow)
    deltas = Deltas(settings.database_url if settings.stream_tokens else None)
    database = Database(settings.database_url)
    secrets = Secrets(database, settings.keys)
    mcp = McpClient(http, database, settings.mcp_servers, secrets.values)
    worker = build_worker(
        connecting.result(),
        tools=build_tools(http, mcp),
        artifacts=Artifacts.from_url(settings.artifacts),
        hints=hints,
        task_queue=settings.task_queue,
        database=database,
        keys=settings.keys,
        mcp=mcp,
        http=http,
        deltas=deltas,
        mail=settings.mail,
        build=settings.build,
    )
    gc.freeze()  # what is loaded by now stays, so collections need not walk it
    async with worker:
        await stopping
    await mcp.close()
    await hints.close()
    await deltas.close()
    await http.close()
    await database.close()


async def _connect(keys: KeySource | None) -> Client:
    """A client as Temporal's environment describes it, however long the server is away."""
    while True:
        try:
            return await Client.connect(
                **ClientConfig.load_client_connect_config(),
                data_converter=data_converter(keys),
            )
        except RuntimeError as error:
            _log.warning("waiting for Temporal", error=str(error))
            await asyncio.sleep(CONNECT_PAUSE_SECONDS)
