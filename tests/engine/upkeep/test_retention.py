"""Retention: bodies and personal data go after their time; what could not be replayed without them keeps them."""

from __future__ import annotations

from sqlalchemy import select

from app.engine.upkeep import retention
from app.storage.tables import attempts, history, inbox, jobs, mappings
from tests.house import BILLING, House

DAY = 24 * 3600.0


async def bodies(house: House) -> list[bool]:
    return [row.body is not None for row in await house.rows(select(inbox).order_by(inbox.c.id))]


async def prune(house: House) -> None:
    await retention.prune(house.gateway, house.clock())


async def test_raw_bodies_go_after_their_days(house: House) -> None:
    settings = house.gateway.settings
    await house.deliver(house.order())
    house.tick((settings.event_body_days - 1) * DAY)
    await house.deliver(house.order())
    await prune(house)
    assert await bodies(house) == [True, True]
    house.tick(2 * DAY)
    await prune(house)
    assert await bodies(house) == [False, True]
    assert len(await house.rows(select(jobs).where(jobs.c.source.is_not(None)))) == 2


async def test_payloads_requests_and_answers_go_after_theirs_and_numbers_and_states_stay(house: House) -> None:
    order = house.order()
    await house.deliver(order)
    house.tick((house.gateway.settings.personal_data_days + 1) * DAY)
    await prune(house)
    (job,) = await house.rows(select(jobs))
    assert (job.source, job.payload, job.state) == (None, None, "done")
    kept = await house.rows(select(attempts))
    assert {(row.request, row.answer) for row in kept} == {(None, None)}
    assert {row.result for row in kept} == {"ok"}
    mapping = await house.mapping(order["id"])
    assert (mapping.number, mapping.transfer) == (str(order["id"]), "sent")


async def test_after_that_the_order_can_still_be_changed_and_cancelled(lite: House) -> None:
    changed, deleted = lite.order("SOKK-1"), lite.order("SOKK-1")
    for order in (changed, deleted):
        await lite.deliver(order)
    lite.tick((lite.gateway.settings.personal_data_days + 1) * DAY)
    await prune(lite)
    await lite.deliver(lite.change(changed["id"], customer_note="late"))
    lite.shop.delete_order(deleted["id"])
    await lite.deliver({"id": deleted["id"]}, "order.deleted")
    shown = [lite.wms_order(order["id"]) for order in (changed, deleted)]
    assert [each.status for each in shown if each] == [300, 1000]


async def test_what_is_held_or_dead_or_waits_keeps_everything(lite: House) -> None:
    held = lite.order("SOKK-1")
    await lite.deliver({**held, "line_items": [{**held["line_items"][0], "sku": ""}]})
    lite.fail_warehouse("status", status=503)
    waiting = lite.order("SOKK-1")
    await lite.deliver(waiting)
    lite.tick(1000 * DAY)
    await prune(lite)
    assert await bodies(lite) == [True, True]
    assert len(await lite.rows(select(jobs).where(jobs.c.source.is_not(None)))) == 2


async def test_events_history_and_attempts_go_at_the_end(lite: House) -> None:
    await lite.deliver(lite.order())
    lite.tick((lite.gateway.settings.history_days + 1) * DAY)
    await prune(lite)
    for table in (inbox, history, attempts):
        assert await lite.rows(select(table)) == []
    assert len(await lite.rows(select(mappings))) == 2  # the order and its article: numbers stay


async def test_pruning_runs_once_an_hour(lite: House) -> None:
    await lite.deliver(lite.order())
    await lite.work(sweep=True)
    first = lite.gateway.pruned_at
    await lite.work(sweep=True)
    assert lite.gateway.pruned_at == first
    lite.tick(3601)
    await lite.work(sweep=True)
    assert lite.gateway.pruned_at != first


async def erase(house: House, text: str) -> retention.Erased:
    async with house.gateway.database.begin() as db:
        return await retention.erase(db, text=text, connection_ids=None)


async def test_an_order_that_was_never_wanted_is_erased_too(house: House) -> None:
    """It has no job: nobody ever paid for it."""
    await house.deliver(house.order(status="pending", billing={**BILLING, "email": "Åse@example.com"}))
    await house.deliver(house.order(status="pending"))
    erased = await erase(house, "åse@EXAMPLE.com")
    assert (erased.events, erased.jobs) == (1, 0)
    assert await bodies(house) == [False, True]


async def test_duplicates_are_erased_with_what_they_doubled(house: House) -> None:
    order = house.order(billing={**BILLING, "first_name": "Søren"})
    await house.deliver(order)
    await house.deliver(order)
    await house.deliver(house.order())
    erased = await erase(house, "søren")
    assert (erased.events, erased.jobs) == (2, 1)
    assert await bodies(house) == [False, False, True]
