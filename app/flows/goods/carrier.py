"""The carrier of an order whose connection chooses by weight. Requirement: Ongoing WMS, orders (transporter and service)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from app.domain import ByWeight, Order, Transporter, WarehouseState
from app.flows.goods.facts import Goods, goods_of
from app.flows.outcomes import WarehousePort
from app.warehouse.reads.resources import WarehouseOrder
from app.warehouse.writes.fields import order_body

MOST_NAMED = 5


async def with_decided_carrier(order: Order, seen: WarehouseOrder | None, state: WarehouseState, port: WarehousePort) -> Order:
    """The order with the carrier that its weight gives it, or that of the next rule without a weight.

    Once the warehouse has started, its carrier there stays: the label may be printed, and an article that was weighed since is no
    change of the order. A weight that is not known fits no rule with a weight, and the order's history says so.
    """
    if not order.by_weight:
        return order
    if seen is not None and state is not WarehouseState.OPEN:
        return with_carrier_there(order, seen)
    goods = await goods_of(order, port)
    weight, unknown = weight_of(order, goods)
    decided = replace(order, by_weight=())
    if weight is None:
        named = ", ".join(unknown[:MOST_NAMED]) + (f" and {len(unknown) - MOST_NAMED} more" if len(unknown) > MOST_NAMED else "")
        words = f"The order's weight is not known ({named} has none), so it fits no carrier rule with a weight"
        return replace(decided, notes=(*order.notes, words))
    chosen = next((each for each in order.by_weight if _fits(each, weight)), None)
    if chosen is None:
        return decided
    words = f"The order weighs {weight:f} kg: carrier {chosen.transporter.code} {chosen.transporter.service_code}"
    return replace(
        decided,
        transporter=chosen.transporter,
        return_transporter=chosen.return_transporter,
        notes=(*order.notes, words),
    )


def weight_of(order: Order, goods: Mapping[str, Goods]) -> tuple[Decimal | None, list[str]]:
    """In kilograms; None when an article's weight is not known, with the numbers of those. What is no goods weighs nothing."""
    total, unknown = Decimal(0), list[str]()
    for line in order.lines:
        article = goods.get(line.article_number or "")
        if article is not None and not article.is_stock:
            continue
        if article is None or not article.weight_kg or article.weight_kg < 0:
            unknown.append(line.article_number or line.article_name)
            continue
        total += article.weight_kg * line.quantity
    return (None if unknown else total.normalize()), list(dict.fromkeys(unknown))


def _fits(rule: ByWeight, weight: Decimal) -> bool:
    return (rule.over_kg is None or weight > rule.over_kg) and (rule.up_to_kg is None or weight <= rule.up_to_kg)


def with_carrier_there(order: Order, seen: WarehouseOrder) -> Order:
    """The order with the carrier that the WMS has, if it is one of those that its weight may give it."""
    if not order.by_weight:
        return order
    kept = replace(order, by_weight=())
    there = Transporter(seen.carrier.code, seen.carrier.service_code) if seen.carrier is not None else None
    if there == order.transporter:
        return kept
    chosen = next((each for each in order.by_weight if each.transporter == there), None)
    if chosen is None:
        return kept
    return replace(kept, transporter=chosen.transporter, return_transporter=chosen.return_transporter)


def hash_without_pick_up_point(order: Order, port: WarehousePort) -> str | None:
    """What was sent of this order before pick-up points were read; None for an order that has none.

    The warehouse that has started on such an order keeps what it has: nobody has changed anything.
    """
    if not (order.service_point or order.delivery_instruction):
        return None
    bare = replace(order, service_point="", delivery_instruction="")
    return order_body(bare, port.goods_owner_id, port.settings).hash
