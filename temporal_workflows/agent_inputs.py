"""What an agent's run starts with: its settings, rendered, and what its tools name."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.enums import ToolType
from models.graph.agent import AgentSpec, AgentTool
from models.graph.graph import Graph
from models.graph.node import TriggerNode
from models.graph.tool import McpConfig, ToolSpec
from models.graph.values import Json, is_artifact
from temporal_workflows.contracts import AgentInput, AgentToolSpec, SubWorkflow
from temporal_workflows.tool_rendering import RenderedTool, ToolTemplates

# These stand in the conversation, or are resolved.
_NOT_IN_CONFIG = frozenset({"prompt", "system", "tools"})
PROMPT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "prompt": {"type": "string", "minLength": 1, "description": "What it is to do."}
    },
    "required": ["prompt"],
    "additionalProperties": False,
}


class ToolMissing(LookupError):
    """A tool names what the run does not carry; the message says what."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run carries, by the names that graphs and agents use."""

    tools: Mapping[str, ToolSpec] = field(default_factory=dict)
    workflows: Mapping[str, SubWorkflow] = field(default_factory=dict)
    agents: Mapping[str, AgentSpec] = field(default_factory=dict)


def agent_run(
    spec: AgentSpec, rendered: RenderedTool, prompt: Json, around: Surroundings, **facts: Any
) -> AgentInput:
    """An agent's input from its rendered settings; `facts` are the other fields.

    Raises:
        ToolMissing: a tool names what `around` does not have.
    """
    config = {name: value for name, value in rendered.config.items() if name not in _NOT_IN_CONFIG}
    tools = [_tool(tool, around) for tool in spec.config.tools]
    below = any(tool.workflow or tool.agent for tool in tools)
    return AgentInput(
        config=config,
        secrets=[at for at in rendered.secrets if at.at[0] == "config" and at.at[1] in config],
        system=str(rendered.config.get("system") or ""),
        input={"prompt": _as_text(prompt)},
        tools=tools,
        agent_id=spec.id or "",
        registered=dict(around.tools) if below else {},
        workflows=dict(around.workflows) if below else {},
        agents=dict(around.agents) if below else {},
        **facts,
    )


def agent_child(
    spec: AgentSpec, prompt: str, around: Surroundings, nonce: str, **facts: Any
) -> AgentInput:
    """The input of a registered agent's run; what it is asked is data, never a template.

    `nonce` is random text for the places of secrets, see `ToolTemplates.render`; `facts` are the
    other fields of `AgentInput`.

    Raises:
        ExpressionError: its settings cannot be rendered.
        ToolMissing: a tool names what `around` does not have.
    """
    rendered = ToolTemplates(spec, {}).render({}, nonce, {"prompt": prompt})
    return agent_run(spec, rendered, prompt, around, **facts)


def mcp_key(server: str, tool: str) -> str:
    """The name under which a run carries what is pinned of an MCP server's tool."""
    return f"{ToolType.MCP}:{server}/{tool}"


def _as_text(prompt: Json) -> Json:
    """A model reads text; what is large stays a reference until it is read."""
    if isinstance(prompt, str) or is_artifact(prompt):
        return prompt
    return json.dumps(prompt, ensure_ascii=False)


def _tool(tool: AgentTool, around: Surroundings) -> AgentToolSpec:
    spec = _spec(tool, around)
    described = spec.description if spec else None
    parameters = tool.input_schema
    if tool.workflow is not None:
        parameters = parameters or _trigger_schema(around.workflows[tool.workflow].graph)
    elif tool.agent is not None:
        parameters, described = PROMPT_SCHEMA, around.agents[tool.agent].description
    return AgentToolSpec(
        name=tool.name,
        description=tool.description or described or "",
        parameters=parameters,
        spec=spec,
        workflow=tool.workflow,
        agent=tool.agent,
        sensitive=tool.sensitive,
        approval_seconds=tool.approval_seconds,
        timeout_seconds=tool.timeout_seconds,
    )


def _spec(tool: AgentTool, around: Surroundings) -> ToolSpec | None:
    """What runs; None for a workflow and for another agent, which are known to be there."""
    if tool.workflow is not None and tool.workflow not in around.workflows:
        raise ToolMissing(f"workflow {tool.workflow!r} is not in this run")
    if tool.agent is not None and tool.agent not in around.agents:
        raise ToolMissing(f"agent {tool.agent!r} is not registered")
    if tool.tool is not None:
        found = around.tools.get(tool.tool)
        if found is None:
            raise ToolMissing(f"tool {tool.tool!r} is not registered")
        return found
    if tool.config is None:
        return None
    if isinstance(tool.config, McpConfig) and tool.input_schema is None:
        pinned = around.tools.get(mcp_key(tool.config.server, tool.config.tool))
        if pinned is not None:
            return pinned
    return ToolSpec(config=tool.config, input_schema=tool.input_schema)


def _trigger_schema(graph: Graph) -> dict[str, Any] | None:
    return next(
        (node.config.input_schema for node in graph.nodes if isinstance(node, TriggerNode)), None
    )
