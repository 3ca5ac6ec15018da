"""What a worker runs, and how."""

from temporalio.worker import UnsandboxedWorkflowRunner

from temporal_workflows.agent_workflow import AgentWorkflow
from temporal_workflows.graph_workflow import GraphWorkflow
from temporal_workflows.notify_workflow import NotifyWorkflow
from temporal_workflows.scheduled_run import ScheduledRun

WORKFLOWS: list[type] = [GraphWorkflow, AgentWorkflow, NotifyWorkflow, ScheduledRun]


def workflow_runner() -> UnsandboxedWorkflowRunner:
    """The runner that workers, tests and the replayer share.

    The SDK's sandbox is entered anew for every payload, which took most of a worker's time. The one
    workflow there is is ours; its lint rules and the recorded histories keep it deterministic.
    """
    return UnsandboxedWorkflowRunner()
