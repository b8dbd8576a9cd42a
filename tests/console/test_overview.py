"""The overview's figures: steps of a day's orders with their lead times, what is open, and what needs a person."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from app.records.connections import Connection
from app.records.console import flow, trouble
from app.records.console.flow import Open, Step, Taken
from app.records.console.trouble import Stuck
from app.storage.tables import budgets, cursors, mappings, sessions
from tests.api.calling import Site, client_of, open_site
from tests.browser.console.world import a_day, csrf_of


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(database_url, tmp_path) as opened:
        shop = await opened.connect("nettbutikk", processes={"shipments": True, "stock": True})
        other = await opened.connect("annen-butikk", goods_owner_id=78)
        await a_day(opened, shop, other)
        yield opened


async def test_a_days_orders_are_counted_for_each_connection(site: Site) -> None:
    """One day is filled for all of these, which only read it."""
    shop, other = site.connections.values()
    since = site.clock() - timedelta(hours=1)
    async with site.gateway.database.read() as db:
        both = await flow.taken(db, [shop.id, other.id], since)
        one = await flow.taken(db, [other.id], since)
        hours = await flow.by_hour(db, [shop.id, other.id], since)
        ways = await flow.found_by(db, [shop.id, other.id], since)
        none = await flow.taken(db, [shop.id], site.clock() + timedelta(hours=1))
    assert {step: each.orders for step, each in both.items()} == {Step.IN: 7, Step.ENTERED: 5, Step.SENT: 1, Step.TOLD: 1}
    assert {step: each.orders for step, each in one.items()} == {Step.IN: 1, Step.ENTERED: 1}
    assert {step: sum(each.values()) for step, each in hours.items()} == {"in": 7, "entered": 5, "sent": 1, "told": 1}
    assert ways == {"webhook": 7}
    assert none == {}
    await _open_orders_are_counted_where_they_are(site)
    await _what_is_held_and_dead_is_counted_by_process(site)
    await _nobody_hears_of_another_customers_trouble(site)


async def test_lead_times_are_the_middle_the_95th_and_the_longest(site: Site) -> None:
    shop, now = next(iter(site.connections.values())), site.clock() + timedelta(days=2)
    same = {"connection_id": shop.id, "kind": "order", "lane": shop.lane, "wanted": "present", "transfer": "sent"}
    rows = [
        {**same, "source_id": f"t-{each}", "created_at": now, "updated_at": now, "entered_at": now + timedelta(seconds=each)}
        for each in range(1, 21)
    ]
    async with site.gateway.database.begin() as db:
        await db.execute(insert(mappings), rows)
    async with site.gateway.database.read() as db:
        found = (await flow.taken(db, [shop.id], now))[Step.ENTERED]
        hours = await flow.by_hour(db, [shop.id], now - timedelta(hours=3))
    rounded = Taken(found.step, found.orders, *(round(each or 0, 2) for each in (found.median, found.p95, found.longest)))
    assert rounded == Taken(Step.ENTERED, 20, 10.0, 19.0, 20.0)
    assert hours[Step.ENTERED] == {3: 20}


async def _open_orders_are_counted_where_they_are(site: Site) -> None:
    shop, other = site.connections.values()
    async with site.gateway.database.read() as db:
        found = await flow.open_orders(db, [shop.id], site.clock() + timedelta(days=1))
        others = await flow.open_orders(db, [other.id], site.clock() - timedelta(days=1))
    assert sum(each.orders for each in found if each.is_there) == 3
    assert {(each.transfer, each.orders, each.late) for each in found if not each.is_there} == {("held", 1, 1), ("refused", 1, 1)}
    (one,) = others
    assert (one.orders, one.late, one.is_there) == (1, 0, True)
    assert isinstance(one, Open)


async def _what_is_held_and_dead_is_counted_by_process(site: Site) -> None:
    shop, other = site.connections.values()
    async with site.gateway.database.read() as db:
        found = await trouble.stuck(db, [shop.id, other.id])
        assert await trouble.stuck(db, [other.id]) == []
    assert sorted(found, key=lambda each: each.state) == [
        Stuck(shop.id, "orders", "dead", 1),
        Stuck(shop.id, "orders", "held", 1),
    ]


async def test_the_page_names_what_needs_a_person(site: Site) -> None:
    shop, now = next(iter(site.connections.values())), site.clock()
    async with site.gateway.database.begin() as db:
        await db.execute(
            insert(sessions).values(
                connection_id=shop.id, sealed=b"", version=1, updated_at=now, ended_at=now, ended_words="consent was taken back"
            )
        )
        await db.execute(
            update(cursors).where(cursors.c.connection_id == shop.id).values(failures=3, last_error="the shop answered 500")
        )
        key = f"{shop.warehouse.url}|{shop.warehouse.user}|GET /orders"
        await db.execute(
            insert(budgets).values(
                key=key, failures=3, pauses=1, blocked_until=now + timedelta(minutes=5), last_error="locked out", updated_at=now
            )
        )
    text = await _shown(site, "/console")
    for words in (
        "disconnected: log in to the shop again",
        "consent was taken back",
        "cannot be read: orders",
        "the shop answered 500",
        "held (orders)",
        "given up (orders)",
    ):
        assert words in text, words
    assert '<a href="/console/dead-letters?connection=nettbutikk"' in text


async def _nobody_hears_of_another_customers_trouble(site: Site) -> None:
    other: Connection = list(site.connections.values())[1]
    text = await _shown(site, "/console", only=[other])
    assert "Nothing. All orders go their way by themselves." in text
    assert "nettbutikk" not in text


async def _shown(site: Site, path: str, only: list[Connection] | None = None) -> str:
    async with client_of(site.door.app) as person:
        csrf = csrf_of((await person.get("/console/login")).text)
        await person.post("/console/login", data={"csrf": csrf, "api_key": await site.door.key("read", only=only)})
        answer = await person.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


FIGURE = re.compile(r'<a [^>]*href="(/console/orders[?][^"]*(?:step|place)=[^"]*)"[^>]*>\s*(?:<strong>)?([0-9]+)')
"""A link with its figure in it, as on the overview."""


async def test_each_figure_leads_to_the_list_of_exactly_those_orders(site: Site) -> None:
    shop = next(iter(site.connections.values()))
    same = {"connection_id": shop.id, "kind": "order", "lane": shop.lane, "wanted": "present", "transfer": "pending"}
    moments = {"created_at": site.clock() - timedelta(hours=30), "updated_at": site.clock()}
    async with site.gateway.database.begin() as db:
        await db.execute(insert(mappings), [{**same, **moments, "source_id": f"late-{each}"} for each in range(3)])
    async with client_of(site.door.app) as person:
        csrf = csrf_of((await person.get("/console/login")).text)
        await person.post("/console/login", data={"csrf": csrf, "api_key": await site.door.key("read")})
        for path in ("/console", f"/console?connection={shop.name}"):
            figures = [(html.unescape(at), int(figure)) for at, figure in FIGURE.findall((await person.get(path)).text)]
            assert {name for at, _ in figures for name in ("step=in", "step=told", "place=picked", "late=1") if name in at} == {
                "step=in",
                "step=told",
                "place=picked",
                "late=1",
            }
            for address, figure in figures:
                listed = (await person.get(address)).text
                assert len(re.findall(r'<th scope="row"><a href="/console/', listed)) == figure, address
