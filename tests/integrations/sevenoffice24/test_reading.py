"""Polls of the ERP: what is asked for, cursors, batches, single records. Requirement: 24SevenOffice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain import Process, ShopState, SourceRecord
from app.errors import Malformed, RemoteError, Unavailable
from app.integrations.sevenoffice24.mapping.orders import map_order
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.sandbox.sevenoffice24.http.faults import OperationFault
from tests.integrations.sevenoffice24.reading_bench import Bench, changed, open_bench

GO_LIVE = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


def fail(bench: Bench, kind: str, operation: str, **more: Any) -> None:
    bench.office.faults.active.append(OperationFault(kind, operation=operation, **more))


def ids(records: list[SourceRecord]) -> list[str]:
    return [each.source_id for each in records]


def searches(bench: Bench, operation: str) -> list[dict[str, Any]]:
    return [each.get("searchParams", {}) for each in bench.asked(operation)]


@pytest.fixture(autouse=True)
def _every_request_is_as_the_descriptions_say(request: pytest.FixtureRequest) -> Any:
    bench = open_bench()
    request.node.bench = bench
    yield
    assert bench.office.refused("request") == []


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Bench:
    found: Bench = request.node.bench
    return found


# --- orders -----------------------------------------------------------------------------------------------------------


async def test_an_empty_erp_gives_nothing(bench: Bench) -> None:
    reader = bench.reader()
    found, cursor = await changed(reader, Process.ORDERS)
    assert (found, await changed(reader, Process.ORDERS, cursor)) == ([], ([], cursor))
    found, cursor = await changed(reader, Process.ARTICLES)
    assert (found, await changed(reader, Process.ARTICLES, cursor)) == ([], ([], cursor))


async def test_the_first_poll_gives_confirmed_orders_only(bench: Bench) -> None:
    for status in ("Confirmed", "Offer", "Draft", "Web", "OrderState_Sent", "Invoiced", "Confirmed"):
        bench.tenant.place_order([{"Name": "x"}], OrderStatus=status)
    found, _ = await changed(bench.reader(), Process.ORDERS, None, GO_LIVE)
    assert ids(found) == ["5501", "5507"]
    assert found[0].modified_at == datetime(2026, 5, 4, 8, 2, 40, tzinfo=UTC)
    assert searches(bench, "GetInvoices") == [
        {"ChangedAfter": datetime(2026, 5, 4, 7, 54, 59, tzinfo=UTC), "OrderStates": ["Confirmed"]}
    ]


async def test_which_statuses_are_transferred_is_a_setting(bench: Bench) -> None:
    for status in ("Confirmed", "Pack", "Web"):
        bench.tenant.place_order([{"Name": "x"}], OrderStatus=status)
    found, _ = await changed(bench.reader(order_states=["Web"], imported_status="Pack"), Process.ORDERS, None, GO_LIVE)
    assert ids(found) == ["5502", "5503"]


async def test_a_second_poll_gives_nothing_and_a_change_is_given_once(bench: Bench) -> None:
    reader = bench.reader()
    bench.tenant.place_order([{"Name": "x"}])
    found, cursor = await changed(reader, Process.ORDERS, None, GO_LIVE)
    bench.clock.now += timedelta(minutes=15)
    found, cursor = await changed(reader, Process.ORDERS, cursor)
    assert found == []
    bench.tenant.edit_order(5501, InvoiceTitle="Takk")
    found, cursor = await changed(reader, Process.ORDERS, cursor)
    assert [each.body["InvoiceTitle"] for each in found] == ["Takk"]
    found, _ = await changed(reader, Process.ORDERS, cursor)
    assert found == []


async def test_two_changes_within_one_second_are_both_given(bench: Bench) -> None:
    reader = bench.reader()
    bench.tenant.place_order([{"Name": "x"}])
    _, cursor = await changed(reader, Process.ORDERS, None, GO_LIVE)
    for title in ("one", "two"):
        bench.tenant.edit_order(5501, InvoiceTitle=title)
        found, cursor = await changed(reader, Process.ORDERS, cursor)
        assert [each.body["InvoiceTitle"] for each in found] == [title]


async def test_a_poll_looks_back_two_minutes_or_more_and_every_time_has_a_zone(bench: Bench) -> None:
    reader = bench.reader(overlap_minutes=2)
    bench.tenant.place_order([{"Name": "x"}])
    _, cursor = await changed(reader, Process.ORDERS, None, GO_LIVE)
    bench.clock.now += timedelta(minutes=15)
    await changed(reader, Process.ORDERS, cursor)
    last = searches(bench, "GetInvoices")[-1]["ChangedAfter"]
    assert last == datetime(2026, 5, 4, 7, 59, 59, tzinfo=UTC)
    assert last.tzinfo is not None


async def test_a_poll_behind_a_crowd_of_changes_looks_back_two_minutes_too(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """More orders than a cursor remembers were changed in one minute, a while ago: their overlap is over."""
    monkeypatch.setattr("app.integrations.kit.cursor.SEEN_MOST", 3)
    reader = bench.reader()
    for _ in range(5):
        bench.tenant.place_order([{"Name": "x"}])
    bench.clock.now += timedelta(minutes=15)
    _, cursor = await changed(reader, Process.ORDERS, None, GO_LIVE)
    bench.clock.now += timedelta(minutes=15)
    await changed(reader, Process.ORDERS, cursor)
    assert cursor["modified"] == "2026-05-04T08:02:40"
    assert bench.asked("GetOrderSyncList")[-1]["syncParams"]["ChangedAfter"] == datetime(2026, 5, 4, 7, 59, 59, tzinfo=UTC)


async def test_a_poll_after_a_quiet_time_looks_back_an_hour(bench: Bench) -> None:
    reader = bench.reader()
    bench.tenant.place_order([{"Name": "x"}])
    _, cursor = await changed(reader, Process.ORDERS, None, GO_LIVE)
    for _ in range(3):
        bench.clock.now += timedelta(hours=20)
        _, cursor = await changed(reader, Process.ORDERS, cursor)
    assert bench.asked("GetOrderSyncList") == []
    assert searches(bench, "GetInvoices")[-1]["ChangedAfter"] == datetime(2026, 5, 5, 22, 56, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "state"),
    [("Offer", ShopState.CANCELLED), ("Inactive", ShopState.CANCELLED), ("Web", ShopState.CANCELLED)],
)
async def test_an_order_that_leaves_the_transferred_states_is_found_by_the_next_poll(
    bench: Bench, status: str, state: ShopState
) -> None:
    reader = bench.reader()
    bench.tenant.place_order([{"Name": "x"}])
    _, cursor = await changed(reader, Process.ORDERS, None, GO_LIVE)
    bench.clock.now += timedelta(minutes=15)
    bench.tenant.edit_order(5501, OrderStatus=status)
    (found,), _ = await changed(reader, Process.ORDERS, cursor)
    assert map_order(found, SevenOfficeAdapterSettings()).state is state


async def test_what_the_erp_itself_is_done_with_is_not_asked_for(bench: Bench) -> None:
    reader = bench.reader()
    bench.tenant.place_order([{"Name": "x"}])
    _, cursor = await changed(reader, Process.ORDERS, None, GO_LIVE)
    bench.tenant.edit_order(5501, OrderStatus="OrderState_Sent")
    found, _ = await changed(reader, Process.ORDERS, cursor)
    assert found == []
    assert not {"OrderState_Sent", "Invoiced", "Pack"} & set(searches(bench, "GetInvoices")[-1]["OrderStates"])


# --- many orders ------------------------------------------------------------------------------------------------------


async def test_a_long_history_is_listed_by_ids_and_read_in_batches(bench: Bench) -> None:
    for number in range(7):
        bench.tenant.place_order([{"Name": "x"}], OrderStatus="Invoiced" if number == 3 else "Confirmed")
    found, cursor = await changed(bench.reader(ids_per_call=3), Process.ORDERS, None, GO_LIVE - timedelta(days=400))
    assert ids(found) == ["5501", "5502", "5503", "5505", "5506", "5507"]
    assert [each["OrderIds"] for each in searches(bench, "GetInvoices")] == [[5501, 5502, 5503], [5504, 5505, 5506], [5507]]
    assert "loading" not in cursor
    found, _ = await changed(bench.reader(), Process.ORDERS, cursor)
    assert found == []


async def test_a_load_that_stops_goes_on_behind_the_last_batch(bench: Bench) -> None:
    for _ in range(7):
        bench.tenant.place_order([{"Name": "x"}])
    reader = bench.reader(ids_per_call=3)
    cursor, first = None, list[SourceRecord]()
    async for page in reader.changes(Process.ORDERS, None, None):
        cursor, first = page.cursor, list(page.records)
        break
    bench.forget()
    found, cursor = await changed(bench.reader(ids_per_call=3), Process.ORDERS, cursor)
    assert (ids(first), ids(found)) == (["5501", "5502", "5503"], ["5504", "5505", "5506", "5507"])
    assert {tuple(each["OrderStates"]) for each in searches(bench, "GetInvoices")} == {("Confirmed",)}
    assert "loading" not in cursor


async def test_a_load_that_goes_on_asks_for_nothing_twice(bench: Bench) -> None:
    for number in range(6):
        bench.tenant.add_product(f"A-{number}")
        bench.tenant.place_order([{"Name": "x"}])
    reader = bench.reader(ids_per_call=2)
    for process, listed in ((Process.ORDERS, "GetOrderSyncList"), (Process.ARTICLES, "GetCategories")):
        cursor = None
        for _ in range(3):
            async for page in reader.changes(process, cursor, None):
                cursor = page.cursor
                break
        assert len(bench.asked(listed)) == 1
        assert "loading" not in (cursor or {})
    assert [each["OrderIds"] for each in searches(bench, "GetInvoices")] == [[5501, 5502], [5503, 5504], [5505, 5506]]
    assert len(bench.asked("HasSession")) == 1


async def test_what_changes_during_a_load_is_given_by_the_next_poll(bench: Bench) -> None:
    for _ in range(4):
        bench.tenant.place_order([{"Name": "x"}])
    reader, seen, cursor = bench.reader(ids_per_call=2), list[SourceRecord](), None
    async for page in reader.changes(Process.ORDERS, None, None):
        seen += page.records
        cursor = page.cursor
        bench.clock.now += timedelta(minutes=20)
        if len(seen) == 2:
            bench.tenant.edit_order(5501, InvoiceTitle="Takk")
            bench.clock.now += timedelta(minutes=20)
            bench.tenant.edit_order(5504, InvoiceTitle="Sist")
    found, _ = await changed(reader, Process.ORDERS, cursor)
    assert "5501" in ids(found)


@pytest.mark.parametrize(
    "answer",
    [
        {"kind": "fault", "text": "Object reference not set to an instance of an object"},
        {"kind": "html"},
        {
            "kind": "raw",
            "text": '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><GetOrderSyncListResponse '
            'xmlns="http://24sevenOffice.com/webservices"/></soap:Body></soap:Envelope>',
        },
    ],
)
async def test_without_the_vendors_list_of_ids_orders_are_listed_without_their_members(
    bench: Bench, answer: dict[str, Any]
) -> None:
    fail(bench, operation="GetOrderSyncList", **answer)
    for _ in range(3):
        bench.tenant.place_order([{"Name": "x"}])
    found, _ = await changed(bench.reader(), Process.ORDERS)
    assert ids(found) == ["5501", "5502", "5503"]
    assert next(each.get("invoiceReturnProperties") for each in bench.asked("GetInvoices")) == ["OrderId"]


async def test_an_answer_that_is_too_large_is_read_in_batches(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(20):
        bench.tenant.place_order([{"Name": "x" * 200}])
    monkeypatch.setattr("app.http.MAX_ANSWER_BYTES", 20_000)
    found, _ = await changed(bench.reader(ids_per_call=5), Process.ORDERS, None, GO_LIVE)
    assert len(found) == 20


async def test_a_wide_search_that_the_erp_does_not_answer_is_not_made() -> None:
    bench = open_bench(widest_search_days=2)
    bench.tenant.place_order([{"Name": "x"}])
    reader = bench.reader()
    _, cursor = await changed(reader, Process.ORDERS)
    bench.clock.now += timedelta(days=30)
    bench.tenant.edit_order(5501, InvoiceTitle="Takk")
    found, _ = await changed(reader, Process.ORDERS, cursor)
    assert [each.body["InvoiceTitle"] for each in found] == ["Takk"]


@pytest.mark.parametrize(
    ("operation", "process"), [("GetInvoices", Process.ORDERS), ("GetProducts", Process.ARTICLES), ("GetCategories", None)]
)
async def test_a_read_that_failed_is_raised_and_passes_nothing_over(
    bench: Bench, operation: str, process: Process | None
) -> None:
    bench.tenant.place_order([{"Name": "x"}])
    bench.tenant.add_product("A-1")
    kind: dict[str, Any] = {"kind": "status", "status": 503}
    fail(bench, operation=operation, **kind)
    with pytest.raises(RemoteError):
        await changed(bench.reader(), process or Process.ARTICLES, None, GO_LIVE)


async def test_a_web_page_for_an_answer_is_no_empty_list(bench: Bench) -> None:
    fail(bench, "html", "GetInvoices")
    with pytest.raises((Malformed, Unavailable)):
        await changed(bench.reader(), Process.ORDERS, None, GO_LIVE)


# --- time zones -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["naive", "utc", "offset"])
async def test_dates_in_the_erps_own_zone(form: str) -> None:
    bench = open_bench(time_zone="Europe/Oslo", date_form=form)
    bench.tenant.place_order([{"Name": "x"}])
    (found,), cursor = await changed(bench.reader(time_zone="Europe/Oslo"), Process.ORDERS, None, GO_LIVE)
    assert found.modified_at == datetime(2026, 5, 4, 8, 2, 40, tzinfo=UTC)
    assert cursor["modified"] == "2026-05-04T08:02:40"


async def test_an_erp_whose_dates_run_ahead_hides_no_later_orders() -> None:
    bench = open_bench(time_zone="Europe/Oslo")
    reader = bench.reader(time_zone="UTC")
    bench.tenant.place_order([{"Name": "x"}])
    found, cursor = await changed(reader, Process.ORDERS, None, GO_LIVE)
    assert ids(found) == ["5501"]
    for number in range(3):
        bench.clock.now += timedelta(minutes=15)
        bench.tenant.place_order([{"Name": "x"}])
        found, cursor = await changed(reader, Process.ORDERS, cursor)
        assert ids(found) == [str(5502 + number)]


async def test_times_that_the_erp_rounds_hide_nothing() -> None:
    bench = open_bench(change_rounding_seconds=60)
    reader = bench.reader(overlap_minutes=2)
    _, cursor = await changed(reader, Process.ORDERS, None, GO_LIVE)
    given = list[str]()
    for _ in range(6):
        bench.tenant.place_order([{"Name": "x"}])
        found, cursor = await changed(reader, Process.ORDERS, cursor)
        given += ids(found)
        bench.clock.now += timedelta(seconds=25)
    assert given == [str(5501 + number) for number in range(6)]


# --- products ---------------------------------------------------------------------------------------------------------


async def test_the_first_load_goes_by_category_and_in_batches(bench: Bench) -> None:
    shoes, socks = (bench.tenant.add_category(name)["Id"] for name in ("Sko", "Sokker"))
    for number in range(5):
        bench.tenant.add_product(f"A-{number}", CategoryId=shoes if number % 2 else socks)
    found, cursor = await changed(bench.reader(ids_per_call=2), Process.ARTICLES)
    assert sorted(ids(found)) == ["1042", "1043", "1044", "1045", "1046"]
    asked = searches(bench, "GetProducts")
    assert [each["CategoryId"] for each in asked if "CategoryId" in each] == [shoes, socks]
    assert [each["ProductIds"] for each in asked if "ProductIds" in each] == [[1042, 1043], [1044, 1045], [1046]]
    found, _ = await changed(bench.reader(), Process.ARTICLES, cursor)
    assert found == []


async def test_products_in_no_category_are_loaded_too(bench: Bench) -> None:
    bench.tenant.add_product("A-1", CategoryId=bench.tenant.add_category("Sko")["Id"])
    bench.tenant.add_product("A-2", CategoryId=None)
    bench.tenant.add_product("A-3", CategoryId=999)
    found, _ = await changed(bench.reader(), Process.ARTICLES)
    assert sorted(each.body["No"] for each in found) == ["A-1", "A-2", "A-3"]


@pytest.mark.parametrize("settings", [{}, {"load_by_category": False}])
async def test_an_erp_without_categories_is_loaded_too(bench: Bench, settings: dict[str, Any]) -> None:
    if not settings:
        fail(bench, "fault", "GetCategories", text="Access is denied")
    bench.tenant.add_product("A-1")
    found, _ = await changed(bench.reader(**settings), Process.ARTICLES)
    assert [each.body["No"] for each in found] == ["A-1"]


async def test_later_polls_give_products_that_changed(bench: Bench) -> None:
    reader = bench.reader()
    for number in range(3):
        bench.tenant.add_product(f"A-{number}")
    _, cursor = await changed(reader, Process.ARTICLES)
    bench.articles.known = {"1042": "A-0", "1043": "A-1", "1044": "A-2"}
    bench.clock.now += timedelta(minutes=15)
    bench.tenant.change_product(1043, Name="Ny")
    bench.forget()
    found, _ = await changed(reader, Process.ARTICLES, cursor)
    assert [(each.source_id, each.body["Name"]) for each in found] == [("1043", "Ny")]
    assert len(bench.asked("GetProducts")) == 1


async def test_members_that_extra_fields_need_are_asked_for(bench: Bench) -> None:
    bench.tenant.add_product("A-1", InPrice="12.5", StockLocation="A-12")
    extra = {"purchasePrice": "InPrice", "freeValues.freeText1": "StockLocation"}
    (found,), _ = await changed(bench.reader(extra_article_fields=extra), Process.ARTICLES)
    assert (found.body["InPrice"], found.body["StockLocation"]) == ("12.5000", "A-12")


# --- products with one number -------------------------------------------------------------------------------------------


def shared(records: list[SourceRecord]) -> dict[str, Any]:
    return {each.source_id: each.body.get("_gateway_shared") for each in records}


async def test_two_products_with_one_number_are_marked_in_the_first_load(bench: Bench) -> None:
    for number in ("A-1", "A-2", "A-1", "A-3", "", ""):
        bench.tenant.add_product(number)
    found, cursor = await changed(bench.reader(ids_per_call=2), Process.ARTICLES)
    both = ["1042", "1044"]
    assert shared(found) == {"1042": both, "1043": None, "1044": both, "1045": None, "1046": None, "1047": None}
    assert cursor["shared_numbers"] == {"A-1": both}


async def test_a_new_product_with_the_number_of_another_marks_both_until_one_gets_its_own(bench: Bench) -> None:
    reader = bench.reader()
    bench.tenant.add_product("A-1")
    _, cursor = await changed(reader, Process.ARTICLES)
    bench.articles.known = {"1042": "A-1"}
    bench.clock.now += timedelta(minutes=15)
    bench.tenant.add_product("A-1")
    found, cursor = await changed(reader, Process.ARTICLES, cursor)
    assert shared(found) == {"1042": ["1042", "1043"], "1043": ["1042", "1043"]}
    bench.articles.known = {}
    bench.clock.now += timedelta(hours=15)
    found, cursor = await changed(reader, Process.ARTICLES, cursor)
    assert found == []
    bench.tenant.change_product(1043, No="A-2")
    found, cursor = await changed(reader, Process.ARTICLES, cursor)
    assert shared(found) == {"1042": None, "1043": None}
    assert "shared_numbers" not in cursor


async def test_a_single_product_is_read_with_the_same_mark(bench: Bench) -> None:
    for number in ("A-1", "A-1", "A-2"):
        bench.tenant.add_product(number)
    found = await bench.reader().read_many(Process.ARTICLES, ["1042", "1044", "7"])
    assert found["7"] is None
    assert found["1042"] is not None
    assert found["1044"] is not None
    assert (found["1042"].body.get("_gateway_shared"), found["1044"].body.get("_gateway_shared")) == (["1042", "1043"], None)


# --- beside orders ----------------------------------------------------------------------------------------------------


async def test_companies_are_looked_up_once_in_a_run_and_only_where_they_are_needed(bench: Bench) -> None:
    kari, ola = (bench.tenant.add_company(name)["Id"] for name in ("Kari AS", "Ola AS"))
    reachable = {"CustomerDeliveryPhone": "90000000", "InvoiceEmailAddress": "a@b.example"}
    for number in range(6):
        bench.tenant.place_order([{"Name": "x"}], kari if number % 2 else ola, **(reachable if number > 3 else {}))
    bench.tenant.place_order([{"Name": "x"}], kari, CustomerDeliveryId=ola)
    reader = bench.reader(ids_per_call=2)
    found, _ = await changed(reader, Process.ORDERS)
    full = [await reader.enrich(each) for each in found]
    assert [each["CompanyIds"] for each in searches(bench, "GetCompanies")] == [[kari, ola]]
    assert ["_gateway_company" in each.body for each in full] == [True] * 4 + [False] * 2 + [True]


async def test_a_company_is_read_again_for_an_order_that_changed_since(bench: Bench) -> None:
    reader = bench.reader()
    kari = bench.tenant.add_company("Kari AS")["Id"]
    bench.tenant.place_order([{"Name": "x"}], kari)
    _found, cursor = await changed(reader, Process.ORDERS, None, GO_LIVE)
    bench.tenant.change_company(kari, PhoneNumbers={"Work": {"Value": "+4799"}})
    bench.clock.now += timedelta(minutes=15)
    bench.tenant.edit_order(5501, InvoiceTitle="Takk")
    bench.clock.now += timedelta(minutes=1)
    (order,), _ = await changed(reader, Process.ORDERS, cursor)
    assert (await reader.enrich(order)).body["_gateway_company"]["PhoneNumbers"] == {"Work": {"Value": "+4799"}}
    assert len(bench.asked("GetCompanies")) == 2


async def test_a_company_that_there_is_not_is_asked_for_once(bench: Bench) -> None:
    reader = bench.reader()
    gone = bench.tenant.add_company("Gone AS")["Id"]
    for _ in range(2):
        bench.tenant.place_order([{"Name": "x"}], gone)
    bench.tenant.delete_company(gone)
    found, _ = await changed(reader, Process.ORDERS, None, GO_LIVE)
    assert [(await reader.enrich(each)).body["_gateway_company"] for each in found] == [{}, {}]
    assert len(bench.asked("GetCompanies")) == 1


async def test_a_company_that_cannot_be_read_now_costs_its_own_order_and_not_the_poll(bench: Bench) -> None:
    reader = bench.reader()
    bench.tenant.place_order([{"Name": "x"}])
    fail(bench, "fault", "GetCompanies", text="Timeout expired")
    found, _ = await changed(reader, Process.ORDERS, None, GO_LIVE)
    assert ids(found) == ["5501"]
    with pytest.raises(Unavailable):
        await reader.enrich(found[0])


async def test_without_the_right_to_companies_orders_go_on_and_say_so(bench: Bench) -> None:
    reader = bench.reader()
    bench.tenant.place_order([{"Name": "x"}])
    fail(bench, "fault", "GetCompanies", text="Access is denied")
    (order,), _ = await changed(reader, Process.ORDERS, None, GO_LIVE)
    full = await reader.enrich(order)
    assert full.body["_gateway_company"] == {"refused": "24SevenOffice gives the user no right to GetCompanies"}


async def test_numbers_of_products_come_from_the_gateway_else_from_the_erp(bench: Bench) -> None:
    for number in ("A-1", "A-2", ""):
        bench.tenant.add_product(number)
    bench.articles.known = {"1042": "A-1-KNOWN"}
    bench.tenant.place_order([{"ProductId": each} for each in (1042, 1043, 1044)])
    reader = bench.reader()
    (order,), _ = await changed(reader, Process.ORDERS, None, GO_LIVE)
    assert (await reader.enrich(order)).body["_gateway_articles"] == {"1042": "A-1-KNOWN", "1043": "A-2", "1044": ""}


async def test_an_order_of_a_product_whose_number_is_anothers_too_is_told(bench: Bench) -> None:
    for number in ("A-1", "A-1"):
        bench.tenant.add_product(number)
    bench.tenant.place_order([{"ProductId": 1042}])
    reader = bench.reader()
    (order,), _ = await changed(reader, Process.ORDERS, None, GO_LIVE)
    body = (await reader.enrich(order)).body
    assert (body["_gateway_articles"], body["_gateway_shared"]) == ({"1042": ""}, {"1042": ["1042", "1043"]})


async def test_an_order_without_dates_is_of_today() -> None:
    bench = open_bench(unset_dates="year-1")
    bench.tenant.add_product("A-1")
    bench.tenant.place_order([{"No": "A-1"}], DeliveryDate=None, DateOrdered=None)
    bench.clock.now = datetime(2026, 5, 4, 22, 30, tzinfo=UTC)
    reader = bench.reader(time_zone="Europe/Oslo")
    (order,), _ = await changed(reader, Process.ORDERS)
    assert (await reader.enrich(order)).body["_gateway_today"] == "2026-05-05"


async def test_nothing_is_read_beside_an_order_that_is_not_to_be_sent(bench: Bench) -> None:
    bench.tenant.place_order([{"Name": "x"}], OrderStatus="Offer")
    reader = bench.reader()
    order = await reader.read(Process.ORDERS, "5501")
    assert order is not None
    assert reader.lacks(order) is False


# --- one record -------------------------------------------------------------------------------------------------------


async def test_single_records_are_read_in_any_status_and_what_is_gone_is_none(bench: Bench) -> None:
    bench.tenant.place_order([{"Name": "x"}], OrderStatus="Offer")
    bench.tenant.place_order([{"Name": "x"}])
    bench.tenant.delete_order(5502)
    reader = bench.reader()
    found = await reader.read_many(Process.ORDERS, ["5501", "5502", "99999999999", "abc"])
    assert {key: record is not None for key, record in found.items()} == {
        "5501": True,
        "5502": False,
        "99999999999": False,
        "abc": False,
    }
    assert searches(bench, "GetInvoices") == [{"OrderIds": [5501, 5502]}]


async def test_open_orders_are_listed_by_their_ids_in_one_call(bench: Bench) -> None:
    for status in ("Confirmed", "Offer", "Invoiced"):
        bench.tenant.place_order([{"Name": "x"}], OrderStatus=status)
    reader = bench.reader()
    listed = await reader.read_listed(Process.ORDERS, ["5501", "5502", "5503", "5504"])
    assert {key: each.body["OrderStatus"] for key, each in listed.items()} == {
        "5501": "Confirmed",
        "5502": "Offer",
        "5503": "Invoiced",
    }
    assert len(bench.asked("GetInvoices")) == 1
    assert reader.most_listed == 200
