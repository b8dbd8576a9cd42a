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
from tests.house import House, open_house

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
async def house(sqlite_database: str, tmp_path: Path, public: str) -> AsyncIterator[House]:
    async with open_house(sqlite_database, tmp_path, public_url=public) as opened:
        yield opened


async def look(house: House) -> None:
    """As the schedule would, and no further."""
    house.wake_ups.waiting.clear()
    await webhook_guard.reconcile(house.gateway, house.connection.id)


async def guarded(house: House) -> None:
    await house.connect(processes=PLAIN)
    await look(house)
    house.tick(3600)


def webhooks(house: House) -> dict[str, Webhook]:
    return {each.topic: each for each in house.shop.webhooks.by_id.values()}


def calls(house: House) -> list[Call]:
    return house.shop_calls("/wp-json/wc/v3/webhooks")


def disable(webhook: Webhook) -> None:
    for _ in range(7):
        webhook.failed()
    assert webhook.status == "disabled"


async def state(house: House) -> object:
    (row,) = await house.rows(select(hooks))
    return row


async def test_it_registers_every_topic_with_its_own_secret_and_an_address_that_does_not_redirect(
    house: House, public: str
) -> None:
    await house.connect(processes=PLAIN)

    await house.work(sweep=True)

    made = webhooks(house)
    assert set(made) == TOPICS
    assert {each.delivery_url for each in made.values()} == {f"{public}/webhooks/{house.connection.webhook_id}"}
    assert {each.secret for each in made.values()} == {house.connection.webhook_secret}
    assert all(not each.pending for each in made.values())
    assert await house.alerts() == []


async def test_what_they_deliver_is_taken(house: House) -> None:
    await guarded(house)
    order = house.order("SOKK-1")

    answer = await house.post(json.dumps(order).encode(), "order.created", secret=webhooks(house)["order.created"].secret)

    assert answer.status_code == 200


async def test_without_an_address_of_its_own_it_registers_nothing(sqlite_database: str, tmp_path: Path) -> None:
    async with open_house(sqlite_database, tmp_path) as house:
        await house.connect(processes=PLAIN)
        await house.work(sweep=True)
        assert calls(house) == []


async def test_not_where_the_connection_is_not_to_be_managed_or_not_active(house: House) -> None:
    await house.connect(processes=PLAIN, webhooks={"managed": False})

    await look(house)
    await house.work(sweep=True)

    assert calls(house) == []


async def test_nothing_to_do_is_one_call(house: House) -> None:
    await guarded(house)
    before = len(calls(house))

    await look(house)

    assert len(calls(house)) == before + 1
    assert (await state(house)).state == "fine"  # type: ignore[attr-defined]


async def test_it_is_due_again_after_the_connections_own_time(house: House) -> None:
    await house.connect(processes=PLAIN, webhooks={"check_minutes": 30})
    await house.work(sweep=True)
    before = len(calls(house))
    house.tick(29 * 60)
    await house.work(sweep=True)
    assert len(calls(house)) == before

    house.tick(2 * 60)
    await house.work(sweep=True)

    assert len(calls(house)) == before + 1


async def test_one_that_the_shop_disabled_is_made_anew_because_its_count_would_stay(house: House) -> None:
    await guarded(house)
    old = webhooks(house)["order.updated"]
    disable(old)

    await look(house)

    fresh = webhooks(house)["order.updated"]
    assert (fresh.id != old.id, fresh.status, fresh.failures) == (True, "active", 0)
    assert old.id not in house.shop.webhooks.by_id
    assert len(house.shop.webhooks.by_id) == 8


async def test_the_repair_is_counted_alerted_and_shown_and_the_gap_polled(house: House) -> None:
    await guarded(house)
    await house.poll("orders")
    disable(webhooks(house)["order.updated"])
    missed = house.order("SOKK-1")
    labels = {"connection": "shop", "fault": "disabled"}
    before = REGISTRY.get_sample_value("gateway_webhook_repairs_total", labels) or 0

    await look(house)
    await house.work()

    assert house.wms_order(missed["number"]) is not None
    assert (REGISTRY.get_sample_value("gateway_webhook_repairs_total", labels) or 0) > before
    (alert,) = await house.rows(select(alerts))
    assert (alert.kind, alert.subject) == ("webhooks", "disabled")
    assert "order.updated" in alert.text
    row = await state(house)
    assert (row.state, row.repairs) == ("repaired", 2)  # type: ignore[attr-defined]
    assert {each["status"] for each in row.seen} == {"active"}  # type: ignore[attr-defined]


async def test_one_that_was_deleted_is_registered_again(house: House) -> None:
    await guarded(house)
    del house.shop.webhooks.by_id[webhooks(house)["product.updated"].id]

    await look(house)

    assert set(webhooks(house)) == TOPICS
    assert await house.alerts() == ["webhooks"]


async def test_one_that_points_to_the_gateways_old_place_is_turned_here(house: House, public: str) -> None:
    await guarded(house)
    moved = webhooks(house)["order.created"]
    moved.delivery_url = f"https://old.example/webhooks/{house.connection.webhook_id}"

    await look(house)

    assert webhooks(house)["order.created"].delivery_url == f"{public}/webhooks/{house.connection.webhook_id}"
    assert len(house.shop.webhooks.by_id) == 8


async def test_one_that_was_paused_is_switched_on(house: House) -> None:
    await guarded(house)
    webhooks(house)["order.created"].status = "paused"

    await look(house)

    assert webhooks(house)["order.created"].status == "active"


async def test_one_whose_maker_has_lost_his_rights_is_made_anew(house: House) -> None:
    await guarded(house)
    old = webhooks(house)["order.updated"]
    error = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot view this resource.", "data": {"status": 403}}
    await house.post(json.dumps(error).encode(), "order.updated", X_WC_Webhook_ID=str(old.id))
    await house.work()

    await look(house)

    assert webhooks(house)["order.updated"].id != old.id
    house.tick(3600)
    made = webhooks(house)["order.updated"].id
    await look(house)
    assert webhooks(house)["order.updated"].id == made


async def test_one_that_told_of_an_order_deleted_meanwhile_is_left_alone(house: House) -> None:
    await guarded(house)
    old = webhooks(house)["order.updated"]
    error = {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}
    await house.post(json.dumps(error).encode(), "order.updated", X_WC_Webhook_ID=str(old.id))
    await house.work()

    await look(house)

    assert webhooks(house)["order.updated"].id == old.id


async def test_other_peoples_webhooks_are_never_touched(house: House) -> None:
    theirs = house.shop.webhooks.add({"topic": "order.updated", "delivery_url": "https://erp.example/hook"}, house.clock())
    theirs.status = "disabled"

    await guarded(house)
    await look(house)

    assert house.shop.webhooks.by_id[theirs.id] is theirs
    assert (theirs.status, len(house.shop.webhooks.by_id)) == ("disabled", 9)


async def test_two_that_an_unknown_outcome_has_made_become_one(house: House) -> None:
    await house.connect(processes=PLAIN)
    house.fail_shop("hang-up", method="POST", path="/wp-json/wc/v3/webhooks", times=1, after_write=True)
    await look(house)
    assert (await state(house)).state == "failed"  # type: ignore[attr-defined]
    house.tick(11 * 60)
    await house.work(sweep=True)

    assert sorted(each.topic for each in house.shop.webhooks.by_id.values()) == sorted(TOPICS)


async def test_a_shop_that_cannot_be_asked_is_told_of_and_asked_again_soon(house: House) -> None:
    await guarded(house)
    house.fail_shop("status", status=503)
    await look(house)
    assert (await state(house)).state == "failed"  # type: ignore[attr-defined]
    (alert,) = await house.rows(select(alerts))
    assert (alert.kind, alert.subject) == ("webhooks", "failed")
    house.mend()
    disable(webhooks(house)["order.updated"])
    house.tick(11 * 60)

    await house.work(sweep=True)

    assert webhooks(house)["order.updated"].status == "active"


async def test_what_was_put_right_before_it_failed_is_polled_too(house: House) -> None:
    await guarded(house)
    await house.poll("orders")
    disable(webhooks(house)["order.created"])
    disable(webhooks(house)["order.updated"])
    house.fail_shop("status", status=503, method="DELETE")

    await look(house)

    row = await state(house)
    assert (row.state, row.repairs) == ("failed", 1)  # type: ignore[attr-defined]
    (due,) = await house.rows(select(cursors).where(cursors.c.process == "orders"))
    assert due.next_poll_at <= house.clock()
    assert [row.subject for row in await house.rows(select(alerts).order_by(alerts.c.id))] == ["disabled", "failed"]


async def test_two_workers_do_not_register_twice(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.connect(processes=PLAIN)
    carry_out = webhook_guard._carry_out

    async def beside(*given: object) -> None:
        await webhook_guard.reconcile(house.gateway, house.connection.id)
        await carry_out(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(webhook_guard, "_carry_out", beside)
    await look(house)

    assert len(house.shop.webhooks.by_id) == 8
