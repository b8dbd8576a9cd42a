"""InvoiceService, as section 3 of the contract has it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.sevenoffice24.calling import Site, names
from tests.sandbox.sevenoffice24.conftest import Build

ASKED = names(
    "invoiceReturnProperties", "OrderId", "CustomerId", "CustomerName", "CustomerDeliveryName", "CustomerDeliveryPhone",
    "Addresses", "OrderStatus", "DateChanged", "YourReference", "InvoiceTitle", "InvoiceEmailAddress", "InvoiceRows",
    "DeliveryDate", "ReferenceNumber", "DeliveryMethod",
)  # fmt: skip
ROWS = names("rowReturnProperties", "ProductId", "RowId", "Price", "Name", "Quantity", "Type", "ProductNo")
IDS = names("invoiceReturnProperties", "OrderId", "OrderStatus")


def search(content: str) -> str:
    return f"<searchParams>{content}</searchParams>"


def ids(*numbers: int) -> str:
    return f"<OrderIds>{''.join(f'<int>{one}</int>' for one in numbers)}</OrderIds>"


def state(*states: str) -> str:
    return f"<OrderStates>{''.join(f'<OrderSlipStateType>{one}</OrderSlipStateType>' for one in states)}</OrderStates>"


def save(content: str) -> str:
    return f"<invoices><InvoiceOrder>{content}</InvoiceOrder></invoices>"


def sent(order_id: int = 5501, more: str = "") -> str:
    """The message of the contract."""
    return save(
        f"<OrderId>{order_id}</OrderId><CustomerId>2200</CustomerId><OrderStatus>OrderState_Sent</OrderStatus>"
        f'<IncludeVAT xsi:nil="true"/>{more}'
    )


async def found(site: Site, content: str) -> list[str]:
    rows = await site.result("GetInvoices", search(content) + IDS) or []
    return [row["OrderId"] for row in rows]


@pytest.fixture
def books(site: Site) -> Site:
    """One customer (2200), one product (1042) of which 17 are there, and one order (5501) of two of it."""
    site.tenant.add_company("Fjord Sport AS")
    site.tenant.add_product("WS-42", "Wool socks 42", Stock=17, Price="129")
    rows: list[dict[str, Any]] = [{"No": "WS-42", "Quantity": 2}, {"Type": "Text", "Name": "Gift wrap, please"}]
    site.tenant.place_order(
        rows, 2200, ReferenceNumber="PO-778", YourReference="Kari Nordmann", InvoiceTitle="Call before delivery"
    )
    return site


async def test_an_order_as_the_contract_shows_it(books: Site) -> None:
    wanted = search("<ChangedAfter>2026-05-04T07:58:00Z</ChangedAfter>" + state("Confirmed"))
    (order,) = await books.result("GetInvoices", wanted + ASKED + ROWS)
    assert order == {
        "OrderId": "5501",
        "CustomerId": "2200",
        "CustomerName": "Fjord Sport AS",
        "CustomerDeliveryName": "Fjord Sport AS",
        "Addresses": {
            "Delivery": {"Street": "Kaia 7", "PostalCode": "0150", "PostalArea": "OSLO", "Country": "NO"},
            "Invoice": {"Street": "Postboks 1", "PostalCode": "0101", "PostalArea": "OSLO", "Country": "NO"},
        },
        "OrderStatus": "Confirmed",
        "DateChanged": "2026-05-04T08:00:00",
        "IncludeVAT": None,
        "YourReference": "Kari Nordmann",
        "InvoiceTitle": "Call before delivery",
        "InvoiceRows": [
            {
                "ProductId": "1042",
                "RowId": "9001",
                "Price": "129.0000",
                "Name": "Wool socks 42",
                "Quantity": "2.0000",
                "ProductNo": "WS-42",
            },
            {"RowId": "9002", "Name": "Gift wrap, please", "Type": "Text"},
        ],
        "DeliveryDate": "2026-05-06T00:00:00",
        "ReferenceNumber": "PO-778",
        "DeliveryMethod": {"Id": "3", "Description": "Pakke hjem"},
    }
    assert list(order)[:4] == ["OrderId", "CustomerId", "CustomerName", "CustomerDeliveryName"]


async def test_what_is_not_asked_for_is_left_out(books: Site) -> None:
    answer = await books.result("GetInvoices", names("invoiceReturnProperties", "OrderId") + ROWS)
    assert answer == [{"OrderId": "5501", "IncludeVAT": None}]


async def test_a_status_that_is_the_default_is_left_out(books: Site) -> None:
    books.tenant.edit_order(5501, OrderStatus="Web")
    assert await books.result("GetInvoices", IDS) == [{"OrderId": "5501", "IncludeVAT": None}]


async def test_everything_that_is_searched_for_must_fit(books: Site) -> None:
    books.clock.at = books.clock.at.replace(minute=15)
    books.tenant.place_order([{"No": "WS-42"}], 2200, OrderStatus="Draft")
    books.tenant.place_order([{"No": "WS-42"}], ExternalStatus=7)
    assert await found(books, "") == ["5501", "5502", "5503"]
    assert await found(books, state("Draft", "Confirmed") + ids(5502, 5503, 9999)) == ["5502", "5503"]
    assert await found(books, "<ChangedAfter>2026-05-04T08:00:00Z</ChangedAfter>" + state("Confirmed")) == ["5503"]
    assert await found(books, "<ChangedAfter>2026-05-04T08:15:00Z</ChangedAfter>") == []
    assert await found(books, "<CustomerIds><int>2200</int></CustomerIds>" + state("Draft")) == ["5502"]
    assert await found(books, "<ExternalStatus><int>7</int></ExternalStatus>") == ["5503"]
    books.office.change(changed_after="from")
    assert await found(books, "<ChangedAfter>2026-05-04T08:15:00Z</ChangedAfter>") == ["5502", "5503"]


async def test_more_than_a_thousand_ids_are_refused(books: Site) -> None:
    assert await found(books, ids(*range(5501, 6501))) == ["5501"]
    fault = await books.fault("GetInvoices", search(ids(*range(5501, 6502))) + IDS)
    assert fault == "soap:Server: Server was unable to process request. ---> OrderIds may hold 1000 at most"


async def test_ids_of_orders_that_were_changed(books: Site) -> None:
    since = "<syncParams><ChangedAfter>{}</ChangedAfter><RegisteredAfter>0001-01-01T00:00:00</RegisteredAfter></syncParams>"
    assert await books.result("GetOrderSyncList", since.format("2026-05-04T07:00:00Z")) == ["5501"]
    assert await books.result("GetOrderSyncList", since.format("2026-05-04T09:00:00Z")) is None


async def test_ways_of_delivery(site: Site) -> None:
    site.tenant.set_delivery_method(3, "Parcel to door")
    assert (await site.result("GetDeliveryMethods"))[2] == {"Id": "3", "Description": "Parcel to door"}


async def test_sent_draws_the_stock_and_moves_the_time_of_change(books: Site) -> None:
    books.clock.at = books.clock.at.replace(minute=10)
    assert await books.result("SaveInvoices", sent()) == [
        {"OrderId": "5501", "CustomerId": "2200", "OrderStatus": "OrderState_Sent", "IncludeVAT": None}
    ]
    assert books.tenant.stock("WS-42") == 15
    order = books.tenant.order(5501)
    assert (order["OrderStatus"], order["DateChanged"]) == ("OrderState_Sent", books.clock.at)
    assert (order["ReferenceNumber"], len(order["InvoiceRows"])) == ("PO-778", 2)
    await books.result("SaveInvoices", sent())
    assert books.tenant.stock("WS-42") == 15
    books.tenant.edit_order(5501, OrderStatus="Confirmed")
    assert books.tenant.stock("WS-42") == 17


async def test_stock_is_not_drawn_when_it_is_skipped_or_not_kept(books: Site) -> None:
    await books.result("SaveInvoices", sent(more="<SkipStock>true</SkipStock>"))
    assert books.tenant.stock("WS-42") == 17
    books.tenant.add_product("SERVICE", Stock=0, StockControlled=False)
    books.tenant.place_order([{"No": "SERVICE", "Quantity": 3}], 2200)
    await books.result("SaveInvoices", sent(5502))
    assert books.tenant.stock("SERVICE") == 0


async def test_a_status_that_is_left_out_becomes_web(books: Site) -> None:
    await books.result("SaveInvoices", save('<OrderId>5501</OrderId><CustomerId>2200</CustomerId><IncludeVAT xsi:nil="true"/>'))
    assert books.tenant.order(5501)["OrderStatus"] == "Web"


async def test_factoring_that_is_left_out_is_switched_on(books: Site) -> None:
    await books.result("SaveInvoices", sent(more="<SendToFactoring>false</SendToFactoring>"))
    assert books.tenant.order(5501)["SendToFactoring"] is False
    await books.result("SaveInvoices", sent())
    assert books.tenant.order(5501)["SendToFactoring"] is True


async def test_a_payment_is_noted(books: Site) -> None:
    await books.result("SaveInvoices", sent())
    assert books.tenant.saving.payments == []
    order = "<OrderId>5501</OrderId><CustomerId>2200</CustomerId>"
    await books.result("SaveInvoices", save(f'{order}<IncludeVAT xsi:nil="true"/><PaymentAmount>258.5</PaymentAmount>'))
    (payment,) = books.tenant.saving.payments
    assert (payment.order_id, payment.amount) == (5501, Decimal("258.5"))


@pytest.mark.parametrize(
    ("changed", "message", "type_"),
    [
        ({}, sent(9999), "Office24Seven.Library.Data.DataBaseServerException"),
        ({"OrderStatus": "Invoiced"}, sent(), "Office24Seven.Library.Data.DataBaseServerException"),
        ({}, sent().replace("2200", "2299"), "System.ArgumentException"),
        ({}, sent().replace("<CustomerId>2200</CustomerId>", ""), "System.ArgumentException"),
    ],
)
async def test_an_item_that_is_not_taken(books: Site, changed: dict[str, Any], message: str, type_: str) -> None:
    books.tenant.edit_order(5501, **changed)
    before = books.tenant.order(5501)
    (item,) = await books.result("SaveInvoices", message)
    assert item["APIException"]["Type"] == type_
    assert "10.20.30.40" in item["APIException"]["Message"]
    assert books.tenant.order(5501) == before
    assert [one.kind for one in books.office.refusals] == ["item"]


async def test_an_order_is_refused_until_somebody_edits_it(books: Site) -> None:
    books.tenant.refuse_order(5501, "Dim2 is missing")
    for _ in range(2):
        (item,) = await books.result("SaveInvoices", sent())
        assert item["APIException"]["Message"].endswith("Dim2 is missing")
    books.tenant.edit_order(5501, InvoiceTitle="Mended")
    (item,) = await books.result("SaveInvoices", sent())
    assert "APIException" not in item


async def test_an_exception_directly_under_the_result(books: Site) -> None:
    books.office.change(save_errors="result")
    books.tenant.edit_order(5501, OrderStatus="Invoiced")
    result = await books.result("SaveInvoices", sent())
    assert list(result) == ["APIException"]
    assert list(result["APIException"]) == ["Type", "Message", "StackTrace"]


async def test_rows_change_only_with_a_change_state(books: Site) -> None:
    head = '<OrderId>5501</OrderId><CustomerId>2200</CustomerId><OrderStatus>Confirmed</OrderStatus><IncludeVAT xsi:nil="true"/>'
    row = "<InvoiceRows><InvoiceRow>{}</InvoiceRow></InvoiceRows>"
    await books.result("SaveInvoices", save(head + row.format("<RowId>9001</RowId><Quantity>5</Quantity>")))
    assert books.tenant.order(5501)["InvoiceRows"][0]["Quantity"] == 2
    edit = "<RowId>9001</RowId><Quantity>5</Quantity><ChangeState>Edit</ChangeState>"
    await books.result("SaveInvoices", save(head + row.format(edit)))
    assert books.tenant.order(5501)["InvoiceRows"][0]["Quantity"] == 5
    await books.result("SaveInvoices", save(head + row.format("<RowId>9002</RowId><ChangeState>Delete</ChangeState>")))
    add = "<ProductId>1042</ProductId><Quantity>1</Quantity><ChangeState>Add</ChangeState>"
    await books.result("SaveInvoices", save(head + row.format(add)))
    assert [one["RowId"] for one in books.tenant.order(5501)["InvoiceRows"]] == [9001, 9003]


async def test_an_order_without_an_id_is_a_new_one(books: Site) -> None:
    head = '<CustomerId>2200</CustomerId><OrderStatus>Draft</OrderStatus><IncludeVAT xsi:nil="true"/>'
    (item,) = await books.result("SaveInvoices", save(head))
    assert (item["OrderId"], books.tenant.saving.made) == ("5502", [5502])


async def test_what_is_left_out_may_be_cleared(open_site: Build) -> None:
    site = await open_site(unsent_fields="cleared", unsent_factoring="kept")
    site.tenant.add_company()
    site.tenant.place_order([], 2200, InvoiceTitle="Ring")
    await site.result("SaveInvoices", sent())
    order = site.tenant.order(5501)
    assert ("InvoiceTitle" in order, order["SendToFactoring"]) == (False, False)


async def test_a_wide_search_may_time_out(open_site: Build) -> None:
    site = await open_site(widest_search_days=30)
    wide = search("<ChangedAfter>2020-01-01T00:00:00Z</ChangedAfter>") + IDS
    assert "Timeout expired" in await site.fault("GetInvoices", wide)
    assert await found(site, "<ChangedAfter>2026-05-01T00:00:00Z</ChangedAfter>") == []
