"""Records in transit: what was read from a source, and how mapped content is stored and compared."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from pydantic import TypeAdapter

from app.domain.article import Article
from app.domain.order import Order

SCHEMA_VERSION = 1
"""Of the payloads below. Raise it when a field of Article or Order changes its meaning; stored payloads are then rebuilt."""


class Process(StrEnum):
    """One kind of exchange, in one direction."""

    ARTICLES = "articles"
    ORDERS = "orders"
    STOCK = "stock"
    SHIPMENTS = "shipments"
    RETURNS = "returns"
    ACKNOWLEDGEMENTS = "acknowledgements"
    """What the shop was told of shipments and returns, confirmed to the WMS. Goes with those two, and has no switch of its
    own."""
    NOTES = "notes"
    """Notes in the shop about orders that are held. Has a setting of its own."""


INBOUND = (Process.ARTICLES, Process.ORDERS)
"""From the external system to the WMS."""
OUTBOUND = (Process.STOCK, Process.SHIPMENTS, Process.RETURNS)
"""From the WMS to the external system."""
POLLED = (*INBOUND, *OUTBOUND)
"""What is read on a schedule, and can be switched on and off."""


class Kind(StrEnum):
    """What a mapping links."""

    ARTICLE = "article"
    ORDER = "order"


KIND_OF: dict[Process, Kind] = {Process.ARTICLES: Kind.ARTICLE, Process.ORDERS: Kind.ORDER}


@dataclass(frozen=True)
class SourceRecord:
    """One record as the outside system gave it, before mapping.

    `body` is the resource itself, plus what the integration added by reading (under keys that start with `_gateway_`), so that
    it can be mapped again later without another read. `modified_at` is UTC, whole seconds where the source has no more.
    """

    process: Process
    source_id: str
    modified_at: datetime | None
    body: dict[str, Any]


_ADAPTERS: dict[type[Article | Order], TypeAdapter[Any]] = {
    Article: TypeAdapter(Article),
    Order: TypeAdapter(Order),
}
_TYPES: dict[Process, type[Article | Order]] = {Process.ARTICLES: Article, Process.ORDERS: Order}


def to_payload(record: Article | Order) -> dict[str, Any]:
    """The record as plain JSON types (decimals and times as text)."""
    payload: dict[str, Any] = _ADAPTERS[type(record)].dump_python(record, mode="json")
    return payload


def from_payload(process: Process, payload: dict[str, Any]) -> Article | Order:
    """The inverse of `to_payload`."""
    record: Article | Order = _ADAPTERS[_TYPES[process]].validate_python(payload)
    return record


def content_hash(record: Article | Order) -> str:
    """SHA-256 over the mapped content; when it was modified is not content."""
    payload = to_payload(record)
    payload.pop("modified_at", None)
    return hashlib.sha256(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).hexdigest()
