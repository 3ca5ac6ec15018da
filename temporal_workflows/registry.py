"""What a worker runs, and the one list of modules that workflow code shares with the worker."""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from temporal_workflows.graph_workflow import GraphWorkflow

WORKFLOWS: list[type] = [GraphWorkflow]
# Deterministic and without state between runs; reloading them for each run would cost a second.
PURE_MODULES = (
    "minijinja",
    "models",
    "orjson",
    "temporal_workflows",
    "uuid_utils",
    "yaml",
)


def sandbox_runner() -> SandboxedWorkflowRunner:
    """The runner that workers, tests and the replayer share."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PURE_MODULES)
    return SandboxedWorkflowRunner(restrictions=restrictions)
