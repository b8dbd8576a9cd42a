"""How answers are written: what the contract leaves open, and the faults that a caller must live with."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from lxml import etree

from app.sandbox.sevenoffice24 import Identity, SevenOfficeConfig, create_sevenoffice
from tests.sandbox.sevenoffice24 import vendor
from tests.sandbox.sevenoffice24.calling import MORNING, NIL, Site, build, credential, fault_of, names, result_of
from tests.sandbox.sevenoffice24.conftest import Build

DATES = names("invoiceReturnProperties", "DateChanged", "DeliveryDate", "DateInvoiced")
ALL_ORDER = names(
    "invoiceReturnProperties", "OrderId", "CustomerId", "Addresses", "OrderStatus", "DateOrdered", "DateInvoiced",
    "OrderTotalVat", "Currency", "InvoiceRows", "DeliveryMethod", "SendToFactoring", "SkipStock",
)  # fmt: skip
ALL_ROW = names("rowReturnProperties", "ProductId", "RowId", "Quantity", "SequenceNumber", "Type", "VatRate", "Hidden")
COMPANIES = "<searchParams><CompanyId>2200</CompanyId></searchParams>"
SAVE = (
    "<invoices><InvoiceOrder><OrderId>{}</OrderId><CustomerId>2200</CustomerId><OrderStatus>Pack</OrderStatus>"
    '<IncludeVAT xsi:nil="true"/></InvoiceOrder></invoices>'
)


@pytest.mark.parametrize(
    ("settings", "changed", "delivered"),
    [
        ({}, "2026-05-04T08:00:00", "2026-05-06T00:00:00"),
        ({"date_form": "utc"}, "2026-05-04T08:00:00Z", "2026-05-06T00:00:00Z"),
        ({"time_zone": "Europe/Oslo"}, "2026-05-04T10:00:00", "2026-05-06T00:00:00"),
        ({"time_zone": "Europe/Helsinki", "date_form": "offset"}, "2026-05-04T11:00:00+03:00", "2026-05-06T00:00:00+03:00"),
        ({"unset_dates": "year-1"}, "2026-05-04T08:00:00", "2026-05-06T00:00:00"),
    ],
)
async def test_dates_with_and_without_a_zone(open_site: Build, settings: dict[str, Any], changed: str, delivered: str) -> None:
    site = await open_site(**settings)
    site.tenant.place_order([])
    (order,) = await site.result("GetInvoices", DATES)
    assert (order["DateChanged"], order["DeliveryDate"]) == (changed, delivered)
    assert order.get("DateInvoiced") == ("0001-01-01T00:00:00" if settings.get("unset_dates") else None)


async def test_a_day_that_is_entered_begins_in_the_configured_zone(open_site: Build) -> None:
    site = await open_site(time_zone="Europe/Oslo")
    order = site.tenant.place_order([], DeliveryDate="2026-05-07")
    assert order["DeliveryDate"] == datetime(2026, 5, 6, 22, tzinfo=UTC)


async def test_times_of_change_may_be_rounded_up(open_site: Build) -> None:
    site = await open_site(change_rounding_seconds=60)
    site.clock.at = MORNING + timedelta(seconds=31)
    assert site.tenant.place_order([])["DateChanged"] == MORNING + timedelta(minutes=1)


async def test_members_that_there_are_not_may_be_nil(open_site: Build) -> None:
    site = await open_site(nil_members=True)
    site.tenant.add_company(Addresses=None, PhoneNumbers={"Work": {"Value": "1"}})
    answer = result_of(await site.call("GetCompanies", COMPANIES + names("returnProperties", "Addresses", "PhoneNumbers")))
    addresses, phones = answer[0]
    assert [(etree.QName(one).localname, one.get(NIL)) for one in addresses] == [
        ("Post", "true"), ("Delivery", "true"), ("Visit", "true"), ("Invoice", "true"),
    ]  # fmt: skip
    assert [(etree.QName(one).localname, one.get(NIL)) for one in phones][-1] == ("Work", None)


async def test_an_element_that_nobody_knows(open_site: Build) -> None:
    site = await open_site(extra_element="CarbonFootprint")
    site.tenant.add_product("A")
    (product,) = await site.result("GetProducts", names("returnProperties", "Id", "Name", "No", "Stock"))
    assert list(product) == ["Id", "Name", "CarbonFootprint", "Stock", "No"]


async def test_elements_in_another_order_and_without_what_must_be_there(open_site: Build) -> None:
    site = await open_site(element_order="reversed", nil_vat="absent")
    site.tenant.place_order([{"Name": "Gone", "Quantity": 1}])
    rows = names("rowReturnProperties", "RowId", "Name")
    (order,) = await site.result("GetInvoices", names("invoiceReturnProperties", "OrderId", "OrderStatus", "InvoiceRows") + rows)
    assert list(order) == ["InvoiceRows", "OrderStatus", "OrderId"]
    assert list(order["InvoiceRows"][0]) == ["Name", "RowId"]


@pytest.mark.parametrize(("empty_result", "inside"), [("empty", "<GetProductsResult />"), ("absent", "")])
async def test_an_empty_result(open_site: Build, empty_result: str, inside: str) -> None:
    site = await open_site(empty_result=empty_result)
    answer = await site.call("GetProducts")
    assert f'<GetProductsResponse xmlns="http://24sevenOffice.com/webservices">{inside}</GetProductsResponse>' in answer.text


@pytest.mark.skipif(not vendor.ARE_HERE, reason=vendor.WHY_NOT)
@pytest.mark.parametrize("unset_dates", ["absent", "year-1"])
async def test_the_vendors_descriptions_allow_every_answer(open_site: Build, tmp_path: Any, unset_dates: str) -> None:
    site = await open_site(
        unset_dates=unset_dates, date_form="offset", time_zone="Europe/Oslo", identities=(Identity(), Identity("1" * 8 + SECOND))
    )
    site.tenant.add_company("Fjord & Sport")
    site.tenant.add_product("A", EAN1="01", NewOffer=None, Web=True)
    site.tenant.place_order([{"No": "A", "Quantity": "1.5"}, {"Type": "Text", "Name": "<takk>"}], 2200)
    site.tenant.place_order([], 2200, OrderStatus="Invoiced")
    calls = {
        "authenticate": [("Login", credential()), ("Login", credential("x")), ("HasSession", ""), ("GetIdentity", ""),
                         ("GetIdentities", ""), ("GetIdentitiesWithCredential", credential())],
        "product": [("GetProducts", names("returnProperties", *PRODUCT)), ("GetProducts", ""), ("GetCategories", ""),
                    ("GetCategories", names("returnProperties", "Id", "Name", "No")),
                    ("SetStockQuantity", "<productId>1042</productId><stockQuantity>2.5</stockQuantity>")],
        "invoice": [("GetInvoices", ALL_ORDER + ALL_ROW), ("GetDeliveryMethods", ""), ("SaveInvoices", SAVE.format(5501)),
                    ("SaveInvoices", SAVE.format(5502)),
                    ("GetOrderSyncList", "<syncParams><RegisteredAfter>0001-01-01T00:00:00</RegisteredAfter></syncParams>")],
        "company": [("GetCompanies", COMPANIES + names("returnProperties", *COMPANY)),
                    ("GetCompanySyncList", '<syncSearchParameters><Active xsi:nil="true"/></syncSearchParameters>')],
    }  # fmt: skip
    for service, asked in calls.items():
        (tmp_path / service).mkdir()
        schema = vendor.schema_of(service, tmp_path / service)
        for operation, content in asked:
            answer = await site.call(operation, content)
            assert answer.status_code == 200, answer.text
            schema.assertValid(vendor.message_of(answer))


SECOND = "-8888-7777-6666-555555555555"
PRODUCT = (
    "Id",
    "Name",
    "Stock",
    "StatusId",
    "CategoryId",
    "EAN1",
    "Price",
    "No",
    "DateChanged",
    "Weight",
    "Web",
    "StockControlled",
)
COMPANY = ("Id", "Name", "Addresses", "PhoneNumbers", "EmailAddresses", "Type", "DateCreated", "DateChanged", "Discount")


# Limits


async def test_so_many_calls_an_hour(open_site: Build) -> None:
    site = await open_site(hourly_limit=3)
    answer = await site.call("HasSession")
    assert (answer.headers["APILimitRemaining"], answer.headers["APILimitReset"]) == ("1", "2026-05-04T09:00:00Z")
    assert (await site.call("HasSession")).headers["APILimitRemaining"] == "0"
    fault = await site.fault("HasSession")
    assert fault == "soap:Server: Limit exceeded by 1 requests. Quarantine ends at 2026-05-04T09:00:00Z"
    site.office.change(quarantine="status")
    assert (await site.call("HasSession")).status_code == 429
    site.office.change(quarantine="text")
    answer = await site.call("HasSession")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert answer.text == "Limit exceeded by 3 requests. Quarantine ends at 2026-05-04T09:00:00Z"
    assert [one.kind for one in site.office.refusals] == ["limit"] * 3
    site.clock.at = MORNING + timedelta(hours=1)
    await site.log_in()


async def test_so_many_calls_a_second_and_no_headers(open_site: Build) -> None:
    site = await open_site(limit_headers=False)
    site.office.change(calls_a_second=2)
    site.clock.at += timedelta(seconds=1)
    assert [(await site.call("HasSession")).status_code for _ in range(3)] == [200, 200, 429]
    site.clock.at += timedelta(seconds=1)
    answer = await site.call("HasSession")
    assert (answer.status_code, "APILimitRemaining" in answer.headers) == (200, False)


async def test_calls_of_one_session_at_once_are_counted(open_site: Build) -> None:
    site = await open_site(call_seconds=0.02)
    await site.call("HasSession")
    assert site.office.most_at_once == 1
    await asyncio.gather(*(site.call("HasSession") for _ in range(3)))
    assert site.office.most_at_once == 3


# Faults on demand


async def test_a_fault_for_one_operation(site: Site) -> None:
    site.fail("fault", operation="GetProducts", text="Something failed", times=1)
    assert await site.result("GetDeliveryMethods")
    assert await site.fault("GetProducts") == "soap:Server: Something failed"
    assert await site.result("GetProducts") is None


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ({"kind": "status", "status": 429, "retry_after": "7"}, 429, "An error has occurred."),
        ({"kind": "status", "status": 503, "text": "Service Unavailable"}, 503, "Service Unavailable"),
        ({"kind": "html"}, 200, "<html><body><h1>Maintenance"),
        ({"kind": "raw", "text": "<!DOCTYPE x><x/>"}, 200, "<!DOCTYPE x><x/>"),
        ({"kind": "quarantine"}, 500, "Limit exceeded by 1 requests. Quarantine ends at 2026-05-04T09:00:00Z"),
        ({"kind": "no-session"}, 500, "Client is not authenticated on this identity"),
        ({"kind": "slow", "seconds": 0.01}, 200, "GetProductsResponse"),
    ],
)
async def test_faults(site: Site, fault: dict[str, Any], status: int, text: str) -> None:
    site.fail(**fault)
    answer = await site.call("GetProducts")
    assert (answer.status_code, text in answer.text) == (status, True)
    assert answer.headers.get("Retry-After") == fault.get("retry_after")
    assert site.office.journal.calls[-1].fault == fault["kind"]


async def test_a_write_whose_answer_is_lost(site: Site) -> None:
    site.tenant.add_product("A")
    site.fail("fault", after_write=True, text="Lost")
    stock = "<productId>{}</productId><stockQuantity>4</stockQuantity>"
    assert await site.fault("SetStockQuantity", stock.format(1042)) == "soap:Server: Lost"
    assert site.tenant.stock("A") == 4
    assert fault_of(await site.call("SetStockQuantity", stock.format("one"))).startswith("soap:Client")


async def test_a_call_that_is_hung_up_on(site: Site) -> None:
    site.fail("hang-up")
    with pytest.raises((httpx.HTTPError, ConnectionResetError)):
        await site.call("GetProducts")
    assert site.office.journal.calls[-1].status == 0


async def test_the_journal_has_what_a_call_held_and_a_word_of_the_answer(site: Site) -> None:
    site.tenant.add_product("A")
    await site.call("GetProducts", "<searchParams><No>A</No></searchParams>" + names("returnProperties", "Id"))
    call = site.office.journal.calls[-1]
    assert call.body == {"operation": "GetProducts", "searchParams": {"No": "A"}, "returnProperties": ["Id"]}
    assert (call.status, call.answer) == (200, {"records": 1})


def test_times_are_those_of_the_clock() -> None:
    site = build()
    assert site.office.limits.reset == "2026-05-04T09:00:00Z"
    assert create_sevenoffice(SevenOfficeConfig()).state.office.clock().tzinfo is not None
