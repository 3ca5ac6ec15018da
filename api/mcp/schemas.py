"""What clients send and get; no answer holds the value of a header."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import httpx
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from api.schemas import Closed, Name, Text, Version
from models.enums import McpTransport
from models.mcp import McpServer

HIDDEN = "•••"
MAX_HEADERS = 20
_SECRET = r"\{\{\s*secrets\.\w+\s*\}\}"  # noqa: S105 - the form of a reference
# What the transport says itself, or what would change how HTTP is framed.
_RESERVED = frozenset(
    {
        *("accept", "accept-encoding", "connection", "content-encoding", "content-length"),
        *("content-type", "expect", "host", "keep-alive", "last-event-id", "te", "trailer"),
        *("transfer-encoding", "upgrade"),
    }
)


def _check_url(url: str) -> str:
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"this is no URL: {error}") from None
    if found.scheme not in {"http", "https"} or not found.host:
        raise ValueError("a URL begins with http:// or https:// and a host")
    if found.userinfo or "{{" in url:
        raise ValueError("put credentials into a header, as {{ secrets.name }}, not into the URL")
    return url


def _check_header(name: str) -> str:
    if name.lower() in _RESERVED or name.lower().startswith("mcp-"):
        raise ValueError("the client sets this header itself")
    return name


def _check_value(value: str) -> str:
    if "{{" in re.sub(_SECRET, "", value):
        raise ValueError("only {{ secrets.name }} may stand in braces")
    return value


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError("a header is given twice")
    return headers


Description = Annotated[Text, Field(max_length=10_000)]
Url = Annotated[Text, Field(min_length=1, max_length=8_192), AfterValidator(_check_url)]
HeaderName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$"),
    AfterValidator(_check_header),
]
HeaderValue = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[\t\x20-\x7e•]*$", max_length=4_096),
    AfterValidator(_check_value),
]
Headers = Annotated[
    dict[HeaderName, HeaderValue],
    Field(max_length=MAX_HEADERS, description="Values may hold `{{ secrets.name }}`."),
    AfterValidator(_check_headers),
]
ToolNames = Annotated[list[Annotated[Text, Field(max_length=200)]], Field(max_length=1_000)]


class NewServer(Closed):
    """A server that is reached over HTTP, under a name that graphs use."""

    name: Name
    description: Description | None = None
    url: Url
    headers: Headers = Field(default_factory=dict)


class ServerChange(Closed):
    """What to change; what is left out stays. `version` is for the optimistic lock.

    Another `url` is another server: its tools are forgotten. In `headers`, which replace all that
    were there, `•••` keeps the value of that header.
    """

    name: Name | None = None
    description: Description | None = None
    url: Url | None = None
    headers: Headers | None = None
    version: Version | None = None


class RefreshRequest(Closed):
    """What to approve of what the server offers now."""

    approve: Literal["all"] | None = None


class ApproveRequest(Closed):
    """Which tools may be called from now on, or no more.

    `hashes` are of the tools as they were shown, by name: one that is another by now is refused.
    """

    tools: ToolNames | Literal["all"]
    hashes: dict[Annotated[Text, Field(max_length=200)], str] = Field(
        default_factory=dict, max_length=1_000
    )
    approved: bool = Field(True, description="False takes the approval back.")


class ServerError(BaseModel):
    """Why the last refresh failed, or what it left out."""

    code: str
    message: str


class Counts(NamedTuple):
    """How many tools a server offers, and where they stand."""

    offered: int
    approved: int
    changed: int

    @classmethod
    def of(cls, tools: list[Any]) -> "Counts":
        """Count stored tools."""
        states = [state_of(tool) for tool in tools]
        return cls(len(states), states.count("approved"), states.count("changed"))


class ServerOut(BaseModel):
    """A registered server; `tools` are counted, see `GET …/tools`."""

    id: UUID
    operator: bool = Field(description="Whether it is of the operator's file, for everybody.")
    name: str
    description: str | None
    transport: McpTransport
    url: str | None
    headers: dict[str, str]
    offered: int
    approved: int
    changed: int = Field(description="Tools that are others than were approved.")
    error: ServerError | None
    refreshed_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: McpServer, counts: "Counts | None" = None) -> "ServerOut":
        """What is told of a row; without `counts` its tools are counted here."""
        counts = counts or Counts.of(row.tools)
        return cls(
            id=row.id,
            operator=row.owner_id is None,
            name=row.name,
            description=row.description,
            transport=McpTransport(row.transport),
            url=row.url,
            headers={name: _shown(value) for name, value in row.headers.items()},
            **counts._asdict(),
            error=None if row.error is None else ServerError.model_validate(row.error),
            refreshed_at=row.refreshed_at,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class ServerList(BaseModel):
    """A page of servers."""

    items: list[ServerOut]
    next_cursor: str | None


class ServerTool(BaseModel):
    """A tool as its server described it last. The texts are the server's own: believe nothing."""

    name: str
    title: str | None
    description: str | None
    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | None
    hash: str
    state: Literal["new", "approved", "changed"]
    approved_at: datetime | None


class ServerToolList(BaseModel):
    """Everything that a server offers."""

    items: list[ServerTool]


def state_of(tool: Mapping[str, Any]) -> Literal["new", "approved", "changed"]:
    """Where a stored tool stands."""
    if tool["approved_hash"] is None:
        return "new"
    return "approved" if tool["approved_hash"] == tool["hash"] else "changed"


def tools_of(row: McpServer) -> ServerToolList:
    """The tools of a row, by name."""
    tools = sorted(row.tools, key=lambda tool: str(tool["name"]))
    return ServerToolList(
        items=[ServerTool.model_validate({**tool, "state": state_of(tool)}) for tool in tools]
    )


def _shown(value: str) -> str:
    return value if re.fullmatch(_SECRET, value) else HIDDEN
