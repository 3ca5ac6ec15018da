"""A tool's inputs and configuration, rendered; secrets stay references with places of their own.

While templates are rendered a random mark stands for each secret. Nobody else knows it, so that a
mark found in the result can only come from a template that names the secret.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from models.graph.agent import AgentSpec
from models.graph.expression import (
    ExpressionError,
    Interpolation,
    compile_template,
    references,
    render_value,
)
from models.graph.tool import ToolSpec
from models.graph.values import Json
from temporal_workflows.contracts import SecretPart, SecretPlace

_SHOWN = re.compile(r"\{\{\s*secrets\.(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class RenderedTool:
    """What runs: both are final but for the places of secrets."""

    config: dict[str, Json]
    inputs: dict[str, Json]
    secrets: list[SecretPlace]


@dataclass(slots=True)
class ToolTemplates:
    """What of a tool or agent is rendered: its node's inputs, and the templated configuration."""

    spec: ToolSpec | AgentSpec
    inputs: Mapping[str, Json]
    raw: dict[str, Json] = field(init=False)
    config: dict[str, Json] = field(init=False)

    def __post_init__(self) -> None:
        self.raw = self.spec.config.model_dump(mode="json", exclude_unset=True)
        self.config = {
            name: self.raw[name] for name in self.raw.keys() & self.spec.config.TEMPLATED
        }

    @property
    def all(self) -> list[Json]:
        """Every template, for whoever builds the scope."""
        return [dict(self.inputs), self.config]

    @property
    def secrets(self) -> Set[str]:
        """Names of the secrets that they name."""
        return references(self.all).secrets

    def render(
        self,
        scope: Mapping[str, Json],
        nonce: str,
        given: Mapping[str, Json] | None = None,
    ) -> RenderedTool:
        """Render inputs, then configuration, where `inputs` names the former.

        Args:
            scope: The other names that the templates use.
            nonce: Random text that no data of this run can hold; unused without secrets.
            given: Inputs to take instead of rendering them; where a template has a secret, a text
                that shows it stands for it again.

        Raises:
            ExpressionError: a template cannot be rendered.
        """
        marks = {name: f"{nonce}.{name}." for name in self.secrets}
        scope = {**scope, "secrets": dict(marks)}
        if given is None:
            inputs = _rendered(self.inputs, scope, "inputs")
        else:
            inputs = {key: _again(self.inputs.get(key), item, marks) for key, item in given.items()}
        scope["inputs"] = inputs
        if marks:
            _refuse_computing(dict(self.inputs), scope, nonce, "inputs")
            _refuse_computing(self.config, scope, nonce, "config")
        config = self.raw | _rendered(self.config, scope, "config")
        if not marks:
            return RenderedTool(config, inputs, [])
        found = _Places(re.compile(f"{re.escape(nonce)}\\.(\\w+)\\."))
        config = found.take_each(config, "config")
        inputs = found.take_each(inputs, "inputs")
        return RenderedTool(config, inputs, found.places)


class _Places:
    """Takes the marks out of a value and notes where they were."""

    def __init__(self, mark: re.Pattern[str]) -> None:
        self.places: list[SecretPlace] = []
        self._mark = mark

    def take_each(self, values: Mapping[str, Json], name: str) -> dict[str, Json]:
        return {key: self._take(item, [name, key]) for key, item in values.items()}

    def _take(self, value: Json, at: list[str | int]) -> Json:
        if isinstance(value, dict):
            return {key: self._take(item, [*at, key]) for key, item in value.items()}
        if isinstance(value, list):
            return [self._take(item, [*at, index]) for index, item in enumerate(value)]
        if not isinstance(value, str) or not self._mark.search(value):
            return value
        # Split by one group: texts and names take turns.
        pieces = self._mark.split(value)
        parts: list[str | SecretPart] = [
            SecretPart(secret=piece) if index % 2 else piece
            for index, piece in enumerate(pieces)
            if piece
        ]
        self.places.append(SecretPlace(at=at, parts=parts))
        return "".join(part if isinstance(part, str) else _show(part.secret) for part in parts)


def _refuse_computing(
    template: Json, scope: Mapping[str, Json], nonce: str, field_name: str
) -> None:
    """Raises `ExpressionError` unless secrets are inserted as they are, as texts.

    They are not there yet: whatever is computed would be computed with their marks.
    """
    if isinstance(template, dict):
        for key, item in template.items():
            _refuse_computing(item, scope, nonce, f"{field_name}.{key}")
    elif isinstance(template, list):
        for index, item in enumerate(template):
            _refuse_computing(item, scope, nonce, f"{field_name}[{index}]")
    elif isinstance(template, str):
        parts = compile_template(template, field=field_name)
        whole = sum(not isinstance(part, str) or not part.isspace() for part in parts) == 1
        for part in parts:
            if isinstance(part, Interpolation) and _computes(part, scope, nonce, whole=whole):
                raise ExpressionError(
                    f"{field_name}: `{part.source}`: a secret is inserted as it is, without filters "
                    "or operators around it",
                    field_name,
                    part.source,
                )


def _computes(part: Interpolation, scope: Mapping[str, Json], nonce: str, *, whole: bool) -> bool:
    read = [
        _at(scope.get(use.path.root), use.path.keys)
        for use in part.uses
        if use.path.root in {"secrets", "inputs"}
    ]
    touched = [(value, there) for value, there in read if _holds(value, nonce)]
    if not touched:
        return False
    value, there = touched[0]
    named = part.path is not None and (part.path.root != "secrets" or len(part.path.keys) == 1)
    return not (named and there) or not (whole or isinstance(value, str))


def _at(value: Json, keys: Sequence[str | int]) -> tuple[Json, bool]:
    """What the keys lead to, or the value from where they lead on and no field is; whether one is."""
    for key in keys:
        if isinstance(value, dict) and key in value:
            value = value[str(key)]
        elif isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
            value = value[key]
        else:
            return value, False
    return value, True


def _holds(value: Json, nonce: str) -> bool:
    if isinstance(value, dict):
        return any(_holds(item, nonce) for item in value.values())
    if isinstance(value, list):
        return any(_holds(item, nonce) for item in value)
    return isinstance(value, str) and nonce in value


def _rendered(
    templates: Mapping[str, Json], scope: Mapping[str, Json], name: str
) -> dict[str, Json]:
    return {
        key: render_value(template, scope, field=f"{name}.{key}")
        for key, template in templates.items()
    }


def secret_texts(value: Json) -> Json:
    """The texts in data that name a secret as they would in a template; None for all else.

    For whoever tries a tool with inputs of their own: only that of them is a template.
    """
    if isinstance(value, dict):
        return {key: secret_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [secret_texts(item) for item in value]
    return value if isinstance(value, str) and _SHOWN.search(value) else None


def _again(template: Json, value: Json, marks: Mapping[str, str]) -> Json:
    """`value` with the marks of the secrets that `template` has in the same place."""
    if isinstance(template, dict) and isinstance(value, dict):
        return {key: _again(template.get(key), item, marks) for key, item in value.items()}
    if isinstance(template, list) and isinstance(value, list):
        pairs = zip([*template, *[None] * len(value)], value, strict=False)
        return [_again(own, item, marks) for own, item in pairs]
    if not isinstance(template, str) or not isinstance(value, str):
        return value
    own_names = references(template).secrets
    return _SHOWN.sub(lambda found: marks[found[1]] if found[1] in own_names else found[0], value)


def _show(name: str) -> str:
    return f"{{{{ secrets.{name} }}}}"
