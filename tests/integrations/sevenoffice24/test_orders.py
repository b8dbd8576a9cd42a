"""Sales orders, cell by cell. Requirement: 24SevenOffice, sales orders."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.domain import Order, Process, ShopState, SourceRecord
from app.integrations.sevenoffice24.mapping.orders import map_order
from app.integrations.sevenoffice24.settings import STATES, SevenOfficeAdapterSettings
from app.warehouse.settings import OngoingSettings
from app.warehouse.writes.fields import order_body

MODIFIED = datetime(2026, 5, 4, 8, 2, 40, tzinfo=UTC)
NOT_SET = "0001-01-01T00:00:00"
ROW: dict[str, Any] = {
    "ProductId": 1042,
    "RowId": 9001,
    "Price": "129.0000",
    "Name": "Wool socks 42",
    "Quantity": "2.0000",
    "ProductNo": "WS-42",
    "SequenceNumber": 1,
}
TEXT: dict[str, Any] = {"RowId": 9002, "Name": "Gift wrap, please", "Type": "Text", "SequenceNumber": 2}
DELIVERY: dict[str, Any] = {
    "Street": "Kaia 7",
    "State": "03",
    "PostalCode": "0150",
    "PostalArea": "OSLO",
    "Name": "Fjord Sport, dock 2",
    "Country": "NO",
}
INVOICE: dict[str, Any] = {
    "Street": "Postboks 1",
    "State": "46",
    "PostalCode": "0101",
    "PostalArea": "OSLO",
    "Country": "NO",
}
ORDER: dict[str, Any] = {
    "OrderId": 5501,
    "CustomerId": 2200,
    "CustomerName": "Fjord Sport AS",
    "CustomerDeliveryName": "Fjord Sport, dock 2",
    "CustomerDeliveryPhone": "+4790000000",
    "Addresses": {"Delivery": DELIVERY, "Invoice": INVOICE},
    "OrderStatus": "Confirmed",
    "DateOrdered": "2026-05-03T00:00:00",
    "DateChanged": "2026-05-04T08:02:40",
    "YourReference": "Kari Nordmann",
    "InvoiceTitle": "Call before delivery",
    "InvoiceEmailAddress": "invoice@fjordsport.example",
    "InvoiceRows": [ROW, TEXT],
    "DeliveryDate": "2026-05-06T00:00:00",
    "ReferenceNumber": "PO-778",
    "DeliveryMethod": {"Id": 3, "Description": "Parcel to door"},
    "Currency": {"Symbol": "NOK", "Rate": "1", "Unit": 1},
    "_gateway_articles": {"1042": "WS-42"},
}
COMPANY: dict[str, Any] = {
    "PhoneNumbers": {
        "Home": {"Value": "+4701"},
        "Mobile": {"Value": "+4702"},
        "Primary": {"Value": "+4703"},
        "Work": {"Value": "+4704", "Description": "Switchboard"},
        "Fax": {"Value": "+4705"},
    },
    "EmailAddresses": {
        "Home": {"Value": "home@ullvare.example"},
        "Invoice": {"Value": "faktura@ullvare.example"},
        "Primary": {"Value": "post@ullvare.example"},
        "Work": {"Value": "jobb@ullvare.example"},
        "Alternative": {"Value": "annen@ullvare.example"},
    },
}


def mapped(given: dict[str, Any] | None = None, **changes: Any) -> Order:
    settings = SevenOfficeAdapterSettings.model_validate(given or {})
    return map_order(SourceRecord(Process.ORDERS, "5501", MODIFIED, {**ORDER, **changes}), settings)


def sent(given: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return order_body(mapped(given, **changes), 77, OngoingSettings()).json


def test_all_twenty_seven_rows_of_the_table_and_no_others() -> None:
    assert mapped().problems == ()
    assert sent() == {
        "goodsOwnerId": 77,
        "goodsOwnerOrderId": "5501",
        "orderNumber": "5501",
        "deliveryDate": "2026-05-06T00:00:00Z",
        "referenceNumber": "PO-778",
        "salesCode": "Kari Nordmann",
        "advanced": {"wayOfDeliveryString": "Parcel to door"},
        "wayOfDelivery": {"code": "3", "name": "Parcel to door"},
        "orderRemark": "Call before delivery",
        "consignee": {
            "customerNumber": "2200",
            "name": "Fjord Sport, dock 2",
            "address1": "Kaia 7",
            "postCode": "0150",
            "city": "OSLO",
            "countryCode": "NO",
            "countryStateCode": "03",
            "advanced": {
                "smsNotification": {"toBeNotified": False, "value": "+4790000000"},
                "telephoneNotification": {"toBeNotified": False, "value": "+4790000000"},
                "emailNotification": {"toBeNotified": False, "value": "invoice@fjordsport.example"},
            },
            "invoiceAddress": {
                "name": "Fjord Sport AS",
                "address1": "Postboks 1",
                "postCode": "0101",
                "city": "OSLO",
                "countryCode": "NO",
                "countryStateCode": "46",
            },
        },
        "orderLines": [
            {"rowNumber": "9001", "articleNumber": "WS-42", "numberOfItems": 2, "prices": {"currencyCode": "NOK"}},
        ],
    }


# --- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delivery", "ordered", "zone", "expected"),
    [
        ("2026-05-06T00:00:00", "2026-05-03T00:00:00", "UTC", datetime(2026, 5, 6, tzinfo=UTC)),
        ("2026-05-06T00:00:00", "2026-05-03T00:00:00", "Europe/Oslo", datetime(2026, 5, 6, tzinfo=UTC)),
        ("2026-05-05T22:00:00Z", "2026-05-03T00:00:00", "Europe/Oslo", datetime(2026, 5, 6, tzinfo=UTC)),
        ("2026-05-06T00:00:00", "2026-05-03T00:00:00", "America/New_York", datetime(2026, 5, 6, 4, tzinfo=UTC)),
        ("2026-05-06T00:00:00+02:00", "2026-05-03T00:00:00", "UTC", datetime(2026, 5, 5, 22, tzinfo=UTC)),
        (NOT_SET, "2026-05-03T10:15:00", "UTC", datetime(2026, 5, 3, 10, 15, tzinfo=UTC)),
        (NOT_SET, "2026-05-03T10:15:00", "Europe/Oslo", datetime(2026, 5, 3, 8, 15, tzinfo=UTC)),
        (None, "2026-05-03T10:15:00Z", "Europe/Oslo", datetime(2026, 5, 3, 10, 15, tzinfo=UTC)),
        (NOT_SET, NOT_SET, "UTC", datetime(2026, 5, 4, tzinfo=UTC)),
        (None, None, "Europe/Oslo", datetime(2026, 5, 4, tzinfo=UTC)),
    ],
)
def test_the_delivery_date_then_the_order_date_then_today_each_on_the_erp_s_day(
    delivery: str | None, ordered: str | None, zone: str, expected: datetime
) -> None:
    order = mapped({"time_zone": zone}, DeliveryDate=delivery, DateOrdered=ordered, _gateway_today="2026-05-04")
    assert (order.delivery_date, order.problems) == (expected, ())


@pytest.mark.parametrize(
    ("ordered", "made"),
    [
        ("2026-05-03T00:00:00", datetime(2026, 5, 3, 12, tzinfo=UTC)),
        ("2026-05-03T11:00:00", datetime(2026, 5, 3, 11, tzinfo=UTC)),
        ("2026-05-02T00:00:00", datetime(2026, 5, 2, tzinfo=UTC)),
        ("2026-05-04T00:00:00", datetime(2026, 5, 4, tzinfo=UTC)),
        (NOT_SET, None),
    ],
)
def test_an_order_of_the_day_of_go_live_that_names_no_time_is_made_after_it(ordered: str, made: datetime | None) -> None:
    assert mapped({"go_live": "2026-05-03T12:00:00Z"}, DateOrdered=ordered).created_at == made


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "city"),
    [
        ({"PostalArea": "OSLO"}, "OSLO"),
        ({"PostalArea": "OSLO", "City": "Bergen"}, "OSLO"),
        ({"PostalArea": "", "City": "Bergen"}, "Bergen"),
        ({"PostalArea": None, "City": "Bergen"}, "Bergen"),
    ],
)
def test_the_city_is_the_postal_area_else_the_city(place: dict[str, Any], city: str) -> None:
    given = {**{key: value for key, value in DELIVERY.items() if key != "PostalArea"}, **place}
    order = mapped(Addresses={"Delivery": given, "Invoice": given})
    assert order.consignee.city == city
    assert order.invoice_address is not None
    assert order.invoice_address.city == city


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "Fjord Sport, dock 2"),
        ({"CustomerDeliveryName": "Dock 3"}, "Dock 3"),
        ({"CustomerDeliveryName": None, "Addresses": {"Delivery": {**DELIVERY, "Name": "Ramp"}}}, "Ramp"),
        ({"CustomerDeliveryName": " ", "Addresses": {"Delivery": {**DELIVERY, "Name": None}}}, "Fjord Sport AS"),
    ],
)
def test_the_name_on_the_order_is_the_dependable_one(changes: dict[str, Any], name: str) -> None:
    assert mapped(**changes).consignee.name == name


@pytest.mark.parametrize("nothing", [None, {}, dict.fromkeys(DELIVERY), dict.fromkeys(DELIVERY, "")])
def test_a_nil_delivery_address_holds_the_order_and_a_nil_invoice_address_is_none(nothing: Any) -> None:
    order = mapped(Addresses={"Delivery": nothing, "Invoice": nothing})
    assert {each.code for each in order.problems} == {"street-missing", "city-missing", "country-missing"}
    assert "Addresses.Delivery.Street" in {each.field for each in order.problems}
    assert order.invoice_address is None


@pytest.mark.parametrize(
    ("country", "code"), [("NO", "NO"), ("no", "NO"), ("Norge", "NO"), ("Sweden", "SE"), ("", "DK"), (None, "DK")]
)
def test_the_country_by_code_or_name_else_the_connections(country: str | None, code: str) -> None:
    place = {**DELIVERY, "Country": country}
    assert mapped({"default_country": "DK"}, Addresses={"Delivery": place}).consignee.country_code == code


def test_a_country_that_is_not_understood_holds_the_order() -> None:
    place = {**DELIVERY, "Country": "Langtvekkistan"}
    assert [(each.code, each.field) for each in mapped(Addresses={"Delivery": place}).problems] == [
        ("country-unknown", "Addresses.Delivery.Country")
    ]


def test_an_order_that_is_picked_up_needs_no_address() -> None:
    for method in ("3", "Parcel to door"):
        assert mapped({"pick_up_methods": [method]}, Addresses=None).problems == ()


# --- phone and e-mail -------------------------------------------------------------------------------------------------


def without(company: dict[str, Any], group: str, *names: str) -> dict[str, Any]:
    return {**company, group: {**company[group], **{name: {"Value": None} for name in names}}}


@pytest.mark.parametrize(
    ("gone", "phone"),
    [
        ((), "+4702"),
        (("Mobile",), "+4704"),
        (("Mobile", "Work"), "+4703"),
        (("Mobile", "Work", "Primary"), "+4701"),
        (("Mobile", "Work", "Primary", "Home"), None),
    ],
)
@pytest.mark.parametrize("own", [None, "", " "])
def test_without_a_phone_the_companys_mobile_work_primary_home(gone: tuple[str, ...], phone: str | None, own: str | None) -> None:
    company = without(COMPANY, "PhoneNumbers", *gone)
    advanced = sent(CustomerDeliveryPhone=own, _gateway_company=company)["consignee"]["advanced"]
    found = (advanced.get("smsNotification"), advanced.get("telephoneNotification"))
    expected = {"toBeNotified": False, "value": phone} if phone else None
    assert found == (expected, expected)


@pytest.mark.parametrize(
    ("gone", "email"),
    [
        ((), "faktura@ullvare.example"),
        (("Invoice",), "jobb@ullvare.example"),
        (("Invoice", "Work"), "post@ullvare.example"),
        (("Invoice", "Work", "Primary"), "home@ullvare.example"),
        (("Invoice", "Work", "Primary", "Home"), None),
    ],
)
@pytest.mark.parametrize("own", [None, ""])
def test_without_an_email_the_companys_invoice_work_primary_home(
    gone: tuple[str, ...], email: str | None, own: str | None
) -> None:
    company = without(COMPANY, "EmailAddresses", *gone)
    advanced = sent(InvoiceEmailAddress=own, _gateway_company=company)["consignee"]["advanced"]
    assert advanced.get("emailNotification") == ({"toBeNotified": False, "value": email} if email else None)


def test_what_is_on_the_order_counts_first() -> None:
    order = mapped(_gateway_company=COMPANY)
    assert order.consignee.mobile is not None
    assert order.consignee.email is not None
    assert (order.consignee.mobile.value, order.consignee.email.value) == ("+4790000000", "invoice@fjordsport.example")


def test_a_company_that_the_erp_does_not_give_is_named() -> None:
    order = mapped(CustomerDeliveryPhone=None, _gateway_company={"refused": "no access"})
    assert (order.problems, order.notes[-1]) == ((), "Phone and e-mail of the company could not be read: no access")


# --- rows -------------------------------------------------------------------------------------------------------------


def row(row_id: int, **more: Any) -> dict[str, Any]:
    return {**ROW, "RowId": row_id, "SequenceNumber": None, **more}


@pytest.mark.parametrize(
    ("rows", "numbers"),
    [
        ([row(3), row(1), row(2)], ["1", "2", "3"]),
        ([row(1, SequenceNumber=3), row(2, SequenceNumber=1), row(3, SequenceNumber=2)], ["2", "3", "1"]),
        ([row(10, SequenceNumber=1), row(9, SequenceNumber=1)], ["9", "10"]),
        ([row(1), row(2, SequenceNumber=-32768), row(3, SequenceNumber=7)], ["3", "1", "2"]),
        ([row(1, SequenceNumber=0), row(2, SequenceNumber=-1)], ["1", "2"]),
    ],
)
def test_rows_go_by_sequence_number_then_row_id(rows: list[dict[str, Any]], numbers: list[str]) -> None:
    assert [line.row_number for line in mapped(InvoiceRows=rows).lines] == numbers


def test_text_rows_and_rows_without_a_product_are_left_out_and_shown() -> None:
    rows = [
        {"RowId": 1, "Name": "Hello", "Type": "Text"},
        {"RowId": 2, "Name": "Bold", "Type": "TextBold"},
        {"RowId": 3, "Name": "Minus one", "ProductId": -1, "Quantity": "1"},
        {"RowId": 4, "Name": "No product", "ProductId": -2147483648, "Quantity": "1"},
        {"RowId": 5, "Name": "A text with a product", "ProductId": 1042, "Type": "Text", "Quantity": "1"},
        {**ROW, "RowId": 6, "Type": "Normal"},
        {**ROW, "RowId": 7, "Name": "Nothing of it", "Quantity": "0.0000"},
    ]
    order = mapped(InvoiceRows=rows)
    assert ([line.row_number for line in order.lines], order.problems) == (["6"], ())
    assert order.notes == (
        "Not sent, a text row: Hello",
        "Not sent, a text row: Bold",
        "Not sent, a text row: Minus one",
        "Not sent, a text row: No product",
        "Not sent, a text row: A text with a product",
        "Not sent, a row of 0 pieces: Nothing of it",
    )


@pytest.mark.parametrize("rows", [None, [], [TEXT]])
def test_an_order_without_products_is_held(rows: Any) -> None:
    assert [each.code for each in mapped(InvoiceRows=rows).problems] == ["order-without-lines"]


def test_the_product_is_resolved_to_the_number_that_it_has_now() -> None:
    assert mapped(_gateway_articles={"1042": "WS-42-NEW"}).lines[0].article_number == "WS-42-NEW"
    order = mapped({"article_number_replacements": {"_": "-"}}, _gateway_articles={"1042": "WS_42"})
    assert (order.lines[0].article_number, order.lines[0].product_code) == ("WS-42", "1042")


def test_a_product_without_a_number_holds_its_order_unless_there_is_a_fallback() -> None:
    order = mapped(InvoiceRows=[TEXT, ROW], _gateway_articles={"1042": ""})
    assert [(each.code, each.field, each.message) for each in order.problems] == [
        ("line-without-article-number", "InvoiceRows[1].ProductId", "row 9001 (Wool socks 42): product 1042 has no number")
    ]
    order = mapped({"article_number_fallback": "24SO-{id}"}, _gateway_articles={"1042": ""})
    assert (order.lines[0].article_number, order.problems) == ("24SO-1042", ())


def test_two_products_with_one_number_hold_the_order_and_are_named() -> None:
    order = mapped(
        {"article_number_fallback": "24SO-{id}"}, _gateway_articles={"1042": ""}, _gateway_shared={"1042": ["1042", "1055"]}
    )
    assert order.lines[0].article_number is None
    assert [each.message for each in order.problems] == ["row 9001 (Wool socks 42): products 1042 and 1055 have the same number"]


@pytest.mark.parametrize(
    ("setting", "quantity"), [("Quantity", Decimal(2)), ("QuantityOrdered", Decimal(5)), ("QuantityRest", Decimal(3))]
)
def test_which_quantity_is_sent_is_a_setting(setting: str, quantity: Decimal) -> None:
    rows = [{**ROW, "QuantityOrdered": "5.0000", "QuantityRest": "3.0000"}]
    assert mapped({"quantity_field": setting}, InvoiceRows=rows).lines[0].quantity == quantity


@pytest.mark.parametrize("quantity", ["-1.0000", None, "-79228162514264337593543950335"])
def test_a_quantity_that_cannot_be_sent_holds_the_order(quantity: str | None) -> None:
    order = mapped(InvoiceRows=[{**ROW, "Quantity": quantity}])
    assert [(each.code, each.field) for each in order.problems] == [("line-quantity-wrong", "InvoiceRows[0].Quantity")]


@pytest.mark.parametrize(
    ("currency", "code"), [({"Symbol": "SEK"}, "SEK"), ({"Symbol": "sek "}, "SEK"), ({"Symbol": ""}, "NOK"), (None, "NOK")]
)
def test_the_currency_stands_on_every_line(currency: Any, code: str) -> None:
    assert sent(Currency=currency)["orderLines"][0]["prices"] == {"currencyCode": code}


@pytest.mark.parametrize(
    ("more", "include_vat", "piece", "whole"),
    [
        ({}, None, 129, 258),
        ({"DiscountRate": "10.0000"}, None, 129, 232.2),
        ({"VatRate": "25.0000"}, False, 129, 258),
        ({"VatRate": "25.0000", "Price": "161.2500"}, True, 129, 258),
    ],
)
@pytest.mark.parametrize("setting", ["line_prices", "customs_required"])
def test_prices_are_sent_where_they_are_asked_for(
    setting: str, more: dict[str, Any], include_vat: bool | None, piece: float, whole: float
) -> None:
    body = sent({setting: True}, InvoiceRows=[{**ROW, **more}], IncludeVAT=include_vat)
    assert body["orderLines"][0]["prices"] == {"customerLinePrice": whole, "linePrice": piece, "currencyCode": "NOK"}


# --- status, delivery, further fields -----------------------------------------------------------------------------------

KEPT = {"Production", "Pack", "CollectingOrder"}
DONE = {"OrderState_Sent", "Rest", "ForInvoicing", "Invoiced", "InvoicedCashAccount", "InvoicedPack", "PaymentReminder"}


@pytest.mark.parametrize("status", [*STATES, "OrderState_Quantum", ""])
def test_what_each_status_means(status: str) -> None:
    expected = ShopState.CANCELLED if status in STATES else ShopState.WAITING
    if status in DONE:
        expected = ShopState.COMPLETED
    if status in KEPT:
        expected = ShopState.WAITING
    if status == "Confirmed":
        expected = ShopState.WANTED
    order = mapped(OrderStatus=status)
    assert (order.state, order.status) == (expected, status)


@pytest.mark.parametrize(
    ("given", "status", "state"),
    [
        ({"order_states": ["Pack"]}, "Pack", ShopState.WANTED),
        ({"order_states": ["Pack"]}, "Confirmed", ShopState.CANCELLED),
        ({"imported_status": "Pack"}, "Pack", ShopState.WANTED),
        ({"imported_status": "Pack"}, "Confirmed", ShopState.WANTED),
        ({"sent_status": "Lending"}, "Lending", ShopState.COMPLETED),
        ({"partial_status": "Rest"}, "Rest", ShopState.WAITING),
        ({"partial_status": "Distribution"}, "Distribution", ShopState.WAITING),
        ({"kept_states": []}, "Production", ShopState.CANCELLED),
        ({"done_states": []}, "Invoiced", ShopState.CANCELLED),
        ({"done_states": []}, "OrderState_Sent", ShopState.COMPLETED),
    ],
)
def test_statuses_are_settings(given: dict[str, Any], status: str, state: ShopState) -> None:
    assert mapped(given, OrderStatus=status).state is state


def test_delivery_methods_are_mapped_to_transporters_by_id_or_description() -> None:
    choice = {"transporter_code": "PN", "transporter_service_code": "SP"}
    for key in ("3", "Parcel to door"):
        body = sent({"transporters": {key: choice}})
        assert body["transporter"] == {"transporterCode": "PN", "transporterServiceCode": "SP"}


@pytest.mark.parametrize(
    ("method", "way", "text"),
    [
        (None, None, None),
        ({"Id": -2147483648, "Description": ""}, None, None),
        ({"Id": 3}, {"code": "3", "name": "3"}, None),
        ({"Description": "Parcel"}, {"code": "Parcel", "name": "Parcel"}, {"wayOfDeliveryString": "Parcel"}),
    ],
)
def test_the_way_of_delivery_as_far_as_it_is_there(method: Any, way: Any, text: Any) -> None:
    body = sent(DeliveryMethod=method)
    assert (body.get("wayOfDelivery"), body.get("advanced")) == (way, text)


def test_the_number_has_the_connections_prefix() -> None:
    order = mapped({"order_number_prefix": "SO-"})
    assert (order.number, order.source_number, order.source_id) == ("SO-5501", "5501", "5501")


def test_further_fields_are_a_setting_and_dimensions_go_by_name() -> None:
    fields = {"freeText1": "UserDefinedDimensions.Campaign", "consigneeOrderNumber": "OCR"}
    body = sent(
        {"extra_order_fields": fields}, OCR="123", UserDefinedDimensions=[{"TypeId": 1, "Name": "Campaign", "Value": "Spring"}]
    )
    assert (body["freeText1"], body["consigneeOrderNumber"]) == ("Spring", "123")


def test_an_order_without_anything_is_read_all_the_same() -> None:
    order = map_order(SourceRecord(Process.ORDERS, "7", None, {}), SevenOfficeAdapterSettings())
    assert (order.source_id, order.state, order.lines) == ("7", ShopState.WAITING, ())
