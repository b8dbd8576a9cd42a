"""Where the pages of records are."""

from __future__ import annotations

from app.domain import Kind
from app.records.mappings import Mapping

ORDERS = "/console/orders"
ARTICLES = "/console/articles"
PURCHASES = "/console/purchase-orders"
OF_KIND = {ORDERS: Kind.ORDER, ARTICLES: Kind.ARTICLE, PURCHASES: Kind.PURCHASE}


def list_of(kind: str) -> str:
    """Suppliers have no list of their own: they go along with articles."""
    return next((path for path, of in OF_KIND.items() if of == kind), ARTICLES)


def address_of(mapping: Mapping) -> str:
    return f"{list_of(mapping.kind)}/{mapping.id}"
