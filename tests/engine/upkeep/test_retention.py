"""Retention: bodies and personal data go after their time; what could not be replayed without them keeps them."""

from __future__ import annotations

from sqlalchemy import select

from app.engine.upkeep import retention
from app.storage.tables import attempts, history, inbox, jobs, mappings
from tests.harness import BILLING, Harness

DAY = 24 * 3600.0


async def bodies(harness: Harness) -> list[bool]:
    return [row.body is not None for row in await harness.stored.rows(select(inbox).order_by(inbox.c.id))]


async def prune(harness: Harness) -> None:
    await retention.prune(harness.gateway, harness.clock())


async def test_raw_bodies_go_after_their_days(harness: Harness) -> None:
    settings = harness.gateway.settings
    await harness.deliver(harness.shop.order())
    harness.tick((settings.event_body_days - 1) * DAY)
    await harness.deliver(harness.shop.order())
    await prune(harness)
    assert await bodies(harness) == [True, True]
    harness.tick(2 * DAY)
    await prune(harness)
    assert await bodies(harness) == [False, True]
    assert len(await harness.stored.rows(select(jobs).where(jobs.c.source.is_not(None)))) == 2


async def test_payloads_requests_and_answers_go_after_theirs_and_numbers_and_states_stay(harness: Harness) -> None:
    order = harness.shop.order()
    await harness.deliver(order)
    harness.tick((harness.gateway.settings.personal_data_days + 1) * DAY)
    await prune(harness)
    (job,) = await harness.stored.rows(select(jobs))
    assert (job.source, job.payload, job.state) == (None, None, "done")
    kept = await harness.stored.rows(select(attempts))
    assert {(row.request, row.answer) for row in kept} == {(None, None)}
    assert {row.result for row in kept} == {"ok"}
    mapping = await harness.stored.mapping(order["id"])
    assert (mapping.number, mapping.transfer) == (str(order["id"]), "sent")


async def test_after_that_the_order_can_still_be_changed_and_cancelled(sqlite_harness: Harness) -> None:
    changed, deleted = sqlite_harness.shop.order("SOKK-1"), sqlite_harness.shop.order("SOKK-1")
    for order in (changed, deleted):
        await sqlite_harness.deliver(order)
    sqlite_harness.tick((sqlite_harness.gateway.settings.personal_data_days + 1) * DAY)
    await prune(sqlite_harness)
    await sqlite_harness.deliver(sqlite_harness.shop.change(changed["id"], customer_note="late"))
    sqlite_harness.shop.model.delete_order(deleted["id"])
    await sqlite_harness.deliver({"id": deleted["id"]}, "order.deleted")
    shown = [sqlite_harness.warehouse.order(order["id"]) for order in (changed, deleted)]
    assert [each.status for each in shown if each] == [300, 1000]


async def test_what_is_held_or_dead_or_waits_keeps_everything(sqlite_harness: Harness) -> None:
    held = sqlite_harness.shop.order("SOKK-1")
    await sqlite_harness.deliver({**held, "line_items": [{**held["line_items"][0], "sku": ""}]})
    sqlite_harness.warehouse.fail("status", status=503)
    waiting = sqlite_harness.shop.order("SOKK-1")
    await sqlite_harness.deliver(waiting)
    sqlite_harness.tick(1000 * DAY)
    await prune(sqlite_harness)
    assert await bodies(sqlite_harness) == [True, True]
    assert len(await sqlite_harness.stored.rows(select(jobs).where(jobs.c.source.is_not(None)))) == 2


async def test_events_history_and_attempts_go_at_the_end(sqlite_harness: Harness) -> None:
    await sqlite_harness.deliver(sqlite_harness.shop.order())
    sqlite_harness.tick((sqlite_harness.gateway.settings.history_days + 1) * DAY)
    await prune(sqlite_harness)
    for table in (inbox, history, attempts):
        assert await sqlite_harness.stored.rows(select(table)) == []
    assert len(await sqlite_harness.stored.rows(select(mappings))) == 2  # the order and its article: numbers stay


async def test_pruning_runs_once_an_hour(sqlite_harness: Harness) -> None:
    await sqlite_harness.deliver(sqlite_harness.shop.order())
    await sqlite_harness.work(sweep=True)
    first = sqlite_harness.gateway.pruned_at
    await sqlite_harness.work(sweep=True)
    assert sqlite_harness.gateway.pruned_at == first
    sqlite_harness.tick(3601)
    await sqlite_harness.work(sweep=True)
    assert sqlite_harness.gateway.pruned_at != first


async def erase(harness: Harness, text: str) -> retention.Erased:
    async with harness.gateway.database.begin() as db:
        return await retention.erase(db, text=text, connection_ids=None)


async def test_an_order_that_was_never_wanted_is_erased_too(harness: Harness) -> None:
    """It has no job: nobody ever paid for it."""
    await harness.deliver(harness.shop.order(status="pending", billing={**BILLING, "email": "Åse@example.com"}))
    await harness.deliver(harness.shop.order(status="pending"))
    erased = await erase(harness, "åse@EXAMPLE.com")
    assert (erased.events, erased.jobs) == (1, 0)
    assert await bodies(harness) == [False, True]


async def test_duplicates_are_erased_with_what_they_doubled(harness: Harness) -> None:
    order = harness.shop.order(billing={**BILLING, "first_name": "Søren"})
    await harness.deliver(order)
    await harness.deliver(order)
    await harness.deliver(harness.shop.order())
    erased = await erase(harness, "søren")
    assert (erased.events, erased.jobs) == (2, 1)
    assert await bodies(harness) == [False, False, True]
