"""Bundles: products that are sold as one and made of others, by the plugins that shops use for them.

Product Bundles gives a line `bundled_items` (the ids of its parts' lines) or `bundled_by` (the id of the bundle's line), and
Composite Products `composite_children` or `composite_parent`. WPC Product Bundles writes meta data: `_woosb_ids`, and on a part
`_woosb_parent_id`, which is the bundle's product. Source: the plugins' REST references; the meta keys of WPC Product Bundles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.domain import Part
from app.integrations.woocommerce.mapping.number_rules import article_number
from app.integrations.woocommerce.rest.resources import PRODUCTS, meta
from app.integrations.woocommerce.settings import Bundles, WooCommerceSettings
from app.json_reading import Body, as_list, identity, number, objects, section, text

_BUNDLE_PRODUCT = "_woosb_parent_id"


@dataclass(frozen=True)
class Bundled:
    """Which lines of an order are not sent, by their place, and what they cost: a line that stands for them has it added."""

    left_out: frozenset[int] = frozenset()
    added: Mapping[int, Decimal] = field(default_factory=dict)
    note: str = ""


def bundled(order: Body, choice: Bundles) -> Bundled:
    """What becomes of the order's bundles: all lines are sent as they were sold, or the bundle alone, or its parts alone."""
    items = objects(order, "line_items")
    parents = _parents(items)
    bundles = set(parents.values())
    if not bundles:
        return Bundled()
    if choice is Bundles.AS_SOLD:
        note = "The order has bundles: they are sent with their parts, as they were sold. See the setting bundles"
        return Bundled(note=note)
    if choice is Bundles.PARTS:
        return Bundled(frozenset(bundles), note=f"{len(bundles)} bundles are sent as their parts")
    added: dict[int, Decimal] = {}
    for place in parents:
        top = _top(place, parents)
        added[top] = added.get(top, Decimal(0)) + (number(items[place].get("total")) or Decimal(0))
    return Bundled(frozenset(parents), added, f"{len(added)} bundles are sent as one line each")


def _parents(items: Sequence[Body]) -> dict[int, int]:
    """The place of the bundle's line, by the place of its part's."""
    by_id = {identity(item.get("id")): place for place, item in enumerate(items)}
    found: dict[int, int] = {}
    for place, item in enumerate(items):
        line = identity(item.get("bundled_by")) or identity(item.get("composite_parent"))
        parent = by_id.get(line) if line else _before(items, place, meta(item, _BUNDLE_PRODUCT))
        if parent is not None and parent != place:
            found[place] = parent
    return {place: parent for place, parent in found.items() if not _goes_round(place, found)}


def _before(items: Sequence[Body], place: int, product: str) -> int | None:
    """The nearest line before this one of that product. A bundle's parts follow it."""
    if not product:
        return None
    places = range(place - 1, -1, -1)
    return next((each for each in places if identity(items[each].get("product_id")) == product), None)


def _goes_round(place: int, parents: Mapping[int, int]) -> bool:
    seen = {place}
    while place in parents:
        place = parents[place]
        if place in seen:
            return True
        seen.add(place)
    return False


def _top(place: int, parents: Mapping[int, int]) -> int:
    """A bundle may be part of a composite."""
    while place in parents:
        place = parents[place]
    return place


def bundled_products(product: Body) -> list[str]:
    """The ids of the products in a bundle that always holds the same ones; none where the customer chooses."""
    rows = as_list(product.get("bundled_items"))
    if not rows or text(product, "type") != "bundle":
        return []
    ids = [identity(row.get("product_id")) if isinstance(row, Mapping) and _is_fixed(row) else None for row in rows]
    return [each for each in ids if each] if all(ids) else []


def _is_fixed(row: Mapping[str, Any]) -> bool:
    counts = {number(row.get(key)) for key in ("quantity_min", "quantity_max")} - {None}
    return len(counts) == 1 and row.get("optional") is not True and counts != {Decimal(0)}


def bundle_parts(product: Body, settings: WooCommerceSettings) -> tuple[Part, ...]:
    """What the WMS is told that the bundle is made of, where bundles are sent as one line."""
    wanted = bundled_products(product) if settings.bundles is Bundles.ONE_LINE else []
    known = section(product, PRODUCTS)
    counts: dict[str, Decimal] = {}
    for source_id, row in zip(wanted, objects(product, "bundled_items"), strict=False):
        part = article_number(text(section(known, source_id), "sku"), source_id, False, settings, "bundled_items").number
        if part is None:
            return ()
        counts[part] = counts.get(part, Decimal(0)) + (number(row.get("quantity_min")) or Decimal(1))
    return tuple(Part(part, count) for part, count in counts.items())
