"""The one owner filter; every read and write of owned rows goes through it."""

from typing import TypeAlias, TypeVarTuple

from sqlalchemy import Select

from models.agent import Agent
from models.approval import Approval
from models.execution import WorkflowExecution
from models.mcp import McpServer
from models.secret import Secret
from models.tool import Tool
from models.user import User
from models.workflow import Workflow

_Columns = TypeVarTuple("_Columns")
Owned: TypeAlias = (
    type[Workflow]
    | type[Tool]
    | type[Agent]
    | type[WorkflowExecution]
    | type[Approval]
    | type[Secret]
    | type[McpServer]
)


def owned(statement: Select[*_Columns], model: Owned, user: User) -> Select[*_Columns]:
    """`statement`, narrowed to the rows of `model` that belong to `user`."""
    return statement.where(model.owner_id == user.id)
