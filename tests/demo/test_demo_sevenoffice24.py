"""The demo's 24SevenOffice, and what each start of the demo has of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from app.demo.sevenoffice24.live import told
from app.demo.sevenoffice24.scenes import about
from app.demo.sevenoffice24.simulator import configuration, draft
from app.sandbox.kit.command import read_config
from app.sandbox.sevenoffice24 import SevenOfficeConfig, create_sevenoffice


def test_a_later_start_has_other_ids_and_product_numbers() -> None:
    config = read_config(SevenOfficeConfig, json.dumps(configuration("secret", 1, "-2")))
    office = create_sevenoffice(config, lambda: datetime(2026, 5, 4, 8, tzinfo=UTC)).state.office
    assert [(one["Id"], one["No"]) for one in office.tenant().all_products()][:2] == [(101042, "UJ-1-M-2"), (101043, "SOKK-1-2")]
    assert [one["OrderId"] for one in office.tenant().all_orders()] == [105501, 105502, 105503, 105504]
    assert (config.password, [one.client for one in config.identities]) == ("secret", ["Ullvare Engros AS", "Ullvare Utsalg AS"])


def test_it_is_connected_before_its_company_is_chosen() -> None:
    made = draft("http://127.0.0.1:1", "secret", {"goods_owner_id": 80}, 15)
    assert made["source"] == {
        "application_id": "11111111-2222-3333-4444-555555555555",
        "username": "api@warehouse.example",
        "password": "secret",
        "api_url": "http://127.0.0.1:1",
    }


def call(operation: str, **body: Any) -> dict[str, Any]:
    return {"body": {"operation": operation, **body}}


def test_what_the_erp_is_told_is_shown_in_words() -> None:
    said = [
        told(call("SaveInvoices", invoices=[{"OrderId": 5501, "OrderStatus": "OrderState_Sent"}])),
        told(call("SetStockQuantity", productId=1042, stockQuantity="7")),
        told(call("GetInvoices", searchParams={})),
        told(call("Login", text="<not read>")),
    ]
    assert said == ["24SevenOffice order 5501 is OrderState_Sent", "24SevenOffice stock of product 1042: 7 pieces", None, None]


def test_calls_about_an_order_are_those_that_name_it() -> None:
    calls = [
        call("GetInvoices", searchParams={"OrderIds": [5501, 5502]}),
        call("GetInvoices", searchParams={"ChangedAfter": "2026-05-04T08:00:00Z"}),
        call("SaveInvoices", invoices=[{"OrderId": 5501}]),
        call("SaveInvoices", invoices=[{"OrderId": 5502}]),
        call("HasSession"),
    ]
    assert about(calls, 5501) == ["GetInvoices", "SaveInvoices"]
