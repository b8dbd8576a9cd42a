"""What is written to the WMS for a record, by its kind."""

from __future__ import annotations

from app.domain import Article, Order, Problem, PurchaseOrder, Record
from app.warehouse.settings import OngoingSettings
from app.warehouse.writes.fields import Body, article_body, order_body
from app.warehouse.writes.problems import article_problems, order_problems
from app.warehouse.writes.purchase_orders import purchase_order_body, purchase_order_problems


def body_of(record: Record, goods_owner_id: int, settings: OngoingSettings) -> Body:
    """Raises TypeError for a kind that the WMS is not sent."""
    match record:
        case Order():
            return order_body(record, goods_owner_id, settings)
        case Article():
            return article_body(record, goods_owner_id, settings)
        case PurchaseOrder():
            return purchase_order_body(record, goods_owner_id, settings)
    raise TypeError(f"the WMS is sent no {record.kind}")


def problems_of(record: Record, settings: OngoingSettings, noun: str) -> tuple[Problem, ...]:
    """What the WMS would refuse, beside the record's own problems. Raises TypeError for a kind that the WMS is not sent."""
    match record:
        case Order():
            return tuple(order_problems(record, settings, noun))
        case Article():
            return tuple(article_problems(record, settings, noun))
        case PurchaseOrder():
            return tuple(purchase_order_problems(record, settings))
    raise TypeError(f"the WMS is sent no {record.kind}")
