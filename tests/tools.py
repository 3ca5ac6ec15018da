"""Tools with scripted behaviour, at the edge where real ones would meet the world."""

import asyncio
from typing import Any

from activities.context import ToolContext
from activities.errors import InvalidInput, ToolError, UserCodeError
from models.enums import ToolType
from models.graph.tool import BuiltinConfig
from models.graph.values import Json
from tests.temporal_workflows.script import Script


class FatalError(ToolError):
    """Not retried."""

    code = "Fatal"
    retryable = False


async def scripted(config: BuiltinConfig, inputs: dict[str, Json], context: ToolContext) -> Json:
    """`echo`, `flaky` (fails the first `times` attempts), `fatal`, `sleep`, `blob`, `leave_trace`, `script`."""
    options: dict[str, Any] = config.options
    context.log(f"{config.name} attempt {context.attempt}")
    match config.name:
        case "echo":
            return inputs
        case "flaky":
            if context.attempt <= options["times"]:
                raise UserCodeError("not yet")
            return inputs
        case "fatal":
            raise FatalError("never", details={"why": "scripted"})
        case "sleep":
            await asyncio.sleep(options["seconds"])
            return inputs
        case "script":
            script = Script(options["seed"])
            if script.fails(context.node_key, context.path):
                raise FatalError("scripted")
            return script.output(context.node_key, context.path)
        case "blob":
            return "x" * options["bytes"]
        case "leave_trace":
            with open(options["file"], "a", encoding="utf-8") as file:  # noqa: ASYNC230 - a line
                file.write(f"{context.node_key} {context.path} {context.attempt}\n")
            await asyncio.sleep(options.get("seconds", 0))
            return inputs
    raise InvalidInput(f"no scripted tool {config.name}")


TOOLS = {ToolType.BUILTIN: scripted}
