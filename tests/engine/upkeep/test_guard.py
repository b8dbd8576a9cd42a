"""The shop's webhooks: registered by the gateway, looked at on a schedule, put right; what was missed meanwhile is polled."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.engine.intake import understanding
from app.engine.operations import connections
from app.engine.upkeep import webhook_guard, webhook_state
from app.integrations.woocommerce.rest import hosts
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
async def harness(sqlite_database: str, tmp_path: Path, public: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Harness]:
    """The shop calls the test's own port."""
    monkeypatch.setattr(hosts, "PORTS", (urlsplit(public).port,))
    async with open_harness(sqlite_database, tmp_path, public_url=public) as opened:
        yield opened


async def look(harness: Harness) -> None:
    """As the schedule would, and no further."""
    harness.wake_ups.waiting.clear()
    await webhook_guard.reconcile(harness.gateway, harness.connection.id)


async def guarded(harness: Harness, **settings: Any) -> None:
    await harness.connect(processes=PLAIN, **settings)
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
    harness: Harness, public: str
) -> None:
    await harness.connect(processes=PLAIN)

    await harness.work(sweep=True)

    made = webhooks(harness)
    assert set(made) == TOPICS
    assert {each.delivery_url for each in made.values()} == {f"{public}/webhooks/{harness.connection.webhook_id}"}
    assert {each.secret for each in made.values()} == {harness.connection.webhook_secret}
    assert all(not each.pending for each in made.values())
    assert await harness.stored.alerts() == []


async def test_what_they_deliver_is_taken(harness: Harness) -> None:
    await guarded(harness)
    order = harness.shop.order("SOKK-1")

    answer = await harness.post(json.dumps(order).encode(), "order.created", secret=webhooks(harness)["order.created"].secret)

    assert answer.status_code == 200


async def test_without_an_address_of_its_own_it_registers_nothing(sqlite_database: str, tmp_path: Path) -> None:
    async with open_harness(sqlite_database, tmp_path) as harness:
        await harness.connect(processes=PLAIN)
        await harness.work(sweep=True)
        assert calls(harness) == []


async def test_not_where_the_connection_is_not_to_be_managed_or_not_active(harness: Harness) -> None:
    await harness.connect(processes=PLAIN, webhooks={"managed": False})

    await look(harness)
    await harness.work(sweep=True)

    assert calls(harness) == []


async def test_nothing_to_do_is_one_call(harness: Harness) -> None:
    await guarded(harness)
    before = len(calls(harness))

    await look(harness)

    assert len(calls(harness)) == before + 1
    assert (await state(harness)).state == "fine"  # type: ignore[attr-defined]


async def test_it_is_due_again_after_the_connections_own_time(harness: Harness) -> None:
    await harness.connect(processes=PLAIN, webhooks={"check_minutes": 30})
    await harness.work(sweep=True)
    before = len(calls(harness))
    harness.tick(29 * 60)
    await harness.work(sweep=True)
    assert len(calls(harness)) == before

    harness.tick(2 * 60)
    await harness.work(sweep=True)

    assert len(calls(harness)) == before + 1


async def test_one_that_the_shop_disabled_is_made_anew_because_its_count_would_stay(harness: Harness) -> None:
    await guarded(harness)
    old = webhooks(harness)["order.updated"]
    disable(old)

    await look(harness)

    fresh = webhooks(harness)["order.updated"]
    assert (fresh.id != old.id, fresh.status, fresh.failures) == (True, "active", 0)
    assert old.id not in harness.shop.model.webhooks.by_id
    assert len(harness.shop.model.webhooks.by_id) == 8


async def test_the_repair_is_counted_alerted_and_shown_and_the_gap_polled(harness: Harness) -> None:
    await guarded(harness)
    await harness.poll("orders")
    disable(webhooks(harness)["order.updated"])
    missed = harness.shop.order("SOKK-1")
    labels = {"connection": "shop", "fault": "disabled"}
    before = REGISTRY.get_sample_value("gateway_webhook_repairs_total", labels) or 0

    await look(harness)
    await harness.work()

    assert harness.warehouse.order(missed["number"]) is not None
    assert (REGISTRY.get_sample_value("gateway_webhook_repairs_total", labels) or 0) > before
    (alert,) = await harness.stored.rows(select(alerts))
    assert (alert.kind, alert.subject) == ("webhooks", "disabled")
    assert "order.updated" in alert.text
    row = await state(harness)
    assert (row.state, row.repairs) == ("repaired", 2)  # type: ignore[attr-defined]
    assert {each["status"] for each in row.seen} == {"active"}  # type: ignore[attr-defined]


async def test_one_that_was_deleted_is_registered_again(harness: Harness) -> None:
    await guarded(harness)
    del harness.shop.model.webhooks.by_id[webhooks(harness)["product.updated"].id]

    await look(harness)

    assert set(webhooks(harness)) == TOPICS
    assert await harness.stored.alerts() == ["webhooks"]


async def test_one_that_points_to_the_gateways_old_place_is_turned_here(harness: Harness, public: str) -> None:
    await guarded(harness)
    moved = webhooks(harness)["order.created"]
    moved.delivery_url = f"https://old.example/webhooks/{harness.connection.webhook_id}"

    await look(harness)

    assert webhooks(harness)["order.created"].delivery_url == f"{public}/webhooks/{harness.connection.webhook_id}"
    assert len(harness.shop.model.webhooks.by_id) == 8


async def test_one_that_was_paused_is_switched_on(harness: Harness) -> None:
    await guarded(harness)
    webhooks(harness)["order.created"].status = "paused"

    await look(harness)

    assert webhooks(harness)["order.created"].status == "active"


async def test_one_whose_maker_has_lost_his_rights_is_made_anew(harness: Harness) -> None:
    await guarded(harness)
    old = webhooks(harness)["order.updated"]
    error = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot view this resource.", "data": {"status": 403}}
    await harness.post(json.dumps(error).encode(), "order.updated", X_WC_Webhook_ID=str(old.id))
    await harness.work()

    await look(harness)

    assert webhooks(harness)["order.updated"].id != old.id
    harness.tick(3600)
    made = webhooks(harness)["order.updated"].id
    await look(harness)
    assert webhooks(harness)["order.updated"].id == made


async def test_one_that_told_of_an_order_deleted_meanwhile_is_left_alone(harness: Harness) -> None:
    await guarded(harness)
    old = webhooks(harness)["order.updated"]
    error = {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}
    await harness.post(json.dumps(error).encode(), "order.updated", X_WC_Webhook_ID=str(old.id))
    await harness.work()

    await look(harness)

    assert webhooks(harness)["order.updated"].id == old.id


async def test_other_peoples_webhooks_are_never_touched(harness: Harness) -> None:
    theirs = harness.shop.model.webhooks.add(
        {"topic": "order.updated", "delivery_url": "https://erp.example/hook"}, harness.clock()
    )
    theirs.status = "disabled"

    await guarded(harness)
    await look(harness)

    assert harness.shop.model.webhooks.by_id[theirs.id] is theirs
    assert (theirs.status, len(harness.shop.model.webhooks.by_id)) == ("disabled", 9)


async def test_two_that_an_unknown_outcome_has_made_become_one(harness: Harness) -> None:
    await harness.connect(processes=PLAIN)
    harness.shop.fail("hang-up", method="POST", path="/wp-json/wc/v3/webhooks", times=1, after_write=True)
    await look(harness)
    assert (await state(harness)).state == "failed"  # type: ignore[attr-defined]
    harness.tick(11 * 60)
    await harness.work(sweep=True)

    assert sorted(each.topic for each in harness.shop.model.webhooks.by_id.values()) == sorted(TOPICS)


async def test_a_shop_that_cannot_be_asked_is_told_of_and_asked_again_soon(harness: Harness) -> None:
    await guarded(harness)
    harness.shop.fail("status", status=503)
    await look(harness)
    assert (await state(harness)).state == "failed"  # type: ignore[attr-defined]
    (alert,) = await harness.stored.rows(select(alerts))
    assert (alert.kind, alert.subject) == ("webhooks", "failed")
    harness.mend()
    disable(webhooks(harness)["order.updated"])
    harness.tick(11 * 60)

    await harness.work(sweep=True)

    assert webhooks(harness)["order.updated"].status == "active"


async def test_what_was_put_right_before_it_failed_is_polled_too(harness: Harness) -> None:
    await guarded(harness)
    await harness.poll("orders")
    disable(webhooks(harness)["order.created"])
    disable(webhooks(harness)["order.updated"])
    harness.shop.fail("status", status=503, method="DELETE")

    await look(harness)

    row = await state(harness)
    assert (row.state, row.repairs) == ("failed", 1)  # type: ignore[attr-defined]
    (due,) = await harness.stored.rows(select(cursors).where(cursors.c.process == "orders"))
    assert due.next_poll_at <= harness.clock()
    assert [row.subject for row in await harness.stored.rows(select(alerts).order_by(alerts.c.id))] == ["disabled", "failed"]


async def test_two_workers_do_not_register_twice(harness: Harness) -> None:
    await harness.connect(processes=PLAIN)

    async def another() -> None:
        await webhook_guard.reconcile(harness.gateway, harness.connection.id)

    with beside_call(harness, "POST", "/webhooks", before=another) as beside:
        await look(harness)

    assert len(beside) == 1
    assert len(harness.shop.model.webhooks.by_id) == 8


async def test_an_address_that_the_shop_will_not_call_is_told_of(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "PORTS", (80, 443, 8080))
    await harness.connect(processes=PLAIN)
    await look(harness)

    (alert,) = await harness.stored.rows(select(alerts))
    port = urlsplit(harness.gateway.settings.public_url or "").port
    assert (alert.kind, alert.subject) == ("webhooks", "address-not-called")
    assert f"WordPress calls the ports 80, 443 and 8080 only, not {port}" in alert.text
    (lack,) = webhook_state.missing(harness.gateway.settings, harness.connection)
    assert (lack.code, lack.only_writing) == ("address-not-called", True)


class TestSecrets:
    async def test_a_new_secret_is_in_the_shop_at_once(self, harness: Harness) -> None:
        await guarded(harness)
        secret = await connections.rotate_webhook_secret(harness.gateway, harness.connection)

        assert await webhook_guard.renew_secret(harness.gateway, harness.connection.id) is True

        assert {each.secret for each in webhooks(harness).values()} == {secret}

    async def test_a_shop_that_is_away_gets_it_at_the_next_check(self, harness: Harness) -> None:
        await guarded(harness)
        secret = await connections.rotate_webhook_secret(harness.gateway, harness.connection)
        harness.shop.fail("status", status=503)
        assert await webhook_guard.renew_secret(harness.gateway, harness.connection.id) is False
        harness.mend()
        harness.tick(600)

        await look(harness)

        assert {each.secret for each in webhooks(harness).values()} == {secret}

    async def test_one_that_was_changed_in_the_shop_is_put_back_when_signatures_do_not_fit(self, harness: Harness) -> None:
        await guarded(harness)
        for each in webhooks(harness).values():
            each.secret = "changed by hand"
        for _ in range(4):
            answer = await harness.post(b"{}", "order.updated", secret="changed by hand")
            assert answer.status_code == 401
        await harness.intake.signatures.settle()

        await harness.work()

        assert {each.secret for each in webhooks(harness).values()} == {harness.connection.webhook_secret}
        assert sorted(set(await harness.stored.alerts())) == ["signatures", "webhooks"]

    async def test_one_that_is_changed_with_the_connection_is_put_there_too(self, harness: Harness) -> None:
        await guarded(harness)
        current = await harness.gateway.connection(harness.connection.id)
        await connections.patch(harness.gateway, current, {"source": {"webhook_secret": "a secret of our own"}})
        await harness.work()
        assert {each.secret for each in webhooks(harness).values()} == {"a secret of our own"}

    async def test_one_that_is_changed_while_another_process_checks_is_put_there_by_the_next_sweep(
        self, harness: Harness
    ) -> None:
        await guarded(harness)
        secrets: list[str] = []
        shown: list[bool | None] = []

        async def rotate() -> None:
            if not secrets:
                current = await harness.gateway.connection(harness.connection.id)
                secrets.append(await connections.rotate_webhook_secret(harness.gateway, current))
                shown.append(await webhook_guard.renew_secret(harness.gateway, current.id))

        with beside_call(harness, "GET", "/webhooks", before=rotate):
            await look(harness)
        assert shown == [False]

        harness.wake_ups.waiting.clear()
        await harness.work(sweep=True)

        assert {each.secret for each in webhooks(harness).values()} == set(secrets)
        row = await state(harness)
        assert row.next_check_at > harness.clock() + timedelta(minutes=50)  # type: ignore[attr-defined]

    async def test_signatures_that_do_not_fit_are_acted_upon_even_if_the_wake_up_is_lost(self, harness: Harness) -> None:
        await guarded(harness)
        for each in webhooks(harness).values():
            each.secret = "changed by hand"
        for _ in range(4):
            await harness.post(b"{}", "order.updated", secret="changed by hand")
        await harness.intake.signatures.settle()
        harness.wake_ups.waiting.clear()

        await harness.work(sweep=True)

        assert {each.secret for each in webhooks(harness).values()} == {harness.connection.webhook_secret}
        told = await harness.stored.rows(select(alerts).where(alerts.c.kind == "signatures"))
        assert "The gateway now writes the connection's secret into its webhooks in the shop again" in told[0].text

    async def test_where_nobody_looks_after_them_it_says_so(self, harness: Harness) -> None:
        await harness.connect(processes=PLAIN, webhooks={"managed": False})
        assert await webhook_guard.renew_secret(harness.gateway, harness.connection.id) is None


async def test_rights_that_were_lost_and_given_back_have_the_gap_polled(harness: Harness) -> None:
    await guarded(harness)
    harness.shop.fail("status", status=403)
    await look(harness)
    assert (await state(harness)).state == "failed"  # type: ignore[attr-defined]
    harness.shop.order("SOKK-1")
    harness.mend()
    harness.tick(600)

    await webhook_guard.reconcile(harness.gateway, harness.connection.id)
    await harness.work()

    assert len(harness.warehouse.model.orders) == 1


async def test_signed_errors_raise_an_alert_and_have_the_webhooks_checked_soon(harness: Harness) -> None:
    await guarded(harness)
    error = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot view this resource.", "data": {"status": 403}}
    answer = await harness.announce(error)
    assert answer.status_code == 200
    await harness.work()

    (alert,) = await harness.stored.rows(select(alerts))
    assert (alert.kind, alert.subject) == ("webhooks", "no-right")
    assert "In the shop, the user who made the webhook (where the gateway made it: the owner of its REST API key)" in alert.text
    assert "may not see orders" in alert.text
    assert (await state(harness)).next_check_at <= harness.clock()  # type: ignore[attr-defined]


async def test_an_error_about_a_record_that_is_gone_is_no_alert_and_wakes_nobody(harness: Harness) -> None:
    await guarded(harness)
    error = {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}
    await harness.deliver(error)

    assert await harness.stored.alerts() == []
    assert (await state(harness)).next_check_at > harness.clock() - timedelta(minutes=1)  # type: ignore[attr-defined]


async def test_nor_is_one_of_a_system_in_which_nothing_is_read_by_its_id(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    await guarded(harness)
    monkeypatch.setattr(understanding, "reads_by_id", lambda _: False)
    await harness.deliver({"id": 7}, "order.deleted")

    assert await harness.stored.alerts() == []
    assert await harness.stored.events() == {"ignored": 1}
