"""A tool's inputs and configuration, rendered; secrets stay references with places of their own.

While templates are rendered a random mark stands for each secret. Nobody else knows it, so that a
mark found in the result can only come from a template that names the secret.
"""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from models.graph.expression import references, render_value
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
    """What of a tool is rendered: its node's inputs, and the templated part of its configuration."""

    spec: ToolSpec
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
        config = self.raw | _rendered(self.config, scope | {"inputs": inputs}, "config")
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
