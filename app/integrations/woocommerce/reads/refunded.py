"""The pieces that an order's refunds name. The order itself says only that there are refunds (observed on WooCommerce 10.5).

They are read beside an order that is to be sent, or was completed, and shows a refund, once for the same refunds. A refund that
the gateway made for returned goods names pieces that were sent: it is left out.
"""

from __future__ import annotations

import re
from typing import Any

from app.errors import NoSuchRecord
from app.integrations.kit.side_reads import FINAL_NO
from app.integrations.kit.values.path_parts import part
from app.integrations.protocol import PartRefund
from app.integrations.woocommerce.rest.calls import Calls
from app.integrations.woocommerce.rest.resources import REFUNDS, UNREAD, meta, moment
from app.integrations.woocommerce.settings import WooCommerceSettings
from app.json_reading import Body, identity, number, objects, text
from app.ttl_cache import TtlCache

Found = dict[str, Any]


def refunds_to_read(order: Body, settings: WooCommerceSettings) -> tuple[str, ...]:
    """The ids of the refunds whose pieces are still to be read."""
    if _are_known(order) or settings.part_refund is PartRefund.IGNORE or not _may_be_sent(order, settings):
        return ()
    order_id = identity(order.get("id")) or ""
    return tuple(identity(each.get("id")) or "" for each in objects(order, "refunds") if not _is_ours(each, order_id))


def _are_known(order: Body) -> bool:
    return REFUNDS in order and not any(UNREAD in each for each in objects(order, REFUNDS))


async def read_refunds(order: Body, refunds: tuple[str, ...], calls: Calls, known: TtlCache[str, Found]) -> list[Found]:
    """The pieces of these refunds: one call, none when the same refunds were read lately.

    Raises RateLimited and Unavailable: the order waits. After a final no it is held, for its quantities are not known.
    """
    order_id = identity(order.get("id")) or ""

    async def read() -> Found:
        listed = await calls.listed(f"orders/{part(order_id)}/refunds", [("per_page", "100")])
        return {"refunds": [_pieces(each) for each in listed if not _is_ours(each, order_id)]}

    try:
        found = await known.get_or_read(f"{order_id}:{','.join(sorted(refunds))}", read)
    except NoSuchRecord:
        return []  # the order is gone: that is for the read of the order to tell
    except FINAL_NO as error:
        return [{UNREAD: error.message}]
    refunded: list[Found] = found["refunds"]
    return refunded


def _may_be_sent(order: Body, settings: WooCommerceSettings) -> bool:
    """Or was. Completed orders of before the connection went live were never in the warehouse: a long history costs no calls."""
    status, made = text(order, "status"), moment(order.get("date_created_gmt"))
    if status in settings.order_statuses:
        return True
    is_old = made is not None and settings.go_live is not None and made < settings.go_live
    return status == "completed" and not is_old


def _is_ours(refund: Body, order_id: str) -> bool:
    """Whether the gateway made it for returned goods: its reason holds the reference. wc/v1 calls the reason `refund`."""
    said = text(refund, "reason") or text(refund, "refund")
    return re.search(rf"(?<![\w-])R-{re.escape(order_id)}-[0-9a-f]{{8}}(?![\w-])", said) is not None


def _pieces(refund: Body) -> Found:
    """Quantities are negative in the shop. A refund of an amount only has no pieces."""
    lines = [
        {
            "line": meta(line, "_refunded_item_id") or text(line, "refunded_item_id"),
            "product": _product(line),
            "quantity": str(abs(quantity)),
        }
        for line in objects(refund, "line_items")
        if (quantity := number(line.get("quantity")))
    ]
    return {"id": text(refund, "id"), "pieces": lines}


def _product(line: Body) -> str:
    return identity(line.get("variation_id")) or identity(line.get("product_id")) or ""
