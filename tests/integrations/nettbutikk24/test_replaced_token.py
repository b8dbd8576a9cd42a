"""A shop replaces its token while an API and two workers of the gateway run, each a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from app.clock import utc_now
from app.domain import Right
from app.records import keys
from app.storage.tables import cursors
from tests.chaos.cluster import Cluster, open_town
from tests.chaos.processes import until
from tests.harness import WAREHOUSE
from tests.harness.nettbutikk24 import SimulatedNettbutikk

WORDS = {"status_confirmed": True, "status_sent": "Sendt", "status_sent_rest": "Sendt med rest"}
REPLACED = "the token was replaced in the shop: paste the new one as api_key"


@dataclass
class Town:
    """A running gateway of three processes, its REST API, and a 24Nettbutikk shop that it is connected to."""

    cluster: Cluster
    api: httpx.AsyncClient
    shop: SimulatedNettbutikk

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        answer = await self.api.request(method, path, **more)
        assert answer.is_success, answer.text
        return answer.json()

    async def connect(self) -> None:
        url = f"{self.cluster.warehouse_server.url}/demo/api/v1/"
        given = {
            "name": "butikk",
            "integration": "24nettbutikk",
            "source": self.shop.credentials(),
            "warehouse": {"url": url, "user": "gateway", "password": "gateway", "goods_owner_id": 78},
            "settings": {"go_live": "2020-01-01T00:00:00Z", "requests_per_second": 1000, **WORDS},
        }
        await self.ask("POST", "/connections", json=given)
        await self.ask("POST", "/connections/butikk/activate")

    async def sync(self) -> int:
        """The answer's status."""
        return (await self.api.post("/sync/24nettbutikk", params={"wait": 60}, timeout=90)).status_code

    async def polls_are_due(self) -> None:
        async with self.cluster.database.begin() as db:
            await db.execute(update(cursors).values(next_poll_at=utc_now()))

    async def alerts(self) -> list[tuple[str, str]]:
        found = (await self.ask("GET", "/alerts"))["items"]
        return [(each["kind"], each["text"]) for each in found if each["connection"] == "butikk"]

    async def delivery(self, number: str) -> str:
        (found,) = (await self.ask("GET", "/mappings", params={"number": number}))["items"]
        return str(found["delivery"])

    async def runs(self) -> int:
        """How many runs of this connection have ended."""
        found = (await self.ask("GET", "/runs", params={"limit": 50}))["items"]
        return sum(each["state"] in ("done", "failed") for each in found)


@pytest.fixture
async def town(postgresql_database: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with open_town(tmp_path, postgresql_database, warehouse=WAREHOUSE) as cluster:
        for start in (cluster.start_api, cluster.start_worker, cluster.start_worker):
            start()
        await cluster.until_answering()
        async with cluster.database.begin() as db:
            _, secret = await keys.create(db, "test", [Right.ADMIN], None, utc_now())
        headers = {"Authorization": f"Bearer {secret}"}
        async with httpx.AsyncClient(base_url=cluster.api_url, headers=headers, trust_env=False, timeout=30) as api:
            yield Town(cluster, api, SimulatedNettbutikk.open(utc_now))


@pytest.mark.timeout(180)
async def test_it_is_asked_no_more_told_once_and_all_goes_on_with_the_new_one(town: Town) -> None:
    shop, warehouse = town.shop, town.cluster.warehouse
    await town.connect()
    first = shop.order("SOKK-1")["order_no"]
    assert await town.sync() == 200
    warehouse.ship(first, "70300001")
    warehouse.put_in_stock("SOKK-1", 7)

    new, asked = shop.replace_token(), len(shop.calls())
    second = shop.order("SOKK-1")["order_no"]
    assert await town.sync() == 424
    # Whoever does the rest has not heard the shop's answer.
    await asyncio.gather(*(each.stop("worker_stopped") for each in town.cluster.programs if each.name.startswith("worker")))
    for _ in range(2):
        town.cluster.start_worker()
    assert await town.sync() == 424
    ended = await town.runs()
    await town.polls_are_due()
    await until(lambda: _more_runs(town, ended + 3), "the polls were made")
    tested = await town.ask("POST", "/connections/butikk/test")
    in_test = 2
    assert REPLACED in [each["message"] for each in tested["checks"]]
    assert await town.sync() == 424
    assert [(call.method, call.status) for call in shop.calls()[asked:]] == [("GET", 401)] * (1 + in_test)
    told = [(kind, text) for kind, text in await town.alerts() if "token" in text]
    assert [(kind, text[: len(REPLACED)]) for kind, text in told] == [("login-refused", REPLACED)], (
        told
    )  # a pause may stand behind
    assert shop.shown(first)["status"] == "Mottatt"
    assert (await town.ask("GET", "/connections/butikk"))["login_ended"]["words"] == REPLACED

    await town.ask("PATCH", "/connections/butikk", json={"source": {"api_key": new}})
    await until(lambda: shop.shown(first)["status"] == "Sendt", "the shipment was told")
    await until(lambda: _has_order(town, second), "the order that was placed meanwhile came")
    await until(lambda: shop.shop.stock("SOKK-1") == 6, "the quantity was written, less what was sold")
    assert await town.sync() == 200
    assert [kind for kind, _ in await town.alerts()] == ["login-refused"]
    assert (await town.ask("GET", "/connections/butikk"))["login_ended"] is None


async def _more_runs(town: Town, count: int) -> bool:
    return await town.runs() >= count


async def _has_order(town: Town, number: str) -> bool:
    return bool((await town.ask("GET", "/mappings", params={"number": number}))["items"])
