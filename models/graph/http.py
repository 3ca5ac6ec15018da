"""Configuration of the HTTP tool."""

from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from models.graph.base import GraphModel
from models.graph.values import ARTIFACT_KEY, Json

Expression = Annotated[str, Field(pattern=r"\{\{")]
StatusPattern = Annotated[str, Field(pattern=r"^[1-5](?:[0-9]{2}|xx)$")]
ArtifactReference: TypeAlias = Annotated[
    dict[Literal["$artifact"], dict[str, Json]], Field(min_length=1)
]
Seconds = Annotated[float, Field(gt=0, le=7 * 86_400)]


class HttpModel(GraphModel):
    """What an expression made a number is taken as the text that it stands for."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


# Who calls ---------------------------------------------------------------------------------------


class NoAuth(HttpModel):
    """Nobody in particular."""

    type: Literal["none"] = "none"


class BasicAuth(HttpModel):
    """User name and password (RFC 7617)."""

    type: Literal["basic"] = "basic"
    username: str
    password: str = ""


class BearerAuth(HttpModel):
    """A token (RFC 6750)."""

    type: Literal["bearer"] = "bearer"
    token: str = Field(min_length=1)


class ApiKeyAuth(HttpModel):
    """A key in a header or in the query, under the name that the server wants."""

    type: Literal["api_key"] = "api_key"
    name: str = Field(min_length=1, max_length=200)
    value: str = Field(min_length=1)
    place: Literal["header", "query"] = "header"


class OAuth2Auth(HttpModel):
    """Client credentials (RFC 6749, 4.4); the token is kept until it expires."""

    type: Literal["oauth2"] = "oauth2"
    token_url: str = Field(min_length=1, max_length=8_192)
    client_id: str = Field(min_length=1)
    client_secret: str = Field(min_length=1)
    scopes: list[str] = Field(default_factory=list, max_length=100)
    audience: str | None = None
    client_auth: Literal["basic", "body"] = Field(
        "basic", description="Where the token endpoint wants the client's id and secret."
    )


Auth: TypeAlias = NoAuth | BasicAuth | BearerAuth | ApiKeyAuth | OAuth2Auth


# What is sent ------------------------------------------------------------------------------------


class MultipartPart(HttpModel):
    """One part of a multipart body: text, JSON, or the bytes of an artifact."""

    name: str = Field(min_length=1, max_length=200)
    value: Json = None
    filename: str | None = Field(None, max_length=500)
    content_type: str | None = Field(None, max_length=200)


def _raw(value: object) -> object:
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
        return value
    if isinstance(value, dict) and len(value) == 1 and isinstance(value.get(ARTIFACT_KEY), dict):
        return value
    raise ValueError("is a text or a reference to an artifact; JSON is given as `json_body`")


# What comes in pages -----------------------------------------------------------------------------


class Pages(HttpModel):
    """What every kind of paging has.

    `items` is a dotted path such as `data.rows`, or a JSON pointer such as `/data/rows`.
    """

    items: str | None = Field(
        None,
        min_length=1,
        max_length=500,
        description="Path of the list in each page; none when the page is the list.",
    )
    max_pages: Annotated[int, Field(ge=1, le=1_000)] | Expression = 100
    max_items: Annotated[int, Field(ge=1)] | Expression | None = None


class LinkPages(Pages):
    """Each page names the URL of the next: in its `Link` header (RFC 8288), or in its body."""

    type: Literal["link"] = "link"
    next_path: str | None = Field(
        None,
        min_length=1,
        max_length=500,
        description="Path of the next page's URL in each page; none for the Link header.",
    )


class CursorPages(Pages):
    """Each page holds the cursor of the next; an empty or unchanged one ends."""

    type: Literal["cursor"] = "cursor"
    cursor_path: str = Field(min_length=1, max_length=500, description="Path of the cursor.")
    parameter: str = Field(min_length=1, max_length=200, description="Query parameter it goes to.")


class NumberedPages(Pages):
    """Pages are counted; one without items ends. A `step` of the page's size counts by offset."""

    type: Literal["page"] = "page"
    parameter: str = Field("page", min_length=1, max_length=200)
    start: Annotated[int, Field(ge=0)] | Expression = 1
    step: Annotated[int, Field(ge=1)] | Expression = 1
    size_parameter: str | None = Field(None, min_length=1, max_length=200)
    size: Annotated[int, Field(ge=1)] | Expression | None = None

    @model_validator(mode="after")
    def _size_has_a_name(self) -> Self:
        if (self.size is None) != (self.size_parameter is None):
            raise ValueError("`size` and `size_parameter` go together")
        return self


Pagination: TypeAlias = LinkPages | CursorPages | NumberedPages


class HttpConfig(HttpModel):
    """One HTTP request, or as many as there are pages; `{{ … }}` is rendered in `TEMPLATED`."""

    TEMPLATED: ClassVar[frozenset[str]] = frozenset(
        {
            "url",
            "query",
            "headers",
            "auth",
            "json_body",
            "form",
            "multipart",
            "body",
            "pagination",
        }
    )

    kind: Literal["http"] = "http"
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    url: str = Field(min_length=1, max_length=8_192)
    query: dict[str, Json] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    auth: Auth = Field(default_factory=NoAuth, discriminator="type")
    json_body: Json = Field(None, description="Sent as JSON.")
    form: dict[str, Json] | None = Field(None, description="Sent as a form instead of JSON.")
    multipart: list[MultipartPart] | None = Field(
        None, max_length=100, description="Sent as multipart/form-data."
    )
    body: Annotated[str | ArtifactReference | None, BeforeValidator(_raw)] = Field(
        None, description="Sent as it is: a text, or an artifact."
    )
    response: Literal["auto", "json", "text", "bytes"] = "auto"
    fail_on_status: bool = Field(
        True, description="Off: no status is an error, whatever `fail_on` and `retry_on` say."
    )
    fail_on: list[StatusPattern] = Field(
        default_factory=lambda: ["4xx", "5xx"],
        max_length=50,
        description="Statuses that are errors.",
    )
    retry_on: list[StatusPattern] = Field(
        default_factory=lambda: ["408", "425", "429", "5xx"],
        max_length=50,
        description="Statuses that are errors and are tried again, after Retry-After.",
    )
    pagination: Pagination | None = Field(None, discriminator="type")
    follow_redirects: bool = True
    connect_timeout_seconds: Seconds = 10
    read_timeout_seconds: Seconds = Field(60, description="Longest silence of the server.")
    total_timeout_seconds: Seconds | None = Field(
        None, description="For one request with its redirects and its answer."
    )
    max_bytes: int = Field(
        10 * 1024 * 1024,
        ge=1,
        le=256 * 1024 * 1024,
        description="Largest answer; of all pages together.",
    )

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        names = ("json_body", "form", "multipart", "body")
        given = [f"`{name}`" for name in names if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are given; a request has one body")
        return self

    @model_validator(mode="after")
    def _headers_set_once(self) -> Self:
        given = {name.lower(): name for name in self.headers}
        taken = _header_of(self.auth)
        if taken is not None and taken in given:
            raise ValueError(f"headers.{given[taken]}: `auth` sets it; remove one of the two")
        if self.multipart is not None and "content-type" in given:
            raise ValueError("headers.Content-Type: `multipart` sets it, with its boundary")
        return self

    @model_validator(mode="after")
    def _pages_are_json(self) -> Self:
        if self.pagination is None:
            return self
        if self.response not in {"auto", "json"}:
            raise ValueError("`pagination` reads JSON: leave `response` away")
        if self.method in {"HEAD", "OPTIONS"}:
            raise ValueError(f"`pagination` needs bodies; {self.method} has none")
        return self


def _header_of(auth: Auth) -> str | None:
    """The header that proves who calls, in lower case."""
    if isinstance(auth, ApiKeyAuth):
        return auth.name.lower() if auth.place == "header" else None
    return None if isinstance(auth, NoAuth) else "authorization"
