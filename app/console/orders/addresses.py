"""Where the pages of records are."""

from __future__ import annotations

from app.domain import Kind
from app.records.mappings import Mapping

ORDERS = "/console/orders"
ARTICLES = "/console/articles"
OF_KIND = {ORDERS: Kind.ORDER, ARTICLES: Kind.ARTICLE}


def list_of(kind: str) -> str:
    """Suppliers have no list of their own: they go along with articles."""
    return ORDERS if kind == Kind.ORDER else ARTICLES


def address_of(mapping: Mapping) -> str:
    return f"{list_of(mapping.kind)}/{mapping.id}"
