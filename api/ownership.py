"""The one owner filter; every read and write of owned rows goes through it."""

from typing import TypeAlias, TypeVarTuple

from sqlalchemy import Select

from models.agent import Agent
from models.approval import Approval
from models.event import Event
from models.execution import WorkflowExecution
from models.mcp import McpServer
from models.notification import Notice, Notification
from models.secret import Secret
from models.tool import Tool
from models.trigger import Trigger
from models.user import User
from models.workflow import Workflow

_Columns = TypeVarTuple("_Columns")
Owned: TypeAlias = (
    type[Workflow]
    | type[Tool]
    | type[Agent]
    | type[WorkflowExecution]
    | type[Approval]
    | type[Event]
    | type[Secret]
    | type[McpServer]
    | type[Notification]
    | type[Notice]
    | type[Trigger]
)


def owned(statement: Select[*_Columns], model: Owned, user: User) -> Select[*_Columns]:
    """`statement`, narrowed to the rows of `model` that belong to `user`."""
    return statement.where(model.owner_id == user.id)
