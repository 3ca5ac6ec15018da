"""Charts as SVG, without scripts, links or fonts from elsewhere."""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

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
    chart.uuid = "pastetrader"  # names its styles; a random one would make every chart another file
    return _still(chart.render_tree())


def _still(svg: ElementTree.Element) -> str:
    """The picture without scripts and comments."""
    for parent in list(svg.iter()):
        for child in list(parent):
            # A comment's tag is a function.
            if str(child.tag).rpartition("}")[2] == "script" or callable(child.tag):
                parent.remove(child)
    return ElementTree.tostring(svg, encoding="unicode")
