"""What happens in a simulated shop beside its API."""

from __future__ import annotations

import pytest

from app.sandbox.nettbutikk24.sample import fill
from tests.sandbox.nettbutikk24.calling import MORNING, Site, part
from tests.sandbox.nettbutikk24.conftest import Build


async def test_an_order_is_edited(site: Site) -> None:
    shop = site.shop
    shop.add_product("KOPP-1", "Kopp", price="99", stock=10)
    shop.add_product("SOKK-1", "Sokker", price="149", sales_price="100", stock=10)
    order = shop.place_order([{"article_no": "KOPP-1", "quantity": 3}, {"article_no": "KOPP-1", "discount": "9.50"}])
    assert (order["total_amount_gross"], shop.stock("KOPP-1")) == ("386.50", 6)
    site.clock.seconds += 60
    order = shop.edit_order("1001", {"5001": 1, "5002": None}, [{"article_no": "SOKK-1"}], customer_comment="Takk")
    assert [part(line, "id", "product_name", "quantity", "unit_price") for line in order["order_lines"]] == [
        {"id": "5001", "product_name": "Kopp", "quantity": "1", "unit_price": "99.00"},
        {"id": "5003", "product_name": "Sokker", "quantity": "1", "unit_price": "100.00"},
    ]
    assert part(order, "total_amount_gross", "customer_comment", "modified_on") == {
        "total_amount_gross": "199.00", "customer_comment": "Takk", "modified_on": "2026-11-21 09:13:00",
    }  # fmt: skip
    assert (shop.stock("KOPP-1"), shop.stock("SOKK-1")) == (9, 9)


async def test_a_deleted_order_is_still_listed(site: Site) -> None:
    site.orders(2)
    site.clock.seconds += 60
    site.shop.delete_order("1001", by="Kari")
    assert await site.keys("orders") == ["1001", "1002"]
    (row,) = await site.rows("orders/1001")
    assert part(row, "deleted", "deletion_date", "deleted_by", "modified_on") == {
        "deleted": "1", "deletion_date": "2026-11-21", "deleted_by": "Kari", "modified_on": "2026-11-21 09:14:00",
    }  # fmt: skip
    assert site.shop.stock("KOPP-1") == -1
    site.shop.delete_order("1001")
    assert site.shop.stock("KOPP-1") == -1


async def test_a_deleted_order_is_gone(open_site: Build) -> None:
    site = open_site(deleted_orders="gone")
    site.orders(2)
    site.shop.delete_order("1001")
    assert await site.keys("orders") == ["1002"]
    for path in ("orders/1001", "orders/1001/lines"):
        assert (await site.get(path)).status_code == 404
    assert (await site.patch("orders/1001", {"status": "Sendt"})).status_code == 404


async def test_a_removed_order_leaves_no_trace(site: Site) -> None:
    site.orders(2)
    site.shop.remove_order("1001")
    assert await site.keys("orders") == ["1002"]
    assert (await site.get("orders/1001")).status_code == 404


async def test_an_order_is_blocked_and_released(site: Site) -> None:
    site.orders(1)
    site.shop.block_order("1001")
    assert (await site.rows("orders/1001"))[0]["blocked"] == "1"
    site.shop.block_order("1001", blocked=False)
    assert (await site.rows("orders/1001"))[0]["blocked"] == "0"
    site.shop.edit_line("1001", "5001", blocked=1)
    assert (await site.rows("orders/1001/lines"))[0]["blocked"] == "1"


async def test_a_changed_customer_changes_no_order(site: Site) -> None:
    site.orders(1)
    site.clock.seconds += 60
    site.shop.change_customer("71", address_1="Torget 4")
    assert await site.keys(f"customers/100/0/{MORNING + 60}", "address_1") == ["Torget 4"]
    assert await site.keys(f"orders/100/0/{MORNING + 60}") == []


async def test_products_change_and_go(site: Site) -> None:
    shop = site.shop
    shop.add_product("UJ-1", variants=[{"article_no": "UJ-1-S", "options": {"Størrelse": "S"}, "price": "899"}])
    site.clock.seconds += 60
    shop.add_variant("501", {"Størrelse": "M"}, article_no="UJ-1-M")
    shop.change_variant("501001", article_no="UJ-1-SMALL", ean_code="7090000000017")
    shop.change_product("501", name="Jakke", price="1099")
    rows = await site.rows(f"products/100/0/{MORNING + 60}", flat="1")
    assert [part(row, "article_no", "name", "price") for row in rows] == [
        {"article_no": "UJ-1-SMALL", "name": "Jakke", "price": "899.00"},
        {"article_no": "UJ-1-M", "name": "Jakke", "price": "1099.00"},
    ]
    assert shop.variant("UJ-1-SMALL")["ean_code"] == "7090000000017"
    shop.delete_variant("501001")
    assert await site.keys("products", "article_no", flat="1") == ["UJ-1-M"]
    shop.delete_product("501")
    assert await site.rows("products") == []


async def test_a_line_of_a_product_that_is_gone(site: Site) -> None:
    order = site.shop.place_order([{"unique_product_id": 999001, "product_name": "Utgått", "unit_price": 10}])
    assert part(order["order_lines"][0], "product_id", "unique_product_id", "product_name") == {
        "product_id": None, "unique_product_id": "999001", "product_name": "Utgått",
    }  # fmt: skip


def test_what_cannot_be_entered(site: Site) -> None:
    shop = site.shop
    shop.add_product("UJ-1", variants=[{"options": {"Størrelse": size}} for size in ("S", "M")])
    for error, act in (
        (TypeError, lambda: shop.add_product("A", colour="red")),
        (TypeError, lambda: shop.change_customer(shop.add_customer()["id"], id=5)),
        (KeyError, lambda: shop.place_order([{"article_no": "none"}])),
        (KeyError, lambda: shop.edit_order("9")),
        (KeyError, lambda: shop.stock("none")),
        (KeyError, lambda: shop.change(charm=True)),
        (ValueError, lambda: shop.change(charset="utf-16")),
        (ValueError, lambda: shop.place_order([{"unique_product_id": 5}])),
        (ValueError, lambda: shop.change_product("501", stock=4)),
        (ValueError, lambda: shop.add_product("A", price="1,5")),
        (ValueError, lambda: shop.add_product("A", active="ja")),
    ):
        with pytest.raises(error):
            act()


async def test_the_sample(site: Site) -> None:
    fill(site.shop, 0)
    assert await site.rows("products") == []
    fill(site.shop, 3)
    assert await site.keys("orders", "status") == ["Mottatt", "Til behandling", "Mottatt"]
    assert await site.keys("products", "article_no", flat="1") == ["UJ-1-S", "UJ-1-M", "UJ-1-L", "SOKK-1", "KOPP-1"]
    assert await site.keys("customers", "company_name") == [None, "Fjell AS", None]
