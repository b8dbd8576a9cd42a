"""Charts as inline SVG. Colours stand in our style sheet, as the policy of our pages allows no style within a page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import pygal
from lxml import etree
from markupsafe import Markup

# It adds a finder for its plug-ins, of a kind that Python no longer knows: every import after it would bring a warning.
sys.meta_path[:] = [each for each in sys.meta_path if type(each).__name__ != "PluginImportFixer"]


@dataclass(frozen=True)
class Series:
    name: str
    values: Sequence[int]


def bars(label: str, under: Sequence[str], series: Sequence[Series]) -> Markup:
    """Bars beside each other. `label` is what is read out in their place; the page has the figures as a table too."""
    chart = pygal.Bar(width=900, height=260, js=[], css=[], show_legend=True, legend_at_bottom=True, no_prefix=True)
    chart.x_labels = list(under)
    for each in series:
        chart.add(each.name, list(each.values))
    root = chart.render_tree()
    _strip(root)
    root.attrib.update({"class": "chart", "role": "img", "aria-label": label})
    root.attrib.pop("id", None)
    return Markup(etree.tostring(root, encoding="unicode"))  # noqa: S704 - texts are escaped by the library


def _strip(root: etree._Element) -> None:
    """Takes out what the policy forbids (styles, scripts) and what only pygal's script needs (tooltips, ids)."""
    gone = [each for each in root.iter() if not isinstance(each.tag, str) or _is_for_scripts(each)]
    for each in gone:
        parent = each.getparent()
        if parent is not None:
            parent.remove(each)
    for each in root.iter():
        for name in ("style", "id"):
            each.attrib.pop(name, None)


def _is_for_scripts(element: etree._Element) -> bool:
    return element.tag.rpartition("}")[2] in ("defs", "desc", "title") or "overlay" in element.get("class", "").split()
