"""One call: what stands in the request, how an answer is read, and what any other answer ends as."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.errors import LoginRefused, Malformed, Paced, Refused, RemoteError, TooLarge, Unavailable
from app.integrations.sevenoffice24.settings import ORDER_MEMBERS
from tests.integrations.sevenoffice24.calling import NOW, Answer, client, envelope, fault, result

# requests


async def test_a_request_has_the_wires_names_the_session_and_times_in_utc() -> None:
    office = client()
    moment = datetime(2026, 5, 4, 10, 0, 0, 700_000, tzinfo=timezone(timedelta(hours=2)))
    search = {"ChangedAfter": moment, "OrderStates": ["Confirmed", "Pack"], "OrderIds": [1, 2]}
    await office.soap.get_invoices(search, ["OrderId", "InvoiceRows"], ["ProductId"])
    asked = office.office.asked[-1]
    assert asked.url == "https://office.example/Economy/InvoiceOrder/V001/InvoiceService.asmx"
    assert asked.session == "session-1"
    assert asked.headers["SOAPAction"] == '"http://24sevenOffice.com/webservices/GetInvoices"'
    assert asked.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert asked.texts("ChangedAfter") == ["2026-05-04T08:00:00Z"]
    assert asked.texts("OrderSlipStateType") == ["Confirmed", "Pack"]
    assert asked.texts("int") == ["1", "2"]
    assert asked.texts("string") == ["OrderId", "InvoiceRows", "ProductId"]
    assert b"DOCTYPE" not in asked.content


async def test_an_order_is_saved_with_what_was_given_and_no_more() -> None:
    office = client(lambda asked: result(asked.operation, "<InvoiceOrder><OrderId>5501</OrderId></InvoiceOrder>"))
    given = {"OrderId": 5501, "CustomerId": 2200, "OrderStatus": "OrderState_Sent", "SendToFactoring": True}
    assert await office.soap.save_invoices([given]) == [{"OrderId": 5501}]
    order = next(office.office.asked[-1].request.iter("{*}InvoiceOrder"))
    sent = [(each.tag.partition("}")[2], each.text) for each in order]
    assert sent == [
        ("OrderId", "5501"),
        ("CustomerId", "2200"),
        ("OrderStatus", "OrderState_Sent"),
        ("IncludeVAT", None),
        ("SendToFactoring", "true"),
    ]
    assert order[3].get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true"


@pytest.mark.parametrize(("quantity", "written"), [("0.0000001", "0.0000001"), ("1E+1", "10"), ("15", "15")])
async def test_a_quantity_is_written_without_exponent(quantity: str, written: str) -> None:
    office = client(lambda asked: result(asked.operation, "true"))
    assert await office.soap.set_stock_quantity(1042, Decimal(quantity)) is True
    assert office.office.asked[-1].texts("stockQuantity") == [written]


async def test_what_must_not_be_sent_is_not() -> None:
    soap = client().soap
    with pytest.raises(TypeError):
        await soap.set_stock_quantity(1, 0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="without zone"):
        await soap.get_products({"DateChanged": datetime(2026, 5, 4)}, ["Id"])  # noqa: DTZ001 - that is the point
    with pytest.raises(ValueError, match="PaymentAmount"):
        await soap.save_invoices([{"OrderId": 1, "PaymentAmount": Decimal(1)}])


# answers


def products(inner: str) -> Any:
    return client(lambda asked: result(asked.operation, inner)).soap


async def test_values_come_as_what_they_are() -> None:
    soap = products(
        "<Product><Id>1042</Id><Name>Wool &amp; silk</Name><Stock>17.0000</Stock><EAN1>0704661234567</EAN1>"
        "<DateChanged>2026-05-04T08:01:11.1234567</DateChanged><Weight>0.1200</Weight>"
        '<Web xsi:nil="true"/><StockControlled>true</StockControlled></Product>'
    )
    asked = ["Id", "Name", "Stock", "EAN1", "DateChanged", "Weight", "Web", "StockControlled"]
    assert await soap.get_products({}, asked) == [
        {
            "Id": 1042,
            "Name": "Wool & silk",
            "Stock": Decimal("17.0000"),
            "EAN1": "0704661234567",
            "DateChanged": datetime(2026, 5, 4, 8, 1, 11, 123456),  # noqa: DTZ001 - as the wire has it
            "Weight": Decimal("0.1200"),
            "Web": None,
            "StockControlled": True,
        }
    ]


async def test_a_zone_that_stands_on_the_wire_stays() -> None:
    soap = products("<Product><DateChanged>2026-05-04T10:01:11+02:00</DateChanged></Product>")
    [product] = await soap.get_products({}, ["DateChanged"])
    assert product["DateChanged"] == datetime(2026, 5, 4, 8, 1, 11, tzinfo=UTC)


async def test_what_was_asked_for_and_left_out_has_its_default() -> None:
    soap = client(
        lambda asked: result(
            asked.operation,
            "<InvoiceOrder><OrderId>1</OrderId><InvoiceRows><InvoiceRow><RowId>2</RowId></InvoiceRow></InvoiceRows></InvoiceOrder>"
            "<InvoiceOrder><OrderId>3</OrderId></InvoiceOrder>",
        )
    ).soap
    properties = ["OrderId", "OrderStatus", "YourReference", "InvoiceRows", "DeliveryDate", "Addresses"]
    found = await soap.get_invoices({}, properties, ["RowId", "Type", "Quantity", "SequenceNumber"])
    row = {"RowId": 2, "Type": "Normal", "Quantity": None, "SequenceNumber": None}
    rest = {"OrderStatus": "Web", "YourReference": "", "DeliveryDate": None, "Addresses": None}
    assert found == [{"OrderId": 1, "InvoiceRows": [row], **rest}, {"OrderId": 3, "InvoiceRows": [], **rest}]


async def test_what_is_not_set_is_none_however_the_wire_says_it() -> None:
    soap = client(
        lambda asked: result(
            asked.operation,
            "<InvoiceOrder><OrderId>1</OrderId><CustomerDeliveryId>-2147483648</CustomerDeliveryId>"
            "<DeliveryDate>0001-01-01T00:00:00</DeliveryDate><DateOrdered>0001-01-01T00:00:00Z</DateOrdered>"
            "<OrderTotalVat>-79228162514264337593543950335</OrderTotalVat>"
            '<Addresses><Post xsi:nil="true"/><Delivery><City/></Delivery></Addresses>'
            "<InvoiceRows><InvoiceRow><SequenceNumber>-32768</SequenceNumber></InvoiceRow></InvoiceRows></InvoiceOrder>"
            '<InvoiceOrder xsi:nil="true"/>',
        )
    ).soap
    assert await soap.get_invoices({}, ["OrderId"], []) == [
        {"OrderId": 1, "Addresses": {**ADDRESSES, "Delivery": CITY}, "InvoiceRows": []}
    ]


ADDRESSES = {"Post": None, "Delivery": None, "Visit": None, "Invoice": None}
CITY = {
    name: "" if name == "City" else None for name in ("Street", "State", "PostalCode", "PostalArea", "Name", "City", "Country")
}


async def test_unknown_and_misplaced_elements_are_passed_over() -> None:
    soap = products(
        "<Product><Novelty><Id>9</Id></Novelty><Stock>3</Stock><Id>1</Id><Colour>red</Colour><Name>A</Name></Product><Note/>"
        '<x:Product xmlns:x="http://elsewhere.example/"><x:Id>7</x:Id></x:Product>'
    )
    assert await soap.get_products({}, ["Id", "Name", "Stock"]) == [{"Id": 1, "Name": "A", "Stock": Decimal(3)}]


async def test_an_unknown_word_of_a_list_comes_as_text() -> None:
    soap = client(lambda asked: result(asked.operation, "<InvoiceOrder><OrderStatus>Novel</OrderStatus></InvoiceOrder>")).soap
    assert await soap.get_invoices({}, ["OrderStatus"]) == [{"OrderStatus": "Novel"}]


@pytest.mark.parametrize("stock", ["NaN", "1E+3", "many", "1_000"])
async def test_what_is_no_number_is_none(stock: str) -> None:
    soap = products(f"<Product><Id>1</Id><Stock>{stock}</Stock></Product>")
    assert await soap.get_products({}, ["Id", "Stock"]) == [{"Id": 1, "Stock": None}]


@pytest.mark.parametrize("inner", [None, ""])
async def test_an_empty_result_is_an_empty_list(inner: str | None) -> None:
    soap = client(lambda asked: result(asked.operation, inner)).soap
    assert await soap.get_products({}, ["Id"]) == []
    assert await soap.get_invoices({}, ["OrderId"]) == []
    assert await soap.get_order_sync_list() == []
    assert await soap.get_delivery_methods() == []


async def test_a_record_that_was_refused_carries_its_exception_without_the_stack_trace() -> None:
    refused = "<APIException><Type>A.B</Type><Message>no</Message><StackTrace>at A.B()</StackTrace></APIException>"
    soap = client(lambda asked: result(asked.operation, f"<InvoiceOrder><OrderId>1</OrderId>{refused}</InvoiceOrder>")).soap
    assert await soap.save_invoices([{"OrderId": 1}]) == [{"OrderId": 1, "APIException": {"Type": "A.B", "Message": "no"}}]


ORDERS = "<InvoiceOrder><OrderId>1</OrderId></InvoiceOrder><InvoiceOrder><OrderId>2</OrderId></InvoiceOrder>"


@pytest.mark.parametrize(("before", "after"), [("", ""), (ORDERS, ""), ("", ORDERS), (ORDERS, ORDERS)])
async def test_an_exception_right_under_the_result_is_a_refusal_in_our_words(before: str, after: str) -> None:
    refused = "<APIException><Type>A.B</Type><Message>SQL 10.0.0.7</Message></APIException>"
    soap = client(lambda asked: result(asked.operation, f"{before}{refused}{after}")).soap
    with pytest.raises(Refused) as caught:
        await soap.save_invoices([{"OrderId": 1}])
    assert caught.value.message == "24SevenOffice refused SaveInvoices"
    assert caught.value.answer is None


async def test_a_page_of_companies() -> None:
    soap = client(
        lambda asked: result(
            asked.operation,
            "<CurrentPage>1</CurrentPage><TotalPages>1</TotalPages><TotalItems>1</TotalItems><ItemsPerPage>1000</ItemsPerPage>"
            "<Items><SyncCompany><CompanyId>310</CompanyId><DateRegistered>2020-01-01T00:00:00</DateRegistered>"
            "<Active>false</Active></SyncCompany></Items>",
        )
    ).soap
    page = await soap.get_company_sync_list(1)
    assert (page["TotalPages"], page["Items"][0]["CompanyId"], page["Items"][0]["Active"]) == (1, 310, False)


# any other answer

HTML = "<!DOCTYPE html><html><body><h1>Maintenance</h1></body></html>"
LIMIT = "Limit exceeded by 12 requests. Quarantine ends at 2026-05-04 08:30:00"
BOMB = '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx">]>' + envelope("<a>&x;</a>")
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + envelope("<a>&x;</a>")


def other(status: int, text: str, kind: str = "text/html", **headers: str) -> httpx.Response:
    return httpx.Response(status, headers={"Content-Type": kind, **headers}, text=text)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (other(200, HTML), Malformed),
        (other(200, "", "text/xml"), Malformed),
        (other(200, BOMB, "text/xml"), Malformed),
        (other(200, OUTSIDE, "text/xml"), Malformed),
        (other(200, result("GetProducts", "<Product><Id>1</Id></Product>")[:-40], "text/xml"), Malformed),
        (other(200, "<a>" * 300, "text/xml"), Malformed),
        (other(200, "<a>" + "<b/>" * 2_000_001 + "</a>", "text/xml"), Malformed),
        (other(200, result("GetInvoices", None), "text/xml"), Malformed),
        (other(200, envelope(""), "text/xml"), Malformed),
        (other(404, HTML), Malformed),
        (other(302, ""), Malformed),
        (other(401, HTML), LoginRefused),
        (other(503, HTML), Unavailable),
        (other(500, ""), Unavailable),
        (other(429, HTML), Paced),
        (other(200, LIMIT, "text/plain"), Paced),
        (other(503, LIMIT, "text/plain"), Paced),
        (fault(LIMIT), Paced),
        (fault("Server was unable to process request. ---&gt; Timeout expired"), Unavailable),
        (fault("Server was unable to read request.", "soap:Client"), Refused),
        (fault("Something odd", status=200), Unavailable),
    ],
)
async def test_it_ends_as_what_it_is_in_words_of_ours(answer: httpx.Response, kind: type[RemoteError]) -> None:
    office = client(lambda asked: answer)
    with pytest.raises(kind) as caught:
        await office.soap.get_products({}, ["Id"])
    assert caught.value.answer is None
    assert caught.value.system == "24SevenOffice"
    for theirs in ("Maintenance", "unable to process", "Quarantine", "Timeout expired", "odd"):
        assert theirs not in caught.value.message


async def test_a_burst_that_was_refused_without_a_time_rests_for_half_a_minute() -> None:
    """With what follows, everything runs again within 75 s."""
    office = client(lambda asked: other(429, HTML))
    with pytest.raises(Paced):
        await office.soap.get_products({}, ["Id"])
    assert office.paused == [30]


async def test_a_fault_of_soap_12_is_one() -> None:
    soap12 = (
        '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><e:Fault><e:Code><e:Value>e:Receiver</e:Value></e:Code>'
        f"<e:Reason><e:Text>{LIMIT}</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>"
    )
    with pytest.raises(Paced):
        await client(lambda asked: other(500, soap12, "application/soap+xml")).soap.get_products({}, ["Id"])


@pytest.mark.parametrize(
    ("ends", "seconds"),
    [
        ("2026-05-04 08:30:00", 1801),
        ("2026-05-04T08:30:00Z", 1801),
        ("2026-05-04T10:30:00+02:00.", 1801),
        ("04.05.2026 10:30:00", 1801),  # in Oslo's time
        ("5/4/2026 11:30:00 AM", 1801),  # in Helsinki's
        ("08:30:00", 1801),
        ("the end of days", 3601),
    ],
)
async def test_no_call_is_made_before_the_quarantine_ends(ends: str, seconds: float) -> None:
    office = client(lambda asked: fault(f"Limit exceeded by 3. Quarantine ends at {ends}"))
    with pytest.raises(Paced) as caught:
        await office.soap.get_products({}, ["Id"])
    assert office.paused == [seconds]
    assert caught.value.retry_after == seconds


def limited(**headers: str) -> Answer:
    return httpx.Response(200, headers={"Content-Type": "text/xml", **headers}, text=result("GetProducts", None))


@pytest.mark.parametrize(
    ("headers", "paused"),
    [
        ({"APILimitRemaining": "0", "APILimitReset": "2026-05-04T08:20:00Z"}, [1201]),
        ({"APILimitRemaining": "0", "APILimitReset": "2026-05-04T07:59:00Z"}, []),
        ({"APILimitRemaining": "0", "APILimitReset": "2026-05-04T09:04:00Z"}, [3841]),
        ({"APILimitRemaining": "0"}, [60]),
        ({"APILimitRemaining": "0", "APILimitReset": "2026-05-04T08:20:00Z", "Date": "Mon, 04 May 2026 07:55:00 GMT"}, [1501]),
        ({"APILimitRemaining": "1", "APILimitReset": "2026-05-04T08:20:00Z"}, []),
        ({}, []),
    ],
)
async def test_no_call_is_made_before_the_limit_is_reset(headers: dict[str, str], paused: list[float]) -> None:
    office = client(lambda asked: limited(**headers))
    assert office.now == NOW
    assert await office.soap.get_products({}, ["Id"]) == []
    assert office.paused == paused


# answers of any size

MANY = sorted(ORDER_MEMBERS)
ORDER = "<InvoiceOrder><OrderId>1</OrderId></InvoiceOrder>"


@pytest.mark.parametrize(
    "inner",
    [
        "<a/>" * 260_000,
        "<InvoiceOrder>" + "<a/>" * 260_000 + "</InvoiceOrder>",
        (ORDER + "<a/>" * 1_000) * 210,
        ORDER * 30_000,
        "<a " + " ".join(f'a{number}="x"' for number in range(410_000)) + "/>",
    ],
    ids=["elements", "elements within an order", "elements between orders", "orders of many defaults", "attributes"],
)
async def test_more_than_fits_into_memory_is_refused_and_may_be_read_in_parts(inner: str) -> None:
    office = client(lambda asked: result(asked.operation, inner))
    with pytest.raises(TooLarge, match="24SevenOffice answered too many"):
        await office.soap.get_invoices({"OrderIds": [1]}, MANY)


async def test_a_long_list_of_orders_is_read() -> None:
    office = client(lambda asked: result(asked.operation, ORDER * 30_000))
    assert len(await office.soap.get_invoices({"OrderIds": [1]}, ["OrderId"])) == 30_000


@pytest.mark.parametrize(
    ("member", "text"),
    [
        ("OrderId", "1" * 5_000),
        ("OrderId", str(2**63)),
        ("OrderTotalIncVat", "1" * 5_000),
        ("DateChanged", "9999-12-31T23:59:59-23:00"),
        ("DateChanged", "0001-01-01T00:00:00+14:00"),
    ],
)
async def test_a_value_of_any_size_costs_nothing_but_itself(member: str, text: str) -> None:
    inner = f"<InvoiceOrder><{member}>{text}</{member}><CustomerName>Kari</CustomerName></InvoiceOrder>" + ORDER
    office = client(lambda asked: result(asked.operation, inner))
    odd, sound = await office.soap.get_invoices({"OrderIds": [1]}, ["OrderId", "CustomerName"])
    assert (odd.get(member), odd["CustomerName"], sound["OrderId"]) == (None, "Kari", 1)
