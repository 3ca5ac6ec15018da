"""What a tool of an MCP server answered, as the output of its node."""

import base64
import binascii
import re
from typing import Any

import orjson
from mcp_types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)

from activities.context import ToolContext
from activities.errors import InvalidOutput
from activities.mcp.errors import McpToolError
from activities.mcp.limits import MAX_ERROR_TEXT
from activities.mcp.registry import ApprovedTool
from activities.mcp.wording import shown
from activities.schema import check_schema
from models.enums import LogLevel
from models.graph.values import Json

_MIME = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*", re.IGNORECASE)
_ANY = "application/octet-stream"


async def output_of(result: CallToolResult, tool: ApprovedTool, context: ToolContext) -> Json:
    """The structured content if there is any, else `{text}` for one text, else `{contents: […]}`.

    Raises:
        McpToolError: the tool says that it failed.
        InvalidOutput: the answer does not satisfy the tool's own output schema.
    """
    if result.is_error:
        raise _refused(result, tool.name)
    if tool.output_schema is not None or result.structured_content is not None:
        return _structured(result, tool, context)
    contents = [await _content(each, context) for each in result.content]
    if len(contents) == 1 and contents[0]["type"] == "text":
        return {"text": contents[0]["text"]}
    return {"contents": list(contents)}


def _structured(result: CallToolResult, tool: ApprovedTool, context: ToolContext) -> Json:
    value: Json = result.structured_content
    if value is None:
        value = _parsed(result, tool.name)
    if tool.output_schema is not None:
        check_schema(value, tool.output_schema, where="output", error=InvalidOutput)
    others = sum(not isinstance(each, TextContent) for each in result.content)
    if others:
        context.log(f"{others} files beside the structured content are left out", LogLevel.WARNING)
    return value


def _parsed(result: CallToolResult, tool: str) -> Json:
    """Servers from before structured content send it as text."""
    texts = [each.text for each in result.content if isinstance(each, TextContent)]
    try:
        (text,) = texts
        return orjson.loads(text)  # type: ignore[no-any-return]
    except ValueError:
        raise InvalidOutput(
            f"the tool {tool!r} has an output schema, but answered without structured content"
        ) from None


def _refused(result: CallToolResult, tool: str) -> McpToolError:
    texts = [each.text for each in result.content if isinstance(each, TextContent)]
    said = shown("\n".join(texts), MAX_ERROR_TEXT).strip()
    return McpToolError(f"the tool {tool!r} failed" + (f": {said}" if said else ""))


async def _content(content: Any, context: ToolContext) -> dict[str, Json]:
    match content:
        case TextContent():
            return {"type": "text", "text": _plain(content.text)}
        case ImageContent() | AudioContent():
            return {
                "type": content.type,
                "artifact": await _stored(content.data, content.mime_type, context),
            }
        case ResourceLink():
            return _given(
                type="resource_link",
                uri=content.uri,
                name=content.name,
                title=content.title,
                description=content.description,
                mime_type=content.mime_type,
                size=content.size,
            )
        case EmbeddedResource(resource=BlobResourceContents() as blob):
            stored = await _stored(blob.blob, blob.mime_type, context)
            return _given(type="resource", uri=blob.uri, mime_type=blob.mime_type, artifact=stored)
        case EmbeddedResource(resource=TextResourceContents() as text):
            return _given(type="resource", uri=text.uri, mime_type=text.mime_type, text=text.text)
    raise InvalidOutput(f"the answer holds content of an unknown kind: {type(content).__name__}")


async def _stored(encoded: str, mime_type: str | None, context: ToolContext) -> Json:
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidOutput("the answer holds a file that is not base64") from None
    kind = mime_type if mime_type and _MIME.fullmatch(mime_type) else _ANY
    return await context.artifacts.put(context.execution_id, data, content_type=kind)


def _given(**facts: Any) -> dict[str, Json]:
    plain = {name: _plain(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
    return {name: fact for name, fact in plain.items() if fact is not None}


def _plain(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
