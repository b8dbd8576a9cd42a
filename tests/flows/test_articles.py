"""Articles into the warehouse: sent when their content has changed, kept when no longer sold, skipped with a reason."""

from __future__ import annotations

from typing import Any

from tests.house import House, Resource


def article(house: House, number: str) -> Any:
    return house.warehouse.articles[77, number].body


async def status(house: House, product: Resource) -> tuple[str, str, str | None]:
    mapping = await house.mapping(product["id"], "article")
    return mapping.wanted, mapping.transfer, mapping.reason_code


def changed(house: House, product: Resource, **body: Any) -> Resource:
    house.tick()
    house.shop.change_product(product["id"], body)
    return house.shown_product(product["id"])


async def test_a_new_product_becomes_an_article(house: House) -> None:
    product = house.product("VARE-1", name="Lue &amp; votter", weight="0.3")
    await house.deliver(product, "product.created")
    made = article(house, "VARE-1")
    assert (made.article_name, made.product_code, made.unit_code, made.is_stock_article, made.weight) == (
        "Lue & votter",
        str(product["id"]),
        "st",
        True,
        0.3,
    )
    assert await status(house, product) == ("present", "sent", None)


async def test_a_change_that_the_warehouse_needs_is_sent(house: House) -> None:
    product = house.product("VARE-1")
    await house.deliver(product, "product.created")
    await house.deliver(changed(house, product, name="Nytt navn"), "product.updated")
    assert article(house, "VARE-1").article_name == "Nytt navn"
    assert len(house.writes(path="/articles")) == 2


async def test_a_change_that_the_warehouse_does_not_need_is_not_sent(house: House) -> None:
    """Stock is the warehouse's own: every sale changes it in the shop, and comes back as a webhook."""
    product = house.product("VARE-1", manage_stock=True, stock_quantity=10)
    await house.deliver(product, "product.created")
    before = len(house.warehouse_calls())
    await house.deliver(changed(house, product, stock_quantity=9), "product.updated")
    assert len(house.warehouse_calls()) == before


async def test_a_product_that_is_not_sold_yet_is_left_out_until_it_is(house: House) -> None:
    product = house.product("VARE-1", status="draft")
    await house.deliver(product, "product.created")
    assert await status(house, product) == ("absent", "none", "not-wanted")
    await house.deliver(changed(house, product, status="publish"), "product.updated")
    assert await status(house, product) == ("present", "sent", None)


async def test_a_product_that_is_sold_no_longer_stays_in_the_warehouse(house: House) -> None:
    product = house.product("VARE-1")
    await house.deliver(product, "product.created")
    await house.deliver(changed(house, product, status="draft"), "product.updated")
    assert (await house.mapping(product["id"], "article")).reason_code == "kept"
    assert len(house.writes(path="/articles")) == 1
    assert (77, "VARE-1") in house.warehouse.articles


async def test_a_deleted_product_stays_in_the_warehouse(house: House) -> None:
    product = house.product("VARE-1")
    await house.deliver(product, "product.created")
    house.shop.products.remove(product["id"])
    await house.deliver({"id": product["id"]}, "product.deleted")
    assert (77, "VARE-1") in house.warehouse.articles
    assert await house.all_ended()


async def test_a_product_without_a_number_is_skipped_with_the_reason(house: House) -> None:
    product = house.product("")
    await house.deliver(product, "product.created")
    assert await status(house, product) == ("present", "none", "article-without-number")
    assert house.warehouse_calls() == []


async def test_a_fallback_number_makes_it_an_article(house: House) -> None:
    await house.change_settings(house.connection, article_number_fallback="WC-{id}")
    product = house.product("")
    await house.deliver(product, "product.created")
    assert (77, f"WC-{product['id']}") in house.warehouse.articles


async def test_a_number_with_a_search_wildcard_is_skipped_with_the_reason(house: House) -> None:
    product = house.product("VARE%1")
    await house.deliver(product, "product.created")
    mapping = await house.mapping(product["id"], "article")
    assert (mapping.transfer, mapping.reason_code) == ("none", "article-number-forbidden-character")
    assert house.warehouse_calls() == []


async def test_a_variation_is_an_article_of_its_own_named_after_its_product(house: House) -> None:
    parent = house.product(
        "SOKK",
        name="Ullsokker",
        type="variable",
        attributes=[{"name": "Farge", "options": ["Blå", "Grå"], "variation": True}],
    )
    made = house.shop.add_variation(parent["id"], {"sku": "SOKK-B", "attributes": [{"name": "Farge", "option": "Blå"}]})
    await house.deliver(house.shown_product(made["id"]), "product.created")
    assert (article(house, "SOKK-B").article_name, article(house, "SOKK-B").product_code) == ("Ullsokker - Blå", str(made["id"]))


async def test_articles_are_sent_whatever_became_of_an_order_that_needed_them(house: House) -> None:
    order = house.order("SOKK-1")
    await house.deliver(order)
    await house.deliver(house.change(order["id"], status="cancelled"))
    product = house.shown_product(house.shop.products.with_sku("SOKK-1")[0])
    await house.deliver(product, "product.created")
    assert article(house, "SOKK-1").customer_price == 100.0


async def test_with_articles_switched_off_a_products_webhook_is_kept_and_ignored(house: House) -> None:
    await house.change_settings(house.connection, processes={"articles": False, "orders": True})
    await house.deliver(house.product("VARE-1"), "product.created")
    assert house.warehouse_calls() == []
    assert await house.events() == {"ignored": 1}
