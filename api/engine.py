"""The API's door to Temporal; nothing else in this package talks to it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    GetWorkflowExecutionHistoryRequest,
    GetWorkflowExecutionHistoryReverseRequest,
)
from temporalio.client import (
    ActivityFailureError,
    Client,
    WorkflowFailureError,
    WorkflowHistory,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.common import (
    AutoUpgradeVersioningOverride,
    RetryPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from api.mirror.events import Failure, LiveAttempt, Page, failure_of, read_page, storable
from models.enums import ApprovalStatus
from models.graph.compatibility import Compatibility
from models.graph.graph import Graph
from models.graph.node import CONTAINER_TYPES
from models.keys import KeySource
from temporal_workflows.contracts import (
    AGENT_WORKFLOW,
    CLOSE_UPDATE,
    COMPATIBILITY_QUERY,
    DECIDE_UPDATE,
    EVENT_SIGNAL,
    GRAPH_WORKFLOW,
    NOTIFY_WORKFLOW,
    SAY_UPDATE,
    TASK_QUEUE,
    UPGRADE_UPDATE,
    Activity,
    AgentInput,
    Decision,
    DecisionTaken,
    Envelope,
    EventArrival,
    GraphInput,
    LiveLog,
    McpDiscovery,
    McpDiscoveryTask,
    NotifyInput,
    NotifyResult,
    Said,
    SaidAnswer,
    ToolTask,
    Upgrade,
    execution_id,
    notify_workflow_id,
    parse_activity_id,
    workflow_id,
)
from temporal_workflows.payloads import data_converter
from temporal_workflows.policies import HEARTBEAT_TIMEOUT, start_to_close
from temporal_workflows.scheduler import Place

TASK_TIMEOUT = timedelta(seconds=2)
# Replaying a node, or one of a thousand passes, costs about a millisecond on a quiet machine, and a
# task must outlast the replay.
LARGE_TASK_TIMEOUT = timedelta(seconds=6)
LARGE_GRAPH_NODES = 400
# Mostly there is little or nothing new.
FIRST_REVERSE_PAGE = 8
REVERSE_PAGE = 500
TURN_SECONDS = 35
CALL_TIMEOUT = timedelta(seconds=10)
ENDED_BEFORE_ANSWER = "AcceptedUpdateCompletedWorkflow"  # the server's own word
# Longer than the worker's own limit, shorter than a command waits for an answer.
DISCOVERY_TIMEOUT = timedelta(seconds=25)


class EngineUnavailable(Exception):
    """Temporal cannot be reached."""


class StartRefused(Exception):
    """Temporal will never accept this start; the message says why."""


class NotRunning(Exception):
    """The run has ended, or Temporal does not know it."""


class UpdateRefused(Exception):
    """A run refused what it was told; `type` says why, and the message says it to people."""

    def __init__(self, type_: str, message: str) -> None:
        super().__init__(message)
        self.type = type_


class ToolRunFailed(Exception):
    """A tool that was run on its own failed; `failure` is its last attempt's."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.error["message"])
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Description:
    """Where a workflow stands; `attempts` are its pending remote activities."""

    run_id: str
    closed: bool
    history_length: int
    attempts: Sequence[LiveAttempt]


@dataclass(frozen=True, slots=True)
class Telling:
    """How far a notice is: `result` is final once it is `closed`, else of the last attempt."""

    closed: bool
    result: NotifyResult


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a tail of a run's history goes on."""

    run_id: str
    token: bytes = b""


class Engine:
    """A Temporal client that connects on first use.

    Args:
        address: `host:port`; None takes all connection settings from Temporal's own environment
            configuration (`TEMPORAL_ADDRESS`, `TEMPORAL_PROFILE`, TLS, API key, …).
        payload_keys: What payloads are encrypted with; None leaves them readable.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        namespace: str | None = None,
        task_queue: str = TASK_QUEUE,
        payload_keys: KeySource | None = None,
    ) -> None:
        self._payload_keys = payload_keys
        self._address = address
        self._namespace = namespace
        self._task_queue = task_queue
        self._client: Client | None = None
        self._connecting = asyncio.Lock()

    @classmethod
    def with_client(cls, client: Client, *, task_queue: str = TASK_QUEUE) -> "Engine":
        """An engine on an existing client, which must use the pydantic data converter."""
        engine = cls(task_queue=task_queue)
        engine._client = client
        return engine

    @property
    def task_queue(self) -> str:
        """Where workers listen."""
        return self._task_queue

    async def client(self) -> Client:
        """The client, for schedules; raises `EngineUnavailable`."""
        return await self._connected()

    # Starting and stopping -----------------------------------------------------------------------

    async def start(self, start: GraphInput | AgentInput) -> None:
        """Start a run of a graph or of an agent; starting it again changes nothing.

        Raises:
            StartRefused: the input can never be started.
            EngineUnavailable: Temporal did not answer; try again later.
        """
        graph = start.graph if isinstance(start, GraphInput) else None
        large = graph is not None and _is_large(graph)
        client = await self._connected()
        try:
            await client.start_workflow(
                AGENT_WORKFLOW if graph is None else GRAPH_WORKFLOW,
                start,
                id=workflow_id(start.execution_id),
                task_queue=self._task_queue,
                task_timeout=LARGE_TASK_TIMEOUT if large else TASK_TIMEOUT,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=None if graph is None else graph.name,
                rpc_timeout=CALL_TIMEOUT,
            )
        except WorkflowAlreadyStartedError:
            return
        except RPCError as error:
            if error.status is RPCStatusCode.INVALID_ARGUMENT:
                raise StartRefused(error.message) from error
            raise EngineUnavailable(error.message) from error

    async def cancel(self, temporal_id: str) -> bool:
        """Ask a run to cancel; False when it has ended already or never began."""
        return await self._ask(temporal_id, "cancel")

    async def terminate(self, temporal_id: str, reason: str) -> bool:
        """End a run without asking it; False when it has ended already or never began."""
        return await self._ask(temporal_id, "terminate", reason=reason)

    async def steer(self, temporal_id: str, signal: str) -> bool:
        """Send a run the signal `pause` or `resume`; False when it has ended or never began."""
        return await self._ask(temporal_id, "signal", signal=signal)

    async def deliver(self, temporal_id: str, arrival: EventArrival) -> bool:
        """Bring an event to the node that waits for it; False when the run has ended.

        The run ignores what comes twice.
        """
        return await self._ask(temporal_id, "signal", signal=EVENT_SIGNAL, arg=arrival)

    # Telling -------------------------------------------------------------------------------------

    async def say(self, temporal_id: str, said: Said) -> SaidAnswer:
        """Tell a conversation what a person said; the same message again joins it once.

        Raises:
            UpdateRefused: it is not taken, by type `ConversationClosed` or `TooManyWaiting`.
            NotRunning: the conversation has ended, or never began.
            EngineUnavailable: no answer came in time; it may have been taken.
        """
        answer: SaidAnswer = await self._update(temporal_id, SAY_UPDATE, said, SaidAnswer)
        return answer

    async def close(self, temporal_id: str) -> None:
        """Tell a conversation that nothing more will be said.

        Raises:
            UpdateRefused, NotRunning, EngineUnavailable: as of `say`.
        """
        await self._update(temporal_id, CLOSE_UPDATE)

    async def decide(self, temporal_id: str, decision: Decision) -> DecisionTaken:
        """Tell a run what a person decided about a call that waits; what they came to together.

        Raises:
            UpdateRefused: that call does not wait any more, by type `AlreadyDecided`.
            NotRunning: the run has ended, or never began.
            EngineUnavailable: no answer came in time; it may have been taken.
        """
        taken = await self._update(temporal_id, DECIDE_UPDATE, decision, DecisionTaken)
        if isinstance(taken, DecisionTaken):
            return taken
        # A worker from before several people could decide: the first word is the last.
        approved, rejected = ApprovalStatus.APPROVED, ApprovalStatus.REJECTED
        return DecisionTaken(status=approved if decision.approve else rejected)

    async def compatibility(self, temporal_id: str, upgrade: Upgrade) -> Compatibility:
        """Whether a run could go on with another version, as it stands now.

        Raises:
            NotRunning: Temporal does not have it.
            EngineUnavailable: no answer came in time.
        """
        client = await self._connected()
        handle = client.get_workflow_handle(temporal_id)
        try:
            found: Compatibility = await handle.query(
                COMPATIBILITY_QUERY, upgrade, result_type=Compatibility, rpc_timeout=CALL_TIMEOUT
            )
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise NotRunning(error.message) from error
            raise EngineUnavailable("the run does not answer; is a worker running?") from error
        return found

    async def upgrade(self, temporal_id: str, upgrade: Upgrade) -> None:
        """Let a run go on with another version of its graph.

        Raises:
            UpdateRefused: it cannot, by type `UpgradeRefused`.
            NotRunning: the run has ended, or never began.
            EngineUnavailable: no answer came in time; it may have been taken.
        """
        await self._update(temporal_id, UPGRADE_UPDATE, upgrade)

    # Tools ---------------------------------------------------------------------------------------

    async def run_tool(self, task: ToolTask) -> Envelope:
        """Run a tool on a worker, outside any graph, with the tool's own limits.

        Raises:
            ToolRunFailed: it failed.
            EngineUnavailable: Temporal did not answer.
        """
        client = await self._connected()
        # A limited tool may be waited for before its time begins.
        waiting = TURN_SECONDS if task.rate_limit else 0
        limit = start_to_close(task.timeout_seconds + waiting)
        try:
            found: Envelope = await client.execute_activity(
                Activity.TOOL,
                task,
                id=f"tool-{task.context.execution_id}-{uuid4()}",
                task_queue=self._task_queue,
                result_type=Envelope,
                start_to_close_timeout=limit,
                schedule_to_close_timeout=limit * 2,
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        except ActivityFailureError as error:
            raise ToolRunFailed(failure_of(error.cause)) from error
        except RPCError as error:
            raise EngineUnavailable(error.message) from error
        return found

    async def discover_mcp(self, task: McpDiscoveryTask) -> McpDiscovery:
        """List the tools of an MCP server, on a worker.

        Raises:
            ToolRunFailed: the server, or every worker, failed.
            EngineUnavailable: Temporal did not answer.
        """
        client = await self._connected()
        try:
            found: McpDiscovery = await client.execute_activity(
                Activity.MCP_DISCOVER,
                task,
                id=f"mcp-{task.server_id}-{uuid4()}",
                task_queue=self._task_queue,
                result_type=McpDiscovery,
                schedule_to_close_timeout=DISCOVERY_TIMEOUT,
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        except ActivityFailureError as error:
            raise ToolRunFailed(failure_of(error.cause)) from error
        except RPCError as error:
            raise EngineUnavailable(error.message) from error
        return found

    # Notices -------------------------------------------------------------------------------------

    async def notify(self, notice_id: str, start: NotifyInput) -> None:
        """Have people told of a notice; asking again changes nothing.

        Raises:
            EngineUnavailable: Temporal did not answer; try again later.
        """
        client = await self._connected()
        try:
            await client.start_workflow(
                NOTIFY_WORKFLOW,
                start,
                id=notify_workflow_id(notice_id),
                task_queue=self._task_queue,
                task_timeout=TASK_TIMEOUT,
                # So small that every build goes on with what another began.
                versioning_override=AutoUpgradeVersioningOverride(),
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                rpc_timeout=CALL_TIMEOUT,
            )
        except WorkflowAlreadyStartedError:
            return
        except RPCError as error:
            raise EngineUnavailable(error.message) from error

    async def telling(self, notice_id: str) -> Telling | None:
        """How far a notice is; None when `notify` was never asked for it.

        Raises:
            EngineUnavailable: Temporal did not answer.
        """
        temporal_id = notify_workflow_id(notice_id)
        try:
            found = await self.describe(temporal_id)
            if found is None:
                return None
            if found.closed:
                return Telling(True, await self._told(temporal_id, found.run_id))
        except RPCError as error:
            raise EngineUnavailable(error.message) from error
        # One that waits for its next attempt has the number of that already.
        made = [(each.attempt - (not each.running), each.last) for each in found.attempts]
        attempts, last = max(made, key=lambda each: each[0], default=(0, None))
        message = last.error["message"] if last else None
        return Telling(False, NotifyResult(attempts=attempts, error=message))

    async def _told(self, temporal_id: str, run_id: str) -> NotifyResult:
        client = await self._connected()
        handle = client.get_workflow_handle(temporal_id, run_id=run_id, result_type=NotifyResult)
        try:
            result: NotifyResult = await handle.result(rpc_timeout=CALL_TIMEOUT)
        except WorkflowFailureError as error:  # somebody ended it in Temporal itself
            return NotifyResult(error=str(error.cause))
        return result

    # Reading -------------------------------------------------------------------------------------

    async def healthy(self) -> bool:
        """Whether Temporal answers."""
        try:
            client = await self._connected()
            return await client.service_client.check_health(timeout=timedelta(seconds=2))
        except (EngineUnavailable, RPCError):
            return False

    async def history(self, temporal_id: str, run_id: str) -> WorkflowHistory:
        """The whole history of one run."""
        client = await self._connected()
        handle = client.get_workflow_handle(temporal_id, run_id=run_id)
        try:
            return await handle.fetch_history()
        except RPCError as error:
            raise EngineUnavailable(error.message) from error

    async def page(self, temporal_id: str, run_id: str) -> Page:
        """All events of one run, decoded."""
        history = await self.history(temporal_id, run_id)
        return await self._read(run_id, history.events)

    async def events_after(self, temporal_id: str, run_id: str, event_id: int) -> Page | None:
        """Events after `event_id`, read from the end backwards; None when there are none."""
        client = await self._connected()
        found: list[HistoryEvent] = []
        token, size = b"", FIRST_REVERSE_PAGE
        while True:
            answer = await client.workflow_service.get_workflow_execution_history_reverse(
                GetWorkflowExecutionHistoryReverseRequest(
                    namespace=client.namespace,
                    execution=WorkflowExecution(workflow_id=temporal_id, run_id=run_id),
                    maximum_page_size=size,
                    next_page_token=token,
                ),
                timeout=CALL_TIMEOUT,
            )
            new = [event for event in answer.history.events if event.event_id > event_id]
            found.extend(new)
            token, size = answer.next_page_token, REVERSE_PAGE
            if not token or len(new) < len(answer.history.events):
                break
        return await self._read(run_id, found[::-1]) if found else None

    async def follow(
        self, temporal_id: str, tail: Tail, wait: timedelta
    ) -> tuple[Page | None, Tail]:
        """New events as soon as there are any, or None after `wait`; go on with the new tail."""
        client = await self._connected()
        request = GetWorkflowExecutionHistoryRequest(
            namespace=client.namespace,
            execution=WorkflowExecution(workflow_id=temporal_id, run_id=tail.run_id),
            wait_new_event=True,
            next_page_token=tail.token,
        )
        try:
            answer = await client.workflow_service.get_workflow_execution_history(
                request, timeout=wait
            )
        except RPCError as error:
            if error.status in (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED):
                return None, tail
            raise
        events = list(answer.history.events)
        page = await self._read(tail.run_id, events) if events else None
        return page, Tail(tail.run_id, answer.next_page_token)

    async def describe(self, temporal_id: str) -> Description | None:
        """The newest run of a workflow id; None when Temporal does not know it."""
        client = await self._connected()
        try:
            found = await client.workflow_service.describe_workflow_execution(
                DescribeWorkflowExecutionRequest(
                    namespace=client.namespace, execution=WorkflowExecution(workflow_id=temporal_id)
                ),
                timeout=CALL_TIMEOUT,
            )
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
        info = found.workflow_execution_info
        return Description(
            info.execution.run_id,
            info.HasField("close_time"),
            info.history_length,
            [await self._live_attempt(client, pending) for pending in found.pending_activities],
        )

    async def closed_since(self, since: datetime) -> list[str]:
        """Execution ids of runs that ended after `since`, by Temporal's own index."""
        client = await self._connected()
        query = f"WorkflowType IN ('{GRAPH_WORKFLOW}', '{AGENT_WORKFLOW}') AND CloseTime > '{since.isoformat()}'"
        try:
            found = [execution_id(run.id) async for run in client.list_workflows(query)]
        except RPCError as error:
            raise EngineUnavailable(error.message) from error
        return [name for name in found if name is not None]

    async def chain(self, temporal_id: str) -> list[Page]:
        """The histories of all runs that led to the newest one, oldest first, decoded.

        Runs that a reset abandoned are not among them.
        """
        found = await self.describe(temporal_id)
        pages: list[Page] = []
        run_id: str | None = found.run_id if found else None
        while run_id:
            pages.append(await self.page(temporal_id, run_id))
            run_id = getattr(pages[-1].facts[0], "continued", None)
        return pages[::-1]

    # Within --------------------------------------------------------------------------------------

    async def _connected(self) -> Client:
        async with self._connecting:
            if self._client is None:
                self._client = await self._connect()
            return self._client

    async def _connect(self) -> Client:
        options: dict[str, Any] = dict(ClientConfig.load_client_connect_config())
        if self._address is not None:
            options["target_host"] = self._address
        if self._namespace is not None:
            options["namespace"] = self._namespace
        options.setdefault("target_host", "127.0.0.1:7233")
        try:
            return await Client.connect(
                **options, data_converter=data_converter(self._payload_keys)
            )
        except RuntimeError as error:  # what the SDK raises when nobody listens
            raise EngineUnavailable(str(error)) from error

    async def _ask(self, temporal_id: str, what: str, **options: Any) -> bool:
        client = await self._connected()
        try:
            await getattr(client.get_workflow_handle(temporal_id), what)(**options)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise EngineUnavailable(error.message) from error
        return True

    async def _update(
        self, temporal_id: str, name: str, given: Any = None, result: type | None = None
    ) -> Any:
        client = await self._connected()
        handle = client.get_workflow_handle(temporal_id)
        try:
            update = await handle.start_update(
                name,
                args=[] if given is None else [given],
                wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                result_type=result,
                rpc_timeout=CALL_TIMEOUT,
            )
            return await update.result(rpc_timeout=CALL_TIMEOUT)
        except WorkflowUpdateFailedError as error:
            raise _refused(error.cause) from error
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            raise EngineUnavailable("the run does not answer; is a worker running?") from error
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise NotRunning(error.message) from error
            raise EngineUnavailable(error.message) from error

    async def _read(self, run_id: str, events: Sequence[HistoryEvent]) -> Page:
        client = await self._connected()
        return await read_page(run_id, events, client.data_converter)

    async def _live_attempt(self, client: Client, pending: Any) -> LiveAttempt:
        key, path, _ = parse_activity_id(pending.activity_id)
        last = None
        if pending.HasField("last_failure"):
            last = failure_of(await client.data_converter.decode_failure(pending.last_failure))
        started = None
        if pending.HasField("last_started_time"):
            started = pending.last_started_time.ToDatetime(tzinfo=UTC)
        state = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
        place, running = Place(key, path), pending.state == state
        if not running or not pending.heartbeat_details.payloads:
            return LiveAttempt(place, pending.attempt, running, started, last)
        payloads = pending.heartbeat_details.payloads
        (found,) = await client.data_converter.decode(payloads[:1], [LiveLog])
        mine = found.attempt == pending.attempt
        lines = [storable(line.model_dump(mode="json")) for line in found.lines if mine]
        return LiveAttempt(place, pending.attempt, running, started, last, found.first, lines)


def _is_large(graph: Graph) -> bool:
    return len(graph.nodes) > LARGE_GRAPH_NODES or any(
        node.type in CONTAINER_TYPES for node in graph.nodes
    )


def read_start(document: Any) -> GraphInput | AgentInput:
    """A start as it was stored until Temporal took it; only a graph's document has a `graph`."""
    if "graph" in document:
        return GraphInput.model_validate(document)
    return AgentInput.model_validate(document)


def _refused(cause: BaseException) -> UpdateRefused | NotRunning:
    """Why an update failed; one that was taken by a run that then ended came too late."""
    type_ = cause.type if isinstance(cause, ApplicationError) else None
    if type_ == ENDED_BEFORE_ANSWER:
        return NotRunning(str(cause))
    message = cause.message if isinstance(cause, ApplicationError) else str(cause)
    return UpdateRefused(type_ or type(cause).__name__, message)
