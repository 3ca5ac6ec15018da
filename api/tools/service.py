"""Use cases about tools."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.engine import Engine, EngineUnavailable, ToolRunFailed
from api.errors import Conflict, NotFound, Unavailable, ValidationFailed
from api.ownership import owned
from api.tools.schemas import TestAnswer, TestRequest
from api.usage import refuse_used
from api.workflows.service import spec_of
from models.base import new_id
from models.graph.expression import ExpressionError
from models.graph.json_schema import SchemaInvalid, check_json_schema
from models.graph.node import Retry
from models.graph.templates import tool_templates
from models.graph.tool import ToolConfig, ToolSpec
from models.tool import Tool
from models.user import User
from temporal_workflows.contracts import LogLine, NodeContext, NodeError, ToolTask, Usage
from temporal_workflows.tool_rendering import ToolTemplates, secret_texts


class ToolNameTaken(Conflict):
    """Another live tool of the account has the name."""

    code = "NAME_TAKEN"


class ToolInUse(Conflict):
    """Workflows or agents name the tool; `errors` lists them."""

    code = "TOOL_IN_USE"


class ToolService:
    """What one account does with tools, in one transaction."""

    def __init__(self, session: AsyncSession, user: User, engine: Engine) -> None:
        self._session = session
        self._user = user
        self._engine = engine

    async def get(self, tool_id: UUID) -> Tool:
        """A tool that the account may use: its own, or a public one; raises `NotFound`."""
        mine = or_(Tool.owner_id == self._user.id, Tool.is_public)
        found = await self._session.scalar(select(Tool).where(Tool.id == tool_id, mine))
        if found is None:
            raise NotFound(f"there is no tool {tool_id}")
        return found

    async def get_own(self, tool_id: UUID) -> Tool:
        """A tool of the account; raises `NotFound`."""
        statement = owned(select(Tool), Tool, self._user).where(Tool.id == tool_id)
        found = await self._session.scalar(statement.with_for_update())
        if found is None:
            raise NotFound(f"there is no tool {tool_id}")
        return found

    async def store(self, tool: Tool) -> Tool:
        """Write a new or changed tool; raises `ToolNameTaken`, `ValidationFailed`."""
        check_schemas(tool.input_schema, tool.output_schema)
        check_templates(spec_of(tool).config)
        name = tool.name
        statement = owned(select(Tool.id), Tool, self._user)
        with self._session.no_autoflush:
            others = await self._session.scalars(
                statement.where(Tool.name == name, Tool.deleted_at.is_(None), Tool.id != tool.id)
            )
            if others.first() is not None:
                raise ToolNameTaken(f"you have a tool named {name!r} already; choose another name")
        self._session.add(tool)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise ToolNameTaken(f"you have a tool named {name!r} already") from error
        await self._session.refresh(tool)
        return tool

    async def delete(self, tool: Tool) -> None:
        """Put it into the bin; raises `ToolInUse`."""
        await self.refuse_used(tool)
        tool.soft_delete()

    async def refuse_used(self, tool: Tool) -> None:
        """Raises `ToolInUse` while a workflow or an agent of its owner names it."""
        await refuse_used(
            self._session, self._user, {"tool": tool.name}, f"the tool {tool.name!r}", ToolInUse
        )

    async def try_out(self, spec: ToolSpec, request: TestRequest) -> TestAnswer:
        """Run a tool for real, as an activity with its own limits.

        Templates of its configuration see `inputs` and `secrets`; in the given inputs only
        `{{ secrets.name }}` is one.

        Raises:
            ValidationFailed: an expression of its configuration could be evaluated by no run.
            Unavailable: Temporal or the workers do not answer.
        """
        check_templates(spec.config)
        context = NodeContext(
            execution_id=str(new_id()), owner_id=str(self._user.id), node_key="test"
        )
        templates = {name: secret_texts(value) for name, value in request.inputs.items()}
        try:
            rendered = ToolTemplates(spec, templates).render({}, uuid4().hex, request.inputs)
        except ExpressionError as error:
            problem = NodeError(
                code="ExpressionFailed", message=error.message, details={"field": error.field}
            )
            return TestAnswer(ok=False, error=problem, logs=[], usage=Usage())
        task = ToolTask(
            context=context,
            config=rendered.config,
            inputs=dict(rendered.inputs),
            secrets=rendered.secrets,
            tool_id=spec.id,
            rate_limit=spec.rate_limit,
            input_schema=spec.input_schema,
            output_schema=spec.output_schema,
            timeout_seconds=request.timeout_seconds,
            retry=Retry(max_attempts=1),
        )
        try:
            envelope = await self._engine.run_tool(task)
        except ToolRunFailed as failed:
            return _failed(failed.failure)
        except EngineUnavailable as error:
            raise Unavailable("Temporal does not answer; try again shortly") from error
        return TestAnswer(ok=True, output=envelope.output, logs=envelope.logs, usage=envelope.usage)


def _failed(failure: Any) -> TestAnswer:
    return TestAnswer(
        ok=False,
        error=NodeError.model_validate(failure.error),
        logs=[LogLine.model_validate(line) for line in failure.logs],
        usage=Usage.model_validate(failure.usage or {}),
    )


def check_templates(config: ToolConfig) -> None:
    """Raises `ValidationFailed` for expressions that no run could evaluate."""
    problems = list(tool_templates(config))
    if problems:
        raise ValidationFailed(
            problems[0].message,
            errors=[
                {"path": f"body.{each.path}", "message": each.message, "code": each.code}
                for each in problems
            ],
        )


def check_schemas(*schemas: dict[str, Any] | None) -> None:
    """Raises `ValidationFailed` for a JSON Schema that is none."""
    for name, schema in zip(("input_schema", "output_schema"), schemas, strict=True):
        try:
            if schema is not None:
                check_json_schema(schema)
        except SchemaInvalid as error:
            raise ValidationFailed(
                f"{name} is no JSON Schema: {error}",
                errors=[{"path": f"body.{name}", "message": str(error), "code": "INVALID_SCHEMA"}],
            ) from error
