"""What a graph is made of, as data: drives palette, inspector and documentation."""

from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from models.enums import NodeType, ToolType
from models.graph import node as kinds, tool as tool_configs
from models.graph.agent import AgentConfig
from models.graph.base import GraphModel
from models.graph.builtins import BUILTINS, Builtin
from models.graph.http import HttpConfig


class NodeKind(BaseModel):
    """One type of node.

    `handles_out` are its fixed named ways out; with `dynamic_handles` the configuration adds some.
    `runs_as` is what Temporal shows: local_activity, activity, workflow, timer or child_workflow.
    """

    model_config = ConfigDict(frozen=True)

    type: NodeType
    title: str
    description: str
    category: str
    icon: str
    has_input: bool = True
    handles_out: list[str] = ["error"]
    dynamic_handles: bool = False
    is_container: bool = False
    runs_as: str
    config_schema: dict[str, Any]


class ToolKind(BaseModel):
    """One kind of tool."""

    model_config = ConfigDict(frozen=True)

    kind: ToolType
    title: str
    description: str
    icon: str
    templated: list[str]
    config_schema: dict[str, Any]


def catalog() -> list[NodeKind]:
    """Every type of node that this version runs."""

    def kind(node: type[kinds.NodeBase], config: type[GraphModel], **facts: Any) -> NodeKind:
        schema = config.model_json_schema(by_alias=True)
        return NodeKind(description=_first_line(node), config_schema=schema, **facts)

    tools: dict[str, Any] = TypeAdapter(tool_configs.ToolConfig).json_schema()
    local = "local_activity"
    return [
        kind(
            kinds.TriggerNode,
            kinds.TriggerConfig,
            type=NodeType.TRIGGER,
            title="Trigger",
            category="flow",
            icon="play",
            runs_as=local,
            has_input=False,
        ),
        NodeKind(
            type=NodeType.TOOL,
            title="Tool",
            description=_first_line(kinds.ToolNode),
            category="work",
            icon="wrench",
            runs_as="activity",
            config_schema=tools,
        ),
        kind(
            kinds.ConditionNode,
            kinds.ConditionConfig,
            type=NodeType.CONDITION,
            title="Condition",
            category="flow",
            icon="split",
            runs_as=local,
            dynamic_handles=True,
        ),
        kind(
            kinds.AdapterNode,
            kinds.AdapterConfig,
            type=NodeType.ADAPTER,
            title="Adapter",
            category="data",
            icon="shuffle",
            runs_as=local,
        ),
        kind(
            kinds.ParallelNode,
            kinds.ParallelConfig,
            type=NodeType.PARALLEL,
            title="Parallel",
            category="flow",
            icon="layers",
            runs_as="workflow",
            is_container=True,
        ),
        kind(
            kinds.LoopNode,
            kinds.LoopConfig,
            type=NodeType.LOOP,
            title="Loop",
            category="flow",
            icon="repeat",
            runs_as="workflow",
            is_container=True,
        ),
        kind(
            kinds.AggregatorNode,
            kinds.AggregatorConfig,
            type=NodeType.AGGREGATOR,
            title="Aggregator",
            category="data",
            icon="merge",
            runs_as=local,
        ),
        kind(
            kinds.DelayNode,
            kinds.DelayConfig,
            type=NodeType.DELAY,
            title="Delay",
            category="flow",
            icon="clock",
            runs_as="timer",
        ),
        kind(
            kinds.AgentNode,
            AgentConfig,
            type=NodeType.AGENT,
            title="Agent",
            category="work",
            icon="bot",
            runs_as="child_workflow",
            handles_out=["budget", "timeout", "error"],
        ),
        kind(
            kinds.ApprovalNode,
            kinds.ApprovalConfig,
            type=NodeType.APPROVAL,
            title="Approval",
            category="flow",
            icon="user-check",
            runs_as="timer",
            handles_out=["rejected", "timeout", "error"],
        ),
        kind(
            kinds.EventNode,
            kinds.EventNodeConfig,
            type=NodeType.EVENT,
            title="Event",
            category="flow",
            icon="radio",
            runs_as="timer",
            handles_out=["timeout", "error"],
        ),
        kind(
            kinds.WorkflowNode,
            kinds.SubWorkflowConfig,
            type=NodeType.WORKFLOW,
            title="Workflow",
            category="work",
            icon="workflow",
            runs_as="child_workflow",
        ),
    ]


def tool_kinds() -> list[ToolKind]:
    """Every kind of tool that this version runs."""
    configs = (
        (ToolType.HTTP, "HTTP request", "globe", HttpConfig),
        (ToolType.MCP, "MCP", "plug", tool_configs.McpConfig),
        (ToolType.PYTHON, "Python", "code", tool_configs.PythonConfig),
        (ToolType.SHELL, "Shell", "terminal", tool_configs.ShellConfig),
        (ToolType.BUILTIN, "Built-in", "box", tool_configs.BuiltinConfig),
    )
    return [
        ToolKind(
            kind=kind,
            title=title,
            description=_first_line(config),
            icon=icon,
            templated=sorted(config.TEMPLATED),
            config_schema=config.model_json_schema(),
        )
        for kind, title, icon, config in configs
    ]


def builtins() -> list[Builtin]:
    """Every built-in helper."""
    return list(BUILTINS.values())


def _first_line(thing: type) -> str:
    return (thing.__doc__ or "").strip().splitlines()[0]
