"""Each field of an order, beside the requirement's table."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.domain import Address, Coded, Notification, Order, OrderLine, Process, ShopState, SourceRecord, Transporter
from app.integrations.mystore.integration import Mystore
from app.integrations.mystore.rest.resources import LINES, STATUS, TOTAL
from app.integrations.mystore.settings import MystoreSettings
from app.warehouse.settings import OngoingSettings
from app.warehouse.writes.fields import order_body

ATTRIBUTES: dict[str, Any] = {
    "customer_address_name": "Kari Nordmann",
    "customer_address_phone": "90000000",
    "customer_address_email": "kari@example.no",
    "shipping_address_name": "Kari Nordmann",
    "shipping_address_address": "Storgata 1",
    "shipping_address_zipcode": "0155",
    "shipping_address_city": "Oslo",
    "shipping_address_state": "Oslo fylke",
    "shipping_address_country": "Norway",
    "billing_address_name": "Ola Nordmann",
    "billing_address_company": "Fjell AS",
    "billing_address_address": "Torget 4",
    "billing_address_zipcode": "5014",
    "billing_address_city": "Bergen",
    "billing_address_country": "Norge",
    "currency": "NOK",
    "shipping_method": "servicepakke_servicepakke",
    "reference": "PO-77",
    "total_price": 2077.2,
    "created_at": "2026-11-21 09:12:00",
    "updated_at": "2026-11-21 09:13:00",
}
LINE = {
    "type": "order-products",
    "id": "30011",
    "attributes": {"name": "Ulljakke", "sku": "UJ-1-M", "quantity": 2, "price": 699.2, "final_price": 799.2, "tax_rate": 25},
    "relationships": {
        "product": {"data": {"type": "products", "id": "281"}},
        "product-variant": {"data": {"type": "product-variants", "id": "9001"}},
    },
}


def line(line_id: str = "30011", **attributes: Any) -> dict[str, Any]:
    return {**LINE, "id": line_id, "attributes": {**LINE["attributes"], **attributes}}  # type: ignore[dict-item]


def order(
    lines: list[dict[str, Any]] | None = None,
    status: tuple[str, str] = ("1", "Ikke behandlet"),
    settings: dict[str, Any] | None = None,
    beside: dict[str, Any] | None = None,
    **attributes: Any,
) -> Order:
    own, name = status
    body = {
        "type": "orders",
        "id": "10542",
        "attributes": {**ATTRIBUTES, **attributes},
        "relationships": {"order-status": {"data": {"type": "order-status", "id": own}}},
        LINES: [LINE] if lines is None else lines,
        STATUS: {"id": own, "name": name},
        **(beside or {}),
    }
    record = SourceRecord(Process.ORDERS, "10542", datetime(2026, 11, 21, 8, 13, tzinfo=UTC), body)
    found = Mystore().map(record, MystoreSettings.model_validate(settings or {}))
    assert isinstance(found, Order)
    return found


def test_the_whole_table() -> None:
    found = order()
    assert (found.source_id, found.source_number, found.number) == ("10542", "10542", "10542")
    assert (found.state, found.status, found.currency) == (ShopState.WANTED, "Ikke behandlet", "NOK")
    assert found.delivery_date == found.created_at == datetime(2026, 11, 21, 8, 12, tzinfo=UTC)
    assert found.modified_at == datetime(2026, 11, 21, 8, 13, tzinfo=UTC)
    assert found.consignee == Address(
        name="Kari Nordmann",
        address1="Storgata 1",
        post_code="0155",
        city="Oslo",
        country_code="NO",
        email=Notification("kari@example.no", True),
        mobile=Notification("90000000", True),
    )
    assert found.invoice_address == Address("Fjell AS, Ola Nordmann", "Torget 4", "", "5014", "Bergen", "NO")
    assert found.way_of_delivery == Coded("servicepakke_servicepakke", "servicepakke_servicepakke")
    assert found.way_of_delivery_text == "servicepakke_servicepakke"
    assert found.lines == (OrderLine("30011", "UJ-1-M", "Ulljakke", Decimal(2), Decimal("699.2"), Decimal("799.2"), "NOK"),)
    assert found.extra == {"customerPrice": "2077.2", "referenceNumber": "PO-77", "consignee.countryStateCode": "Oslo fylke"}
    assert found.problems == ()


def test_what_the_warehouse_is_sent() -> None:
    """Every cell of the table, by its path in PUT /orders."""
    sent = order_body(order(), 77, OngoingSettings()).json
    assert sent == {
        "goodsOwnerId": 77,
        "goodsOwnerOrderId": "10542",
        "orderNumber": "10542",
        "referenceNumber": "PO-77",
        "customerPrice": 2077.2,
        "deliveryDate": "2026-11-21T08:12:00Z",
        "advanced": {"wayOfDeliveryString": "servicepakke_servicepakke"},
        "wayOfDelivery": {"code": "servicepakke_servicepakke", "name": "servicepakke_servicepakke"},
        "consignee": {
            "name": "Kari Nordmann",
            "address1": "Storgata 1",
            "postCode": "0155",
            "city": "Oslo",
            "countryCode": "NO",
            "countryStateCode": "Oslo fylke",
            "advanced": {
                "emailNotification": {"toBeNotified": True, "value": "kari@example.no"},
                "smsNotification": {"toBeNotified": True, "value": "90000000"},
            },
            "invoiceAddress": {
                "name": "Fjell AS, Ola Nordmann",
                "address1": "Torget 4",
                "postCode": "5014",
                "city": "Bergen",
                "countryCode": "NO",
            },
        },
        "orderLines": [
            {
                "rowNumber": "30011",
                "articleNumber": "UJ-1-M",
                "numberOfItems": 2,
                "prices": {"customerLinePrice": 799.2, "linePrice": 699.2, "currencyCode": "NOK"},
            }
        ],
    }


def test_a_company_stands_before_the_name() -> None:
    assert order(shipping_address_company="Fjell AS").consignee.name == "Fjell AS, Kari Nordmann"
    assert order(shipping_address_company="Fjell AS", shipping_address_name=None).consignee.name == "Fjell AS"


def test_without_phone_and_e_mail_nobody_is_notified() -> None:
    found = order(customer_address_phone=None, customer_address_email="")
    assert (found.consignee.email, found.consignee.mobile) == (None, None)


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("Norway", "NO"),
        ("Norge", "NO"),
        ("Sweden", "SE"),
        ("Sverige", "SE"),
        ("Danmark", "DK"),
        ("NO", "NO"),
        (None, "NO"),
        ("", "NO"),
    ],
)
def test_a_country_is_given_by_name(country: str | None, code: str) -> None:
    found = order(shipping_address_country=country)
    assert (found.consignee.country_code, found.problems) == (code, ())


def test_a_country_that_is_not_understood_holds_the_order() -> None:
    found = order(shipping_address_country="Atlantis")
    assert [(each.code, each.field) for each in found.problems] == [("country-unknown", "shipping_address_country")]
    assert (
        order(shipping_address_country="Atlantis", settings={"country_names": {"atlantis": "GR"}}).consignee.country_code == "GR"
    )


def test_the_reference_is_the_order_s_else_its_id() -> None:
    assert order(reference=None).extra["referenceNumber"] == "10542"
    assert order(reference=None, ref="X", settings={"reference_attribute": "ref"}).extra["referenceNumber"] == "X"


def test_the_total_is_the_order_s_else_that_of_the_total_s_row() -> None:
    assert order(total_price=None, beside={TOTAL: 641.63}).extra["customerPrice"] == "641.63"
    assert "customerPrice" not in order(total_price=None).extra


def test_the_prefix_stands_before_the_number() -> None:
    found = order(settings={"order_number_prefix": "MS-"})
    assert (found.number, found.source_number) == ("MS-10542", "10542")


def test_a_line_at_0_is_left_out() -> None:
    found = order([line("1", quantity=0), line("2", sku="B", quantity=1)])
    assert [(each.row_number, each.article_number) for each in found.lines] == [("2", "B")]


def test_a_line_without_a_sku_holds_the_order_by_its_place() -> None:
    found = order([line("1", quantity=0), line("2", sku=None)])
    assert [(each.code, each.field) for each in found.problems] == [("line-without-article-number", "order-products[1].sku")]
    (made,) = order([line("2", sku=None)], settings={"article_number_fallback": "MS-{id}"}).lines
    assert made.article_number == "MS-v9001"


def test_a_line_without_a_sku_has_that_of_its_variant() -> None:
    (made,) = order([{**line(sku=""), "_gateway_number": "UJ-1-M"}]).lines
    assert made.article_number == "UJ-1-M"


@pytest.mark.parametrize(
    ("settings", "prices"),
    [
        ({}, ("699.2", "799.2")),
        ({"customer_line_price": "line_total"}, ("699.2", "1598.4")),
        ({"customer_line_price": "line_total", "final_price_per": "line"}, ("699.2", "799.2")),
        ({"prices_include_vat": True}, ("559.36", "639.36")),
    ],
)
def test_prices_of_a_line(settings: dict[str, Any], prices: tuple[str, str]) -> None:
    (made,) = order(settings=settings).lines
    assert (made.line_price, made.customer_line_price) == (Decimal(prices[0]), Decimal(prices[1]))


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("Ikke behandlet", ShopState.WANTED),
        ("Under behandling", ShopState.WANTED),
        ("Venter på varer", ShopState.WANTED),
        ("Sendt", ShopState.COMPLETED),
        ("levert", ShopState.COMPLETED),
        ("Returnert", ShopState.COMPLETED),
        ("Kansellert", ShopState.CANCELLED),
        ("KANSELLERT ", ShopState.CANCELLED),
        ("Avbestilt", ShopState.CANCELLED),
        ("Cancelled", ShopState.CANCELLED),
    ],
)
def test_what_a_status_means(name: str, state: ShopState) -> None:
    assert order(status=("9", name)).state is state


def test_the_import_can_be_narrowed_to_named_statuses() -> None:
    chosen = {"import_status_names": ["under behandling"]}
    assert order(status=("2", "Under behandling"), settings=chosen).state is ShopState.WANTED
    assert order(status=("1", "Ikke behandlet"), settings=chosen).state is ShopState.WAITING
    by_id = {"status_ids": {"import": ["2"]}}
    assert order(status=("2", "X"), settings=by_id).state is ShopState.WANTED
    assert order(status=("1", "X"), settings=by_id).state is ShopState.WAITING


def test_a_status_chosen_by_its_id_wins_over_names() -> None:
    chosen = {"status_ids": {"cancelled": ["7"], "delivered": ["8"]}}
    assert order(status=("7", "Hevet"), settings=chosen).state is ShopState.CANCELLED
    assert order(status=("4", "Kansellert"), settings=chosen).state is ShopState.WANTED
    assert order(status=("8", "Ute av huset"), settings=chosen).state is ShopState.COMPLETED
    assert order(status=("3", "Sendt"), settings=chosen).state is ShopState.WANTED


def test_a_status_that_was_renamed_keeps_its_meaning() -> None:
    found = order(status=("4", "Hevet"), beside={STATUS: {"id": "4", "name": "Hevet", "known_as": "Kansellert"}})
    assert found.state is ShopState.CANCELLED


def test_a_way_of_delivery_may_have_a_transporter_and_may_be_a_pick_up() -> None:
    code = {"transporter_code": "BRING", "transporter_service_code": "SERVICE"}
    found = order(settings={"transporters": {"servicepakke_servicepakke": code}, "pick_up_methods": ["hent"]})
    assert (found.transporter, found.is_carried) == (Transporter("BRING", "SERVICE"), True)
    picked = order(shipping_method="hent", shipping_address_city="", settings={"pick_up_methods": ["hent"]})
    assert (picked.is_carried, picked.problems) == (False, ())


def test_summer_time_is_an_hour_more() -> None:
    assert order(created_at="2026-07-01 09:12:00").created_at == datetime(2026, 7, 1, 7, 12, tzinfo=UTC)


def test_entities_are_decoded() -> None:
    assert order([line(name="Sokker &amp; votter")]).lines[0].article_name == "Sokker & votter"
    assert order(shipping_address_company="A &amp; B").consignee.name == "A & B, Kari Nordmann"


@pytest.mark.parametrize(
    "body", [{}, {"attributes": 5, LINES: [{}]}, {LINES: {"a": 1}, STATUS: []}, {LINES: [{"attributes": {"quantity": "x"}}]}]
)
def test_any_body_becomes_an_order(body: dict[str, Any]) -> None:
    assert isinstance(Mystore().map(SourceRecord(Process.ORDERS, "1", None, body), MystoreSettings()), Order)
