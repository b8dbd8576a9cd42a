"""The status of an order in the outside system, once the order has come into the warehouse."""

from __future__ import annotations

import functools

from app.flows.outcomes import Outcome
from app.flows.report import Reported, ShopPort
from app.flows.shipments import CLOSED_IN_SHOP, ORDER_STATE, SET_STATUS
from app.integrations.protocol.shipments import MarksImported, MovesStock


async def report_import(port: ShopPort) -> Reported:
    """Writes the status, where the order still has the one with which it was found. Raises RemoteError."""
    shop = port.shop
    order = await port.read(ORDER_STATE, lambda: shop.order_state(port.source_id))
    if order is None or order.state in CLOSED_IN_SHOP or not isinstance(shop, MarksImported):
        return Reported(Outcome.UNCHANGED, None)
    steps = shop.import_steps(order)
    for step in steps:
        await port.write(SET_STATUS, {"place": step.place, **step.change}, functools.partial(shop.take_step, step))
    moved = shop.moved_by(order) if isinstance(shop, MovesStock) else ()
    return Reported(Outcome.UPDATED if steps else Outcome.UNCHANGED, None, moved=moved)
