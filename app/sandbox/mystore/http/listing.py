"""A list's answer: the records that pass, one page of them, and the links to its neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.sandbox.kit.paging import page_of
from app.sandbox.kit.requests import Answer
from app.sandbox.mystore.http.calls import Call
from app.sandbox.mystore.wire.pages import links
from app.sandbox.mystore.wire.refusals import JSON_API, not_found
from app.sandbox.mystore.wire.resource import Resource


def listed(call: Call, kind: str, records: Iterable[Resource], *, is_top: bool = False) -> Answer:
    """Raises Refused: 400 for the query, 404 past the last page where this mystore answers so."""
    question = call.question(kind, is_list=True)
    page = page_of(question.kept(records), question.number, question.size or call.config.default_page_size)
    if question.number > max(page.pages, 1) and call.config.past_end == "not-found":
        raise not_found(f"There is no page {question.number}")
    view = call.view(kind, question.fields)
    document: dict[str, Any] = {"data": [view.shown(one) for one in page.items]}
    if kind == "product-variants" and _has_meta(call, is_top=is_top):
        document["meta"] = {"product_variants": [_stock_entry(call, one) for one in page.items]}
    if call.config.page_links != "none":
        document["links"] = links(page, call.url, call.pairs, call.config.page_links)
    return Answer(document, media_type=JSON_API)


def _has_meta(call: Call, *, is_top: bool) -> bool:
    return call.config.variant_meta == "all" or (call.config.variant_meta == "top" and is_top)


def _stock_entry(call: Call, variant: Resource) -> dict[str, Any]:
    attributes = call.shop.catalogue.stock_attributes(variant)
    return {"products_stock_id": variant.id, "products_stock_attributes": attributes}
