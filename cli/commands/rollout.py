"""`pastetrader rollout`: which build of the workers new runs begin with, and old ones move to."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any, TypeVar

import typer
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode

from activities.worker import DEPLOYMENT
from cli.exits import BadInput, CommandError, ExitCode
from cli.options import AsJson
from cli.output import print_json, print_table, talk
from temporal_workflows.contracts import REFRESH_SIGNAL

app = typer.Typer(
    no_args_is_help=True,
    help="Workers of several builds at once; needs TEMPORAL_ADDRESS, as `pastetrader worker` does.",
)
Deployment = Annotated[
    str, typer.Option(envvar="PASTETRADER_DEPLOYMENT", help="Name of the workers' deployment.")
]
BuildId = Annotated[
    str, typer.Argument(help="PASTETRADER_BUILD_ID of its workers.", show_default=False)
]
_Result = TypeVar("_Result")
# So many runs are asked at once; each answers with one workflow task.
_AT_ONCE = 20


@app.command()
def status(deployment: Deployment = DEPLOYMENT, as_json: AsJson = False) -> None:
    """The builds there are, where new runs begin, and how many runs each still has."""
    found = _run(lambda client: _builds(client, deployment))
    if as_json:
        print_json(found)
        return
    print_table(
        ["build", "new runs", "running"],
        ((each["build"], each["new_runs"], str(each["running"])) for each in found),
    )


@app.command()
def promote(
    build: BuildId,
    percent: Annotated[
        float, typer.Option(help="Share of new runs; below 100 the rest begins as before.", min=0)
    ] = 100,
    deployment: Deployment = DEPLOYMENT,
    as_json: AsJson = False,
) -> None:
    """Begin new runs on this build; runs of others stay there until they move or end.

    Going back is the same command with the build before.
    """
    if percent > 100:
        raise BadInput("--percent: at most 100")
    found = _run(lambda client: _promote(client, deployment, build, percent))
    if as_json:
        print_json(found)
    elif percent == 100:
        talk.print(f"New runs begin on build {build}.")
    else:
        talk.print(f"{percent:g} % of the new runs begin on build {build}.")


@app.command()
def move(
    build: Annotated[
        str, typer.Option("--from", help="Build that its runs are to leave.", show_default=False)
    ],
    deployment: Deployment = DEPLOYMENT,
    as_json: AsJson = False,
) -> None:
    """Let the runs of a build go on with the one that new runs begin on, as soon as they can.

    A run moves between two nodes: what runs ends first, what waits goes on waiting. Keep the
    build's workers until `rollout status` shows no running ones.
    """
    asked = _run(lambda client: _move(client, deployment, build))
    if as_json:
        print_json({"asked": asked})
    else:
        talk.print(f"{asked} runs were asked to leave build {build}.")


def _run(work: Callable[[Client], Awaitable[_Result]]) -> _Result:
    return asyncio.run(_connected(work))


async def _connected(work: Callable[[Client], Awaitable[_Result]]) -> _Result:
    try:
        client = await Client.connect(**ClientConfig.load_client_connect_config())
    except RuntimeError as error:
        raise CommandError(
            f"Temporal does not answer: {error}; set TEMPORAL_ADDRESS", ExitCode.UNREACHABLE
        ) from error
    try:
        return await work(client)
    except RPCError as error:
        if error.status in {RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION}:
            raise BadInput(
                f"{error.message}; start its workers first, with PASTETRADER_BUILD_ID set"
            ) from error
        raise CommandError(error.message, ExitCode.UNREACHABLE) from error


async def _builds(client: Client, deployment: str) -> list[dict[str, Any]]:
    answer = await client.workflow_service.describe_worker_deployment(
        DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=deployment)
    )
    info = answer.worker_deployment_info
    routing = info.routing_config
    current = routing.current_deployment_version.build_id
    ramping = routing.ramping_deployment_version.build_id
    share = routing.ramping_version_percentage
    found = []
    for summary in info.version_summaries:
        build = summary.deployment_version.build_id
        percent = 100 - share if build == current else share if build == ramping else 0
        found.append(
            {
                "build": build,
                "new_runs": f"{percent:g} %",
                "running": (await client.count_workflows(runs_of(deployment, build))).count,
            }
        )
    return found


async def _promote(
    client: Client, deployment: str, build: str, percent: float
) -> list[dict[str, Any]]:
    service, identity = client.workflow_service, client.identity
    if percent == 100:
        await service.set_worker_deployment_current_version(
            SetWorkerDeploymentCurrentVersionRequest(
                namespace=client.namespace,
                deployment_name=deployment,
                build_id=build,
                identity=identity,
            )
        )
    else:
        await service.set_worker_deployment_ramping_version(
            SetWorkerDeploymentRampingVersionRequest(
                namespace=client.namespace,
                deployment_name=deployment,
                build_id=build,
                percentage=percent,
                identity=identity,
            )
        )
    return await _builds(client, deployment)


async def _move(client: Client, deployment: str, build: str) -> int:
    ids = [found.id async for found in client.list_workflows(runs_of(deployment, build))]
    for group in _groups(ids):
        await asyncio.gather(*(_refresh(client, name) for name in group))
    return len(ids)


async def _refresh(client: Client, name: str) -> None:
    try:
        await client.get_workflow_handle(name).signal(REFRESH_SIGNAL)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:  # it has just ended
            raise


def _groups(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def runs_of(deployment: str, build: str) -> str:
    """The query that finds the running workflows that are pinned to a build."""
    name = f"{deployment}:{build}".replace("'", "''")
    running = WorkflowExecutionStatus.RUNNING.name.capitalize()
    return f"TemporalWorkerDeploymentVersion = '{name}' AND ExecutionStatus = '{running}'"
