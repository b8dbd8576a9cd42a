"""The simulator from outside: as a process, with what a person does in its office."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import uvicorn

from app.sandbox import __main__ as sandbox
from app.sandbox.kit.server import Server
from app.sandbox.sevenoffice24 import SevenOfficeConfig, create_sevenoffice
from tests.sandbox.sevenoffice24.calling import NAMESPACE, PATHS, credential, envelope


@pytest.fixture
def outside() -> Iterator[httpx.Client]:
    with Server(create_sevenoffice(SevenOfficeConfig())) as server, httpx.Client(base_url=server.url) as client:
        yield client


def call(client: httpx.Client, service: str, operation: str, content: str = "") -> httpx.Response:
    message = envelope(f'<{operation} xmlns="{NAMESPACE}">{content}</{operation}>')
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f"{NAMESPACE}/{operation}"}
    return client.post(PATHS[service], content=message, headers=headers)


def test_a_day_in_the_office(outside: httpx.Client) -> None:
    outside.post("/_sandbox/categories", json={"name": "Jakker"})
    product = outside.post("/_sandbox/products", json={"no": "UJ-1", "name": "Ulljakke", "Stock": 5, "EAN1": "0704661234567"})
    assert (product.status_code, product.json()["Id"], product.json()["CategoryId"]) == (201, 1042, 11)
    outside.patch("/_sandbox/products/1042", json={"Name": "Jakke"})
    company = outside.post("/_sandbox/companies", json={"name": "Fjell AS"}).json()
    outside.patch(f"/_sandbox/companies/{company['Id']}", json={"Note": "Ring først"})
    rows = [{"No": "UJ-1", "Quantity": 2}]
    order = outside.post("/_sandbox/orders", json={"rows": rows, "customer_id": company["Id"], "DeliveryDate": "2026-05-06"})
    assert order.json()["DeliveryDate"] == "2026-05-06T00:00:00Z"
    outside.patch("/_sandbox/orders/5501", json={"quantities": {"9001": 3}, "more": rows, "InvoiceTitle": "Haster"})
    outside.post("/_sandbox/delivery-methods", json={"method_id": 9, "description": "Bud"})
    shown = outside.get("/_sandbox/orders/5501").json()
    assert (shown["InvoiceTitle"], [row["Quantity"] for row in shown["InvoiceRows"]]) == ("Haster", ["3", "2"])

    assert call(outside, "authenticate", "Login", credential()).status_code == 200
    assert "<Description>Bud</Description>" in call(outside, "invoice", "GetDeliveryMethods").text
    assert outside.post("/_sandbox/sessions/end").json() == {"ended": 1}
    assert call(outside, "invoice", "GetDeliveryMethods").status_code == 500
    state = outside.get("/_sandbox/state").json()
    assert datetime.fromisoformat(state.pop("hour_ends")) > datetime.now(UTC)
    assert state == {
        "products": 1, "companies": 1, "orders": 1, "payments": 0, "made_orders": [], "logins": 1, "most_at_once": 1,
        "calls_this_hour": 3, "calls_left": 7197,
    }  # fmt: skip
    assert [(one["Id"], one["No"]) for one in outside.get("/_sandbox/products").json()] == [(1042, "UJ-1")]
    assert [one["OrderId"] for one in outside.get("/_sandbox/orders").json()] == [5501]
    assert [one["kind"] for one in outside.get("/_sandbox/refusals").json()] == ["session"]
    assert [one["status"] for one in outside.get("/_sandbox/journal").json()] == [200, 200, 500]

    assert outside.post("/_sandbox/orders/5501/refuse", json={"reason": "No"}).status_code == 204
    for path in ("orders/5501", "companies/2200", "products/1042"):
        assert outside.delete(f"/_sandbox/{path}").status_code == 204
    assert outside.get("/_sandbox/products/1042").status_code == 422


def test_it_behaves_otherwise_from_now_on(outside: httpx.Client) -> None:
    assert outside.post("/_sandbox/settings", json={"password": "new", "identities": [{"client": "Fjell AS"}]}).status_code == 204
    assert "<LoginResult></LoginResult>" in call(outside, "authenticate", "Login", credential()).text
    assert call(outside, "authenticate", "Login", credential("new")).status_code == 200
    assert "<Name>Fjell AS</Name>" in call(outside, "authenticate", "GetIdentities").text
    fault = {"kind": "status", "status": 429, "operation": "GetIdentities", "times": 1}
    assert outside.post("/_sandbox/faults", json=fault).status_code == 200
    assert call(outside, "authenticate", "HasSession").status_code == 200
    assert [call(outside, "authenticate", "GetIdentities").status_code for _ in range(2)] == [429, 200]
    wrong: list[tuple[str, Any]] = [
        ("settings", {"quarantine": "never"}), ("settings", {"colour": "red"}), ("orders", {"rows": [{"No": "none"}]}),
        ("products", {"no": "A", "Colour": "red"}), ("products", {"no": "A", "Stock": "many"}), ("orders", {"OrderId": 7}),
    ]  # fmt: skip
    for path, body in wrong:
        assert outside.post(f"/_sandbox/{path}", json=body).status_code == 422


def test_it_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Any] = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: served.append((app.state.office, options["port"])))
    config = '{"sample_orders": 5, "time_zone": "Europe/Oslo"}'
    monkeypatch.setattr(sys, "argv", ["python -m app.sandbox", "24sevenoffice", "--port", "8123", "--config", config])
    sandbox.main()
    ((office, port),) = served
    assert (office.config, port) == (SevenOfficeConfig(sample_orders=5, time_zone="Europe/Oslo"), 8123)
    tenant = office.tenant()
    assert [tenant.order(number)["ReferenceNumber"] for number in range(5501, 5506)] == ["PO-1", "PO-2", "PO-3", "PO-4", "PO-5"]
