"""One gateway with a day's records behind its console, for all tests of a process. It is filled once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser
from sqlalchemy import event

from app.records.connections import Connection
from app.sandbox.kit.server import Server, free_port
from app.sandbox.ongoing import create_warehouse
from app.sandbox.woocommerce import ShopConfig, create_shop
from tests.api.calling import NO_CITY, Site, open_api, settings_for
from tests.browser.pages import Visitor, visitor
from tests.harness import KEY, SECRET, WAREHOUSE, Clock, SimulatedShop, SimulatedWarehouse

SCREENSHOTS = Path(__file__).parents[3] / "build" / "screenshots"
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
MOST_STATEMENTS = 12


@dataclass
class World:
    """`site` steers it: orders are placed in `site.shop`, and `site.work()` works them off."""

    site: Site
    url: str
    browser: Browser
    admin: str
    """A key with every right to everything."""
    limited: str
    """A key that may only read, and sees `other` alone."""
    shop: Connection
    other: Connection
    sessions: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    """What may stand in the addresses of pages: `run`, and the mappings `open`, `sent` and `held` of orders."""

    # --- in a browser ---------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def person(self, key: str | None = None, *, scripts: bool = True, **options: Any) -> AsyncIterator[Visitor]:
        """Somebody who has logged in. `options`: of the browser, like locale="nb-NO", viewport=PHONE, color_scheme="dark"."""
        given = {"locale": "en-GB", "viewport": DESK, "timezone_id": "Europe/Oslo", "java_script_enabled": scripts, **options}
        async with visitor(self.browser, **given) as somebody:
            token = await self.session(key or self.admin)
            cookie: Any = {"name": "gateway_console", "value": token, "url": f"{self.url}/console", "httpOnly": True}
            zone: Any = {"name": "gateway_zone", "value": "Europe%2FOslo", "url": f"{self.url}/console"}
            await somebody.page.context.add_cookies([cookie, zone])
            yield somebody

    async def opens(self, somebody: Visitor, path: str) -> None:
        answer = await somebody.page.goto(f"{self.url}{self.at(path)}")
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}: {await somebody.text()}"

    def at(self, path: str) -> str:
        """`/console/runs/{run}` as it is in this world."""
        return path.format(**self.places)

    async def shot(self, somebody: Visitor, name: str) -> None:
        """A picture of the whole page, kept as build/screenshots/NAME.png where GATEWAY_TEST_SCREENSHOTS is set."""
        if not os.environ.get("GATEWAY_TEST_SCREENSHOTS"):
            return
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await somebody.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    # --- by hand --------------------------------------------------------------------------------------------------------

    async def session(self, key: str) -> str:
        """The cookie of a session with this key, which is begun once."""
        if key not in self.sessions:
            async with httpx.AsyncClient(base_url=self.url) as client:
                csrf = csrf_of((await client.get("/console/login")).text)
                answer = await client.post("/console/login", data={"csrf": csrf, "api_key": key})
                assert answer.status_code == 303, answer.text
                self.sessions[key] = client.cookies["gateway_console"]
        return self.sessions[key]

    @contextlib.asynccontextmanager
    async def client(self, key: str | None = None, language: str = "en") -> AsyncIterator[httpx.AsyncClient]:
        """A logged-in client that runs no script."""
        cookies = {"gateway_console": await self.session(key or self.admin)}
        headers = {"Accept-Language": language}
        async with httpx.AsyncClient(base_url=self.url, cookies=cookies, headers=headers, follow_redirects=True) as client:
            yield client

    @contextlib.contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Those that the gateway executes in the block."""
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
                seen.append(statement)

        engine = self.site.gateway.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', page)
    assert found is not None, page
    return found[1]


async def barriers(somebody: Visitor, *rules: str) -> list[str]:
    """What axe finds that keeps people out of the page: its rule, and where. `rules`: only these are asked."""
    options = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found = (await Axe().run(somebody.page, options=options)).response["violations"]
    return [f"{each['id']}: {node['html'][:200]} {node['failureSummary']}" for each in found for node in each["nodes"]]


class QuietServer(uvicorn.Server):
    """In the test's own event loop; Ctrl-C stays pytest's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def open_world(browser: Browser, database_url: str, folder: Path) -> AsyncIterator[World]:
    clock, port = Clock(), free_port()
    shop_app = create_shop(ShopConfig(home_url=f"http://127.0.0.1:{port}", consumer_keys=[(KEY, SECRET, "read_write")]), clock)
    wms_app = create_warehouse(WAREHOUSE, clock)
    with Server(shop_app, port) as shop_server, Server(wms_app) as wms_server:
        async with open_api(settings_for(database_url, folder)) as api:
            api.gateway.clock = api.gateway.circuits.clock = api.gateway.daily.clock = clock
            site = Site(
                gateway=api.gateway,
                wake_ups=api.wake_ups,
                clock=clock,
                shop=SimulatedShop(shop_app.state.shop, shop_server, clock),
                warehouse=SimulatedWarehouse(wms_app.state.warehouse, wms_app, wms_server),
                client=api.admin,
                intake=api.app.intake,
                api=api,
            )
            async with _served(api.app) as url:
                shop = await site.connect("nettbutikk", processes={"shipments": True, "stock": True})
                other = await site.connect("annen-butikk", goods_owner_id=78)
                world = World(site, url, browser, await api.key("admin"), await api.key("read", only=[other]), shop, other)
                world.places |= await a_day(site, shop, other)
                yield world


@contextlib.asynccontextmanager
async def _served(app: Any) -> AsyncIterator[str]:
    port = free_port()
    server = QuietServer(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        app.stop_soon()
        server.should_exit = True
        await serving


async def a_day(site: Site, shop: Connection, other: Connection) -> dict[str, str]:
    """Orders that are in the warehouse, one that is being picked, one that was sent, one that is held, one that died, one of the
    other customer; articles, stock, and a sync."""
    places: dict[str, str] = {}
    orders = [site.shop.order(f"SOKK-{number}") for number in range(4)]
    for order in orders:
        await site.take_in(order)
    site.tick(90)
    site.warehouse.model.set_order_status(str(orders[1]["id"]), 300, 77)
    site.warehouse.model.ship(str(orders[2]["id"]), "TRACK-1", (), 77)
    await site.take_in(site.shop.order("GENSER-1"), connection=other)
    held = site.shop.order("SOKK-1", shipping=NO_CITY, billing=NO_CITY)
    await site.take_in(held)
    site.warehouse.fail("status", status=400, method="PUT", path="/demo/api/v1/orders")
    await site.take_in(site.shop.order("SOKK-2"))
    site.mend()
    site.tick(60)
    async with site.worker():
        for connection in (shop, other):
            answer = await site.client.post(f"/sync/{connection.name}", params={"process": "articles"})
            assert answer.status_code == 200, answer.text
        for process in ("shipments", "stock"):
            answer = await site.client.post(f"/sync/{shop.name}", params={"process": process})
            assert answer.status_code == 200, answer.text
            places["run"] = answer.json()["id"]
    site.warehouse.model.adjust_stock("SOKK-1", 5, goods_owner_id=77)
    since = (site.clock() - timedelta(days=1)).isoformat()
    options: dict[str, dict[str, Any]] = {"reconcile": {"late_minutes": 0}, "backfill": {"dry_run": True}, "adopt": {}}
    for name, more in options.items():
        begun = await site.client.post(f"/{name}", json={"connection": shop.name, "since": since, **more})
        assert begun.status_code == 202, begun.text
        places[name] = str(begun.json()["id"])
    await site.work()
    for name, order in {"open": orders[0], "sent": orders[2], "held": held}.items():
        listed = await site.client.get("/mappings", params={"number": str(order["id"]), "kind": "order"})
        places[name] = str(listed.json()["items"][0]["id"])
    return places
