"""Configuration of the HTTP tool."""

from typing import ClassVar, Literal

from pydantic import Field

from models.graph.base import GraphModel
from models.graph.values import Json


class HttpConfig(GraphModel):
    """One HTTP request; every field may hold expressions."""

    TEMPLATED: ClassVar[frozenset[str]] = frozenset(
        {"url", "query", "headers", "json_body", "form", "body"}
    )

    kind: Literal["http"] = "http"
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    url: str = Field(min_length=1, max_length=8_192)
    query: dict[str, Json] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    json_body: Json = Field(None, description="Sent as JSON.")
    form: dict[str, str] | None = Field(None, description="Sent as a form instead of JSON.")
    body: str | None = Field(None, description="Sent as it is instead of JSON or a form.")
    response: Literal["auto", "json", "text", "bytes"] = "auto"
    fail_on_status: bool = Field(True, description="Treat an answer of 400 or more as an error.")
    follow_redirects: bool = True
    max_bytes: int = Field(10 * 1024 * 1024, ge=1, le=256 * 1024 * 1024)
