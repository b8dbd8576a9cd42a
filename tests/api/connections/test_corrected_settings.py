"""A corrected setting reaches what was held or left out because of it; dry runs and previews say the same before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.calling import Site
from tests.harness import ADDRESS, BILLING

Make = Callable[[Site], dict[str, Any]]


def order(*skus: str, **more: Any) -> Make:
    return lambda site: site.shop.order(*skus, **more)


def order_to(**changes: str) -> Make:
    return order(shipping=ADDRESS | changes, billing=BILLING | changes)


def order_of(**product: Any) -> Make:
    def make(site: Site) -> dict[str, Any]:
        made = site.shop.product(product.pop("sku", ""), **product)
        lines = [{"product_id": made["id"], "quantity": 1}]
        body = {"status": "processing", "billing": BILLING, "shipping": ADDRESS, "line_items": lines}
        return site.shop.shown(site.shop.model.add_order(body)["id"])

    return make


def product(sku: str, **more: Any) -> Make:
    return lambda site: site.shop.product(sku, **more)


ALL_PARTS = {"required_address_parts": ["street", "post-code", "city", "country"]}
PICKED_UP = [{"method_id": "henting", "method_title": "Hent selv", "total": "0.00"}]
NON_STOCK = {"virtual_products": "non-stock", "leave_out_non_stock_lines": True}
ATLANTIS = [{"key": "land", "value": "Atlantis"}]

ORDERS: list[tuple[dict[str, Any], Make, str, dict[str, Any]]] = [
    ({}, order(status="on-hold"), "not-wanted", {"order_statuses": ["processing", "on-hold"]}),
    ({}, order(status="failed"), "not-wanted", {"cancelled_statuses": ["cancelled"], "order_statuses": ["processing", "failed"]}),
    ({"go_live": "2099-01-01T00:00:00Z"}, order(), "before-go-live", {"go_live": "2020-01-01T00:00:00Z"}),
    (NON_STOCK, order_of(sku="KORT", virtual=True), "not-wanted", {"virtual_products": "stock"}),
    (
        NON_STOCK,
        order_of(sku="KORT", virtual=True),
        "not-wanted",
        {"leave_out_non_stock_lines": False},
    ),
    ({}, order_to(country=""), "country-missing", {"default_country": "NO"}),
    ({"warehouse": ALL_PARTS}, order_to(postcode=""), "post-code-missing", {"warehouse": {"required_address_parts": None}}),
    (
        {"warehouse": ALL_PARTS},
        order_to(postcode="", country="SE"),
        "post-code-missing",
        {"warehouse": {"countries_without_post_code": ["SE"]}},
    ),
    (
        {},
        order(shipping=ADDRESS | {"address_1": ""}, billing=BILLING | {"address_1": ""}, shipping_lines=PICKED_UP),
        "street-missing",
        {"pick_up_methods": ["henting"]},
    ),
    ({}, order("A_B"), "article-number-forbidden-character", {"article_number_replacements": {"_": "-"}}),
    ({}, order_of(), "line-without-article-number", {"article_number_fallback": "WC-{id}"}),
    ({"warehouse": {"max_order_number": 2}}, order(), "order-number-too-long", {"warehouse": {"max_order_number": None}}),
    (
        {"extra_order_fields": {"freightPrice": "customer_note"}},
        order(customer_note="mye"),
        "extra-field-unreadable",
        {"extra_order_fields": {}},
    ),
]
ARTICLES: list[tuple[dict[str, Any], Make, str, dict[str, Any]]] = [
    ({}, product("UTKAST", status="draft"), "not-wanted", {"article_statuses": ["publish", "draft"]}),
    ({"variable_parents": "skip"}, product("FAR", type="variable"), "not-wanted", {"variable_parents": "article"}),
    ({}, product("A_B"), "article-number-forbidden-character", {"article_number_replacements": {"_": "-"}}),
    ({}, product(""), "article-without-number", {"article_number_fallback": "WC-{id}"}),
    (
        {"country_of_origin_meta_key": "land"},
        product("SVERD", meta_data=ATLANTIS),
        "country-of-origin-unknown",
        {"country_of_origin_meta_key": None},
    ),
]


async def change(site: Site, settings: dict[str, Any]) -> None:
    answer = await site.client.patch("/connections/shop", json={"settings": settings})
    assert answer.status_code == 200, answer.text


async def dry_run(site: Site, process: str, record: str) -> tuple[str | None, str | None] | None:
    """Code and reason of the record; None when nothing is to be done about it. What is left out is counted by its code."""
    async with site.worker():
        answer = await site.client.post("/sync/shop", params={"process": process, "dry_run": True, "full": True})
    assert answer.status_code == 200, answer.text
    run = answer.json()
    shown = [(each["code"], each["reason"]) for each in run["preview"] if each["record"] == record]
    left_out = [(each["code"], None) for each in run["reasons"] if each["outcome"] == "skipped"]
    return next(iter((*shown, *left_out)), None)


async def tried(site: Site, process: str, record: str, settings: dict[str, Any]) -> str:
    body = {"settings": settings, "process": process, "records": [record]}
    answer = await site.client.post("/connections/shop/preview", json=body)
    assert answer.status_code == 200, answer.text
    outcome: str = answer.json()["items"][0]["outcome"]
    return outcome


@pytest.mark.parametrize(
    ("process", "before", "make", "code", "corrected"),
    [("orders", *case) for case in ORDERS] + [("articles", *case) for case in ARTICLES],
)
async def test_it_goes_on_at_once(
    lite_site: Site, process: str, before: dict[str, Any], make: Make, code: str, corrected: dict[str, Any]
) -> None:
    if before:
        await change(lite_site, before)
        await lite_site.work()
    record = make(lite_site)
    record_id, kind = str(record["id"]), process.removesuffix("s")
    await lite_site.take_in(record, "order.updated" if kind == "order" else "product.updated")
    held = await lite_site.stored.mapping(record["id"], kind)
    assert held.reason_code == code
    assert await dry_run(lite_site, process, record_id) in ((code, held.reason), (code, None))
    assert " when " in (held.reason or "")
    assert await tried(lite_site, process, record_id, corrected) == "sent"

    await change(lite_site, corrected)
    await lite_site.work()

    after = await lite_site.stored.mapping(record["id"], kind)
    assert (after.transfer, after.reason_code) == ("sent", None)
    assert await dry_run(lite_site, process, record_id) is None
