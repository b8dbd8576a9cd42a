"""What the ERP is told of an order: that it was sent, whole or in part, and that it has come into the warehouse. Each once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from tests.api.calling import Site
from tests.harness.sevenoffice24 import SimulatedSevenOffice
from tests.integrations.sevenoffice24.offices import active, imported, poll, saved, sent, status_of, sync
from tests.steering import Ended, ended_at

SENT = "OrderState_Sent"


def told(office: SimulatedSevenOffice) -> list[str]:
    """The statuses that were saved, in their order."""
    return [order["OrderStatus"] for order in saved(office)]


async def delivery(site: Site, number: str) -> tuple[str | None, str | None]:
    mapping = await site.stored.mapping(number)
    return mapping.delivery, mapping.delivery_code


async def alerts(site: Site, kind: str) -> list[str]:
    found = (await site.client.get("/alerts")).json()["items"]
    return [each["text"] for each in found if each["kind"] == kind]


async def die_at(site: Site, number: str, failpoint: str) -> None:
    """The warehouse sends the order, and the worker that tells the ERP of it ends at the failpoint."""
    site.warehouse.model.ship(number, "70300001")
    site.tick(60)
    with ended_at(failpoint), pytest.raises(Ended):
        await poll(site, number, "shipments")
    await site.stored.expire_leases()
    await site.stored.age_attempts()


async def further_tries(site: Site) -> None:
    """More time than all tries take."""
    for _ in range(6):
        site.tick(60)
        await site.work(sweep=True)


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    names: Iterable[str] = {*before, *after}
    return {name for name in names if before.get(name) != after.get(name)}


# --- sent -----------------------------------------------------------------------------------------------------------------


async def test_an_order_that_was_sent_gets_the_status_sent_once(site: Site, office: SimulatedSevenOffice) -> None:
    number = await imported(site, office)
    before = office.shown(int(number))
    await sent(site, number)
    (order,) = saved(office)
    assert order == {
        "OrderId": int(number),
        "CustomerId": before["CustomerId"],
        "OrderStatus": SENT,
        "SendToFactoring": False,
    }
    assert changed(before, office.shown(int(number))) == {"OrderStatus", "DateChanged"}
    assert await delivery(site, number) == ("reported", None)
    for process in ("orders", "shipments"):
        site.tick(60)
        await poll(site, number, process)
    assert told(office) == [SENT]
    assert len(site.warehouse.writes("PUT", "/orders")) == 1
    assert office.office.refused() == []


async def test_an_order_costs_three_calls(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office)
    before = len(office.operations())
    await sent(site, number)
    assert office.operations()[before:] == ["GetInvoices", "SaveInvoices", "GetInvoices"]
    site.tick(60)
    await poll(site, number, "shipments")
    assert len(office.operations()) == before + 3


@pytest.mark.parametrize(("factoring", "vat"), [(True, True), (None, None)])
async def test_what_the_read_gave_is_sent_back(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice, factoring: bool | None, vat: bool | None
) -> None:
    site, office = sqlite_site, office_of_sqlite
    office.change(unsent_factoring="kept")
    number = await imported(site, office)
    office.tenant.edit_order(int(number), SendToFactoring=factoring, IncludeVAT=vat)
    await sent(site, number)
    (order,) = saved(office)
    assert (order.get("SendToFactoring"), order.get("IncludeVAT")) == (factoring, vat)
    assert not {"SkipStock", "PaymentAmount", "InvoiceRows"} & set(order)
    assert office.shown(int(number)).get("SendToFactoring") == factoring
    assert office.office.refused("request") == []


async def test_the_status_and_skip_stock_are_settings(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office, sent_status="ForInvoicing", skip_stock_on_status=True)
    await sent(site, number)
    assert [(order["OrderStatus"], order["SkipStock"]) for order in saved(office)] == [("ForInvoicing", True)]


async def test_nothing_is_told_when_the_process_is_off(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office, processes={"shipments": False})
    site.warehouse.model.ship(number, "70300001")
    site.tick(60)
    await site.work(sweep=True)
    assert saved(office) == []


@pytest.mark.parametrize(
    ("status", "state"), [("Invoiced", "reported"), (SENT, "reported"), ("Offer", "held"), ("Hours", "held")]
)
async def test_an_order_that_has_gone_on_is_left_as_it_is(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice, status: str, state: str
) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office)
    office.tenant.edit_order(int(number), OrderStatus=status)
    await sent(site, number)
    assert saved(office) == []
    assert (await delivery(site, number))[0] == state


async def test_an_order_that_is_gone_is_shown_and_not_reported(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office)
    office.tenant.delete_order(int(number))
    await sent(site, number)
    assert await delivery(site, number) == ("held", "not-open-in-shop")
    assert "but the ERP has it as 'deleted'" in (await site.stored.mapping(number)).delivery_reason
    assert saved(office) == []


async def test_an_order_that_is_opened_again_by_hand_stays_open(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office)
    await sent(site, number)
    office.tenant.edit_order(int(number), OrderStatus="Confirmed")
    site.warehouse.model.track(number, "70300002")
    site.tick(60)
    await poll(site, number, "shipments")
    assert (told(office), status_of(office, number)) == ([SENT], "Confirmed")


# --- once, whatever happens -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failpoint", ["attempt-after-commit", "call-after-answer", "finish-before-commit"])
async def test_a_worker_that_ends_tells_nothing_twice(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice, failpoint: str
) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office)
    await die_at(site, number, failpoint)
    site.tick(600)
    await site.work(sweep=True)
    assert told(office) == [SENT]
    assert await delivery(site, number) == ("reported", None)


@pytest.mark.parametrize("is_written", [True, False])
async def test_an_answer_that_never_came_is_settled_by_a_read_within_75_seconds(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice, is_written: bool
) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office)
    office.fail("hang-up", operation="SaveInvoices", after_write=is_written, times=1)
    await sent(site, number)
    assert (await delivery(site, number))[0] != "reported"
    site.tick(25)  # the call may be under way
    await site.work(sweep=True)
    assert len(office.calls("SaveInvoices")) == 1
    site.tick(50)
    await site.work(sweep=True)
    assert (told(office), len(office.calls("SaveInvoices"))) == ([SENT], 1 if is_written else 2)
    assert (status_of(office, number), await delivery(site, number)) == (SENT, ("reported", None))


@pytest.mark.parametrize("operation", ["GetInvoices", "SaveInvoices"])
async def test_after_a_fault_it_goes_out_within_75_seconds(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice, operation: str
) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office)
    office.fail("fault", operation=operation, text="Object reference not set to an instance of an object.", times=1)
    await sent(site, number)
    assert (told(office), (await delivery(site, number))[0]) == ([], None)
    site.tick(75)
    await site.work(sweep=True)
    assert (told(office), await delivery(site, number)) == ([SENT], ("reported", None))


async def test_a_session_that_ends_costs_a_login_and_no_status(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office)
    office.fail("no-session", operation="SaveInvoices", times=1)
    logins = len(office.calls("Login"))
    await sent(site, number)
    assert (told(office), await delivery(site, number)) == ([SENT], ("reported", None))
    assert len(office.calls("Login")) == logins + 1


async def test_a_status_that_was_not_taken_is_no_success(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office)
    answer = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><SaveInvoicesResponse '
    answer += 'xmlns="http://24sevenOffice.com/webservices"><SaveInvoicesResult/></SaveInvoicesResponse></s:Body></s:Envelope>'
    office.fail("raw", operation="SaveInvoices", text=answer)
    await sent(site, number)
    assert await delivery(site, number) == (None, "another-try")
    await further_tries(site)
    assert len(office.calls("SaveInvoices")) == 4
    assert await delivery(site, number) == (None, "refused")
    reason = (await site.stored.mapping(number)).delivery_reason
    assert "24SevenOffice refused the order: it has the status Confirmed after OrderState_Sent was saved" in reason


# --- refused ----------------------------------------------------------------------------------------------------------------


async def test_a_refusal_of_the_whole_call_is_one_of_the_order(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    office.change(save_errors="result")
    number = await imported(site, office)
    office.tenant.refuse_order(int(number), "Cannot insert the value NULL into column 'Dim2'")
    await sent(site, number)
    await further_tries(site)
    assert await delivery(site, number) == (None, "refused")
    reason = (await site.stored.mapping(number)).delivery_reason
    assert reason.startswith("24SevenOffice refused the order. ")


@pytest.mark.parametrize("refusals", [1, 2, 3])
async def test_a_refusal_that_passes_costs_a_try(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice, refusals: int
) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office)
    office.tenant.refuse_order(int(number), "Transaction was deadlocked")
    await sent(site, number)
    for _ in range(refusals - 1):
        assert await delivery(site, number) == (None, "another-try")
        site.tick(60)
        await site.work(sweep=True)
    assert len(office.calls("SaveInvoices")) == refusals
    office.tenant.refuse_order(int(number), None)
    site.tick(60)
    await site.work(sweep=True)
    assert (status_of(office, number), await delivery(site, number)) == (SENT, ("reported", None))
    assert len(office.calls("SaveInvoices")) == refusals + 1


async def test_a_refused_order_says_so_and_goes_out_when_it_has_changed(site: Site, office: SimulatedSevenOffice) -> None:
    number = await imported(site, office)
    office.tenant.refuse_order(int(number), "Cannot insert the value NULL into column 'Dim2'")
    await sent(site, number)
    waiting = await site.explained(number, kind="order")
    assert "24SevenOffice refused the order" in json.dumps(waiting)
    for _ in range(6):
        site.tick(3600)
        await site.work(sweep=True)
    assert len(office.calls("SaveInvoices")) == 4
    assert status_of(office, number) == "Confirmed"
    assert await delivery(site, number) == (None, "refused")
    assert "Dim2" not in json.dumps(waiting)
    letters = (await site.client.get("/dead-letters")).text
    mapping = await site.stored.mapping(number)
    shown = (await site.client.get(f"/mappings/{mapping.id}")).text
    items = (await site.client.get("/runs")).text
    for text in (letters, shown):
        assert "24SevenOffice refused the order" in text
    assert '"refused"' in items
    everything = "".join((letters, shown, items, json.dumps(await alerts(site, "dead-letter"))))
    assert not [word for word in ("Dim2", "DBSQL07", "10.20.30.40", "DataBase.cs") if word in everything]

    office.tenant.edit_order(int(number), InvoiceText="mended")  # nothing that the warehouse is sent
    site.tick(60)
    await sync(site, "orders")
    await site.work(sweep=True)
    assert (status_of(office, number), await delivery(site, number)) == (SENT, ("reported", None))


# --- a part -----------------------------------------------------------------------------------------------------------------


async def test_a_part_leaves_the_order_open_with_one_notice(site: Site, office: SimulatedSevenOffice) -> None:
    number = await imported(site, office, quantity=3)
    row = str(office.shown(int(number))["InvoiceRows"][0]["RowId"])
    for picked in (1, 2):
        site.warehouse.model.pick(number, {row: picked})
        await sent(site, number)
        assert saved(office) == []
        assert await delivery(site, number) == ("partly", "partly-shipped")
        assert f"line {row} {picked} of 3" in (await site.stored.mapping(number)).delivery_reason
    (notice,) = await alerts(site, "warning")
    assert f"a part of it was sent (row {row} 1 of 3), and it keeps its status in 24SevenOffice" in notice
    site.warehouse.model.pick(number, {row: 3})
    await sent(site, number)
    assert (told(office), await delivery(site, number)) == ([SENT], ("reported", None))
    assert len(await alerts(site, "warning")) == 1


async def test_a_part_gets_the_status_that_is_named_for_it(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office, quantity=2, partial_status="Rest")
    row = str(office.shown(int(number))["InvoiceRows"][0]["RowId"])
    for picked in (1, 2):
        site.warehouse.model.pick(number, {row: picked})
        await sent(site, number)
    assert told(office) == ["Rest", SENT]


async def test_a_part_closes_the_order_where_the_policy_says_so(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    site, office = sqlite_site, office_of_sqlite
    policy = {"partial_deliveries": "goods-owner-controlled"}
    number = await imported(site, office, quantity=2, shipments=policy)
    row = str(office.shown(int(number))["InvoiceRows"][0]["RowId"])
    site.warehouse.model.pick(number, {row: 1})
    await sent(site, number)
    assert (told(office), await alerts(site, "warning")) == ([SENT], [])


async def test_a_part_is_closed_short(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office, quantity=2)
    site.warehouse.model.pick(number, {str(office.shown(int(number))["InvoiceRows"][0]["RowId"]): 1})
    await sent(site, number)
    mapping = await site.stored.mapping(number)
    closed = await site.client.post(f"/mappings/{mapping.id}/close-short")
    assert closed.status_code == 200, closed.text
    await site.work()
    assert (told(office), await delivery(site, number)) == ([SENT], ("reported", None))


# --- imported ---------------------------------------------------------------------------------------------------------------

IMPORTED: dict[str, Any] = {"processes": {"import_status": True}, "imported_status": "Pack"}


async def test_an_imported_order_gets_the_status_and_is_seen_on(site: Site, office: SimulatedSevenOffice) -> None:
    number = await imported(site, office, **IMPORTED)
    assert (told(office), status_of(office, number)) == (["Pack"], "Pack")
    assert await delivery(site, number) == (None, None)
    site.tick(60)
    await sync(site, "orders")
    assert len(site.warehouse.writes("PUT", "/orders")) == 1
    assert told(office) == ["Pack"]

    site.tick(60)
    office.tenant.edit_order(int(number), InvoiceTitle="Ring før levering")
    await sync(site, "orders")
    assert [call.body.get("orderRemark") for call in site.warehouse.writes("PUT", "/orders")] == [None, "Ring før levering"]
    assert told(office) == ["Pack"]
    await sent(site, number)
    assert (told(office), await delivery(site, number)) == (["Pack", SENT], ("reported", None))


async def test_an_order_keeps_its_status_on_import_by_default(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office)
    await site.work(sweep=True)
    assert (saved(office), status_of(office, number)) == ([], "Confirmed")


async def test_an_import_that_is_refused_is_shown_and_told_when_it_has_changed(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    site, office = sqlite_site, office_of_sqlite
    office.product("SOKK-1")
    number = str(office.tenant.place_order([{"No": "SOKK-1", "Quantity": 1}])["OrderId"])
    office.tenant.refuse_order(int(number))
    await active(site, office, **IMPORTED)
    await sync(site, "articles", "orders")
    await further_tries(site)
    assert len(office.calls("SaveInvoices")) == 4
    mapping = await site.stored.mapping(number)
    assert (mapping.transfer, mapping.delivery_code) == ("sent", "refused")
    assert "24SevenOffice refused the order" in mapping.delivery_reason
    site.tick(60)
    office.tenant.edit_order(int(number), InvoiceText="mended")
    await sync(site, "orders")
    await site.work(sweep=True)
    assert (status_of(office, number), (await site.stored.mapping(number)).delivery_code) == ("Pack", None)


async def test_the_switch_needs_a_status(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    with pytest.raises(AssertionError, match="imported_status"):
        await active(site, office, processes={"import_status": True})
