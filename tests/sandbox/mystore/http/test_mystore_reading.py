"""Lists and single records: pages, conditions, fields."""

from __future__ import annotations

import pytest

from tests.sandbox.mystore.calling import Site, detail, headers
from tests.sandbox.mystore.conftest import Build

JACKET = [{"sku": "UJ-1-M", "ean": "7090000000024", "cost": 310, "quantity": 12, "options": {"Størrelse": "M", "Farge": "Rød"}}]


async def test_an_order_reads_as_the_contract_has_it(site: Site) -> None:
    site.shop.add_product("UJ-1", "Ulljakke", JACKET, price=799.2)
    site.shop.place_order([{"sku": "UJ-1-M", "quantity": 2}])

    order = (await site.get("/orders/10001")).json()["data"]

    assert (order["type"], order["id"]) == ("orders", "10001")
    assert order["attributes"] == {
        "customer_address_name": "Kari Nordmann",
        "customer_address_company": None,
        "customer_address_address": "Storgata 1",
        "customer_address_zipcode": "0155",
        "customer_address_city": "Oslo",
        "customer_address_state": None,
        "customer_address_country": "Norway",
        "shipping_address_name": "Kari Nordmann",
        "shipping_address_company": None,
        "shipping_address_address": "Storgata 1",
        "shipping_address_zipcode": "0155",
        "shipping_address_city": "Oslo",
        "shipping_address_state": None,
        "shipping_address_country": "Norway",
        "billing_address_name": "Kari Nordmann",
        "billing_address_company": None,
        "billing_address_address": "Storgata 1",
        "billing_address_zipcode": "0155",
        "billing_address_city": "Oslo",
        "billing_address_state": None,
        "billing_address_country": "Norway",
        "customer_address_phone": "90000000",
        "customer_address_email": "kari@example.no",
        "currency": "NOK",
        "payment_method": "Klarna",
        "payment_module": "klarna",
        "shipping_method": "servicepakke_servicepakke",
        "tracking_number": None,
        "currency_value": 1,
        "created_at": "2026-11-21 09:12:00",
        "updated_at": "2026-11-21 09:12:00",
        "finished_at": None,
    }
    assert order["relationships"] == {
        "customer": {"data": {"type": "customers", "id": "1"}},
        "order-status": {"data": {"type": "order-status", "id": "1"}},
    }


async def test_the_lines_of_an_order_name_product_and_variant(site: Site) -> None:
    site.shop.add_product("UJ-1", "Ulljakke", JACKET, price=799.2)
    site.shop.place_order([{"sku": "UJ-1-M", "quantity": 2}])

    (line,) = (await site.get("/orders/10001/order-products")).json()["data"]

    assert line == {
        "type": "order-products",
        "id": "1",
        "attributes": {
            "name": "Ulljakke", "sku": "UJ-1-M", "quantity": 2, "original_price": 799.2, "price": 799.2, "final_price": 799.2,
            "tax_rate": 25,
        },
        "relationships": {
            "order": {"data": {"type": "orders", "id": "10001"}},
            "product": {"data": {"type": "products", "id": "1"}},
            "product-variant": {"data": {"type": "product-variants", "id": "1"}},
        },
    }  # fmt: skip


async def test_the_options_of_a_line_have_their_names(site: Site) -> None:
    site.shop.add_product("UJ-1", "Ulljakke", JACKET)
    site.shop.place_order([{"sku": "UJ-1-M"}])

    found = (await site.get("/order-products/1/order-product-attributes")).json()["data"]

    names = [(one["attributes"]["option_name"], one["attributes"]["option_value_name"]) for one in found]
    assert names == [("Størrelse", "M"), ("Farge", "Rød")]
    assert found[0]["relationships"]["product-option-value"] == {"data": {"type": "product-option-values", "id": "1"}}


async def test_the_totals_of_an_order_add_up(site: Site) -> None:
    site.shop.place_order([{"sku": "X", "quantity": 2, "price": 100, "final_price": 100}], freight=79.2)

    rows = (await site.get("/orders/10001/order-totals")).json()["data"]

    assert [(one["attributes"]["class"], one["attributes"]["value"]) for one in rows] == [
        ("ot_subtotal", 250.0),
        ("ot_shipping", 99.0),
        ("ot_tax", 69.8),
        ("ot_total", 349.0),
    ]


async def test_variants_come_with_their_options_beside_the_list(site: Site) -> None:
    site.shop.add_product("UJ-1", "Ulljakke", JACKET)

    answer = (await site.get("/product-variants")).json()

    assert answer["meta"] == {"product_variants": [{"products_stock_id": 1, "products_stock_attributes": "1-1,2-2"}]}
    assert answer["data"][0]["attributes"] == {
        "sku": "UJ-1-M", "ean": "7090000000024", "quantity": 12, "disabled": 0, "cost": 310,
    }  # fmt: skip
    assert answer["data"][0]["relationships"]["product-attributes"] == {
        "data": [{"type": "product-attributes", "id": "1"}, {"type": "product-attributes", "id": "2"}]
    }


async def test_names_are_by_language_and_have_entities(site: Site) -> None:
    site.shop.add_product("S", 'Sokker & "votter"')
    assert (await site.get("/products/1")).json()["data"]["attributes"]["name"] == {"no": "Sokker &amp; &quot;votter&quot;"}


class TestPages:
    async def test_links_lead_from_page_to_page(self, site: Site) -> None:
        for number in range(5):
            site.shop.add_product(f"P-{number}")

        first = (await site.get("/products", **{"page[size]": 2})).json()
        last = (await site.http.get(first["links"]["last"], headers=headers())).json()

        assert first["links"] == {
            "self": "http://mystore/shops/demo/products?page%5Bnumber%5D=1&page%5Bsize%5D=2",
            "first": "http://mystore/shops/demo/products?page%5Bnumber%5D=1&page%5Bsize%5D=2",
            "last": "http://mystore/shops/demo/products?page%5Bnumber%5D=3&page%5Bsize%5D=2",
            "next": "http://mystore/shops/demo/products?page%5Bnumber%5D=2&page%5Bsize%5D=2",
        }
        assert [one["id"] for one in last["data"]] == ["5"]
        assert set(last["links"]) == {"self", "first", "last", "prev"}

    async def test_links_keep_the_conditions(self, site: Site) -> None:
        for _ in range(2):
            site.shop.add_product("P")
        query = {"page[size]": 1, "filter[a][path]": "sku", "filter[a][value]": "P"}
        answer = (await site.get("/products", **query)).json()
        assert "filter%5Ba%5D%5Bpath%5D=sku&filter%5Ba%5D%5Bvalue%5D=P&page%5Bnumber%5D=2" in answer["links"]["next"]

    @pytest.mark.parametrize(("past_end", "status"), [("not-found", 404), ("empty", 200)])
    async def test_past_the_end(self, open_site: Build, past_end: str, status: int) -> None:
        site = open_site(past_end=past_end)
        site.shop.add_product("P")
        assert (await site.get("/products", **{"page[number]": 2})).status_code == status

    async def test_an_empty_list_has_a_first_page(self, site: Site) -> None:
        answer = await site.get("/products")
        assert (answer.status_code, answer.json()["data"]) == (200, [])

    async def test_a_page_is_capped(self, open_site: Build) -> None:
        site = open_site(max_page_size=2)
        for number in range(3):
            site.shop.add_product(f"P-{number}")
        answer = (await site.get("/products", **{"page[size]": 500})).json()
        assert len(answer["data"]) == 2
        assert "next" in answer["links"]


class TestConditions:
    @pytest.fixture
    def aged(self, site: Site) -> Site:
        """Orders of 09:12, 09:13 and 09:14."""
        for _ in range(3):
            site.shop.place_order([{"sku": "A"}])
            site.clock.seconds += 60
        return site

    async def ids(self, site: Site, operator: str | None, value: str, path: str = "updated_at") -> list[str]:
        query = {"filter[x][path]": path, "filter[x][value]": value}
        answer = await site.get("/orders", **query, **({"filter[x][operator]": operator} if operator else {}))
        assert answer.status_code == 200
        return [one["id"] for one in answer.json()["data"]]

    @pytest.mark.parametrize(
        ("operator", "expected"),
        [("gte", ["10002", "10003"]), ("gt", ["10003"]), ("lt", ["10001"]), ("lte", ["10001", "10002"]), (None, ["10002"])],
    )
    async def test_times_are_compared(self, aged: Site, operator: str | None, expected: list[str]) -> None:
        assert await self.ids(aged, operator, "2026-11-21 09:13:00") == expected

    async def test_an_operator_that_is_spelled_otherwise_is_equality(self, aged: Site) -> None:
        assert await self.ids(aged, ">", "2026-11-21 09:00:00") == []
        assert await self.ids(aged, ">", "2026-11-21 09:13:00") == ["10002"]

    async def test_the_spelling_is_a_setting(self, aged: Site) -> None:
        aged.mystore.change(operators={">": ">", "<": "<"}, unknown_operator="refused")
        assert await self.ids(aged, ">", "2026-11-21 09:13:00") == ["10003"]
        answer = await aged.get("/orders", **{"filter[x][path]": "id", "filter[x][value]": "1", "filter[x][operator]": "gte"})
        assert (answer.status_code, detail(answer)) == (400, "Unknown operator gte")

    async def test_by_status(self, aged: Site) -> None:
        aged.shop.set_status(10002, "Sendt")
        assert await self.ids(aged, None, "3", "order-status") == ["10002"]
        assert [one["id"] for one in (await aged.get("/order-status/3/orders")).json()["data"]] == ["10002"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"sort": "id"}, "Unknown parameter sort"),
            ({"include": "customer"}, "Unknown parameter include"),
            ({"page[limit]": "1"}, "Unknown parameter page[limit]"),
            ({"page[number]": "0"}, "page[number] must be a whole number of at least 1"),
            ({"fields[orders]": "created_at,color"}, "Unknown field color"),
            ({"fields[products]": "sku"}, "fields[products]: there are no products in this answer"),
            ({"filter[a][path]": "color", "filter[a][value]": "1"}, "Unknown path color"),
            ({"filter[a][path]": "updated_at"}, "A filter has a path and a value"),
            (
                {"filter[a][path]": "updated_at", "filter[a][value]": "2026-11-21T08:00:00Z"},
                "updated_at is compared with a time YYYY-MM-DD HH:MM:SS, not '2026-11-21T08:00:00Z'",
            ),
        ],
    )
    async def test_what_is_not_known_is_400(self, site: Site, query: dict[str, str], expected: str) -> None:
        answer = await site.get("/orders", **query)
        assert answer.status_code == 400
        assert answer.json() == {"errors": [{"status": "400", "title": "Bad Request", "detail": expected}]}

    async def test_what_is_not_there_is_404(self, site: Site) -> None:
        assert (await site.get("/orders/7")).status_code == 404
        assert (await site.get("/orders/7/order-products")).status_code == 404
        assert (await site.get("/parcels")).status_code == 404


async def test_only_the_fields_asked_for_are_shown(site: Site) -> None:
    site.shop.add_product("P")
    answer = (await site.get("/products", **{"fields[products]": "sku,updated_at"})).json()
    assert answer["data"] == [{"type": "products", "id": "1", "attributes": {"sku": "P", "updated_at": "2026-11-21 09:12:00"}}]


async def test_settings_shipping_and_payment_are_plain(site: Site) -> None:
    assert (await site.plain("GET", "/settings")).json()["default_language"] == "no"
    assert (await site.plain("GET", "/shipping")).json()[0] == {"name": "Servicepakke", "method": "servicepakke"}
    assert [one["method"] for one in (await site.plain("GET", "/payment")).json()] == ["cod", "invoice"]
