"""The shop's webhooks: registered by the gateway, looked at on a schedule, put right; what was missed meanwhile is polled."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.engine.upkeep import webhook_guard
from app.sandbox.kit.journal import Call
from app.sandbox.kit.server import Server
from app.sandbox.woocommerce.model.webhooks import Webhook
from app.storage.outbound_tables import hooks
from app.storage.tables import alerts, cursors
from tests.harness import Harness, open_harness
from tests.steering import beside_call

TOPICS = {f"{kind}.{event}" for kind in ("order", "product") for event in ("created", "updated", "deleted", "restored")}
PLAIN = {"stock": False, "shipments": False, "returns": False}


@pytest.fixture(scope="module")
def public() -> Iterator[str]:
    """Where the shop sends to: somebody who answers 200."""

    async def take(request: Request) -> Response:
        return Response(status_code=200)

    with Server(Starlette(routes=[Route("/{rest:path}", take, methods=["POST"])])) as server:
        yield server.url


@pytest.fixture
async def harness(sqlite_database: str, tmp_path: Path, public: str) -> AsyncIterator[Harness]:
    async with open_harness(sqlite_database, tmp_path, public_url=public) as opened:
        yield opened


async def look(harness: Harness) -> None:
    """As the schedule would, and no further."""
    harness.wake_ups.waiting.clear()
    await webhook_guard.reconcile(harness.gateway, harness.connection.id)


async def guarded(harness: Harness) -> None:
    await harness.connect(processes=PLAIN)
    await look(harness)
    harness.tick(3600)


def webhooks(harness: Harness) -> dict[str, Webhook]:
    return {each.topic: each for each in harness.shop.model.webhooks.by_id.values()}


def calls(harness: Harness) -> list[Call]:
    return harness.shop.calls("/wp-json/wc/v3/webhooks")


def disable(webhook: Webhook) -> None:
    for _ in range(7):
        webhook.failed()
    assert webhook.status == "disabled"


async def state(harness: Harness) -> object:
    (row,) = await harness.stored.rows(select(hooks))
    return row


async def test_it_registers_every_topic_with_its_own_secret_and_an_address_that_does_not_redirect(
    bare_harness: Harness, public: str
) -> None:
    await bare_harness.connect(processes=PLAIN)

    await bare_harness.work(sweep=True)

    made = webhooks(bare_harness)
    assert set(made) == TOPICS
    assert {each.delivery_url for each in made.values()} == {f"{public}/webhooks/{bare_harness.connection.webhook_id}"}
    assert {each.secret for each in made.values()} == {bare_harness.connection.webhook_secret}
    assert all(not each.pending for each in made.values())
    assert await bare_harness.stored.alerts() == []


async def test_what_they_deliver_is_taken(bare_harness: Harness) -> None:
    await guarded(bare_harness)
    order = bare_harness.shop.order("SOKK-1")

    answer = await bare_harness.post(
        json.dumps(order).encode(), "order.created", secret=webhooks(bare_harness)["order.created"].secret
    )

    assert answer.status_code == 200


async def test_without_an_address_of_its_own_it_registers_nothing(sqlite_database: str, tmp_path: Path) -> None:
    async with open_harness(sqlite_database, tmp_path) as harness:
        await harness.connect(processes=PLAIN)
        await harness.work(sweep=True)
        assert calls(harness) == []


async def test_not_where_the_connection_is_not_to_be_managed_or_not_active(bare_harness: Harness) -> None:
    await bare_harness.connect(processes=PLAIN, webhooks={"managed": False})

    await look(bare_harness)
    await bare_harness.work(sweep=True)

    assert calls(bare_harness) == []


async def test_nothing_to_do_is_one_call(bare_harness: Harness) -> None:
    await guarded(bare_harness)
    before = len(calls(bare_harness))

    await look(bare_harness)

    assert len(calls(bare_harness)) == before + 1
    assert (await state(bare_harness)).state == "fine"  # type: ignore[attr-defined]


async def test_it_is_due_again_after_the_connections_own_time(bare_harness: Harness) -> None:
    await bare_harness.connect(processes=PLAIN, webhooks={"check_minutes": 30})
    await bare_harness.work(sweep=True)
    before = len(calls(bare_harness))
    bare_harness.tick(29 * 60)
    await bare_harness.work(sweep=True)
    assert len(calls(bare_harness)) == before

    bare_harness.tick(2 * 60)
    await bare_harness.work(sweep=True)

    assert len(calls(bare_harness)) == before + 1


async def test_one_that_the_shop_disabled_is_made_anew_because_its_count_would_stay(bare_harness: Harness) -> None:
    await guarded(bare_harness)
    old = webhooks(bare_harness)["order.updated"]
    disable(old)

    await look(bare_harness)

    fresh = webhooks(bare_harness)["order.updated"]
    assert (fresh.id != old.id, fresh.status, fresh.failures) == (True, "active", 0)
    assert old.id not in bare_harness.shop.model.webhooks.by_id
    assert len(bare_harness.shop.model.webhooks.by_id) == 8


async def test_the_repair_is_counted_alerted_and_shown_and_the_gap_polled(bare_harness: Harness) -> None:
    await guarded(bare_harness)
    await bare_harness.poll("orders")
    disable(webhooks(bare_harness)["order.updated"])
    missed = bare_harness.shop.order("SOKK-1")
    labels = {"connection": "shop", "fault": "disabled"}
    before = REGISTRY.get_sample_value("gateway_webhook_repairs_total", labels) or 0

    await look(bare_harness)
    await bare_harness.work()

    assert bare_harness.warehouse.order(missed["number"]) is not None
    assert (REGISTRY.get_sample_value("gateway_webhook_repairs_total", labels) or 0) > before
    (alert,) = await bare_harness.stored.rows(select(alerts))
    assert (alert.kind, alert.subject) == ("webhooks", "disabled")
    assert "order.updated" in alert.text
    row = await state(bare_harness)
    assert (row.state, row.repairs) == ("repaired", 2)  # type: ignore[attr-defined]
    assert {each["status"] for each in row.seen} == {"active"}  # type: ignore[attr-defined]


async def test_one_that_was_deleted_is_registered_again(bare_harness: Harness) -> None:
    await guarded(bare_harness)
    del bare_harness.shop.model.webhooks.by_id[webhooks(bare_harness)["product.updated"].id]

    await look(bare_harness)

    assert set(webhooks(bare_harness)) == TOPICS
    assert await bare_harness.stored.alerts() == ["webhooks"]


async def test_one_that_points_to_the_gateways_old_place_is_turned_here(bare_harness: Harness, public: str) -> None:
    await guarded(bare_harness)
    moved = webhooks(bare_harness)["order.created"]
    moved.delivery_url = f"https://old.example/webhooks/{bare_harness.connection.webhook_id}"

    await look(bare_harness)

    assert webhooks(bare_harness)["order.created"].delivery_url == f"{public}/webhooks/{bare_harness.connection.webhook_id}"
    assert len(bare_harness.shop.model.webhooks.by_id) == 8


async def test_one_that_was_paused_is_switched_on(bare_harness: Harness) -> None:
    await guarded(bare_harness)
    webhooks(bare_harness)["order.created"].status = "paused"

    await look(bare_harness)

    assert webhooks(bare_harness)["order.created"].status == "active"


async def test_one_whose_maker_has_lost_his_rights_is_made_anew(bare_harness: Harness) -> None:
    await guarded(bare_harness)
    old = webhooks(bare_harness)["order.updated"]
    error = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot view this resource.", "data": {"status": 403}}
    await bare_harness.post(json.dumps(error).encode(), "order.updated", X_WC_Webhook_ID=str(old.id))
    await bare_harness.work()

    await look(bare_harness)

    assert webhooks(bare_harness)["order.updated"].id != old.id
    bare_harness.tick(3600)
    made = webhooks(bare_harness)["order.updated"].id
    await look(bare_harness)
    assert webhooks(bare_harness)["order.updated"].id == made


async def test_one_that_told_of_an_order_deleted_meanwhile_is_left_alone(bare_harness: Harness) -> None:
    await guarded(bare_harness)
    old = webhooks(bare_harness)["order.updated"]
    error = {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}
    await bare_harness.post(json.dumps(error).encode(), "order.updated", X_WC_Webhook_ID=str(old.id))
    await bare_harness.work()

    await look(bare_harness)

    assert webhooks(bare_harness)["order.updated"].id == old.id


async def test_other_peoples_webhooks_are_never_touched(bare_harness: Harness) -> None:
    theirs = bare_harness.shop.model.webhooks.add(
        {"topic": "order.updated", "delivery_url": "https://erp.example/hook"}, bare_harness.clock()
    )
    theirs.status = "disabled"

    await guarded(bare_harness)
    await look(bare_harness)

    assert bare_harness.shop.model.webhooks.by_id[theirs.id] is theirs
    assert (theirs.status, len(bare_harness.shop.model.webhooks.by_id)) == ("disabled", 9)


async def test_two_that_an_unknown_outcome_has_made_become_one(bare_harness: Harness) -> None:
    await bare_harness.connect(processes=PLAIN)
    bare_harness.shop.fail("hang-up", method="POST", path="/wp-json/wc/v3/webhooks", times=1, after_write=True)
    await look(bare_harness)
    assert (await state(bare_harness)).state == "failed"  # type: ignore[attr-defined]
    bare_harness.tick(11 * 60)
    await bare_harness.work(sweep=True)

    assert sorted(each.topic for each in bare_harness.shop.model.webhooks.by_id.values()) == sorted(TOPICS)


async def test_a_shop_that_cannot_be_asked_is_told_of_and_asked_again_soon(bare_harness: Harness) -> None:
    await guarded(bare_harness)
    bare_harness.shop.fail("status", status=503)
    await look(bare_harness)
    assert (await state(bare_harness)).state == "failed"  # type: ignore[attr-defined]
    (alert,) = await bare_harness.stored.rows(select(alerts))
    assert (alert.kind, alert.subject) == ("webhooks", "failed")
    bare_harness.mend()
    disable(webhooks(bare_harness)["order.updated"])
    bare_harness.tick(11 * 60)

    await bare_harness.work(sweep=True)

    assert webhooks(bare_harness)["order.updated"].status == "active"


async def test_what_was_put_right_before_it_failed_is_polled_too(bare_harness: Harness) -> None:
    await guarded(bare_harness)
    await bare_harness.poll("orders")
    disable(webhooks(bare_harness)["order.created"])
    disable(webhooks(bare_harness)["order.updated"])
    bare_harness.shop.fail("status", status=503, method="DELETE")

    await look(bare_harness)

    row = await state(bare_harness)
    assert (row.state, row.repairs) == ("failed", 1)  # type: ignore[attr-defined]
    (due,) = await bare_harness.stored.rows(select(cursors).where(cursors.c.process == "orders"))
    assert due.next_poll_at <= bare_harness.clock()
    assert [row.subject for row in await bare_harness.stored.rows(select(alerts).order_by(alerts.c.id))] == ["disabled", "failed"]


async def test_two_workers_do_not_register_twice(bare_harness: Harness) -> None:
    await bare_harness.connect(processes=PLAIN)

    async def another() -> None:
        await webhook_guard.reconcile(bare_harness.gateway, bare_harness.connection.id)

    with beside_call(bare_harness, "POST", "/webhooks", before=another) as beside:
        await look(bare_harness)

    assert len(beside) == 1
    assert len(bare_harness.shop.model.webhooks.by_id) == 8
