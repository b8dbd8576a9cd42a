"""What the gateway does all day, beside a long history: turns, sweeps, figures, searches, retention, the brake."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState, JobState, Kind, Process
from app.engine.core.queue import Task
from app.engine.longwork import asking
from app.engine.longwork.progress import transferred
from app.engine.operations import lanes, records, replay
from app.engine.operations.explaining.record import explain
from app.engine.upkeep import gauges, retention
from app.records import alerts, connections, dead_letters, deliveries, events, jobs, mappings, runs
from app.records.alerts import AlertState
from app.records.connection_lanes import shop_lane
from app.records.console import connection_standing
from app.records.longwork import works as long_works
from app.records.longwork.works import WorkKind, WorkState
from app.records.stock import listing
from tests.engine.cost.long_history import BESIDE
from tests.harness import Harness

Work = Callable[[Harness], Awaitable[None]]

NUMBER = str(BESIDE + 1)
PAGE = 10


async def new_and_changed_orders(harness: Harness) -> None:
    """Two together, so that both are in one batch; then a change, one that is held, and its release."""
    first, second = harness.shop.order("SOKK-1"), harness.shop.order("SOKK-2")
    await harness.announce(first)
    await harness.announce(second)
    await harness.work()
    await harness.deliver(harness.shop.change(first["id"], customer_note="by the door"))
    await harness.deliver(harness.shop.change(first["id"], status="cancelled"))
    harness.warehouse.model.set_order_status(second["number"], 320)
    await harness.deliver(harness.shop.change(second["id"], customer_note="too late"))
    mapping = await harness.stored.mapping(second["id"])
    assert mapping.transfer == "held"
    await records.release(harness.gateway, mapping.id)
    await harness.work()


async def orders_that_need_another_try(harness: Harness) -> None:
    """The warehouse is away, then back; a delivery twice; an order that is gone from the shop."""
    order = harness.shop.order("SOKK-1")
    harness.warehouse.fail("status", status=503)
    await harness.deliver(order)
    harness.mend()
    await harness.deliver(order)
    harness.tick(1200)
    await harness.work(sweep=True)
    harness.shop.model.delete_order(order["id"])
    await harness.deliver({"id": order["id"]}, "order.deleted")
    assert (await harness.stored.mapping(order["id"])).wanted == "absent"


async def dead_letters_and_their_replay(harness: Harness) -> None:
    order = harness.shop.order("SOKK-1")
    harness.warehouse.fail("status", status=400)
    await harness.deliver(order)
    harness.mend()
    async with harness.gateway.database.read() as db:
        found = await dead_letters.search(db, dead_letters.Filter())
        assert await dead_letters.search(db, dead_letters.Filter(), after=found[-1].position) == []
        assert await dead_letters.count(db, dead_letters.Filter()) == len(found)
        await dead_letters.search(db, dead_letters.Filter([harness.connection.id], "orders", "refused", harness.clock()))
    assert await replay.replay_filtered(harness.gateway, dead_letters.Filter()) == len(found)
    harness.tick(1200)
    await harness.work(sweep=True)


async def reports(harness: Harness) -> None:
    """Shipped, tracked, told, acknowledged, returned."""
    order = harness.shop.order("SOKK-1")
    await harness.deliver(order)
    harness.warehouse.model.ship(order["number"])
    await harness.poll("shipments")
    harness.warehouse.model.track(order["number"], "70300001")
    await harness.poll("shipments")
    await harness.wake_ups.send(Task.DRAIN, shop_lane(harness.connection.id))
    await harness.work()
    await harness.poll("returns")
    await harness.wake_ups.send(Task.REFRESH, f"{harness.connection.id}|order|{order['number']}")
    await harness.work()
    assert (await harness.stored.mapping(order["id"])).delivery == "reported"


async def polls(harness: Harness) -> None:
    harness.shop.order("SOKK-3")
    await harness.poll("articles")
    await harness.poll("orders")
    await harness.poll("orders", sweep=True)
    await harness.poll("stock")
    await harness.poll("stock", sweep=True)


async def the_brake(harness: Harness) -> None:
    await harness.change_settings(harness.connection, brake={"max_count": 1, "max_share": 0.1})
    orders = [harness.shop.order("SOKK-1") for _ in range(3)]
    await harness.poll("orders")
    for order in orders:
        harness.shop.model.delete_order(order["id"])
    await harness.poll("orders", sweep=True)
    async with harness.gateway.database.read() as db:
        assert len(await alerts.search(db, connection_ids=None, kind="brake")) == 1


async def a_sweep(harness: Harness) -> None:
    await harness.announce(harness.shop.order("SOKK-1"))
    harness.wake_ups.waiting.clear()
    await harness.work(sweep=True)
    await harness.work(sweep=True)


async def the_figures(harness: Harness) -> None:
    await gauges.update(harness.gateway, harness.clock())
    await lanes.every(harness.gateway)


async def _pages(search: Callable[[AsyncConnection, int | None], Awaitable[object]], harness: Harness) -> None:
    async with harness.gateway.database.read() as db:
        for before in (None, 50):
            await search(db, before)


async def searches_of_mappings(harness: Harness) -> None:
    of_one = [harness.connections["second"].id]
    for chosen in (
        mappings.Filter(),
        mappings.Filter(number=NUMBER),
        mappings.Filter(number=NUMBER, connection_ids=of_one, transfer="held"),
        mappings.Filter(number="no such number"),
        mappings.Filter(transfer="held"),
        mappings.Filter(transfer="unknown", connection_ids=of_one),
        mappings.Filter(wanted="absent"),
        mappings.Filter(kind=Kind.ARTICLE),
        mappings.Filter(delivery="held"),
        mappings.Filter(delivery="reported", connection_ids=of_one),
        mappings.Filter(number=f"id:{NUMBER}"),
        mappings.Filter(reason_code="number-taken"),
        mappings.Filter(connection_ids=of_one),
        mappings.Filter(connection_ids=of_one, kind=Kind.ORDER),
    ):
        await _pages(lambda db, before, chosen=chosen: mappings.search(db, chosen, before=before, limit=PAGE), harness)  # type: ignore[misc]


async def searches_of_jobs(harness: Harness) -> None:
    of_one = [harness.connections["second"].id]
    for chosen in (
        jobs.Filter(),
        jobs.Filter(number=NUMBER),
        jobs.Filter(number=NUMBER, connection_ids=of_one, state=JobState.HELD),
        jobs.Filter(source_id=NUMBER),
        *(jobs.Filter(state=state) for state in JobState),
        jobs.Filter(process="returns"),
        jobs.Filter(reason_code="warehouse-started"),
        jobs.Filter(connection_ids=of_one),
        jobs.Filter(connection_ids=of_one, state=JobState.DONE),
    ):
        await _pages(lambda db, before, chosen=chosen: jobs.search(db, chosen, before=before, limit=PAGE), harness)  # type: ignore[misc]


async def searches_of_events(harness: Harness) -> None:
    of_one = [harness.connections["second"].id]
    for chosen in (
        events.Filter(),
        events.Filter(source_id=NUMBER),
        events.Filter(source_id=NUMBER, connection_ids=of_one, process="orders"),
        *(events.Filter(state=state) for state in EventState),
        *(events.Filter(state=state, connection_ids=of_one) for state in EventState),
        events.Filter(reason_code="warehouse-started"),
        events.Filter(since=harness.clock() - timedelta(hours=1)),
        events.Filter(since=harness.clock() - timedelta(days=300), connection_ids=of_one),
        events.Filter(connection_ids=of_one),
    ):
        await _pages(lambda db, before, chosen=chosen: events.search(db, chosen, before=before, limit=PAGE), harness)  # type: ignore[misc]


async def searches_of_runs_alerts_and_stock(harness: Harness) -> None:
    of_one = [harness.connections["second"].id]
    for scope in (None, of_one):
        async with harness.gateway.database.read() as db:
            for position in (None, (harness.clock() - timedelta(days=2), "run_9")):
                await runs.latest(db, connection_ids=scope, before=position, limit=PAGE)
            for kind in (None, "brake"):
                for before in (None, 50):
                    for state in (None, *AlertState):
                        await alerts.search(db, connection_ids=scope, kind=kind, state=state, before=before, limit=PAGE)
            for state in (None, "problem"):
                for number in (None, NUMBER):
                    await listing.search(db, connection_ids=scope, state=state, number=number)
            await listing.figures(db, scope)


async def all_about_one_record(harness: Harness) -> None:
    connection = harness.connection
    async with harness.gateway.database.read() as db:
        mapping = (await mappings.search(db, mappings.Filter(number=NUMBER)))[0]
    await explain(harness.gateway, mapping)
    async with harness.gateway.database.read() as db:
        (found,) = await mappings.search(db, mappings.Filter(number=NUMBER))
        await mappings.history_of(db, found.id, before=10_000_000)
        of_it = await jobs.of_mapping(db, found.id)
        await jobs.calls_of_mapping(db, found.id, 50)
        await jobs.calls_of_job(db, of_it[0].id, 50)
        await events.of_record(db, connection.id, Process.ORDERS, found.source_id, 50)
        for of_mapping in (deliveries.of_mapping, deliveries.returned_of, deliveries.reported, deliveries.acknowledgements_of):
            await of_mapping(db, found.id)
        await runs.find(db, f"run_{NUMBER}")
        await runs.has_ended(db, f"run_{NUMBER}")


async def a_reconcile_and_a_backfill(harness: Harness) -> None:
    """Each to its end, over one order that is there and one that is not."""
    await harness.deliver(harness.shop.order("SOKK-1"))
    harness.shop.order("SOKK-1")
    since = harness.clock() - timedelta(days=1)
    compared = await asking.reconcile(harness.gateway, harness.connection, asking.Period(since))
    filled = await asking.start_backfill(harness.gateway, harness.connection, since, dry_run=False)
    for _ in range(3):
        await harness.work(sweep=True)
        harness.tick(3)
    async with harness.gateway.database.read() as db:
        for kind in (WorkKind.RECONCILE, WorkKind.BACKFILL):
            (ended,) = await long_works.latest(db, kind, [harness.connection.id], limit=1)
            assert (ended.id in (compared.id, filled.id), ended.state) == (True, WorkState.DONE)
            await transferred(db, [ended])


async def pruning(harness: Harness) -> None:
    """Twice: with what is due, and with nothing to do."""
    for _ in range(2):
        await retention.prune(harness.gateway, harness.clock())


async def how_connections_stand(harness: Harness) -> None:
    async with harness.gateway.database.read() as db:
        found = await connection_standing.of(db, list(await connections.names(db)))
        assert found[harness.connection.id].webhook_at is not None
        assert {poll.process for poll in found[harness.connection.id].polls} >= {Process.ORDERS}


WORKS: tuple[Work, ...] = (
    new_and_changed_orders,
    orders_that_need_another_try,
    dead_letters_and_their_replay,
    reports,
    polls,
    the_brake,
    a_sweep,
    the_figures,
    searches_of_mappings,
    searches_of_jobs,
    searches_of_events,
    searches_of_runs_alerts_and_stock,
    all_about_one_record,
    how_connections_stand,
    a_reconcile_and_a_backfill,
    pruning,
)
