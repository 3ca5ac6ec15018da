"""Use cases about workflows."""

import re
from collections.abc import Iterator, Mapping
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.agents.checks import schema_problem, unusable
from api.errors import NotFound
from api.ownership import owned
from api.workflows.drafts import Document, read_draft, write_draft
from api.workflows.errors import InvalidGraph, NameTaken, as_errors
from models.agent import Agent
from models.graph.document import graph_hash
from models.graph.graph import Graph
from models.graph.node import AdapterNode, AgentNode, ApprovalNode, TriggerNode
from models.graph.problems import Code, Known, Problem, problem
from models.graph.tool import ToolSpec
from models.graph.validation import errors_in, validate_document
from models.graph.values import Json
from models.secret import Secret
from models.session import INCLUDE_DELETED
from models.tool import Tool
from models.user import User
from models.workflow import Workflow, WorkflowVersion

_NUMBERED = re.compile(r" \((\d+)\)$")
MAX_NAME = 200


class WorkflowService:
    """What one account does with its workflows, in one transaction."""

    def __init__(self, session: AsyncSession, user: User) -> None:
        self._session = session
        self._user = user

    async def get(self, workflow_id: UUID, *, deleted: bool = False) -> Workflow:
        """One of the account's workflows.

        Raises:
            NotFound: there is none, or it is somebody else's, or it is (not) in the bin.
        """
        statement = owned(select(Workflow), Workflow, self._user).where(Workflow.id == workflow_id)
        if deleted:
            statement = statement.execution_options(**{INCLUDE_DELETED: True})
        found = await self._session.scalar(statement)
        if found is None:
            raise NotFound(f"there is no workflow {workflow_id}")
        return found

    async def create(
        self, name: str, description: str | None, variables: Mapping[str, Json]
    ) -> Workflow:
        """An empty workflow; raises `NameTaken`."""
        await self.refuse_taken(name)
        workflow = Workflow(
            owner_id=self._user.id,
            name=name,
            description=description,
            variables=dict(variables),
            config={},
        )
        self._session.add(workflow)
        await self._flush(name)
        return workflow

    async def save(self, workflow: Workflow, document: Document, expected: int | None) -> None:
        """Replace a draft; raises `NameTaken` besides what `write_draft` raises."""
        name = document.get("name")
        if name and name != workflow.name:
            await self.refuse_taken(name)
        await write_draft(self._session, workflow, document, expected)

    async def rename(self, workflow: Workflow, name: str) -> None:
        """Give it another name; raises `NameTaken`."""
        if name != workflow.name:
            await self.refuse_taken(name)
            workflow.name = name
            await self._flush(name)

    async def bring(self, document: Document, on_conflict: str) -> Workflow:
        """Store a document: as a new workflow, or over the draft of the one with its name.

        Raises:
            NameTaken: the name is taken and `on_conflict` is `fail`.
        """
        name = document["name"]
        known = await self._by_name(name)
        if known is not None and on_conflict == "replace":
            await write_draft(self._session, known, document, None)
            return known
        if known is not None and on_conflict == "rename":
            name = await self.free_name(name)
        workflow = await self.create(name, None, {})
        await write_draft(self._session, workflow, document | {"name": name}, None)
        return workflow

    async def free_name(self, name: str) -> str:
        """`name`, or `name (2)` and so on when it is taken."""
        bare = _NUMBERED.sub("", name)[: MAX_NAME - 8]
        statement = owned(select(Workflow.name), Workflow, self._user)
        taken = set(await self._session.scalars(statement.where(Workflow.deleted_at.is_(None))))
        number, candidate = 2, name
        while candidate in taken:
            candidate = f"{bare} ({number})"
            number += 1
        return candidate

    async def refuse_taken(self, name: str) -> None:
        """Raises `NameTaken`."""
        if await self._by_name(name) is not None:
            raise NameTaken(f"you have a workflow named {name!r} already; choose another name")

    async def _by_name(self, name: str) -> Workflow | None:
        statement = owned(select(Workflow), Workflow, self._user)
        found: Workflow | None = await self._session.scalar(statement.where(Workflow.name == name))
        return found

    async def _flush(self, name: str) -> None:
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise NameTaken(f"you have a workflow named {name!r} already") from error

    # Meaning -------------------------------------------------------------------------------------

    async def validate(self, document: Mapping[str, Json]) -> tuple[Graph | None, list[Problem]]:
        """What is wrong with a document, with the account's tools and workflows in view."""
        graph, problems = validate_document(document, await self._known())
        return graph, [*problems, *(_unusable(graph) if graph else [])]

    async def _known(self) -> Known:
        mine = or_(Tool.owner_id == self._user.id, Tool.is_public)
        tools = await self._session.scalars(
            select(Tool).where(mine).order_by((Tool.owner_id == self._user.id).asc())
        )
        names = owned(select(Workflow.name), Workflow, self._user).where(
            Workflow.published_version.is_not(None), Workflow.deleted_at.is_(None)
        )
        agents = select(Agent.name).where(or_(Agent.owner_id == self._user.id, Agent.is_public))
        return Known(
            tools={tool.name: spec_of(tool) for tool in tools},
            workflows=set(await self._session.scalars(names)),
            agents=set(await self._session.scalars(agents)),
            secrets=set(
                await self._session.scalars(owned(select(Secret.name), Secret, self._user))
            ),
        )

    async def publish(
        self, workflow: Workflow, comment: str | None
    ) -> tuple[int, bool, list[Problem]]:
        """Freeze the draft; (version, whether it is a new one, warnings).

        Raises:
            InvalidGraph: it has errors.
        """
        await self._session.refresh(workflow, with_for_update=True)
        document = await read_draft(self._session, workflow)
        _, problems = await self.validate(document)
        errors = errors_in(problems)
        if errors:
            count = f"{len(errors)} errors" if len(errors) > 1 else "an error"
            raise InvalidGraph(
                f"the draft has {count} and cannot run; see `errors`", errors=as_errors(errors)
            )
        digest = graph_hash(document)
        current = await self.version(workflow, workflow.published_version)
        if current is not None and current.graph_hash == digest:
            return current.version, False, problems
        newest = await self._session.scalar(
            select(func.max(WorkflowVersion.version)).where(
                WorkflowVersion.workflow_id == workflow.id
            )
        )
        number = (newest or 0) + 1
        self._session.add(
            WorkflowVersion(
                workflow_id=workflow.id,
                version=number,
                graph=document,
                graph_hash=digest,
                created_by=self._user.id,
                comment=comment,
            )
        )
        workflow.published_version = number
        await self._session.flush()
        return number, True, problems

    async def version(self, workflow: Workflow, number: int | None) -> WorkflowVersion | None:
        """A published version."""
        found: WorkflowVersion | None = await self._session.scalar(
            select(WorkflowVersion).where(
                WorkflowVersion.workflow_id == workflow.id, WorkflowVersion.version == number
            )
        )
        return found

    async def need_version(self, workflow: Workflow, number: int) -> WorkflowVersion:
        """A published version; raises `NotFound`."""
        found = await self.version(workflow, number)
        if found is None:
            raise NotFound(f"workflow {workflow.id} has no version {number}")
        return found


def spec_of(tool: Tool) -> ToolSpec:
    """A registered tool as graphs see it."""
    return ToolSpec.model_validate(
        {
            "id": str(tool.id),
            "description": tool.description,
            "config": {**tool.config, "kind": tool.tool_type},
            "input_schema": tool.input_schema,
            "output_schema": tool.output_schema,
            "rate_limit": tool.rate_limit,
        }
    )


def _unusable(graph: Graph) -> Iterator[Problem]:
    """JSON Schemas that are none, and agents that no provider would answer: every run would fail."""
    for index, node in enumerate(graph.nodes):
        path = f"nodes[{index}].config"
        if isinstance(node, TriggerNode):
            found = schema_problem(node.config.input_schema, f"{path}.input_schema")
        elif isinstance(node, AdapterNode):
            found = schema_problem(node.config.output_schema, f"{path}.output_schema")
        elif isinstance(node, ApprovalNode):
            found = schema_problem(node.config.form, f"{path}.form")
        elif isinstance(node, AgentNode) and node.config is not None:
            found = unusable(node.config, path)
        else:
            continue
        for each in found:
            message = f"`{node.key}`: {each['path'].rpartition('.')[2]}: {each['message']}"
            yield problem(Code.INVALID_NODE_CONFIG, message, nodes=[node.key], path=each["path"])
