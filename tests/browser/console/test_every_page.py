"""Every page of the console: it opens in both languages, keeps nobody out, breaks no policy, fits a phone, and costs little."""

from __future__ import annotations

import pytest

from tests.browser.console.world import MOST_STATEMENTS, PHONE, World, barriers

PAGES = {
    "overview": "/console",
    "overview-of-one": "/console?connection=annen-butikk",
    "orders": "/console/orders",
    "order": "/console/orders/1",
    "order-content": "/console/orders/1/content",
    "orders-released": "/console/orders/bulk?act=release&transfer=held",
    "order-files": "/console/orders/{open}/files",
    "articles": "/console/articles",
    "purchase-orders": "/console/purchase-orders",
    "events": "/console/events",
    "event": "/console/events/1",
    "dead-letters": "/console/dead-letters",
    "dead-letters-tried": "/console/dead-letters/replay",
    "runs": "/console/runs",
    "run": "/console/runs/{run}",
    "returns": "/console/returns",
    "stock": "/console/stock",
    "corrections": "/console/stock/adjustments",
    "stock-of-one": "/console/stock/article?connection=nettbutikk&number=SOKK-1",
    "receipts": "/console/receipts",
    "outgoing-webhooks": "/console/outgoing-webhooks",
    "outgoing-address": "/console/connections/nettbutikk/outgoing-webhooks",
    "lanes": "/console/lanes",
    "alerts": "/console/alerts",
    "alert": "/console/alerts/1",
    "reconciles": "/console/reconcile",
    "reconcile": "/console/reconcile/{reconcile}",
    "backfills": "/console/backfill",
    "backfill": "/console/backfill/{backfill}",
    "adoptions": "/console/adopt",
    "adoption": "/console/adopt/{adopt}",
    "audit": "/console/audit",
    "keys": "/console/keys",
    "connections": "/console/connections",
    "connection": "/console/connections/nettbutikk",
    "settings": "/console/connections/nettbutikk/settings",
    "carriers": "/console/connections/nettbutikk/carriers?method=flat_rate",
    "delivery-note": "/console/connections/nettbutikk/delivery-note",
    "credentials": "/console/connections/nettbutikk/credentials",
    "connect": "/console/connect",
}
"""A name for its pictures, and its address. Every page of the console stands here."""

EVERY = pytest.mark.parametrize(("name", "path"), PAGES.items(), ids=list(PAGES))


@EVERY
async def test_it_keeps_nobody_out(console: World, name: str, path: str) -> None:
    async with console.person() as somebody:
        await console.opens(somebody, path)
        assert await barriers(somebody) == []
        await console.shot(somebody, f"{name}-light")
        await somebody.page.emulate_media(color_scheme="dark")
        assert await barriers(somebody, "color-contrast") == []
        assert somebody.errors == []


@EVERY
async def test_it_fits_a_phone_in_norwegian_and_works_without_scripts(console: World, name: str, path: str) -> None:
    async with console.person(viewport=PHONE, locale="nb-NO", color_scheme="dark") as somebody:
        await console.opens(somebody, path)
        assert await somebody.page.get_attribute("html", "lang") == "nb"
        assert await somebody.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await console.shot(somebody, f"{name}-phone-dark-nb")


@EVERY
async def test_it_costs_few_statements(console: World, name: str, path: str) -> None:
    async with console.client() as client:
        await client.get(console.at(path))
        with console.statements() as seen:
            answer = await client.get(console.at(path))
        assert answer.status_code == 200
        assert len(seen) <= MOST_STATEMENTS, seen
