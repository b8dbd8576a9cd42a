"""Names of what the gateway adds to the shop's records, and what their own members mean."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from app.domain import ShopState
from app.integrations.nettbutikk24.rest.values import flag, record_id
from app.integrations.nettbutikk24.settings import NettbutikkAdapterSettings
from app.json_reading import Body, plain

CUSTOMER = "_gateway_customer"
"""Added to an order: its customer as he was when the order was read; empty where the shop has none."""
ARTICLES = "_gateway_articles"
"""Added to an order: article number by unique product id; empty text for a product without one."""
NO_NUMBER = "_gateway_no_number"
"""Added to an order: why a product has no article number, by unique product id, where there is more to say: `GONE`, `SHARED`."""
GONE, SHARED = "gone", "shared"
LONGEST_KEY = 80
"""Characters that a record's id may have."""


def product_key(row: Body) -> str | None:
    """The id of what is sold: the unique product id if there is one, else the product's (A7)."""
    return record_id(row.get("unique_product_id")) or record_id(row.get("id"))


def shared_keys(rows: Iterable[Body]) -> frozenset[str]:
    """The ids among these rows of products that do not tell which variant is meant (A7).

    Several rows have the same one, or a variant has none but its product's.
    """
    seen, shared = dict[str, tuple[str, str]](), set[str]()
    for row in rows:
        key, own = product_key(row), (plain(row, "variant"), plain(row, "article_no"))
        if key is None:
            continue
        is_products = bool(own[0]) and record_id(row.get("unique_product_id")) is None
        if is_products or seen.setdefault(key, own) != own:
            shared.add(key)
    return frozenset(shared)


def article_key(row: Body, shared: frozenset[str]) -> str | None:
    """What a row of products is known by: its id, and where that tells no variant, the variant's text behind it."""
    key = product_key(row)
    if key is None or key not in shared:
        return key
    told = f"{key}/{plain(row, 'variant') or plain(row, 'article_no')}"
    return told if len(told) <= LONGEST_KEY else f"{key}/{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def asked_by(source_id: str) -> str:
    """The id by which the shop is asked for an article."""
    return source_id.partition("/")[0]


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


def status_of(order: Body, state: ShopState) -> str:
    """The order's status with the flags that decide beside it, for people."""
    status = plain(order, "status")
    if flag(order, "deleted"):
        return f"{status}, deleted" if status else "deleted"
    return f"{status}, blocked" if state is ShopState.WAITING and flag(order, "blocked") else status
