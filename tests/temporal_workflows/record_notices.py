"""Records the history of a notice into tests/histories: `python -m tests.temporal_workflows.record_notices`.

Existing files stay, as those of `record_histories` do.
"""

import asyncio
import tempfile
from pathlib import Path
from uuid import uuid4

from temporalio import activity
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from activities.errors import HttpStatusError, application_error
from cli.embedded.temporal import EmbeddedTemporal
from models.enums import NotificationChannel
from temporal_workflows.contracts import (
    Activity,
    Message,
    NodeContext,
    NotifyInput,
    NotifyResult,
    NotifyTask,
    Recipient,
)
from temporal_workflows.notify_workflow import NotifyWorkflow
from temporal_workflows.policies import NOTIFY_RETRY
from temporal_workflows.registry import workflow_runner
from tests.temporal_workflows.record_histories import HISTORIES, QUEUE, _portable

NOTICE_FILE = HISTORIES / "notice-success.json"
GIVEN_UP_FILE = HISTORIES / "notice-failure.json"
ILL, GONE, WELL = (f"{name}@example.org" for name in ("ill", "gone", "well"))


@activity.defn(name=Activity.NOTIFY)
async def notify(task: NotifyTask) -> NotifyResult:
    """Fails as the address says: once, for good, or never."""
    number = activity.info().attempt
    to = task.recipient.address if task.recipient else WELL
    if to == GONE or (to == ILL and number == 1):
        error = HttpStatusError("answered", retryable=to == ILL, details=None)
        context = NodeContext(execution_id="", node_key="")
        raise application_error(error, context, attempt=number, retry=NOTIFY_RETRY)
    return NotifyResult(attempts=number)


async def _record(client: Client, file: Path, *addresses: str) -> None:
    if file.exists():
        return
    task = NotifyTask(
        notice_id="notice",
        notification_id="notification",
        owner_id="owner",
        channel=NotificationChannel.EMAIL,
        config={"to": list(addresses)},
        message=Message(title="Prices failed"),
    )
    start = NotifyInput(task=task, recipients=[Recipient(address=each) for each in addresses])
    handle = await client.start_workflow(
        NotifyWorkflow.run, start, id=f"notify-{uuid4()}", task_queue=QUEUE
    )
    await handle.result()
    history = await handle.fetch_history()
    file.write_text(_portable(history.to_json()), encoding="utf-8")


async def main() -> None:
    """Record what is not there yet."""
    server = EmbeddedTemporal(Path(tempfile.mkdtemp()), with_ui=False)
    await server.start()
    client = await Client.connect(server.address, data_converter=pydantic_data_converter)
    async with Worker(
        client,
        task_queue=QUEUE,
        workflows=[NotifyWorkflow],
        activities=[notify],
        workflow_runner=workflow_runner(),
    ):
        await _record(client, NOTICE_FILE, WELL, ILL)
        await _record(client, GIVEN_UP_FILE, WELL, GONE)
    await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
