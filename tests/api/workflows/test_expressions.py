"""Expressions that are tried out while they are written."""

from typing import Any

import pytest

from tests.api.fixtures import Api

PATH = "/expressions/evaluate"
SCOPE = {"input": {"n": 41, "names": ["a", "b"], "none": None}, "vars": {"limit": 1.5}}


async def evaluated(client: Api, template: Any, scope: Any = SCOPE) -> dict[str, Any]:
    """What the editor is told."""
    answer = await client.post(PATH, json={"template": template, "scope": scope})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ input.n + 1 }}", 42),
        ("{{ vars.limit }}", 1.5),
        ("{{ input.n > 40 }}", True),
        ("{{ input.none }}", None),
        ("{{ input.names }}", ["a", "b"]),
        ("{{ input }}", SCOPE["input"]),
        ("n is {{ input.n }}", "n is 41"),
        ("no expression", "no expression"),
        ("", ""),
        (7, 7),
        (None, None),
    ],
)
async def test_a_value_keeps_its_type(viewer: Api, template: Any, value: Any) -> None:
    found = await evaluated(viewer, template)
    assert found == {"ok": True, "value": value, "error": None}
    assert type(found["value"]) is type(value)


async def test_expressions_are_found_wherever_they_are_in_json(viewer: Api) -> None:
    template = {"{{ key }}": [1, {"deep": ["{{ input.names[1] }}", "{{ input.n }}!"]}], "x": None}
    found = await evaluated(viewer, template)
    assert found["value"] == {"{{ key }}": [1, {"deep": ["b", "41!"]}], "x": None}


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ inptu.n }}", "did you mean `input`?"),
        ("{{ input.nmaes }}", "did you mean `names`?"),
        ("{{ something }}", "there is no `something`; known are input, vars"),
        ("{{ nodes.first.output }}", "`nodes` has no value here"),
        ("{{ secrets.key }}", "of a tool only"),
        ("{{ input.n +", "column"),
        ({"a": [0, "{{ input.x }}"]}, "a[1]: `input.x`: `input` has no `x`"),
    ],
)
async def test_an_error_says_what_a_run_would_report(viewer: Api, template: Any, says: str) -> None:
    found = await evaluated(viewer, template)
    assert (found["ok"], found["value"]) == (False, None)
    assert says in found["error"]


async def test_without_names_nothing_has_a_value(viewer: Api) -> None:
    answer = await viewer.post(PATH, json={"template": "{{ input.n }}"})
    assert answer.json()["error"] == "`input.n`: `input` has no value here"


@pytest.mark.parametrize("root", ["secrets", "output", "", "input\n", "_b", "input|vars"])
async def test_names_that_no_run_gives_are_refused(viewer: Api, root: str) -> None:
    answer = await viewer.post(PATH, json={"template": 1, "scope": {root: {"key": "x"}}})
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_FAILED")
    assert answer.json()["errors"][0]["path"].startswith("body.scope")


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{{ " + " + ".join(["(range(9000)|join|length)"] * 50) + " }}", id="steps"),
        pytest.param("{{ input.text | replace('x', input.text) }}", id="text"),
        pytest.param("{{ input.text }}" * 20, id="result"),
        pytest.param(["{{ input.text }}"] * 20, id="results"),
        pytest.param("{{ 9 ** 9 ** 9 ** 9 }}", id="number"),
        pytest.param("{{ range(10 ** 9) }}", id="range"),
        pytest.param("{{ " + "(" * 500 + "1" + ")" * 500 + " }}", id="depth"),
    ],
)
async def test_an_expensive_expression_ends_with_an_error(viewer: Api, template: Any) -> None:
    found = await evaluated(viewer, template, {"input": {"text": "x" * 60_000}})
    assert (found["ok"], found["value"]) == (False, None)
    assert found["error"]


async def test_nobody_evaluates_without_an_account(anonymous: Api) -> None:
    answer = await anonymous.post(PATH, json={"template": "{{ 1 + 1 }}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


async def test_a_typo_in_the_request_is_told(viewer: Api) -> None:
    answer = await viewer.post(PATH, json={"template": 1, "scopes": {}})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "body.scopes")
