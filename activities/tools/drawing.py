"""Charts as SVG, without scripts, links or fonts from elsewhere."""

from collections.abc import Mapping
from typing import Any

import pygal
from pygal.style import Style

_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    colors=("#2563eb", "#db2777", "#059669", "#d97706", "#7c3aed", "#0891b2"),
    font_family="sans-serif",
)
_KINDS = {"line": pygal.Line, "bar": pygal.Bar}


def draw(options: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
    """An SVG of the given series; `options` and `inputs` are those of the built-in `chart`."""
    chart = _KINDS[options.get("kind", "line")](
        style=_STYLE,
        js=[],
        disable_xml_declaration=True,
        no_prefix=True,
        pretty_print=False,
        show_dots=False,
        title=options.get("title"),
        y_title=options.get("y_title"),
        x_labels_major_count=8,
        show_minor_x_labels=False,
        truncate_label=-1,
        include_x_axis=False,
        legend_at_bottom=True,
    )
    chart.x_labels = [str(label) for label in inputs.get("labels", [])]
    for series in inputs["series"]:
        chart.add(series["name"], series["values"])
    svg: str = chart.render(is_unicode=True)
    return svg
