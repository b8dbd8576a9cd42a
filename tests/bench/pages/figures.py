"""Every page of the console beside 200,000 finished orders, and beside 2,000: its time, and that of the login page in the same
run."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import httpx

from tests.api.calling import client_of, open_site
from tests.bench.figure import Figure, Options
from tests.bench.workload import databases
from tests.browser.console.test_every_page import PAGES
from tests.browser.console.world import a_day, csrf_of
from tests.engine.cost import long_history
from tests.engine.cost.long_history import BESIDE

FEW, MANY = 2_000, 198_000
TIMES = 7
MORE = 1.5
"""Indexes get deeper. A page that read all of a table would cost a hundred times as much."""
NOISE_SECONDS = 0.005
TRIVIAL = "/console/login"


def sqlite(options: Options) -> list[Figure]:
    with databases.sqlite() as url:
        return asyncio.run(_measure("console-sqlite", "SQLite", url))


def postgresql(options: Options) -> list[Figure]:
    with databases.postgresql() as url:
        return asyncio.run(_measure("console-postgresql", "PostgreSQL", url))


async def _measure(bench: str, database: str, url: str) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_site(url, Path(folder)) as site, client_of(site.door.app) as person:
            shop = await site.connect("nettbutikk", processes={"shipments": True, "stock": True}, silent_hours=24)
            other = await site.connect("annen-butikk", goods_owner_id=78)
            places = await a_day(site, shop, other)
            csrf = csrf_of((await person.get(TRIVIAL)).text)
            trivial = statistics.median([await _seconds(person, TRIVIAL) for _ in range(TIMES)])
            await person.post(TRIVIAL, data={"csrf": csrf, "api_key": await site.door.key("admin")})
            found: list[dict[str, float]] = []
            for orders, beside in ((FEW, BESIDE), (MANY, BESIDE + FEW)):
                await long_history.add(site, orders, beside)
                if not site.gateway.database.is_sqlite:
                    await long_history.analyze(site)
                found.append({name: await _page(person, path.format(**places)) for name, path in PAGES.items()})
    few, many = found
    return [_figure(bench, database, name, few[name], many[name], trivial) for name in PAGES]


async def _page(person: httpx.AsyncClient, path: str) -> float:
    await _seconds(person, path)  # its statements are compiled, its template is read
    return statistics.median([await _seconds(person, path) for _ in range(TIMES)])


async def _seconds(person: httpx.AsyncClient, path: str) -> float:
    began = time.perf_counter()
    answer = await person.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:500]}"
    return time.perf_counter() - began


def _figure(bench: str, database: str, name: str, few: float, many: float, trivial: float) -> Figure:
    return Figure(
        bench,
        f"page {name} on {database}, {FEW + MANY:,} orders instead of {FEW:,}",
        f"{many * 1000:.1f} ms instead of {few * 1000:.1f} ms, {many / trivial:.1f} times the login page",
        f"at most {MORE} times and {NOISE_SECONDS * 1000:.0f} ms",
        many <= few * MORE + NOISE_SECONDS,
    )
