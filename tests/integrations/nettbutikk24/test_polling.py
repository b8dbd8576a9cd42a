"""Polling as the way orders come: what is deleted, how often is read, one run for many who ask, what is measured of it."""

from __future__ import annotations

from typing import Any

from prometheus_client import REGISTRY
from sqlalchemy import select

from app.domain import PartState
from app.engine.upkeep import gauges
from app.records import runs
from app.records.connections import Connection
from app.storage.tables import cursors, run_parts
from tests.api.calling import Site
from tests.harness.nettbutikk24 import SimulatedNettbutikk
from tests.integrations.nettbutikk24.test_whole_way import active, articles, orders, sync

QUARTER = 15 * 60
OPEN, CANCELLED = 300, 1000
"""Statuses of orders in the warehouse."""


async def connected(site: Site, shop: SimulatedNettbutikk, **settings: Any) -> Connection:
    """An active connection whose first poll of orders has been made."""
    shown = await active(site, shop, **settings)
    connection = await site.gateway.connection(shown["id"])
    await sync(site, "orders")
    return connection


async def poll(site: Site, connection: Connection, process: str = "orders", *, sweep: bool = False) -> None:
    """A scheduled poll, a quarter of an hour later."""
    site.tick(QUARTER)
    await site.poll(process, connection, sweep=sweep)


async def status(site: Site, number: str) -> int:
    order = site.warehouse.order(number)
    assert order is not None
    return order.status


# --- deleted orders (A14) -------------------------------------------------------------------------------------------------


async def test_an_order_that_is_not_found_counts_as_deleted_after_two_polls(site: Site, shop: SimulatedNettbutikk) -> None:
    shop.order("SOKK-1")
    connection = await connected(site, shop)
    shop.shop.remove_order(1001)
    await poll(site, connection)
    assert shop.calls("orders/1001", "GET") == []
    await poll(site, connection, sweep=True)
    assert (await status(site, "1001"), len(shop.calls("orders/1001", "GET"))) == (OPEN, 1)
    (run, *_) = (await site.client.get("/runs")).json()["items"]
    assert [(each["code"], each["count"]) for each in run["reasons"]] == [("said-to-be-gone", 1)]
    await poll(site, connection)
    assert (await status(site, "1001"), len(shop.calls("orders/1001", "GET"))) == (CANCELLED, 2)
    await poll(site, connection)
    assert len(shop.calls("orders/1001", "GET")) == 2
    assert len(site.warehouse.writes("DELETE")) == 1


async def test_an_order_that_was_not_found_once_stays_when_it_is_there_again(
    sqlite_site: Site, shop_of_sqlite: SimulatedNettbutikk
) -> None:
    site, shop = sqlite_site, shop_of_sqlite
    shop.order("SOKK-1")
    connection = await connected(site, shop)
    shop.fail("status", status=404, method="GET", path="/api/v1/orders/1001", times=1)
    await poll(site, connection, sweep=True)
    for _ in range(2):
        await poll(site, connection)
    assert (await status(site, "1001"), len(shop.calls("orders/1001", "GET"))) == (OPEN, 2)
    shop.shop.remove_order(1001)
    await poll(site, connection, sweep=True)
    assert await status(site, "1001") == OPEN


async def test_how_many_polls_it_takes_is_a_setting(sqlite_site: Site, shop_of_sqlite: SimulatedNettbutikk) -> None:
    site, shop = sqlite_site, shop_of_sqlite
    shop.order("SOKK-1")
    connection = await connected(site, shop, deleted_after_polls=1)
    shop.shop.remove_order(1001)
    await poll(site, connection, sweep=True)
    assert await status(site, "1001") == CANCELLED


async def test_an_operator_who_reads_it_again_does_not_delete_it_at_once(
    sqlite_site: Site, shop_of_sqlite: SimulatedNettbutikk
) -> None:
    site, shop = sqlite_site, shop_of_sqlite
    shop.order("SOKK-1")
    connection = await connected(site, shop)
    shop.shop.remove_order(1001)
    mapping = await site.stored.mapping("1001", "order")
    answer = await site.client.post(f"/mappings/{mapping.id}/resync")
    assert "The shop says that it has none; the next poll asks again" in answer.text
    await site.work()
    assert await status(site, "1001") == OPEN
    await poll(site, connection)
    assert await status(site, "1001") == CANCELLED


async def test_the_nightly_sweep_reads_open_orders_from_lists(sqlite_site: Site, shop_of_sqlite: SimulatedNettbutikk) -> None:
    site, shop = sqlite_site, shop_of_sqlite
    for _ in range(12):
        shop.order("SOKK-1")
    connection = await connected(site, shop)
    shop.shop.remove_order(1007)
    site.tick(QUARTER)
    before = len(shop.calls("orders"))
    await site.poll("orders", connection, sweep=True)
    asked = [f"{each.method} {each.path.removeprefix('/api/v1/orders/')}".split("/")[0] for each in shop.calls("orders")[before:]]
    assert asked[1:] == ["GET 1000", "GET 1007"]  # after the poll's own
    await poll(site, connection)
    assert (await status(site, "1007"), await status(site, "1008")) == (CANCELLED, OPEN)


# --- how often ------------------------------------------------------------------------------------------------------------


async def minutes_until(site: Site, connection: Connection, process: str) -> float:
    """From now until the next poll."""
    query = select(cursors.c.next_poll_at).where(cursors.c.connection_id == connection.id, cursors.c.process == process)
    (row,) = await site.stored.rows(query)
    found: float = (row.next_poll_at - site.clock()).total_seconds() / 60
    return found


async def test_orders_are_polled_every_quarter_and_products_once_an_hour(
    sqlite_site: Site, shop_of_sqlite: SimulatedNettbutikk
) -> None:
    site, shop = sqlite_site, shop_of_sqlite
    connection = await connected(site, shop)
    for process, most in (("orders", 15), ("articles", 60)):
        await poll(site, connection, process)
        left = await minutes_until(site, connection, process)
        assert most * 0.9 - 3 < left <= most, process  # a tenth earlier at most, at random: polls do not fall together
    await site.client.patch("/connections/butikk", json={"settings": {"poll_interval_minutes": 5, "product_polls_every": 1}})
    site.gateway.forget(connection.id)
    for process in ("orders", "articles"):
        await poll(site, connection, process)
        assert await minutes_until(site, connection, process) <= 5


async def test_a_poll_that_finds_nothing_new_costs_one_call(sqlite_site: Site, shop_of_sqlite: SimulatedNettbutikk) -> None:
    site, shop = sqlite_site, shop_of_sqlite
    shop.order("SOKK-1")
    connection = await connected(site, shop)
    for process, method in (("orders", "HEAD"), ("articles", "GET")):
        await poll(site, connection, process)
        before = len(shop.calls())
        await poll(site, connection, process)
        assert [each.method for each in shop.calls()[before:]] == [method]
    assert (len(orders(site)), len(articles(site))) == (1, 1)


# --- a run that goes ------------------------------------------------------------------------------------------------------


async def test_a_sync_joins_the_run_that_goes(site: Site, shop: SimulatedNettbutikk) -> None:
    shop.order("SOKK-1")
    await connected(site, shop)
    ask: dict[str, str | int] = {"process": "orders", "wait": 0}
    first = (await site.client.post("/sync/24nettbutikk", params=ask)).json()
    assert (await site.client.post("/sync/24nettbutikk", params=ask)).json()["id"] == first["id"]
    (row,) = await site.stored.rows(select(run_parts.c.id).where(run_parts.c.run_id == first["id"]))
    async with site.gateway.database.begin() as db:  # a worker has begun to read
        await runs.change_part(db, row.id, state=PartState.READING)
    assert (await site.client.post("/sync/butikk", params=ask)).json()["id"] == first["id"]
    others: list[dict[str, str | int]] = [{**ask, "full": True}, {**ask, "dry_run": True}, {"wait": 0}]
    ids = [(await site.client.post("/sync/24nettbutikk", params=each)).json()["id"] for each in others]
    assert len({first["id"], *ids}) == 4  # it does not read all that these ask for
    await site.work()
    assert (await site.client.post("/sync/24nettbutikk", params=ask)).json()["id"] not in {first["id"], *ids}
    assert (await site.client.get(f"/runs/{first['id']}")).json()["state"] == "done"


# --- what is measured -----------------------------------------------------------------------------------------------------


async def test_drift_and_lag_are_measured(sqlite_site: Site, shop_of_sqlite: SimulatedNettbutikk) -> None:
    site, shop = sqlite_site, shop_of_sqlite

    def measured(name: str, process: str = "orders") -> float:
        return REGISTRY.get_sample_value(name, {"connection": "butikk", "process": process}) or 0.0

    connection = await connected(site, shop)
    before = measured("gateway_drift_total")
    shop.order("SOKK-1")
    shop.order("SOKK-1")
    await poll(site, connection)
    assert measured("gateway_drift_total") - before == 2
    await poll(site, connection)
    assert measured("gateway_drift_total") - before == 2
    site.tick(600)
    await gauges.update(site.gateway, site.clock())
    assert 600 <= measured("gateway_poll_lag_seconds") < 900


# --- which orders, and until when -----------------------------------------------------------------------------------------


async def test_an_edit_reaches_the_warehouse_until_it_has_started(sqlite_site: Site, shop_of_sqlite: SimulatedNettbutikk) -> None:
    site, shop = sqlite_site, shop_of_sqlite
    shop.order("SOKK-1")
    connection = await connected(site, shop)
    line = shop.shown(1001)["order_lines"][0]["id"]
    shop.shop.edit_order(1001, {line: 3})
    await poll(site, connection)
    assert [each["orderLines"][0]["numberOfItems"] for each in orders(site)] == [1, 3]
    site.warehouse.model.pick("1001", {line: 1})
    shop.shop.edit_order(1001, {line: 5})
    await poll(site, connection)
    mapping = await site.stored.mapping("1001", "order")
    assert (mapping.transfer, mapping.reason_code, len(orders(site))) == ("held", "warehouse-started", 2)
    shop.shop.delete_order(1001)
    await poll(site, connection)
    mapping = await site.stored.mapping("1001", "order")
    assert (mapping.transfer, mapping.reason_code) == ("held", "too-late-to-cancel")
    assert site.warehouse.writes("DELETE") == []


async def test_orders_come_by_their_status_and_a_setting_that_changes_brings_those_left_out(
    sqlite_site: Site, shop_of_sqlite: SimulatedNettbutikk
) -> None:
    site, shop = sqlite_site, shop_of_sqlite
    shop.change(statuses=("Mottatt", "Til behandling", "Klar", "Sendt"))
    for status_word, blocked in (("Mottatt", 0), ("TIL BEHANDLING", 0), ("Klar", 0), ("Sendt", 0), ("Mottatt", 1)):
        shop.change(unknown_status="taken")
        shop.order("SOKK-1", status=status_word, blocked=blocked)
    await connected(site, shop, skip_blocked=True)
    assert sorted(each["orderNumber"] for each in orders(site)) == ["1001", "1002"]
    left = {
        each["shop"]["id"]: each["reason"]
        for each in (await site.client.get("/mappings", params={"kind": "order"})).json()["items"]
    }
    assert "The shop's status is 'Klar'" in left["1003"]
    assert "The shop's status is 'Mottatt, blocked'" in left["1005"]
    changed = {"settings": {"skip_blocked": False, "status_import": ["Mottatt", "Til behandling", "Klar"]}}
    assert (await site.client.patch("/connections/butikk", json=changed)).status_code == 200
    await site.work()
    assert sorted(each["orderNumber"] for each in orders(site)) == ["1001", "1002", "1003", "1005"]


async def test_a_poll_that_broke_off_goes_on_at_its_page_and_nothing_comes_twice(site: Site, shop: SimulatedNettbutikk) -> None:
    connection = await connected(site, shop, page_size=2)
    before = len(shop.calls("orders/2/", "GET"))
    for _ in range(5):
        shop.order("SOKK-1")
    shop.fail("status", status=503, method="GET", path="/api/v1/orders/2/1", times=1)
    for _ in range(2):
        await poll(site, connection)
    assert sorted(each["orderNumber"] for each in orders(site)) == ["1001", "1002", "1003", "1004", "1005"]
    listed = [each.path.split("/orders/")[1].split("/")[:2] for each in shop.calls("orders/2/", "GET")[before:]]
    assert listed == [["2", "0"], ["2", "1"], ["2", "1"], ["2", "2"], ["2", "3"]]
    await poll(site, connection)
    assert len(orders(site)) == 5
