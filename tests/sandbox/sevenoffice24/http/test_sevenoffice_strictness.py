"""What is refused because no service description has it, and what a call without strictness may do."""

from __future__ import annotations

import pytest

from tests.sandbox.sevenoffice24.calling import NAMESPACE, PATHS, Site, credential, envelope, fault_of, names, result_of, simple
from tests.sandbox.sevenoffice24.conftest import Build

PRODUCT = PATHS["product"]
ACTION = f'"{NAMESPACE}/GetProducts"'
GET_ALL = envelope(f'<GetProducts xmlns="{NAMESPACE}"/>')
STOCK = "<productId>1042</productId><stockQuantity>{}</stockQuantity>"
SENT = '<OrderId>5501</OrderId><CustomerId>2200</CustomerId>{}<IncludeVAT xsi:nil="true"/>'


def save(content: str) -> str:
    return f"<invoices><InvoiceOrder>{content}</InvoiceOrder></invoices>"


def search(content: str) -> str:
    return f"<searchParams>{content}</searchParams>"


@pytest.mark.parametrize(
    ("operation", "content"),
    [
        ("GetProducts", "<colour>red</colour>"),
        ("GetProducts", search("<Ids><int>1</int></Ids>")),
        ("GetProducts", '<searchParams xmlns="http://example.com"/>'),
        ("GetProducts", names("returnProperties", "Id") + search("<Id>1</Id>")),
        ("GetProducts", search("<No>1</No><Id>1</Id>")),
        ("GetProducts", search("<Id>1</Id><Id>2</Id>")),
        ("GetProducts", search("<Id/>")),
        ("GetProducts", search("<Id>one</Id>")),
        ("GetProducts", search("<Id>2147483648</Id>")),
        ("GetProducts", search('<Id xsi:nil="true"/>')),
        ("GetProducts", search("<Id><int>1</int></Id>")),
        ("GetProducts", search('<Id unit="kg">1</Id>')),
        ("GetProducts", search("1042")),
        ("GetProducts", search("<DateChanged>2026-05-04</DateChanged>")),
        ("GetProducts", search("<DateChanged>2026-13-04T00:00:00Z</DateChanged>")),
        ("GetProducts", search("<DateChanged>2026-05-04T07:58:00</DateChanged>")),
        ("GetProducts", names("returnProperties", "Colour")),
        ("GetProducts", "<returnProperties><int>1</int></returnProperties>"),
        ("SetStockQuantity", "<productId>1042</productId>"),
        ("SetStockQuantity", STOCK.format("1e-07")),
        ("SetStockQuantity", STOCK.format("1,5")),
        ("SetStockQuantity", STOCK.format("INF")),
        ("GetInvoices", search("<OrderStates><OrderSlipStateType>Sent</OrderSlipStateType></OrderStates>")),
        ("GetInvoices", search("<OrderStates><string>Confirmed</string></OrderStates>")),
        ("SaveInvoices", save("<OrderId>5501</OrderId><CustomerId>2200</CustomerId>")),
        ("SaveInvoices", save(SENT.format("<OrderStatus>Sent</OrderStatus>"))),
        ("SaveInvoices", save(SENT.format("") + "<OrderStatus>Pack</OrderStatus>")),
        ("GetOrderSyncList", "<syncParams/>"),
        ("GetCompanySyncList", "<syncSearchParameters><Page>1</Page></syncSearchParameters>"),
        ("Login", "<credential><Username>me</Username></credential>"),
        ("Login", credential(application="none")),
        ("HasSession", "<sessionId>1</sessionId>"),
    ],
)
async def test_what_the_description_does_not_have_is_refused(site: Site, operation: str, content: str) -> None:
    fault = await site.fault(operation, content)
    assert fault.startswith("soap:Client: Server was unable to read request. ---> ")
    (refusal,) = site.office.refused("request")
    assert refusal.operation == operation


@pytest.mark.parametrize("action", [None, "", '""', "GetProducts", f'"{NAMESPACE}/GetThings"', f'"{NAMESPACE}//GetProducts"'])
async def test_a_wrong_action_is_refused(site: Site, action: str | None) -> None:
    fault = fault_of(await site.post(PRODUCT, GET_ALL, action))
    assert fault.startswith("soap:Client: Server did not recognize the value of HTTP Header SOAPAction: ")
    assert [one.kind for one in site.office.refusals] == ["request"]


@pytest.mark.parametrize("action", [ACTION, ACTION.strip('"')])
async def test_an_action_with_and_without_quotes(site: Site, action: str) -> None:
    assert (await site.post(PRODUCT, GET_ALL, action)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "<GetProducts/>",
        GET_ALL.replace("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"),
        GET_ALL.replace("<soap:Body>", "<soap:Header><Token/></soap:Header><soap:Body>"),
        envelope(""),
        envelope("<GetProducts/>"),
        envelope(f'<GetCategories xmlns="{NAMESPACE}"/>'),
        envelope(f'<GetProducts xmlns="{NAMESPACE.lower()}"/>'),
        f"<!DOCTYPE x>{GET_ALL}",
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y "z">]>{GET_ALL}',
        GET_ALL[:-5],
    ],
)
async def test_a_wrong_envelope_is_refused(site: Site, body: str) -> None:
    assert fault_of(await site.post(PRODUCT, body, ACTION)).startswith("soap:Client: ")
    assert [one.kind for one in site.office.refusals] == ["request"]


@pytest.mark.parametrize("media_type", ["application/soap+xml; charset=utf-8", "application/json", "text/xml; charset=latin-1"])
async def test_another_media_type_is_refused(site: Site, media_type: str) -> None:
    answer = await site.post(PRODUCT, GET_ALL, ACTION, **{"Content-Type": media_type})
    assert answer.status_code == 415


async def test_the_same_operation_at_another_service(site: Site) -> None:
    answer = await site.post(PATHS["company"], GET_ALL, ACTION)
    assert fault_of(answer).startswith("soap:Client: Server did not recognize the value of HTTP Header SOAPAction")


async def test_without_strictness_a_call_is_read_as_net_does(open_site: Build) -> None:
    site = await open_site(strict=False, time_zone="Europe/Oslo")
    site.tenant.add_product("A")
    anyhow = (
        "<returnProperties><string>No</string><string>Colour</string></returnProperties><colour>red</colour>"
        "<searchParams><No>A</No><DateChanged>2026-05-04T09:59:59</DateChanged></searchParams>"
    )
    assert await site.result("GetProducts", anyhow) == [{"No": "A"}]
    assert await site.result("GetProducts", anyhow.replace("09:59:59", "10:00:00")) is None
    answer = await site.post(PRODUCT, GET_ALL, None)
    assert simple(result_of(answer)) == [None]
