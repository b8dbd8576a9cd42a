"""Articles into the warehouse: sent when their content has changed, kept when no longer sold, skipped with a reason."""

from __future__ import annotations

from typing import Any

from tests.harness import Harness, Resource


def article(harness: Harness, number: str) -> Any:
    return harness.warehouse.model.articles[77, number].body


async def status(harness: Harness, product: Resource) -> tuple[str, str, str | None]:
    mapping = await harness.stored.mapping(product["id"], "article")
    return mapping.wanted, mapping.transfer, mapping.reason_code


def changed(harness: Harness, product: Resource, **body: Any) -> Resource:
    harness.tick()
    harness.shop.model.change_product(product["id"], body)
    return harness.shop.shown_product(product["id"])


async def test_a_new_product_becomes_an_article(harness: Harness) -> None:
    product = harness.shop.product("VARE-1", name="Lue &amp; votter", weight="0.3")
    await harness.deliver(product, "product.created")
    made = article(harness, "VARE-1")
    assert (made.article_name, made.product_code, made.unit_code, made.is_stock_article, made.weight) == (
        "Lue & votter",
        str(product["id"]),
        "st",
        True,
        0.3,
    )
    assert await status(harness, product) == ("present", "sent", None)


async def test_a_change_that_the_warehouse_needs_is_sent(harness: Harness) -> None:
    product = harness.shop.product("VARE-1")
    await harness.deliver(product, "product.created")
    await harness.deliver(changed(harness, product, name="Nytt navn"), "product.updated")
    assert article(harness, "VARE-1").article_name == "Nytt navn"
    assert len(harness.warehouse.writes(path="/articles")) == 2


async def test_a_change_that_the_warehouse_does_not_need_is_not_sent(harness: Harness) -> None:
    """Stock is the warehouse's own: every sale changes it in the shop, and comes back as a webhook."""
    product = harness.shop.product("VARE-1", manage_stock=True, stock_quantity=10)
    await harness.deliver(product, "product.created")
    before = len(harness.warehouse.calls())
    await harness.deliver(changed(harness, product, stock_quantity=9), "product.updated")
    assert len(harness.warehouse.calls()) == before


async def test_a_product_that_is_not_sold_yet_is_left_out_until_it_is(harness: Harness) -> None:
    product = harness.shop.product("VARE-1", status="draft")
    await harness.deliver(product, "product.created")
    assert await status(harness, product) == ("absent", "none", "not-wanted")
    await harness.deliver(changed(harness, product, status="publish"), "product.updated")
    assert await status(harness, product) == ("present", "sent", None)


async def test_a_product_that_is_sold_no_longer_stays_in_the_warehouse(harness: Harness) -> None:
    product = harness.shop.product("VARE-1")
    await harness.deliver(product, "product.created")
    await harness.deliver(changed(harness, product, status="draft"), "product.updated")
    assert (await harness.stored.mapping(product["id"], "article")).reason_code == "kept"
    assert len(harness.warehouse.writes(path="/articles")) == 1
    assert (77, "VARE-1") in harness.warehouse.model.articles


async def test_a_deleted_product_stays_in_the_warehouse(harness: Harness) -> None:
    product = harness.shop.product("VARE-1")
    await harness.deliver(product, "product.created")
    harness.shop.model.products.remove(product["id"])
    await harness.deliver({"id": product["id"]}, "product.deleted")
    assert (77, "VARE-1") in harness.warehouse.model.articles
    assert await harness.stored.all_ended()


async def test_a_product_without_a_number_is_skipped_with_the_reason(harness: Harness) -> None:
    product = harness.shop.product("")
    await harness.deliver(product, "product.created")
    assert await status(harness, product) == ("present", "none", "article-without-number")
    assert harness.warehouse.calls() == []


async def test_a_fallback_number_makes_it_an_article(harness: Harness) -> None:
    await harness.change_settings(harness.connection, article_number_fallback="WC-{id}")
    product = harness.shop.product("")
    await harness.deliver(product, "product.created")
    assert (77, f"WC-{product['id']}") in harness.warehouse.model.articles


async def test_a_number_with_a_search_wildcard_is_skipped_with_the_reason(harness: Harness) -> None:
    product = harness.shop.product("VARE%1")
    await harness.deliver(product, "product.created")
    mapping = await harness.stored.mapping(product["id"], "article")
    assert (mapping.transfer, mapping.reason_code) == ("none", "article-number-forbidden-character")
    assert harness.warehouse.calls() == []


async def test_a_variation_is_an_article_of_its_own_named_after_its_product(harness: Harness) -> None:
    parent = harness.shop.product(
        "SOKK",
        name="Ullsokker",
        type="variable",
        attributes=[{"name": "Farge", "options": ["Blå", "Grå"], "variation": True}],
    )
    made = harness.shop.model.add_variation(parent["id"], {"sku": "SOKK-B", "attributes": [{"name": "Farge", "option": "Blå"}]})
    await harness.deliver(harness.shop.shown_product(made["id"]), "product.created")
    assert (article(harness, "SOKK-B").article_name, article(harness, "SOKK-B").product_code) == (
        "Ullsokker - Blå",
        str(made["id"]),
    )


async def test_articles_are_sent_whatever_became_of_an_order_that_needed_them(harness: Harness) -> None:
    order = harness.shop.order("SOKK-1")
    await harness.deliver(order)
    await harness.deliver(harness.shop.change(order["id"], status="cancelled"))
    product = harness.shop.shown_product(harness.shop.model.products.with_sku("SOKK-1")[0])
    await harness.deliver(product, "product.created")
    assert article(harness, "SOKK-1").customer_price == 100.0


async def test_with_articles_switched_off_a_products_webhook_is_kept_and_ignored(harness: Harness) -> None:
    await harness.change_settings(harness.connection, processes={"articles": False, "orders": True})
    await harness.deliver(harness.shop.product("VARE-1"), "product.created")
    assert harness.warehouse.calls() == []
    assert await harness.stored.events() == {"ignored": 1}
