"""Rows: the fields of each resource, and how values and charsets are written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.nettbutikk24.calling import Site, part
from tests.sandbox.nettbutikk24.conftest import Build

JACKET: dict[str, Any] = {
    "article_no": "UJ-1", "name": "Ulljakke", "category": "Jakker", "description": "Varm jakke", "price": "999",
    "length": 40, "width": 30, "height": 8, "volume": "9.6",
    "variants": [
        {"article_no": "UJ-1-S", "stock": 3, "options": {"Størrelse": "S", "Farge": "Rød"}},
        {"article_no": "UJ-1-M", "stock": 12, "options": {"Størrelse": "M", "Farge": "Rød"}, "ean_code": "7090000000024"},
    ],
}  # fmt: skip


def jacket_ordered(site: Site, **more: Any) -> dict[str, Any]:
    """Two jackets, size M, ordered by customer 71."""
    site.shop.add_product(**JACKET)
    return site.shop.place_order([{"article_no": "UJ-1-M", "quantity": 2}], shipping_costs=99, **more)


async def test_a_flat_row_is_one_thing_to_sell(site: Site) -> None:
    site.shop.add_product(**JACKET)
    site.shop.change(orders_take_stock=False)
    rows = await site.rows("products/100/0", flat="1")
    assert rows[1] == {
        "id": "501", "unique_product_id": "501002", "article_no": "UJ-1-M", "ean_code": "7090000000024", "name": "Ulljakke",
        "variant": "Størrelse: M, Farge: Rød", "category": "Jakker", "summary": None, "description": "Varm jakke",
        "additional_text": None, "buying_price": "310.00", "price": "999.00", "sales_price": None, "vat": "25.00",
        "weight": "0.620", "length": "40", "width": "30", "height": "8", "volume": "9.6", "active": "1", "stock": "12",
        "image": None, "link": None, "modified_on": "2026-11-21 09:12:00",
    }  # fmt: skip
    assert part(rows[0], "unique_product_id", "article_no", "stock") == {
        "unique_product_id": "501001", "article_no": "UJ-1-S", "stock": "3",
    }  # fmt: skip


async def test_a_row_that_is_not_flat_is_a_whole_product(site: Site) -> None:
    site.shop.add_product(**JACKET)
    for query in ({}, {"flat": "0"}):
        (row,) = await site.rows("products", **query)
        assert "unique_product_id" not in row
        assert "variant" not in row
        assert part(row, "id", "article_no", "stock", "attributes") == {
            "id": "501", "article_no": "UJ-1", "stock": "15", "attributes": {"Størrelse": ["S", "M"], "Farge": ["Rød"]},
        }  # fmt: skip


async def test_one_product_by_either_id(site: Site) -> None:
    site.shop.add_product(**JACKET)
    assert await site.keys("products/501", "id") == ["501"]
    assert await site.keys("products/501002", "unique_product_id", flat="1") == ["501002"]
    assert (await site.get("products/501002", flat="0")).status_code == 404
    assert (await site.get("products/501", flat="1")).status_code == 404


async def test_flat_the_other_way_round(open_site: Build) -> None:
    site = open_site(flat_variants="0")
    site.shop.add_product(**JACKET)
    assert await site.keys("products", "article_no", flat="0") == ["UJ-1-S", "UJ-1-M"]
    assert await site.keys("products", "article_no", flat="1") == ["UJ-1"]
    site.shop.change(flat_default="1")
    assert await site.keys("products", "article_no") == ["UJ-1"]


@pytest.mark.parametrize(("ids", "keys"), [("unique", ["501001", "501002"]), ("product", ["501", "501"])])
async def test_flat_rows_without_unique_product_id(open_site: Build, ids: str, keys: list[str]) -> None:
    site = open_site(flat_ids=ids)
    site.shop.add_product(**JACKET)
    rows = await site.rows("products", flat="1")
    assert [row["id"] for row in rows] == keys
    assert [row for row in rows if "unique_product_id" in row] == []
    assert len(await site.rows(f"products/{keys[1]}", flat="1")) == (1 if ids == "unique" else 2)


async def test_a_product_without_variants(open_site: Build) -> None:
    site = open_site()
    site.shop.add_product("KOPP-1", "Kopp", stock=4)
    (row,) = await site.rows("products/501001", flat="1")
    assert part(row, "id", "unique_product_id", "variant", "stock") == {
        "id": "501", "unique_product_id": "501001", "variant": None, "stock": "4",
    }  # fmt: skip
    site.shop.change(simple_unique_id=False)
    (row,) = await site.rows("products/501", flat="1")
    assert (row["id"], row["unique_product_id"]) == ("501", None)
    assert (await site.get("products/501001", flat="1")).status_code == 404
    (line,) = site.shop.place_order([{"article_no": "KOPP-1"}])["order_lines"]
    assert part(line, "product_id", "unique_product_id", "attributes") == {
        "product_id": "501", "unique_product_id": None, "attributes": None,
    }  # fmt: skip
    assert site.shop.stock("KOPP-1") == 3


async def test_an_order(site: Site) -> None:
    jacket_ordered(site, customer_comment="Ring først", invoice_no="7")
    (row,) = await site.rows("orders/1001")
    assert row == {
        "order_no": "1001", "customer_id": "71", "customer_comment": "Ring først", "status": "Mottatt", "fraud_status": None,
        "order_date": "2026-11-21", "order_time": "09:12:00", "sent_date": None, "tracking_number": None,
        "payment_method_id": "2", "payment_method": "Kort", "payment_addition": "0.00", "shipping_method": "3",
        "shipping_method_text": "Posten – hentested", "shipping_costs": "99.00", "shipping_svalbard": "0.00", "vat": "25.00",
        "addition_vat": "25.00", "effected": "0", "transaction_no": None, "invoice_no": "7", "paid": "1", "deleted": "0",
        "deletion_date": None, "deleted_by": None, "effecting_date": None, "gift_card": None, "shop_comment": None,
        "blocked": "0", "tripletex_sent": "0", "rest": "0", "currency": "NOK", "exchange_rate": "1.00",
        "total_amount_gross": "2097.00", "total_vat": "419.40", "pickuppoint": None, "modified_on": "2026-11-21 09:12:00",
        "order_lines": [{
            "id": "5001", "order_no": "1001", "product_id": "501", "unique_product_id": "501002", "product_name": "Ulljakke",
            "quantity": "2", "unit_price": "999.00", "discount": "0.00", "vat": "25.00", "extra_field": None,
            "extra_price": "0.00", "attributes": {"Størrelse": "M", "Farge": "Rød"}, "total_amount_gross": "1998.00",
            "total_vat": "399.60", "blocked": "0", "sent": "0", "quantity_sent": "0", "sent_date": None,
            "tracking_number": None,
        }],
    }  # fmt: skip
    assert await site.rows("orders/1001/lines") == row["order_lines"]
    assert await site.rows("orders/1001/lines/5001") == row["order_lines"]
    assert [(await site.get(path)).status_code for path in ("orders/1001/lines/5002", "orders/9/lines")] == [404, 404]


async def test_a_customer(site: Site) -> None:
    site.shop.add_customer(use_delivery_address=1, delivery_name="Hytta", delivery_postcode="2670")
    (row,) = await site.rows("customers/71")
    assert row == {
        "id": "71", "customer_type": "private", "first_name": "Kari", "last_name": "Nordmann", "company_name": None,
        "contact_person": None, "organisation_no": None, "phone": "90000000", "e_mail": "kari@example.no",
        "address_1": "Storgata 1", "address_2": None, "postcode": "0155", "city": "Oslo", "country": "Norge",
        "use_delivery_address": "1", "delivery_name": "Hytta", "delivery_address_1": None, "delivery_address_2": None,
        "delivery_postcode": "2670", "delivery_city": None, "registration_date": "2026-11-21", "active": "1",
        "modified_on": "2026-11-21 09:12:00",
    }  # fmt: skip
    assert await site.rows("customers/100/0") == [row]
    assert (await site.get("customers/72")).status_code == 404


async def test_the_types_of_the_corrected_client(open_site: Build) -> None:
    site = open_site(types="corrected")
    jacket_ordered(site)
    (row,) = await site.rows("orders")
    assert part(row, "order_no", "paid", "deleted", "blocked", "shipping_costs") == {
        "order_no": "1001", "paid": 1, "deleted": 0, "blocked": "0", "shipping_costs": "99.00",
    }  # fmt: skip
    assert part(row["order_lines"][0], "id", "quantity", "unit_price", "discount", "vat", "sent", "quantity_sent") == {
        "id": "5001", "quantity": 2, "unit_price": 999, "discount": 0, "vat": 25, "sent": 0, "quantity_sent": "0",
    }  # fmt: skip


async def test_everything_as_numbers(open_site: Build) -> None:
    site = open_site(types="numbers")
    site.shop.add_product(**JACKET)
    row = (await site.rows("products", flat="1"))[1]
    assert part(row, "id", "unique_product_id", "article_no", "weight", "volume", "stock", "active") == {
        "id": 501, "unique_product_id": 501002, "article_no": "UJ-1-M", "weight": 0.62, "volume": 9.6, "stock": 12, "active": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"decimal_comma": True}, {"total_vat": "419,40", "paid": "1", "sent_date": None}),
        ({"flag_form": "booleans"}, {"total_vat": "419.40", "paid": True, "sent_date": None}),
        ({"flag_form": "words", "empty_values": "text"}, {"total_vat": "419.40", "paid": "yes", "sent_date": ""}),
        ({"timezone": "UTC"}, {"modified_on": "2026-11-21 08:12:00", "order_date": "2026-11-21", "order_time": "08:12:00"}),
    ],
)
async def test_other_ways_to_write(open_site: Build, settings: dict[str, Any], shown: dict[str, Any]) -> None:
    site = open_site(**settings)
    jacket_ordered(site)
    (row,) = await site.rows("orders")
    assert part(row, *shown) == shown


async def test_quantities(open_site: Build) -> None:
    site = open_site(quantity_places=2)
    jacket_ordered(site)
    site.shop.edit_order("1001", {"5001": "1.5"})
    (line,) = await site.rows("orders/1001/lines")
    assert (line["quantity"], line["quantity_sent"]) == ("1.50", "0.00")
    site.shop.change(quantity_places=0)
    (line,) = await site.rows("orders/1001/lines")
    assert (line["quantity"], line["quantity_sent"]) == ("1.5", "0")


async def test_prices_without_vat(open_site: Build) -> None:
    site = open_site(prices_include_vat=False)
    jacket_ordered(site)
    (row,) = await site.rows("orders")
    assert part(row, "total_amount_gross", "total_vat") == {"total_amount_gross": "2621.25", "total_vat": "524.25"}


@pytest.mark.parametrize(
    ("settings", "named", "place"),
    [
        ({}, "application/json; charset=utf-8", "Sk\u00f8yen".encode()),
        ({"charset": "iso-8859-1"}, "application/json; charset=iso-8859-1", b"Sk\xf8yen"),
        ({"charset": "iso-8859-1", "charset_named": False}, "application/json", b"Sk\xf8yen"),
        ({"charset_named": False}, "application/json", "Sk\u00f8yen".encode()),
    ],
)
async def test_both_charsets_named_or_not(open_site: Build, settings: dict[str, Any], named: str, place: bytes) -> None:
    site = open_site(**settings)
    site.shop.add_customer(city="Skøyen")
    answer = await site.get("customers/71")
    assert answer.headers["Content-Type"] == named
    assert b'"city":"' + place + b'"' in answer.content
    assert site.shop.journal.calls[0].answer["data"][0]["city"] == "Skøyen"


async def test_what_a_charset_lacks_is_escaped(open_site: Build) -> None:
    site = open_site(charset="iso-8859-1")
    site.shop.add_customer(address_1="A – B", address_2="😀")
    content = (await site.get("customers/71")).content
    assert rb'"address_1":"A \u2013 B","address_2":"\ud83d\ude00"' in content
    site.shop.change(charset="windows-1252")
    assert b'"address_1":"A \x96 B"' in (await site.get("customers/71")).content
