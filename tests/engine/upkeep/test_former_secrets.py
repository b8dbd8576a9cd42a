"""A webhook secret that was replaced is accepted beside the new one for a day, or for as long as a setting says."""

from __future__ import annotations

import json

import httpx
from sqlalchemy import select

from app.api.intake.wms_webhooks import WarehouseWebhooks
from app.engine.operations import connections
from app.engine.upkeep import retention
from app.records.connections import Connection
from app.storage.outbound_tables import former_secrets
from tests.harness import WEBHOOK_SECRET, Harness

PLAIN = {"stock": False, "shipments": False, "returns": False}
OF_WMS = "a-fixed-secret-of-the-wms"


async def now(harness: Harness) -> Connection:
    return await harness.gateway.connection(harness.connection.id)


async def answered(harness: Harness, secret: str) -> int:
    order = harness.shop.order("SOKK-1")
    return (await harness.post(json.dumps(order).encode(), "order.created", secret=secret)).status_code


async def told_by_wms(harness: Harness, secret: str) -> int:
    app = WarehouseWebhooks()
    app.open(harness.gateway)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as client:
        to = f"/webhooks/ongoing/{harness.connection.webhook_id}"
        answer = await client.post(to, content=b"{}", headers={"X-Auth-Token": secret})
    await app.close()
    return answer.status_code


class TestOfTheShop:
    async def test_both_are_accepted_for_a_day_and_then_the_new_one_alone(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=PLAIN)
        new = await connections.rotate_webhook_secret(bare_harness.gateway, await now(bare_harness))

        assert [await answered(bare_harness, secret) for secret in (WEBHOOK_SECRET, new)] == [200, 200]
        bare_harness.tick(23 * 3600)
        assert [await answered(bare_harness, secret) for secret in (WEBHOOK_SECRET, new)] == [200, 200]
        bare_harness.tick(3601)
        assert [await answered(bare_harness, secret) for secret in (WEBHOOK_SECRET, new)] == [401, 200]

    async def test_each_of_several_holds_for_its_own_time(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=PLAIN)
        second = await connections.rotate_webhook_secret(bare_harness.gateway, await now(bare_harness))
        bare_harness.tick(20 * 3600)
        third = await connections.rotate_webhook_secret(bare_harness.gateway, await now(bare_harness))
        every = (WEBHOOK_SECRET, second, third)
        assert [await answered(bare_harness, secret) for secret in every] == [200, 200, 200]
        bare_harness.tick(5 * 3600)
        assert [await answered(bare_harness, secret) for secret in every] == [401, 200, 200]
        bare_harness.tick(20 * 3600)
        assert [await answered(bare_harness, secret) for secret in every] == [401, 401, 200]

    async def test_a_secret_that_others_know_is_refused_at_once(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=PLAIN)
        await connections.rotate_webhook_secret(bare_harness.gateway, await now(bare_harness))
        third = await connections.rotate_webhook_secret(bare_harness.gateway, await now(bare_harness), at_once=True)

        assert [await answered(bare_harness, secret) for secret in (WEBHOOK_SECRET, third)] == [401, 200]
        assert await bare_harness.stored.rows(select(former_secrets)) == []

    async def test_so_it_is_with_the_setting(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=PLAIN, webhooks={"old_secret_minutes": 0})
        await connections.rotate_webhook_secret(bare_harness.gateway, await now(bare_harness))
        assert await answered(bare_harness, WEBHOOK_SECRET) == 401

    async def test_a_process_that_has_read_the_old_one_a_moment_ago_takes_the_new_one(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=PLAIN)
        assert await answered(bare_harness, WEBHOOK_SECRET) == 200
        new = await connections.rotate_webhook_secret(bare_harness.gateway, await now(bare_harness))
        assert await answered(bare_harness, new) == 200

    async def test_neither_holds_when_the_connection_takes_no_webhooks_any_more(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=PLAIN)
        await connections.patch(bare_harness.gateway, await now(bare_harness), {"source": {"webhook_secret": None}})
        assert await answered(bare_harness, WEBHOOK_SECRET) == 404
        assert await bare_harness.stored.rows(select(former_secrets)) == []

    async def test_it_is_stored_sealed_and_deleted_when_its_time_is_over(self, bare_harness: Harness) -> None:
        await bare_harness.connect(processes=PLAIN)
        await connections.rotate_webhook_secret(bare_harness.gateway, await now(bare_harness))
        (row,) = await bare_harness.stored.rows(select(former_secrets))
        assert WEBHOOK_SECRET.encode() not in row.sealed

        await retention.prune(bare_harness.gateway, bare_harness.clock())
        assert len(await bare_harness.stored.rows(select(former_secrets))) == 1
        bare_harness.tick(86_401)
        await retention.prune(bare_harness.gateway, bare_harness.clock())
        assert await bare_harness.stored.rows(select(former_secrets)) == []


class TestOfTheWms:
    async def test_both_are_accepted_for_the_minutes_of_the_setting(self, bare_harness: Harness) -> None:
        await bare_harness.connect(warehouse_secret=OF_WMS, processes=PLAIN, webhooks={"old_secret_minutes": 30})
        change = {"warehouse": {"webhook_secret": "another-secret-of-the-wms"}}
        await connections.patch(bare_harness.gateway, await now(bare_harness), change)

        both = (OF_WMS, "another-secret-of-the-wms")
        assert [await told_by_wms(bare_harness, secret) for secret in both] == [200, 200]
        bare_harness.tick(1801)
        assert [await told_by_wms(bare_harness, secret) for secret in both] == [401, 200]
        assert await told_by_wms(bare_harness, WEBHOOK_SECRET) == 401

    async def test_a_secret_that_others_know_is_refused_at_once(self, bare_harness: Harness) -> None:
        await bare_harness.connect(warehouse_secret=OF_WMS, processes=PLAIN)
        secret = {"webhook_secret": "another-secret-of-the-wms"}
        change = {"warehouse": secret, "settings": {"webhooks": {"old_secret_minutes": 0}}}
        await connections.patch(bare_harness.gateway, await now(bare_harness), change)
        assert await told_by_wms(bare_harness, OF_WMS) == 401

    async def test_a_process_that_has_read_the_old_one_a_moment_ago_takes_the_new_one(self, bare_harness: Harness) -> None:
        await bare_harness.connect(warehouse_secret=OF_WMS, processes=PLAIN)
        app = WarehouseWebhooks()
        app.open(bare_harness.gateway)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as client:
            to = f"/webhooks/ongoing/{bare_harness.connection.webhook_id}"
            assert (await client.post(to, content=b"{}", headers={"X-Auth-Token": OF_WMS})).status_code == 200
            new = await connections.rotate_webhook_secret(bare_harness.gateway, await now(bare_harness), "warehouse")
            assert (await client.post(to, content=b"{}", headers={"X-Auth-Token": new})).status_code == 200
            assert (await client.post(to, content=b"{}", headers={"X-Auth-Token": OF_WMS})).status_code == 200
        await app.close()
