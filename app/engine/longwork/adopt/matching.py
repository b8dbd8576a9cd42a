"""Whether an order of the WMS is the shop's: by its number, and by what else both sides show of it. Reads and writes nothing."""

from __future__ import annotations

from app.domain import Order
from app.warehouse.reads.resources import WarehouseOrder


def numbers_of(order: Order, prefix: str) -> list[str]:
    """The numbers under which the WMS may have it: with the connection's prefix and, as others have sent it, without."""
    return list(dict.fromkeys((order.number, order.number.removeprefix(prefix))))


def why_not_ours(order: Order, there: WarehouseOrder, *, trust_numbers: bool) -> str | None:
    """Why the order with this number in the WMS may be another one. None when it is the shop's."""
    its_id = there.goods_owner_order_id
    if its_id not in ("", order.source_id, order.source_number, order.number, there.number) and not trust_numbers:
        return f"The WMS has it as order {its_id} of another system (goodsOwnerOrderId); here its id is {order.source_id}"
    is_bare = not any(line.article_number for line in order.lines)  # some systems tell no more of an order that is done with
    if not (is_bare or _same_articles(order, there) or _same_recipient(order, there)):
        return "The WMS has another order under this number: no article is the same, and neither is the recipient"
    return None


def _same_articles(order: Order, there: WarehouseOrder) -> bool:
    ours = {line.article_number for line in order.lines} | {each.article_number for each in order.refunded}
    return bool({line.article_number for line in there.lines if line.article_number} & ours)


def _same_recipient(order: Order, there: WarehouseOrder) -> bool:
    ours = (order.consignee.name, order.consignee.post_code)
    theirs = (there.consignee.name, there.consignee.post_code)
    return all(ours) and [text.casefold().strip() for text in ours] == [text.casefold().strip() for text in theirs]
