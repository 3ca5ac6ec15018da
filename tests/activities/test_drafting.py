"""The activity behind a drafting model's tools: the conversation is the draft."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.artifacts import Artifacts
from activities.conversation import Answer, Conversation, Entry
from activities.database import Database
from activities.drafting import INLINE_BYTES, DraftActivities
from activities.llm.messages import Finish, Message, ModelReply, Role, ToolCall
from activities.loading import loaded
from models.graph.catalog import builtins, catalog, tool_kinds
from models.graph.document import parse_document
from models.graph.draft_tools import EDIT, KINDS, SHOW
from models.graph.filters import FILTERS
from models.graph.json_schema import check_json_schema
from models.graph.values import Json, encoded_size
from temporal_workflows.contracts import DraftTask, NodeContext
from tests.activities.vault import Vault, open_vault

TRIGGER = {"op": "add_node", "key": "start", "type": "trigger", "reason": "Begins."}
BASE: dict[str, Any] = {
    "tools": {
        "load-prices": {
            "kind": "http",
            "description": "Prices of a symbol.",
            "input_schema": {"type": "object", "required": ["symbol"]},
        }
    },
    "workflows": {"Screen": {"description": "Screens symbols."}},
    "agents": {"analyst": "Compares."},
    "secrets": ["PRICES_KEY"],
}


@pytest.fixture(scope="module")
async def vault(migrated_url: str) -> AsyncIterator[Vault]:
    async with open_vault(migrated_url) as opened:
        yield opened


class Drafting:
    """One conversation, and the worker that answers its calls."""

    def __init__(self, owner: str, database: Database, base: Json = None) -> None:
        self.owner, self.base, self.database = owner, base, database
        self.id = str(uuid4())
        self.seq = 2
        self.artifacts = Artifacts.from_url("memory:///")
        self.activities = DraftActivities(database, self.artifacts)

    async def said(self, *calls: tuple[str, Any]) -> list[tuple[str, str]]:
        """The model asks for calls; (id, name) of each."""
        self.seq += 1
        asked = tuple(
            ToolCall(
                id=f"c{self.seq}-{number}",
                name=name,
                arguments=given if isinstance(given, str) else json.dumps(given),
            )
            for number, (name, given) in enumerate(calls)
        )
        reply = ModelReply(tool_calls=asked, finish=Finish.TOOL_CALLS)
        conversation = Conversation(self.database, self.id, self.owner)
        await conversation.answer(self.seq, Answer(reply, 0.0))
        return [(call.id, call.name) for call in asked]

    async def run(self, call_id: str, name: str, seq: int | None = None, **more: Any) -> Any:
        """The answer to a call."""
        owner = more.get("owner", self.owner)
        task = DraftTask(
            context=NodeContext(execution_id=self.id, owner_id=owner, node_key="call_1_1"),
            conversation_id=self.id,
            seq=seq or self.seq,
            call_id=call_id,
            name=name,
            base=self.base,
        )
        output = (await ActivityEnvironment().run(self.activities.draft, task)).output
        return await loaded(self.artifacts.of(self.owner), output)

    async def asked(self, name: str, given: Any) -> Any:
        """The answer to one call that the model asks for alone."""
        ((call_id, _),) = await self.said((name, given))
        return await self.run(call_id, name)


@pytest.fixture
async def drafting(vault: Vault) -> Drafting:
    return Drafting(await vault.account(), vault.database, dict(BASE))


def add(key: str, **fields: Any) -> dict[str, Any]:
    return {"op": "add_node", "key": key, "type": "adapter", "reason": "asked"} | fields


def edit(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"operations": list(operations)}


async def test_the_draft_is_what_the_calls_make_of_it(drafting: Drafting) -> None:
    first = await drafting.asked(EDIT, edit(TRIGGER, add("next", config={"output": "{{ inptu }}"})))
    assert (first["done"], first["refused"], first["nodes"], first["edges"]) == (2, [], 2, 0)
    problems = {each["code"]: each for each in first["problems"]}
    assert set(problems) == {"DANGLING_NODES", "DEAD_END_NODE", "UNDEFINED_VARIABLE"}
    assert problems["UNDEFINED_VARIABLE"]["node_keys"] == ["next"]
    wrong = edit(
        {"op": "connect", "source": "start", "target": "nxt"},
        {"op": "change_node", "key": "next", "config": {"output": "{{ input }}"}},
    )
    second = await drafting.asked(EDIT, wrong)
    assert second["done"] == 1
    (refused,) = second["refused"]
    assert (refused["operation"], refused["code"]) == (0, "NODE_NOT_FOUND")
    assert "did you mean `next`" in refused["why"]
    third = await drafting.asked(EDIT, edit({"op": "connect", "source": "start", "target": "next"}))
    assert third["problems"] == []
    shown = await drafting.asked(SHOW, {})
    document = parse_document(shown["draft"], "application/yaml")
    assert document["nodes"][0] == {"key": "start", "type": "trigger"}
    assert document["edges"] == [{"source": "start", "target": "next"}]
    some = await drafting.asked(SHOW, {"keys": ["next", "absent"]})
    assert parse_document(some["draft"], "application/yaml") == {"nodes": document["nodes"][1:]}


async def test_calls_side_by_side_see_those_before_them(drafting: Drafting) -> None:
    calls = await drafting.said(
        (EDIT, edit(TRIGGER)),
        (SHOW, {}),
        (EDIT, edit(add("next"), {"op": "connect", "source": "start", "target": "next"})),
    )
    # Whichever comes first, and however often.
    last = await drafting.run(*calls[2])
    shown = await drafting.run(*calls[1])
    first = await drafting.run(*calls[0])
    assert (first["nodes"], last["nodes"], last["edges"]) == (1, 2, 1)
    assert ("start" in shown["draft"], "next" in shown["draft"]) == (True, False)
    assert await drafting.run(*calls[2]) == last
    earlier, seq = calls[0], drafting.seq
    await drafting.asked(EDIT, edit(add("more")))
    assert await drafting.run(*earlier, seq=seq) == first


@pytest.mark.parametrize(
    "given",
    [
        "{not json",
        "[]",
        {},
        {"operations": []},
        edit({"op": "launch"}),
        '{"operations": "\\u0000"}',
    ],
)
async def test_bad_arguments_are_told_and_change_nothing(drafting: Drafting, given: Any) -> None:
    await drafting.asked(EDIT, edit(TRIGGER))
    told = await drafting.asked(EDIT, given)
    assert (told["done"], told["nodes"]) == (0, 1)
    assert told["refused"][0]["code"].startswith("INVALID_")
    assert (await drafting.asked(EDIT, edit(add("next"))))["nodes"] == 2


async def test_what_the_account_has_is_known(drafting: Drafting) -> None:
    tool = {"op": "add_node", "key": "load", "type": "tool", "reason": "loads"}
    told = await drafting.asked(
        EDIT,
        edit(
            TRIGGER,
            tool | {"tool": "load-price"},
            {"op": "connect", "source": "start", "target": "load"},
        ),
    )
    assert [each["code"] for each in told["problems"]] == ["INVALID_REFERENCE"]
    assert "load-prices" in told["problems"][0]["suggestion"]
    fixed = {"op": "change_node", "key": "load", "tool": "load-prices"}
    told = await drafting.asked(EDIT, edit(fixed))
    assert [each["code"] for each in told["problems"]] == ["SCHEMA_MISMATCH"]
    told = await drafting.asked(EDIT, edit(fixed | {"inputs": {"symbol": "MSFT"}}))
    assert told["problems"] == []


async def test_the_kinds_are_told_in_steps(drafting: Drafting) -> None:
    whole = await drafting.asked(KINDS, {})
    assert {each["type"] for each in whole["node_types"]} == {kind.type for kind in catalog()}
    assert set(whole["tool_kinds"]) == {kind.kind for kind in tool_kinds()}
    assert set(whole["filters"]) == set(FILTERS)
    assert whole["tools"] == {"load-prices": "Prices of a symbol."}
    assert (whole["workflows"], whole["agents"]) == (
        {"Screen": "Screens symbols."},
        {"analyst": "Compares."},
    )
    assert whole["secrets"] == ["PRICES_KEY"]
    names = [*whole["tool_kinds"], *(each["type"] for each in whole["node_types"])]
    names += [each.name for each in builtins()]
    for name in names:
        found = await drafting.asked(KINDS, {"types": [name]})
        assert set(found) == {name}
        if "config_schema" in found[name]:
            check_json_schema(found[name]["config_schema"])
    several = await drafting.asked(KINDS, {"types": ["http", "load-prices", "htpt"]})
    assert several["unknown"] == {"htpt": "did you mean `http`?"}
    assert several["load-prices"]["use"] == {"type": "tool", "tool": "load-prices"}
    assert several["load-prices"]["registered_tool"]["input_schema"]["required"] == ["symbol"]


async def test_a_large_draft_is_shown_in_parts(drafting: Drafting) -> None:
    code = {"kind": "python", "code": "x" * 30_000}
    node = {"op": "add_node", "type": "tool", "reason": "computes", "config": code}
    for key in ("one", "two"):
        await drafting.asked(EDIT, edit(node | {"key": key}))
    await drafting.asked(EDIT, edit({"op": "connect", "source": "one", "target": "two"}))
    shown = await drafting.asked(SHOW, {})
    assert shown["outline"] == [{"key": "one", "type": "tool"}, {"key": "two", "type": "tool"}]
    assert shown["edges"] == ["one -> two"]
    part = await drafting.asked(SHOW, {"keys": ["two"]})
    (node,) = parse_document(part["draft"], "application/yaml")["nodes"]
    assert node["config"] == code


async def test_large_answers_and_bases_go_by_reference(vault: Vault) -> None:
    owner = await vault.account()
    drafting = Drafting(owner, vault.database)
    looks_like_one = {"$artifact": {"id": "none"}}
    document = {"name": "Old", "nodes": [{"key": "old", "inputs": {"x": looks_like_one}}]}
    data = json.dumps({"document": document}).encode()
    drafting.base = await drafting.artifacts.of(owner).put(
        drafting.id, data, content_type="application/json"
    )
    shown = await drafting.asked(SHOW, {})
    assert parse_document(shown["draft"], "application/yaml")["nodes"] == document["nodes"]
    ((call_id, name),) = await drafting.said((KINDS, {"types": ["agent", "http"]}))
    task = DraftTask(
        context=NodeContext(execution_id=drafting.id, owner_id=owner, node_key="call_1_1"),
        conversation_id=drafting.id,
        seq=drafting.seq,
        call_id=call_id,
        name=name,
    )
    envelope = await ActivityEnvironment().run(drafting.activities.draft, task)
    assert encoded_size(envelope.output) <= INLINE_BYTES


async def test_problems_are_counted_when_there_are_too_many(drafting: Drafting) -> None:
    operations = [add(f"n{number}", config={"output": "{{ what }}"}) for number in range(60)]
    told = await drafting.asked(EDIT, edit(*operations))
    assert len(told["problems"]) == 20
    assert told["more_problems"] == 41  # 60 expressions, and no trigger


async def test_nobody_elses_conversation_is_read(drafting: Drafting, vault: Vault) -> None:
    ((call_id, name),) = await drafting.said((SHOW, {}))
    with pytest.raises(ApplicationError) as failed:
        await drafting.run(call_id, name, owner=await vault.account())
    assert failed.value.type == "InvalidInput"


async def test_without_a_database_it_is_tried_again() -> None:
    drafting = Drafting(str(uuid4()), Database(None))
    with pytest.raises(ApplicationError) as failed:
        await drafting.run("c1", SHOW)
    assert failed.value.type == "DatabaseUnavailable"
    assert not failed.value.non_retryable


async def test_all_the_roles_of_a_conversation_are_read(drafting: Drafting) -> None:
    conversation = Conversation(drafting.database, drafting.id, drafting.owner)
    said = Message(role=Role.USER, content='edit_draft {"operations": []}')
    await conversation.append([Entry(1, said)])
    assert (await drafting.asked(EDIT, edit(TRIGGER)))["nodes"] == 1
