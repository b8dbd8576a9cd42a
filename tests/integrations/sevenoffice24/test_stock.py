"""Quantities reach the ERP where the two systems differ, and are read again after a status."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.records.stock import levels, rules
from app.records.stock.levels import Answered
from tests.api.calling import Site
from tests.harness.sevenoffice24 import SimulatedSevenOffice
from tests.integrations.sevenoffice24.offices import active, imported, saved, sent, stock_set, sync


async def swept(site: Site, connection_id: str) -> None:
    """All quantities of both sides are compared."""
    await site.poll("stock", await site.gateway.connection(connection_id), sweep=True)


async def stocked(site: Site, office: SimulatedSevenOffice, *, wms: int, erp: int, **settings: Any) -> str:
    """An order of two pieces in the warehouse, and the quantities of both sides compared. Returns its number."""
    office.product("SOKK-1", Stock=erp)
    order = office.tenant.place_order([{"No": "SOKK-1", "Quantity": 2}])
    connection_id = await active(site, office, **settings)
    await sync(site, "articles")
    site.warehouse.model.put_in_stock("SOKK-1", wms)
    await sync(site, "orders")
    site.tick(60)
    await swept(site, connection_id)
    return str(order["OrderId"])


async def test_what_differs_is_written_and_nothing_else(site: Site, office: SimulatedSevenOffice) -> None:
    for number, erp in (("S-1", 5), ("S-2", 7), ("S-3", "8.5")):
        office.product(number, Stock=erp)
    connection_id = await active(site, office)
    await sync(site, "articles")
    for number, wms in (("S-1", 5), ("S-2", 4), ("S-3", 8)):
        site.warehouse.model.put_in_stock(number, wms)
    site.tick(60)
    await swept(site, connection_id)
    assert sorted(stock_set(office)) == [(1043, Decimal(4)), (1044, Decimal(8))]
    site.tick(60)
    await swept(site, connection_id)
    assert len(stock_set(office)) == 2
    assert [office.tenant.stock(number) for number in ("S-1", "S-2", "S-3")] == [5, 4, 8]
    assert office.office.refused() == []


async def test_a_change_in_the_warehouse_is_compared_with_what_the_erp_shows_now(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    site, office = sqlite_site, office_of_sqlite
    await stocked(site, office, wms=10, erp=10)
    office.tenant.change_product(1042, Stock=9)  # unseen by the gateway
    site.warehouse.model.put_in_stock("SOKK-1", 9)
    site.tick(60)
    await sync(site, "stock")
    assert stock_set(office) == []


@pytest.mark.parametrize(("settings", "expected"), [({}, 10), ({"stock": {"figure": "sellableNumberOfItems"}}, 8)])
async def test_the_figure_is_that_on_the_shelf_unless_told_otherwise(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice, settings: dict[str, Any], expected: int
) -> None:
    site, office = sqlite_site, office_of_sqlite
    await stocked(site, office, wms=10, erp=1, **settings)
    assert office.tenant.stock("SOKK-1") == expected


async def test_orders_that_wait_are_still_on_the_shelf(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    await stocked(site, office, wms=10, erp=10)
    site.warehouse.fail("status", path="/demo/api/v1/orders", method="PUT", status=503)
    office.tenant.place_order([{"No": "SOKK-1", "Quantity": 3}])
    site.tick(60)
    await site.poll("orders", await site.gateway.connection((await site.stored.mapping("1042", "article")).connection_id))
    site.tick(60)
    await swept(site, (await site.stored.mapping("1042", "article")).connection_id)
    assert (stock_set(office), office.tenant.stock("SOKK-1")) == ([], Decimal(10))


async def test_after_a_status_the_stock_is_read_again_and_nothing_written_where_it_fits(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    """Both systems have taken the two pieces off."""
    site, office = sqlite_site, office_of_sqlite
    number = await stocked(site, office, wms=10, erp=10)
    before = len(office.operations())
    await sent(site, number)
    await site.work()
    assert office.operations()[before:] == ["GetInvoices", "SaveInvoices", "GetInvoices", "GetProducts"]
    assert (stock_set(office), office.tenant.stock("SOKK-1")) == ([], Decimal(8))


async def test_after_a_status_the_stock_is_written_at_once_where_it_differs(site: Site, office: SimulatedSevenOffice) -> None:
    """The ERP had the warehouse's new figure already, and takes the pieces off once more."""
    number = await stocked(site, office, wms=10, erp=10)
    site.warehouse.model.ship(number, "70300001")
    site.tick(60)
    await sync(site, "stock")
    assert (stock_set(office), office.tenant.stock("SOKK-1")) == ([(1042, Decimal(8))], Decimal(8))
    before = len(office.operations())
    await sync(site, "shipments")
    await site.work()
    of_the_order = ["GetInvoices", "SaveInvoices", "GetInvoices", "GetProducts", "SetStockQuantity"]
    assert office.operations()[before:] == of_the_order
    assert (stock_set(office)[1:], office.tenant.stock("SOKK-1")) == ([(1042, Decimal(8))], Decimal(8))
    assert office.office.most_at_once == 1


async def shown_stock(site: Site) -> tuple[str, float | None, float | None]:
    """State, the ERP's figure and the one to write, of SOKK-1."""
    (row,) = (await site.client.get("/stock", params={"number": "SOKK-1"})).json()["items"]
    return row["state"], row["shop"]["quantity"], row["wanted"]


async def test_after_a_status_what_is_only_compared_is_read_again_on_both_sides(site: Site, office: SimulatedSevenOffice) -> None:
    """Both have taken the two pieces off, and nothing is written."""
    number = await stocked(site, office, wms=10, erp=11, stock={"look_only": True})
    assert await shown_stock(site) == ("waiting", 11, 10)
    before = len(office.operations())
    await sent(site, number)
    await site.work()
    assert office.operations()[before:] == ["GetInvoices", "SaveInvoices", "GetInvoices", "GetProducts"]
    assert await shown_stock(site) == ("waiting", 9, 8)
    assert (stock_set(office), office.tenant.stock("SOKK-1")) == ([], Decimal(9))


async def test_a_figure_that_cannot_be_read_again_is_compared_with_all_others(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await stocked(site, office, wms=10, erp=11, stock={"look_only": True})
    office.fail("fault", operation="GetProducts")
    await sent(site, number)
    await site.work()
    office.mend()
    site.tick(75)
    await site.work(sweep=True)
    assert (await shown_stock(site), stock_set(office)) == (("waiting", 9, 8), [])


@pytest.mark.parametrize("is_written", [True, False])
async def test_a_quantity_that_was_not_answered_is_settled_within_75_seconds(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice, is_written: bool
) -> None:
    site, office = sqlite_site, office_of_sqlite
    await stocked(site, office, wms=10, erp=10)
    site.warehouse.model.put_in_stock("SOKK-1", 7)
    site.tick(60)
    office.fail("hang-up", operation="SetStockQuantity", after_write=is_written, times=1)
    await site.client.post("/sync/kontor", params={"process": "stock", "wait": 0})
    await site.work()
    assert len(office.calls("SetStockQuantity")) == 1
    site.tick(75)
    await site.work(sweep=True)
    assert office.tenant.stock("SOKK-1") == Decimal(7)
    assert len(office.calls("SetStockQuantity")) == (1 if is_written else 2)


async def test_a_write_that_was_under_way_does_not_count_after_a_status(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    """Its answer is stored later, and tells what was there before the status."""
    site, office = sqlite_site, office_of_sqlite
    await stocked(site, office, wms=10, erp=1)
    mapping = await site.stored.mapping("1042", "article")
    site.warehouse.model.put_in_stock("SOKK-1", 7)
    site.tick(60)
    async with site.gateway.database.begin() as db:
        await levels.save_sellable(db, mapping.connection_id, mapping.lane, {"SOKK-1": 7.0}, site.clock(), site.clock())
        (row,) = await levels.waiting(db, mapping.connection_id, 10)
        await levels.forget_quantity(db, [row.id])
    decided = site.clock()
    site.tick()
    async with site.gateway.database.begin() as db:
        await levels.doubt(db, mapping.connection_id, mapping.lane, ["1042"], site.clock())
    site.tick()
    async with site.gateway.database.begin() as db:
        await levels.save_answer(db, Answered(row, 7, 7.0, None), decided, site.clock())
        assert await rules.decide_state(db, mapping.connection_id, mapping.lane, [row.id], site.clock()) == 1
    office.tenant.change_product(1042, Stock=5)
    await site.work(sweep=True)
    assert office.tenant.stock("SOKK-1") == 7


async def test_while_the_warehouse_cannot_be_read_a_comparison_is_due(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await stocked(site, office, wms=10, erp=10)
    office.change(sent_draws_stock=False)
    site.warehouse.fail("status", path="/demo/api/v1/articles", status=503)
    await sent(site, number)
    assert ([order["OrderStatus"] for order in saved(office)], stock_set(office)) == (["OrderState_Sent"], [])
    site.mend()
    site.tick(600)
    await site.work(sweep=True)
    assert (stock_set(office), office.tenant.stock("SOKK-1")) == ([(1042, Decimal(8))], Decimal(8))


async def test_a_product_that_is_not_taken_is_shown_and_keeps_no_other_from_its_quantity(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    site, office = sqlite_site, office_of_sqlite
    office.change(stock_wants_control=True)
    office.product("S-1", Stock=1, StockControlled=None)
    office.product("S-2", Stock=1, StockControlled=False)
    office.product("S-3", Stock=1)
    connection_id = await active(site, office)
    await sync(site, "articles")
    for number in ("S-1", "S-2", "S-3"):
        site.warehouse.model.put_in_stock(number, 5)
    site.tick(60)
    await swept(site, connection_id)
    assert [office.tenant.stock(number) for number in ("S-1", "S-2", "S-3")] == [1, 1, 5]
    listed = {each["number"]: each for each in (await site.client.get("/stock")).json()["items"]}
    codes = [listed[number]["problem_code"] for number in ("S-1", "S-2", "S-3")]
    assert codes == ["stock-refused", "stock-not-managed", None]


async def test_a_fault_over_one_product_is_tried_again(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    for number in ("S-1", "S-2"):
        office.product(number, Stock=1)
    connection_id = await active(site, office)
    await sync(site, "articles")
    for number in ("S-1", "S-2"):
        site.warehouse.model.put_in_stock(number, 5)
    site.tick(60)
    office.fail("fault", operation="SetStockQuantity", text="Object reference not set.", times=1)
    await swept(site, connection_id)
    assert sorted(office.tenant.stock(number) for number in ("S-1", "S-2")) == [1, 5]
    site.tick(75)
    await site.work(sweep=True)
    assert [office.tenant.stock(number) for number in ("S-1", "S-2")] == [5, 5]
    assert (len(stock_set(office)), len(office.calls("SetStockQuantity"))) == (2, 3)


async def test_no_stock_is_read_or_written_when_the_process_is_off(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    site, office = sqlite_site, office_of_sqlite
    number = await imported(site, office, processes={"stock": False})
    before = len(office.operations())
    await sent(site, number)
    assert office.operations()[before:] == ["GetInvoices", "SaveInvoices", "GetInvoices"]


async def test_a_product_that_was_made_a_moment_ago_is_compared_too(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    """The list of products that a comparison goes by is not the one of the comparison before."""
    site, office = sqlite_site, office_of_sqlite
    await stocked(site, office, wms=10, erp=10)
    office.product("SOKK-2", Stock=4)
    await sync(site, "articles")
    site.warehouse.model.put_in_stock("SOKK-2", 4)
    site.tick(60)
    async with site.worker():
        answer = await site.client.post("/sync/24sevenoffice", params={"process": "stock", "full": True})
    assert answer.status_code == 200, answer.text
    counts = answer.json()["counts"]
    assert (counts["unchanged"], counts["updated"], counts["failed"]) == (2, 0, 0)
    assert stock_set(office) == []
