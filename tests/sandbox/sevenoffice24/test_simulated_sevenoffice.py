"""The simulator as whole flows of the gateway use it (`tests.harness.sevenoffice24`)."""

from __future__ import annotations

import httpx

from app.sandbox.sevenoffice24.sample import fill_much
from tests.harness.clock import Clock
from tests.harness.sevenoffice24 import SimulatedSevenOffice, sevenoffice_url
from tests.sandbox.sevenoffice24.calling import NAMESPACE, PATHS, credential, envelope, names


def ask(client: httpx.Client, service: str, operation: str, content: str = "") -> httpx.Response:
    message = envelope(f'<{operation} xmlns="{NAMESPACE}">{content}</{operation}>')
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f"{NAMESPACE}/{operation}"}
    return client.post(PATHS[service], content=message, headers=headers)


def test_it_is_served_where_it_says() -> None:
    seven = SimulatedSevenOffice.open(Clock())
    assert seven.url == sevenoffice_url()
    assert seven.credentials(username=None, identity_id="1") == {
        "application_id": "11111111-2222-3333-4444-555555555555",
        "password": "s3cret",
        "api_url": seven.url,
        "identity_id": "1",
    }
    order = seven.order("SOKK-1", "KOPP-1", ReferenceNumber="PO-1")
    assert seven.shown(order["OrderId"])["ReferenceNumber"] == "PO-1"
    with httpx.Client(base_url=seven.url) as client:
        assert ask(client, "authenticate", "Login", credential()).status_code == 200
        assert ask(client, "invoice", "GetInvoices", names("invoiceReturnProperties", "OrderId")).status_code == 200
        seven.end_sessions()
        assert ask(client, "product", "GetProducts").status_code == 500
        seven.fail("status", status=502)
        assert ask(client, "product", "GetProducts").status_code == 502
        seven.mend()
        seven.change(password="new")
        assert ask(client, "authenticate", "Login", credential("new")).status_code == 200
    assert seven.operations() == ["Login", "GetInvoices", "GetProducts", "GetProducts", "Login"]
    assert [call.status for call in seven.calls("GetProducts")] == [500, 502]
    assert len(seven.calls()) == 5
    assert seven.office.refused("request") == []


def test_a_large_office_is_filled_and_served() -> None:
    seven = SimulatedSevenOffice.open(Clock())
    fill_much(seven.tenant, products=2000, orders=500)
    with httpx.Client(base_url=seven.url) as client:
        ask(client, "authenticate", "Login", credential())
        orders = ask(client, "invoice", "GetInvoices", names("invoiceReturnProperties", "OrderId", "InvoiceRows"))
        assert orders.text.count("<InvoiceOrder>") == 500
        category = "<searchParams><CategoryId>12</CategoryId></searchParams>"
        products = ask(client, "product", "GetProducts", category + names("returnProperties", "Id", "No"))
    assert products.text.count("<Product>") == 200
    assert len(str(seven.calls("GetInvoices"))) < 1000
