"""Orders, cell by cell. Requirement: 24Nettbutikk, orders."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.domain import Address, Notification, Order, Process, ShopState, SourceRecord
from app.integrations.nettbutikk24.mapping.orders import map_order
from app.integrations.nettbutikk24.settings import NettbutikkAdapterSettings
from app.warehouse.settings import OngoingSettings
from app.warehouse.writes.fields import order_body

MODIFIED = datetime(2026, 11, 21, 8, 12, tzinfo=UTC)
LINE: dict[str, Any] = {
    "id": "5001",
    "order_no": "1042",
    "product_id": "512",
    "unique_product_id": "512003",
    "product_name": "Ulljakke",
    "quantity": "2",
    "unit_price": "999.00",
    "discount": "0.00",
    "vat": "25.00",
    "attributes": {"Størrelse": "M"},
    "sent": "0",
    "quantity_sent": "0",
}
CUSTOMER: dict[str, Any] = {
    "id": "77",
    "customer_type": "private",
    "first_name": "Kari",
    "last_name": "Nordmann",
    "company_name": None,
    "phone": "90000000",
    "e_mail": "kari@example.no",
    "address_1": "Storgata 1",
    "address_2": "Oppgang B",
    "postcode": "0155",
    "city": "Oslo",
    "country": "Norge",
    "use_delivery_address": "0",
    "delivery_name": None,
    "delivery_address_1": None,
    "delivery_address_2": None,
    "delivery_postcode": None,
    "delivery_city": None,
}
ELSEWHERE = {
    "use_delivery_address": "1",
    "delivery_name": "Ola Nordmann",
    "delivery_address_1": "Hyttevegen 3",
    "delivery_address_2": None,
    "delivery_postcode": "2640",
    "delivery_city": "Vinstra",
}
ORDER: dict[str, Any] = {
    "order_no": "1042",
    "customer_id": "77",
    "status": "Mottatt",
    "order_date": "2026-11-21",
    "order_time": "09:12:00",
    "customer_comment": "Ring først",
    "shop_comment": "Pakkes pent",
    "shipping_method": "3",
    "shipping_method_text": "Posten – hentested",
    "currency": "NOK",
    "paid": "1",
    "deleted": "0",
    "blocked": "0",
    "rest": "0",
    "pickuppoint": None,
    "modified_on": "2026-11-21 09:12:00",
    "order_lines": [LINE],
    "_gateway_customer": CUSTOMER,
    "_gateway_articles": {"512003": "UJ-1-M"},
}


def mapped(given: dict[str, Any] | None = None, customer: dict[str, Any] | None = None, **changes: Any) -> Order:
    settings = NettbutikkAdapterSettings.model_validate(given or {})
    body = {**ORDER, **({"_gateway_customer": {**CUSTOMER, **customer}} if customer else {}), **changes}
    return map_order(SourceRecord(Process.ORDERS, "1042", MODIFIED, body), settings)


def sent(given: dict[str, Any] | None = None, customer: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return order_body(mapped(given, customer, **changes), 77, OngoingSettings()).json


def test_all_eighteen_fields_and_the_invoice_address() -> None:
    order = mapped(customer=ELSEWHERE)
    assert order.problems == ()
    phone = {"toBeNotified": True, "value": "90000000"}
    email = {"toBeNotified": True, "value": "kari@example.no"}
    assert sent(customer=ELSEWHERE) == {
        "goodsOwnerId": 77,
        "goodsOwnerOrderId": "1042",
        "orderNumber": "1042",
        "deliveryDate": "2026-11-21T08:12:00Z",
        "orderRemark": "Ring først",
        "warehouseInstruction": "Pakkes pent",
        "advanced": {"wayOfDeliveryString": "Posten – hentested"},
        "wayOfDelivery": {"code": "3", "name": "Posten – hentested"},
        "smsNotification": phone,
        "telephoneNotification": phone,
        "emailNotification": email,
        "consignee": {
            "customerNumber": "77",
            "name": "Ola Nordmann",
            "address1": "Hyttevegen 3",
            "postCode": "2640",
            "city": "Vinstra",
            "countryCode": "NO",
            "advanced": {"smsNotification": phone, "telephoneNotification": phone, "emailNotification": email},
            "invoiceAddress": {
                "name": "Kari Nordmann",
                "address1": "Storgata 1",
                "address2": "Oppgang B",
                "postCode": "0155",
                "city": "Oslo",
                "countryCode": "NO",
            },
        },
        "orderLines": [
            {
                "rowNumber": "5001",
                "articleNumber": "UJ-1-M",
                "numberOfItems": 2,
                "prices": {"customerLinePrice": 1598.4, "linePrice": 799.2, "currencyCode": "NOK"},
            }
        ],
    }


def test_the_customers_own_address_where_he_uses_no_other() -> None:
    order = mapped()
    assert order.consignee == Address(
        name="Kari Nordmann",
        address1="Storgata 1",
        address2="Oppgang B",
        post_code="0155",
        city="Oslo",
        country_code="NO",
        email=Notification("kari@example.no", True),
        mobile=Notification("90000000", True),
    )
    assert order.invoice_address is None


@pytest.mark.parametrize(
    ("customer", "name"),
    [
        ({"company_name": "Nordmann AS"}, "Kari Nordmann"),
        ({"first_name": None, "last_name": "", "company_name": "Nordmann AS"}, "Nordmann AS"),
        ({"last_name": None}, "Kari"),
    ],
)
def test_the_customers_name(customer: dict[str, Any], name: str) -> None:
    assert mapped(customer=customer).consignee.name == name


@pytest.mark.parametrize(
    ("country", "code"), [("Norge", "NO"), ("norway", "NO"), ("SE", "SE"), ("Sverige", "SE"), ("", "NO"), (None, "NO")]
)
def test_the_customers_country(country: str | None, code: str) -> None:
    assert mapped(customer={"country": country}).consignee.country_code == code


def test_a_country_that_is_not_understood_holds_the_order() -> None:
    assert [each.code for each in mapped(customer={"country": "Langtvekkistan"}).problems] == ["country-unknown"]


def test_notifications_are_settings() -> None:
    order = mapped({"notify_email": False, "notify_sms": False, "notify_telephone": False})
    assert (order.email, order.sms, order.telephone) == (
        Notification("kari@example.no", False),
        Notification("90000000", False),
        Notification("90000000", False),
    )


@pytest.mark.parametrize(
    ("changes", "settings", "state"),
    [
        ({"status": "Mottatt"}, {}, ShopState.WANTED),
        ({"status": "til behandling"}, {}, ShopState.WANTED),
        ({"status": "new"}, {}, ShopState.WANTED),
        ({"status": "Klar"}, {}, ShopState.WAITING),
        ({"status": "Klar"}, {"status_import": ["klar"]}, ShopState.WANTED),
        ({"status": "Sendt"}, {}, ShopState.COMPLETED),
        ({"status": "Levert"}, {"status_sent": "Levert"}, ShopState.COMPLETED),
        ({"status": "Sendt med rest"}, {"status_sent_rest": "Sendt med rest"}, ShopState.COMPLETED),
        ({"status": "Kansellert"}, {}, ShopState.WAITING),
        ({"status": "Kansellert"}, {"status_cancelled": ["kansellert"]}, ShopState.CANCELLED),
        ({"deleted": "1"}, {}, ShopState.CANCELLED),
        ({"deleted": 1}, {}, ShopState.CANCELLED),
        ({"blocked": "1"}, {}, ShopState.WANTED),
        ({"blocked": "1"}, {"skip_blocked": True}, ShopState.WAITING),
        ({"paid": "0"}, {}, ShopState.WANTED),
        ({"paid": "0"}, {"require_paid": True}, ShopState.WAITING),
    ],
)
def test_what_the_status_and_the_flags_mean(changes: dict[str, Any], settings: dict[str, Any], state: ShopState) -> None:
    assert mapped(settings, **changes).state is state


@pytest.mark.parametrize(
    ("line", "price", "whole"),
    [
        ({}, Decimal("799.20"), Decimal("1598.40")),
        ({"discount": "100.00"}, Decimal("799.20"), Decimal("1518.40")),
        ({"vat": "0.00"}, Decimal("999.00"), Decimal("1998.00")),
        ({"unit_price": "999,00"}, Decimal("799.20"), Decimal("1598.40")),
        ({"unit_price": None}, None, None),
    ],
)
def test_prices_without_vat_and_a_discount_that_is_an_amount(
    line: dict[str, Any], price: Decimal | None, whole: Decimal | None
) -> None:
    (found,) = mapped(order_lines=[{**LINE, **line}]).lines
    assert (found.line_price, found.customer_line_price) == (price, whole)


def test_prices_that_hold_no_vat() -> None:
    (found,) = mapped({"prices_include_vat": False}).lines
    assert (found.line_price, found.customer_line_price) == (Decimal("999.00"), Decimal("1998.00"))


def test_a_line_whose_product_has_no_number_holds_the_order() -> None:
    order = mapped(_gateway_articles={"512003": ""})
    assert [(each.code, each.field, each.message) for each in order.problems] == [
        (
            "line-without-article-number",
            "order_lines[0].unique_product_id",
            "line 5001 (Ulljakke): product 512003 has no article number",
        )
    ]


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("gone", "the shop has no product 512003"),
        ("shared", "the shop gives several variants the id 512003, so that it cannot be told which was sold"),
    ],
)
def test_why_the_number_is_not_known_is_said(why: str, words: str) -> None:
    order = mapped(_gateway_articles={"512003": ""}, _gateway_no_number={"512003": why})
    assert [(each.code, each.message) for each in order.problems] == [
        ("line-without-article-number", f"line 5001 (Ulljakke): {words}")
    ]


def test_a_customer_that_the_shop_has_no_more_is_named() -> None:
    """It is what the order is held with: that its address lacks a street follows from it."""
    first = mapped(_gateway_customer={}).problems[0]
    assert (first.code, first.message) == ("customer-unreadable", "the shop has no customer 77")


@pytest.mark.parametrize(
    ("point", "code", "words"),
    [
        ("8811", "8811", None),
        (8811, "8811", None),
        ("Coop Extra, Storgata 2", None, "Coop Extra, Storgata 2"),
        ({"id": 8811}, None, '{"id": 8811}'),
        (None, None, None),
        ([], None, None),
    ],
)
def test_the_pick_up_point_is_text_and_a_code_where_it_can_be_one(point: Any, code: str | None, words: str | None) -> None:
    body = sent(pickuppoint=point)
    assert (body.get("servicePointCode"), body.get("deliveryInstruction")) == (code, words)
    assert sent({"pickup_point_field": "freeText1"}, pickuppoint=point).get("freeText1") == (code or words)
    nowhere = sent({"pickup_point_field": None}, pickuppoint=point)
    assert {"servicePointCode", "deliveryInstruction"} & set(nowhere) == set()


def test_shipping_methods_are_mapped_to_transporters_by_id_or_text() -> None:
    choice = {"transporter_code": "PN", "transporter_service_code": "SP"}
    for key in ("3", "Posten – hentested"):
        assert sent({"transporters": {key: choice}})["transporter"] == {
            "transporterCode": "PN",
            "transporterServiceCode": "SP",
        }


def test_an_order_without_time_is_of_midnight() -> None:
    assert mapped(order_time=None).delivery_date == datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
