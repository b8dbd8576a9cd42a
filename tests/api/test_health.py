"""Health: what platforms ask, without a key."""

from __future__ import annotations

import asyncio
import urllib.request
from pathlib import Path

import pytest
from sqlalchemy import text

from app.engine.core.queue import ArqWakeUps, brisk_pool
from app.storage.migrations import REVISION
from tests.api.calling import Api, client_of, open_api, settings_for
from tests.services import free_port


async def test_a_process_that_answers_is_alive(sqlite_harness: Api) -> None:
    async with client_of(sqlite_harness.app) as nobody:
        assert (await nobody.get("/livez")).json() == {"status": "alive"}


async def test_it_is_ready_with_its_database_at_our_revision(api: Api) -> None:
    async with client_of(api.app) as nobody:
        answer = await nobody.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "reasons": [], "revision": REVISION})


async def test_a_later_revision_is_fine_an_earlier_one_is_not(api: Api) -> None:
    async with client_of(api.app) as nobody:
        for revision, status, fix in (("0000", 503, "run: gateway migrate"), (f"{REVISION:04}", 200, None)):
            async with api.gateway.database.begin() as db:
                await db.execute(text("update alembic_version set version_num = :found"), {"found": revision})
            answer = await nobody.get("/readyz")
            assert (answer.status_code, answer.json().get("fix")) == (status, fix)


async def test_without_redis_it_is_degraded_and_still_ready(sqlite_harness: Api, tmp_path: Path) -> None:
    pool = brisk_pool(f"unix://{tmp_path}/nobody.sock")
    sqlite_harness.gateway.wake_ups = ArqWakeUps(pool, "queue")
    async with client_of(sqlite_harness.app) as nobody:
        answer = await nobody.get("/readyz")
    await pool.aclose(close_connection_pool=True)
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["reasons"][0].startswith("Redis does not answer")


async def test_with_redis_it_is_ready(sqlite_harness: Api, redis_url: str) -> None:
    pool = brisk_pool(redis_url)
    sqlite_harness.gateway.wake_ups = ArqWakeUps(pool, "queue")
    async with client_of(sqlite_harness.app) as nobody:
        assert (await nobody.get("/readyz")).json()["status"] == "ready"
    await pool.aclose(close_connection_pool=True)


async def test_a_process_that_is_ending_is_not_ready(sqlite_harness: Api) -> None:
    sqlite_harness.gateway.stopping = True
    async with client_of(sqlite_harness.app) as nobody:
        answer = await nobody.get("/readyz")
    assert answer.status_code == 503


async def test_the_front_door_leads_to_the_documentation(sqlite_harness: Api) -> None:
    async with client_of(sqlite_harness.app) as nobody:
        door = (await nobody.get("/")).json()
        assert (await nobody.get(door["docs"])).status_code == 200
        assert (await nobody.get(door["openapi"])).json()["openapi"].startswith("3.1")


async def test_the_figures_have_a_port_of_their_own(sqlite_database: str, tmp_path: Path) -> None:
    port = free_port()
    async with open_api(settings_for(sqlite_database, tmp_path, metrics_port=port)):
        page = await asyncio.to_thread(urllib.request.urlopen, f"http://127.0.0.1:{port}/metrics")
        assert b"gateway_intake_total" in page.read()
        page.close()


async def test_a_port_for_figures_that_is_taken_does_not_keep_the_intake_from_opening(
    sqlite_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, open_api(settings_for(sqlite_database, tmp_path, metrics_port=port)) as api:
        assert (await api.admin.get("/livez")).status_code == 200
    written = capsys.readouterr()
    assert "no_figures" in written.out + written.err
