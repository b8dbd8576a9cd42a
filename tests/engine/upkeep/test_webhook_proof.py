"""Webhooks that never ring: shown as active in the shop, and nothing of them comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.commands import checkup
from app.engine.upkeep import webhook_guard, webhook_state
from app.integrations.registry import integration
from app.integrations.woocommerce.rest import hosts
from app.records.webhooks import proofs
from app.sandbox.kit.server import Server
from app.storage.outbound_tables import hooks
from app.storage.tables import alerts
from tests.harness import Harness, open_harness
from tests.steering import beside_call

PLAIN = {"stock": False, "shipments": False, "returns": False}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """Where the shop sends to: somebody who is not the gateway, and answers 200."""

    async def take(request: Request) -> Response:
        return Response(status_code=200)

    with Server(Starlette(routes=[Route("/{rest:path}", take, methods=["POST"])])) as server:
        yield server.url


@pytest.fixture
async def harness(
    sqlite_database: str, tmp_path: Path, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Harness]:
    monkeypatch.setattr(hosts, "PORTS", (urlsplit(elsewhere).port,))
    async with open_harness(sqlite_database, tmp_path, public_url=elsewhere) as opened:
        await opened.connect(processes=PLAIN)
        await look(opened)
        yield opened


async def look(harness: Harness) -> None:
    await webhook_guard.reconcile(harness.gateway, harness.connection.id)


async def greet(harness: Harness, ids: Iterable[int | str]) -> None:
    for each in ids:
        to = f"/webhooks/{harness.connection.webhook_id}"
        answer = await harness.client.post(to, content=f"webhook_id={each}".encode(), headers=FORM)
        assert (answer.status_code, answer.content) == (200, b'{"status":"pong"}')


def made(harness: Harness) -> dict[str, int]:
    return {each.topic: each.id for each in harness.shop.model.webhooks.by_id.values()}


async def shown(harness: Harness) -> dict[str, bool | None]:
    state = await webhook_state.read(harness.gateway, harness.connection)
    return {each["topic"]: each["is_proven"] for each in state.webhooks}


async def told(harness: Harness) -> list[Any]:
    return await harness.stored.rows(select(alerts).order_by(alerts.c.id))


def repairs(harness: Harness) -> list[str]:
    return [call.path for call in harness.shop.calls("/wp-json/wc/v3/webhooks") if call.method == "PUT"]


async def test_those_that_have_greeted_are_proven(harness: Harness) -> None:
    await greet(harness, made(harness).values())
    harness.tick(3 * 3600)
    await look(harness)

    assert set((await shown(harness)).values()) == {True}
    assert (await told(harness), repairs(harness)) == ([], [])


async def test_those_that_never_rang_are_told_of_once_after_two_hours(harness: Harness) -> None:
    silent = made(harness)["order.updated"]
    await greet(harness, set(made(harness).values()) - {silent})
    harness.tick(119 * 60)
    await look(harness)
    assert (await told(harness), (await shown(harness))["order.updated"]) == ([], False)

    for _ in range(2):
        harness.tick(3600)
        await look(harness)

    (alert,) = await told(harness)
    assert (alert.kind, alert.subject, alert.count) == ("webhooks", "unproven", 1)
    assert alert.text.startswith("the shop has webhooks that never rang: order.updated; no greeting and no delivery has come")
    assert alert.text.endswith("then: gateway connections webhooks shop --check")
    (lack,) = (await webhook_state.read(harness.gateway, harness.connection)).missing
    assert (lack.code, lack.only_writing) == ("unproven", True)
    assert lack.fix.endswith("then: POST /connections/shop/webhooks/check")
    (row,) = await harness.stored.rows(select(hooks))
    found = checkup._webhooks(harness.gateway.settings, harness.connection, row, harness.clock())
    assert (found.state.value, "never rang: order.updated" in found.finding) == ("warn", True)


async def test_they_are_had_to_greet_again_before_anybody_is_told(harness: Harness) -> None:
    silent = made(harness)["order.updated"]
    await greet(harness, set(made(harness).values()) - {silent})
    harness.tick(121 * 60)

    async def answers() -> None:
        await greet(harness, [silent])

    with beside_call(harness, "PUT", f"/webhooks/{silent}", before=answers):
        await look(harness)

    assert repairs(harness) == [f"/wp-json/wc/v3/webhooks/{silent}"]
    assert (await told(harness), (await shown(harness))["order.updated"]) == ([], True)


async def test_a_delivery_proves_its_webhook(harness: Harness) -> None:
    silent = made(harness)["order.updated"]
    await greet(harness, set(made(harness).values()) - {silent})
    await harness.deliver(harness.shop.order("SOKK-1"), X_WC_Webhook_ID=str(silent))
    harness.tick(121 * 60)

    await look(harness)

    assert (await told(harness), (await shown(harness))["order.updated"], repairs(harness)) == ([], True, [])


async def test_a_delivery_proves_all_where_webhooks_send_no_greeting(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(integration("woocommerce")), "webhooks_greet", False)
    await harness.deliver(harness.shop.order("SOKK-1"), X_WC_Webhook_ID=str(made(harness)["order.updated"]))
    harness.tick(121 * 60)

    await look(harness)

    assert (await told(harness), set((await shown(harness)).values()), repairs(harness)) == ([], {True}, [])


async def test_what_rings_after_all_is_no_finding_any_more(harness: Harness) -> None:
    harness.tick(121 * 60)
    await look(harness)
    assert len((await webhook_state.read(harness.gateway, harness.connection)).missing) == 1

    await greet(harness, made(harness).values())

    assert (await webhook_state.read(harness.gateway, harness.connection)).missing == ()


async def test_a_webhook_that_was_turned_here_is_to_ring_again(harness: Harness) -> None:
    await greet(harness, made(harness).values())
    moved = harness.shop.model.webhooks.by_id[made(harness)["order.created"]]
    moved.delivery_url = f"https://old.example/webhooks/{harness.connection.webhook_id}"
    harness.tick(3600)

    await look(harness)

    assert {topic for topic, is_proven in (await shown(harness)).items() if not is_proven} == {"order.created"}


async def test_those_that_others_made_are_not_judged(harness: Harness) -> None:
    async with harness.gateway.database.begin() as db:
        await db.execute(hooks.update().values(proofs=None))
    harness.tick(121 * 60)
    await look(harness)
    assert (await told(harness), set((await shown(harness)).values())) == ([], {None})


async def test_of_a_flood_of_greetings_few_are_kept(harness: Harness) -> None:
    await greet(harness, made(harness).values())
    await greet(harness, range(1000, 1100))
    harness.tick(61)
    await greet(harness, range(2000, 2030))

    (row,) = await harness.stored.rows(select(hooks))
    known = proofs.opened(row.proofs)
    assert sum(each.made_at is None for each in known.values()) == proofs.MOST_KEPT
    assert set((await shown(harness)).values()) == {True}
