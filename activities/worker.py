"""The worker process: the composition root of workflows, activities and tools."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, Worker

from activities.context import ArtifactStore
from activities.hints import Hints
from activities.interceptor import RunInterceptor
from activities.nodes import NodeActivities
from activities.tool_activity import RunTool, ToolActivities
from models.enums import ToolType
from temporal_workflows.contracts import TASK_QUEUE
from temporal_workflows.registry import WORKFLOWS, sandbox_runner

# A cache smaller than the live runs costs three times the work; a cached run takes about 100 kB.
CACHED_RUNS = 2_000
WORKFLOW_THREADS = 8
CONCURRENT_ACTIVITIES = 200


def build_worker(
    client: Client,
    *,
    tools: Mapping[ToolType, RunTool],
    artifacts: ArtifactStore,
    hints: Hints,
    task_queue: str = TASK_QUEUE,
    workflows: Sequence[type] = WORKFLOWS,
) -> Worker:
    """A worker with every activity, and the settings of the design."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=workflows,
        activities=[
            *NodeActivities(artifacts).all,
            *ToolActivities(tools, artifacts).all,
        ],
        workflow_runner=sandbox_runner(),
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
