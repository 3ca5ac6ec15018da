"""The example of compensation when its last step fails."""

from tests.api.fixtures import Api, ended, started
from tests.examples.test_examples import EXAMPLES, publish


async def test_without_stock_what_was_done_is_undone(editor: Api) -> None:
    workflow_id = await publish(editor, EXAMPLES / "compensation")
    run_id = await started(editor, workflow_id, {"order": 7, "stock": 0})
    run = await ended(editor, run_id, 60)
    assert run["status"] == "failed"
    assert run["error"]["node_key"] == "deliver"
    answer = await editor.get(f"/executions/{run_id}/nodes")
    rows = sorted(answer.json()["items"], key=lambda row: row["temporal"]["scheduled_event_id"])
    assert [(row["node_key"], row["status"], row["output"]) for row in rows[-2:]] == [
        ("unbook", "completed", "undone B-7"),
        ("free", "completed", "freed R-7"),
    ]
