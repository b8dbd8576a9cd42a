"""Names of what the gateway adds to the shop's records, and what their own members mean."""

from __future__ import annotations

from app.domain import ShopState
from app.integrations.nettbutikk24.rest.values import flag, record_id
from app.integrations.nettbutikk24.settings import NettbutikkAdapterSettings
from app.json_reading import Body, plain

CUSTOMER = "_gateway_customer"
"""Added to an order: its customer as he was when the order was read; empty where the shop has none."""
ARTICLES = "_gateway_articles"
"""Added to an order: article number by unique product id; empty text for a product without one."""
SHARED = "_gateway_shared"
"""Added to a product's row: other rows have the same id, so that it cannot be told which variant is meant."""


def product_key(row: Body) -> str | None:
    """The id of what is sold: the unique product id if there is one, else the product's (A7)."""
    return record_id(row.get("unique_product_id")) or record_id(row.get("id"))


def line_key(line: Body) -> str | None:
    """The same of an order's line."""
    return record_id(line.get("unique_product_id")) or record_id(line.get("product_id"))


def state_of(order: Body, settings: NettbutikkAdapterSettings) -> ShopState:
    """What an order's status and flags mean to the warehouse. Requirement: orders, default filter."""
    status = plain(order, "status").casefold()
    if flag(order, "deleted") or status in {each.strip().casefold() for each in settings.status_cancelled}:
        return ShopState.CANCELLED
    if status in settings.sent_words:
        return ShopState.COMPLETED
    is_left_out = (settings.skip_blocked and flag(order, "blocked")) or (settings.require_paid and not flag(order, "paid"))
    if is_left_out or status not in {each.strip().casefold() for each in settings.status_import}:
        return ShopState.WAITING
    return ShopState.WANTED
