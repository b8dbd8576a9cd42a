"""Retention: bodies and personal data go after their time; what could not be replayed without them keeps them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.domain import Process
from app.engine.core import leases
from app.engine.upkeep import retention
from app.records.runs import NewRun, create
from app.storage.batches import progress_of
from app.storage.tables import attempts, history, inbox, jobs, mappings, run_items, run_parts, runs
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


async def next_pruning(harness: Harness) -> float:
    """Seconds until the next pruning is due."""
    async with harness.gateway.database.read() as db:
        due = (await progress_of(db, retention.TASK)).due_at
    assert due is not None
    return (due - harness.clock()).total_seconds()


async def test_pruning_runs_once_an_hour_in_whatever_process(harness: Harness) -> None:
    await harness.work(sweep=True)
    assert 3590 < await next_pruning(harness) <= 3600
    harness.tick(1800)
    harness.gateway.prune_at = None  # another process, which knows nothing yet
    await harness.work(sweep=True)
    assert 1790 < await next_pruning(harness) <= 1800
    harness.tick(1801)
    await harness.work(sweep=True)
    assert 3590 < await next_pruning(harness) <= 3600


async def test_one_process_prunes_at_a_time(harness: Harness) -> None:
    await harness.deliver(harness.shop.order())
    harness.tick((harness.gateway.settings.event_body_days + 1) * DAY)
    other = await leases.acquire(harness.gateway.database, retention.TASK, 60)
    assert other is not None
    await retention.prune_when_due(harness.gateway, harness.clock())
    assert await bodies(harness) == [True]
    await leases.release(harness.gateway.database, other)
    harness.tick(61)
    await retention.prune_when_due(harness.gateway, harness.clock())
    assert await bodies(harness) == [False]


async def test_pruning_ends_at_its_time_keeps_what_it_has_and_goes_on_a_minute_later(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 1)
    monkeypatch.setattr(harness.gateway.settings, "slice_seconds", 0.0)
    for _ in range(3):
        await harness.deliver(harness.shop.order("SOKK-1"))
    harness.tick((harness.gateway.settings.event_body_days + 1) * DAY)
    await retention.prune_when_due(harness.gateway, harness.clock())
    assert await bodies(harness) == [False, True, True]
    assert 50 < await next_pruning(harness) <= 60
    harness.tick(61)
    await retention.prune_when_due(harness.gateway, harness.clock())
    assert await bodies(harness) == [False, False, True]


async def test_a_transaction_empties_no_more_bytes_than_others_can_wait_for(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await harness.deliver(harness.shop.order("SOKK-1"))
    harness.tick((harness.gateway.settings.event_body_days + 1) * DAY)
    monkeypatch.setattr(retention, "BATCH_BYTES", 1)
    assert not await retention.prune(harness.gateway, harness.clock(), seconds=0)
    assert await bodies(harness) == [False, True, True]
    assert await retention.prune(harness.gateway, harness.clock())
    assert await bodies(harness) == [False, False, False]


class TestRuns:
    async def kept(self, harness: Harness) -> list[str]:
        """The kept runs, oldest first: who made them, what they were about, and how they ended."""
        query = select(runs.c.trigger, run_parts.c.process, run_parts.c.state).join(runs, runs.c.id == run_parts.c.run_id)
        return [" ".join(row) for row in await harness.stored.rows(query.order_by(run_parts.c.id))]

    async def test_those_by_schedule_that_found_nothing_go_after_their_days(self, harness: Harness) -> None:
        await harness.poll("articles")
        harness.shop.order("SOKK-1")
        await harness.poll("orders")
        harness.tick((harness.gateway.settings.quiet_run_days + 1) * DAY)
        await harness.poll("articles")
        await harness.work(sweep=True)
        assert (await self.kept(harness))[:2] == ["schedule orders done", "schedule articles done"]

    async def test_those_that_failed_or_that_somebody_asked_for_stay(self, harness: Harness) -> None:
        harness.shop.fail("status", status=500)
        await harness.poll("articles")
        harness.mend()
        async with harness.gateway.database.begin() as db:
            new = NewRun("api", "shop", [(harness.connection.id, Process.ARTICLES)])
            await create(db, new, harness.clock())
        harness.tick(60)
        await harness.poll("articles")
        harness.tick((harness.gateway.settings.quiet_run_days + 1) * DAY)
        await harness.work(sweep=True)
        await prune(harness)
        assert (await self.kept(harness))[:2] == ["schedule articles failed", "api articles done"]

    async def test_all_go_at_the_end_with_what_they_found(self, harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retention, "BATCH", 1)
        for _ in range(3):
            harness.shop.order("SOKK-1")
        await harness.poll("orders")
        await harness.work(sweep=True)
        assert len(await harness.stored.rows(select(run_items))) == 3
        harness.tick((harness.gateway.settings.history_days + 1) * DAY)
        await prune(harness)
        for table in (runs, run_parts, run_items):
            assert await harness.stored.rows(select(table)) == []


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
