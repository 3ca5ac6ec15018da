"""A tool's templates: secrets become places, and nothing else does."""

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given, settings, strategies as st

from activities.secrets import names_in, put_in
from models.graph.expression import ExpressionError, render_value
from models.graph.tool import ToolSpec
from models.graph.values import Json
from temporal_workflows.contracts import SecretPart, SecretPlace, ToolTask
from temporal_workflows.tool_rendering import RenderedTool, ToolTemplates, secret_texts

NONCE = "5f1d0c7ab39e4f26a1c45b7f0e9d8c63"
VALUES = {"token": 't0ken "quoted" \\ {{ secrets.other }}', "other": "0ther", "_X9": "Ünï"}
HTTP = {"kind": "http", "url": "https://example.com/"}


def templates(config: Mapping[str, Any], inputs: Mapping[str, Json]) -> ToolTemplates:
    return ToolTemplates(ToolSpec.model_validate({"config": {**HTTP, **config}}), inputs)


def render(
    config: Mapping[str, Any],
    inputs: Mapping[str, Json],
    scope: Mapping[str, Json] | None = None,
    given: Mapping[str, Json] | None = None,
) -> RenderedTool:
    found = templates(config, inputs).render(scope or {}, NONCE, given)
    assert NONCE not in json.dumps([found.config, found.inputs, _as_json(found.secrets)])
    return found


def _as_json(places: list[SecretPlace]) -> list[Any]:
    return [place.model_dump(mode="json") for place in places]


def filled(found: RenderedTool, values: Mapping[str, str] = VALUES) -> dict[str, Any]:
    task = copy.deepcopy({"config": found.config, "inputs": found.inputs})
    put_in(task, found.secrets, dict(values))
    return task


# Places ------------------------------------------------------------------------------------------


def test_a_place_says_where_a_text_is_and_what_it_is_made_of() -> None:
    found = render(
        {"headers": {"Authorization": "Bearer {{ secrets.token }}!"}},
        {"key": "{{ secrets.other }}", "plain": "text"},
    )
    assert found.config["headers"] == {"Authorization": "Bearer {{ secrets.token }}!"}
    assert found.inputs == {"key": "{{ secrets.other }}", "plain": "text"}
    assert {tuple(place.at): place.parts for place in found.secrets} == {
        ("config", "headers", "Authorization"): ["Bearer ", SecretPart(secret="token"), "!"],
        ("inputs", "key"): [SecretPart(secret="other")],
    }
    assert names_in(found.secrets) == {"token", "other"}


def test_several_secrets_in_one_text_are_one_place() -> None:
    found = render({"body": "{{secrets.token}}{{ secrets.other }}:{{ secrets.token }}"}, {})
    (place,) = found.secrets
    token, other = SecretPart(secret="token"), SecretPart(secret="other")
    assert place.parts == [token, other, ":", token]
    assert filled(found)["config"]["body"] == f"{VALUES['token']}0ther:{VALUES['token']}"


def test_places_in_nested_lists_and_objects() -> None:
    body = {"rows": [1, {"a b": ["x", ["{{ secrets.token }}"]]}, "{{ secrets.other }}"], "": {}}
    found = render({"json_body": body}, {"deep": [[{"k": "<{{ secrets._X9 }}>"}]]})
    assert {tuple(place.at) for place in found.secrets} == {
        ("config", "json_body", "rows", 1, "a b", 1, 0),
        ("config", "json_body", "rows", 2),
        ("inputs", "deep", 0, 0, "k"),
    }
    assert filled(found) == {
        "config": {
            **HTTP,
            "json_body": {"rows": [1, {"a b": ["x", [VALUES["token"]]]}, "0ther"], "": {}},
        },
        "inputs": {"deep": [[{"k": "<Ünï>"}]]},
    }


def test_places_survive_the_way_to_the_activity() -> None:
    """As JSON, and as a task: numbers in a path stay numbers."""
    found = render({"json_body": ["{{ secrets.token }}", {"0": "{{ secrets.other }}"}]}, {})
    context = {"execution_id": "e", "node_key": "n"}
    task = ToolTask.model_validate(
        {"context": context, "config": found.config, "secrets": _as_json(found.secrets)}
    )
    again = ToolTask.model_validate_json(task.model_dump_json())
    assert again.secrets == found.secrets
    sent = {"config": again.config, "inputs": {}}
    put_in(sent, again.secrets, VALUES)
    assert sent["config"]["json_body"] == [VALUES["token"], {"0": "0ther"}]


def test_an_input_with_a_secret_is_read_in_the_configuration() -> None:
    found = render(
        {
            "headers": {"A": "Bearer {{ inputs.token }}", "B": "{{ inputs.both.list[1] }}"},
            "json_body": "{{ inputs.both }}",
        },
        {
            "token": "{{ secrets.token }}",
            "both": {"list": ["{{ secrets.other }}", "<{{ secrets._X9 }}>"]},
        },
    )
    assert filled(found)["config"] == {
        **HTTP,
        "headers": {"A": f"Bearer {VALUES['token']}", "B": "<Ünï>"},
        "json_body": {"list": ["0ther", "<Ünï>"]},
    }


def test_all_inputs_at_once_keep_their_secrets() -> None:
    found = render({"json_body": "{{ inputs }}"}, {"a": "{{ secrets.token }}", "b": 1})
    assert filled(found)["config"]["json_body"] == {"a": VALUES["token"], "b": 1}


def test_a_tool_without_secrets_has_no_places_and_needs_no_mark() -> None:
    found = templates({"body": "{{ input.x }}"}, {}).render({"input": {"x": 1}}, "")
    assert (found.config["body"], found.secrets) == (1, [])


def test_what_is_not_templated_stays_as_it_is() -> None:
    spec = {"config": {"kind": "python", "code": "# {{ secrets.token }}\ndef main(): ..."}}
    found = ToolTemplates(ToolSpec.model_validate(spec), {"a": "{{ secrets.other }}"})
    assert found.secrets == {"other"}
    assert found.render({}, NONCE).config["code"] == spec["config"]["code"]
    builtin = {"kind": "builtin", "name": "render", "template": "{{ secrets.token }}"}
    text = ToolTemplates(ToolSpec.model_validate({"config": builtin}), {})
    assert text.secrets == frozenset()
    assert text.render({}, NONCE).config["template"] == "{{ secrets.token }}"


@pytest.mark.parametrize(
    "written", ["{{secrets.token}}", "{{ secrets['token'] }}", " {{ secrets.token }} "]
)
def test_every_way_to_write_a_secret_is_shown_in_one_way(written: str) -> None:
    found = render({"body": written}, {})
    assert found.config["body"] == "{{ secrets.token }}"
    assert filled(found)["config"]["body"] == VALUES["token"]


# Data --------------------------------------------------------------------------------------------

LOOKALIKES: list[Json] = [
    "{{ secrets.token }}",
    "{{secrets.token}}",
    {"secret": "token"},
    [{"secret": "token"}],
    {"at": ["inputs", "x"], "parts": [{"secret": "token"}]},
    {"{{ secrets.token }}": 1},
    "[secret token]",
    f"{NONCE[:-1]}.token.",
    f"{NONCE}token.",
    ".token.",
    {"$artifact": {"id": "{{ secrets.token }}"}},
]


@pytest.mark.parametrize("data", LOOKALIKES, ids=json.dumps)
@pytest.mark.parametrize("with_secret", [False, True])
def test_data_that_looks_like_a_secret_stays_data(data: Json, with_secret: bool) -> None:
    inputs: dict[str, Json] = {"x": "{{ input.data }}"}
    if with_secret:
        inputs["y"] = "{{ secrets.other }}"
    found = templates({"json_body": "{{ inputs.x }}"}, inputs).render(
        {"input": {"data": data}}, NONCE
    )
    assert found.inputs["x"] == data
    assert found.config["json_body"] == data
    assert names_in(found.secrets) == ({"other"} if with_secret else set())
    assert filled(found)["inputs"]["x"] == data
    assert filled(found)["config"]["json_body"] == data


def test_a_text_of_data_and_a_secret_keeps_both_apart() -> None:
    scope = {"input": {"note": "{{ secrets.other }} {{ secrets.token }}"}}
    found = render({"body": "{{ secrets.token }}: {{ input.note }}"}, {}, scope)
    assert filled(found)["config"]["body"] == f"{VALUES['token']}: {scope['input']['note']}"


def test_a_value_that_looks_like_a_secret_is_not_filled_again() -> None:
    """The value of `token` names another secret itself."""
    found = render({"body": "{{ secrets.token }}"}, {"a": "{{ secrets.other }}"})
    assert filled(found)["config"]["body"] == VALUES["token"]
    assert "{{ secrets.other }}" in filled(found)["config"]["body"]


def test_a_place_that_is_not_there_is_an_error() -> None:
    for at in (
        ["inputs", "none", "x"],
        ["inputs", "list", 5],
        ["inputs", "text", "x"],
        ["other", 1],
    ):
        place = SecretPlace(at=at, parts=[SecretPart(secret="token")])
        with pytest.raises(Exception, match="not there"):
            put_in({"config": {}, "inputs": {"list": [], "text": "t"}}, [place], VALUES)


# Refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", ["{{ secrets.a.b }}", "{{ secrets[0] }}"])
def test_what_is_no_name_of_a_secret_is_an_error_that_names_the_field(template: str) -> None:
    with pytest.raises(ExpressionError, match="secret") as refused:
        render({}, {"x": template, "y": "{{ secrets.token }}"})
    assert refused.value.field == "inputs.x"


COMPUTED = [
    "{{ inputs.t | upper }}",
    "{{ inputs.t | length }}",
    "{{ inputs.t[0] }}",
    "{{ inputs.t[0:5] }}",
    "{{ inputs.t | replace('.', '') }}",
    "{{ inputs.t | urlencode }}",
    "{{ inputs | tojson }}",
    "{{ (':' ~ inputs.t) | upper }}",
    "{{ secrets.token | upper }}",
    "{{ secrets }}",
    "as JSON: {{ inputs.all }}",
]


@pytest.mark.parametrize("template", COMPUTED)
def test_nothing_is_computed_with_a_secret(template: str) -> None:
    """The secret is not there yet, so whatever came out would be computed with its mark."""
    inputs: dict[str, Json] = {"t": "{{ secrets.token }}", "all": {"t": "{{ secrets.token }}"}}
    with pytest.raises(ExpressionError):
        render({"json_body": [template]}, inputs)


# Edited inputs -----------------------------------------------------------------------------------


def test_edited_inputs_keep_the_secrets_that_their_template_has() -> None:
    inputs: dict[str, Json] = {
        "auth": "Bearer {{ secrets.token }}",
        "rows": [{"key": "{{ secrets.other }}"}],
        "n": "{{ input.n }}",
    }
    shown = {"auth": "Token {{ secrets.token }}", "rows": [{"key": "{{secrets.other}}"}], "n": 5}
    found = render({"body": "{{ inputs.auth }}"}, inputs, given=shown)
    assert filled(found) == {
        "config": {**HTTP, "body": f"Token {VALUES['token']}"},
        "inputs": {"auth": f"Token {VALUES['token']}", "rows": [{"key": "0ther"}], "n": 5},
    }


@pytest.mark.parametrize(
    ("template", "given"),
    [
        ("plain", "{{ secrets.token }}"),
        ("{{ input.n }}", "{{ secrets.token }}"),
        ("{{ secrets.other }}", "{{ secrets.token }}"),
        ("{{ secrets.token }}", "secrets.token"),
        ("{{ secrets.token }}", {"secret": "token"}),
        ("{{ secrets.token }}", ["{{ secrets.token }}"]),
        ({"a": "{{ secrets.token }}"}, {"b": "{{ secrets.token }}"}),
        ({"a": "{{ secrets.token }}"}, {"a": {"a": "{{ secrets.token }}"}}),
        (["{{ secrets.token }}"], ["x", "{{ secrets.token }}"]),
        (["{{ secrets.token }}"], {"0": "{{ secrets.token }}"}),
        (None, "{{ secrets.token }}"),
    ],
)
def test_edited_inputs_get_no_secret_that_their_template_lacks(template: Json, given: Json) -> None:
    inputs = {"x": template, "other": "{{ secrets.token }}"}
    found = render({}, inputs, {"input": {"n": 1}}, {"x": given})
    assert (found.inputs, found.secrets) == ({"x": given}, [])


def test_a_new_input_gets_no_secret() -> None:
    found = render({}, {"a": "{{ secrets.token }}"}, given={"b": "{{ secrets.token }}"})
    assert (found.inputs, found.secrets) == ({"b": "{{ secrets.token }}"}, [])


def test_edited_inputs_are_not_templates_otherwise() -> None:
    given = {"a": "{{ 1 + 1 }} {{ oops", "b": "{{ input.n }}"}
    found = render({}, {"a": "{{ secrets.token }}", "b": "{{ input.n }}"}, given=given)
    assert found.inputs == given


def test_only_texts_that_show_a_secret_are_templates_of_a_try() -> None:
    given: Json = {"a": ["{{ secrets.x }}", "{{ 1 + 1 }}"], "b": {"c": "-{{secrets.y}}-"}, "d": 1}
    assert secret_texts(given) == {
        "a": ["{{ secrets.x }}", None],
        "b": {"c": "-{{secrets.y}}-"},
        "d": None,
    }


# Property ----------------------------------------------------------------------------------------

NAMES = st.sampled_from(sorted(VALUES))
TEXTS = st.text(st.sampled_from(f'ab .{{}}"\\é:{NONCE[:3]}'), max_size=12).filter(
    lambda text: "{{" not in text and not text.endswith("{")
)
DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=8)
    | st.sampled_from(["{{ secrets.token }}", "{{secrets.other}}", NONCE[:-1], "[secret token]"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "b", "secret", "{{ secrets.token }}"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
LEAVES = st.one_of(
    NAMES.map(lambda name: f"{{{{ secrets.{name} }}}}"),
    st.just("{{ input.data }}"),
    st.just("{{ input.n + 1 }}"),
    st.just("{{ 'a' ~ input.n }}"),
)
TEMPLATE_TEXTS = st.lists(LEAVES | TEXTS, max_size=5).map("".join)
TREES = st.recursive(
    TEMPLATE_TEXTS | st.integers() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["k", "secret", "{{ secrets.token }}"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
INPUTS = st.dictionaries(st.sampled_from(["x", "y", "z"]), TREES, max_size=3)


@st.composite
def configurations(draw: st.DrawFn, names: list[str]) -> dict[str, Any]:
    """Options that read inputs as a whole, or leaves of texts beside secrets and data."""
    whole = st.sampled_from([f"{{{{ inputs.{name} }}}}" for name in names] or ["none"])
    tree = TREES | st.lists(whole, max_size=2)
    options = draw(st.dictionaries(st.sampled_from(["p", "q"]), tree, max_size=2))
    return {"kind": "builtin", "name": "any", "options": options}


@settings(max_examples=300)
@given(st.data(), INPUTS, DATA, st.integers(-5, 5))
def test_filled_places_are_what_rendering_with_the_values_gives(
    data: st.DataObject, inputs: dict[str, Json], value: Json, number: int
) -> None:
    config = data.draw(configurations(sorted(inputs)))
    scope: dict[str, Json] = {"input": {"data": value, "n": number}}
    spec = ToolSpec.model_validate({"config": config})
    found = ToolTemplates(spec, inputs).render(scope, NONCE)

    real = _rendered_with(config, inputs, scope, VALUES)
    assert filled(found) == real
    # Until they are filled in, names stand there, and all else is as it is with other values.
    shown = {name: f"{{{{ secrets.{name} }}}}" for name in VALUES}
    assert {"config": found.config, "inputs": found.inputs} == _rendered_with(
        config, inputs, scope, shown
    )
    assert NONCE not in json.dumps([found.config, found.inputs, _as_json(found.secrets)])
    assert names_in(found.secrets) <= set(VALUES)


@settings(max_examples=200)
@given(INPUTS, DATA, st.integers(-5, 5))
def test_inputs_edited_into_themselves_run_as_before(
    inputs: dict[str, Json], value: Json, number: int
) -> None:
    """Unless the data itself looks like a secret that its template has."""
    scope: dict[str, Json] = {"input": {"data": value, "n": number}}
    spec = ToolSpec.model_validate({"config": {"kind": "builtin", "name": "any"}})
    found = ToolTemplates(spec, inputs)
    first = found.render(scope, NONCE)
    assume("secrets." not in json.dumps(value))
    again = found.render(scope, NONCE, first.inputs)
    assert again.inputs == first.inputs
    assert filled(again) == filled(first)


def _rendered_with(
    config: dict[str, Any], inputs: dict[str, Json], scope: dict[str, Json], values: dict[str, str]
) -> dict[str, Any]:
    everything = {**scope, "secrets": dict(values)}
    own = {key: render_value(template, everything) for key, template in inputs.items()}
    options = render_value(config["options"], {**everything, "inputs": own})
    return {"config": {**config, "options": options}, "inputs": own}
