"""What a graph can be made of."""

from fastapi import APIRouter
from pydantic import BaseModel

from api.deps import UserDep
from models.graph.builtins import Builtin
from models.graph.catalog import NodeKind, ToolKind, builtins, catalog, tool_kinds

router = APIRouter(prefix="/catalog", tags=["catalog"])


class Catalog(BaseModel):
    """Everything that palette and inspector need."""

    nodes: list[NodeKind]
    tools: list[ToolKind]
    builtins: list[Builtin]


@router.get("")
async def get_catalog(user: UserDep) -> Catalog:
    """Types of nodes, kinds of tools, and built-in helpers, with the schemas of what they take."""
    return Catalog(nodes=catalog(), tools=tool_kinds(), builtins=builtins())
