"""The helpers that ship with PasteTrader: what they are called and what they take."""

from typing import Any

from pydantic import BaseModel, ConfigDict

JsonSchema = dict[str, Any]
_TEXT: JsonSchema = {"type": "string"}
_ANY: JsonSchema = {}
_ROWS: JsonSchema = {"type": "array", "items": {"type": "object"}}
_NAMES: JsonSchema = {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 50}
DATASETS = ("stocks",)


class Builtin(BaseModel):
    """One helper; the schemas are JSON Schema (draft 2020-12) of objects."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    description: str
    options_schema: JsonSchema
    input_schema: JsonSchema
    output_description: str
    takes_template: bool = False


def _object(
    properties: dict[str, JsonSchema], required: list[str] | None = None, *, closed: bool = True
) -> JsonSchema:
    schema: JsonSchema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    if closed:
        schema["additionalProperties"] = False
    return schema


_ALL = (
    Builtin(
        name="dataset",
        title="Data set",
        description="Loads a data set that ships with PasteTrader, whole or a part of it.",
        options_schema=_object({"name": {"enum": list(DATASETS)}}, ["name"]),
        input_schema=_object(
            {
                "symbol": {"type": "string", "minLength": 1, "maxLength": 20},
                "since": {"type": "string", "format": "date"},
                "until": {"type": "string", "format": "date"},
            },
            ["symbol"],
        ),
        output_description="{symbol, dates: [ISO dates], close: [numbers]}, oldest first",
    ),
    Builtin(
        name="date",
        title="Date",
        description="The time now, or a given one, moved and formatted.",
        options_schema=_object(
            {
                "zone": {**_TEXT, "description": "IANA name; default UTC."},
                "format": {**_TEXT, "maxLength": 100, "description": "As strftime."},
                "add": _object(
                    {
                        unit: {"type": "number"}
                        for unit in ("weeks", "days", "hours", "minutes", "seconds")
                    }
                ),
            }
        ),
        input_schema=_object({"at": {**_TEXT, "description": "ISO 8601; default now."}}),
        output_description="{iso, date, time, unix, weekday (1 is Monday), text}",
    ),
    Builtin(
        name="render",
        title="Render text",
        description="Renders `template`, a text with {{ … }}, {% if %} and {% for %}, over its inputs.",
        options_schema=_object(
            {
                "artifact": {
                    **_TEXT,
                    "maxLength": 200,
                    "description": "File name: keep as a file.",
                },
                "content_type": {"enum": ["text/plain", "text/markdown", "text/html", "text/csv"]},
            }
        ),
        input_schema=_object({}, closed=False),
        output_description="the text, or a reference to the artifact",
        takes_template=True,
    ),
    Builtin(
        name="schema_check",
        title="Check a schema",
        description="Checks `value` against a JSON Schema and fails with the places that do not fit.",
        options_schema=_object({"schema": {"type": "object"}}, ["schema"]),
        input_schema=_object({"value": _ANY}, ["value"]),
        output_description="the value",
    ),
    Builtin(
        name="log",
        title="Log",
        description="Writes a line to the execution log.",
        options_schema=_object({"level": {"enum": ["debug", "info", "warning", "error"]}}),
        input_schema=_object({"message": _ANY, "data": _ANY}, ["message"]),
        output_description="{message}",
    ),
    Builtin(
        name="chart",
        title="Chart",
        description="Draws lines or bars as an SVG artifact.",
        options_schema=_object(
            {
                "kind": {"enum": ["line", "bar"]},
                "title": {**_TEXT, "maxLength": 200},
                "y_title": {**_TEXT, "maxLength": 200},
                "name": {**_TEXT, "maxLength": 200, "description": "File name."},
            }
        ),
        input_schema=_object(
            {
                "labels": {"type": "array", "items": {"type": ["string", "number"]}},
                "series": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 20,
                    "items": _object(
                        {
                            "name": _TEXT,
                            "values": {"type": "array", "items": {"type": ["number", "null"]}},
                        },
                        ["name", "values"],
                    ),
                },
            },
            ["series"],
        ),
        output_description="a reference to the SVG artifact",
    ),
    Builtin(
        name="report",
        title="Report",
        description="Writes a Markdown report with a table and charts as an artifact.",
        options_schema=_object(
            {
                "title": {**_TEXT, "maxLength": 200},
                "columns": _NAMES,
                "name": {**_TEXT, "maxLength": 200, "description": "File name."},
            },
            ["title"],
        ),
        input_schema=_object(
            {
                "summary": _TEXT,
                "rows": _ROWS,
                "charts": {"type": "array", "items": {"type": "object"}, "maxItems": 20},
            }
        ),
        output_description="a reference to the Markdown artifact",
    ),
)
BUILTINS: dict[str, Builtin] = {builtin.name: builtin for builtin in _ALL}
