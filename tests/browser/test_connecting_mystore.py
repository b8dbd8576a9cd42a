"""A shop is connected in a real browser: the gateway's pages, mystore's login and consent, settings, activation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser
from sqlalchemy import select

from app.clock import utc_now
from app.integrations.mystore.credentials import deployment
from app.sandbox.kit.server import free_port
from app.sandbox.mystore import Client
from app.storage.engine import Database
from app.storage.tables import connections, sessions
from tests.api.calling import settings_for
from tests.browser.pages import Visitor, admin_key, gateway_server, visitor
from tests.harness.mystore import LOGIN, SimulatedMystore
from tests.harness.warehouse import SimulatedWarehouse

pytestmark = pytest.mark.timeout(180)


@dataclass
class World:
    """A gateway at `localhost`, mystore and the warehouse at 127.0.0.1: to a browser these are different sites."""

    gateway: str
    database_url: str
    mystore: SimulatedMystore
    warehouse: SimulatedWarehouse

    @property
    def start(self) -> str:
        return f"{self.gateway}/oauth/mystore/start"

    async def rows(self, table: Any) -> list[Any]:
        database = Database(self.database_url)
        async with database.read() as db:
            found = list(await db.execute(select(table)))
        await database.close()
        return found


@pytest.fixture
async def person(browser: Browser) -> AsyncIterator[Visitor]:
    size = {"width": 900, "height": 600}
    async with visitor(browser, java_script_enabled=False, locale="en-GB", viewport=size) as somebody:
        yield somebody


@pytest.fixture
def world(sqlite_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    port = free_port()
    gateway = f"http://localhost:{port}"
    client = Client("12", "client-secret", (f"{gateway}/oauth/mystore/callback",))
    mystore = SimulatedMystore.open(utc_now, clients=(client,))
    for name, value in {"URL": mystore.url, "AUTH_URL": mystore.url, "API_URL": mystore.url}.items():
        monkeypatch.setenv(f"GATEWAY_MYSTORE_{name}", value)
    monkeypatch.setenv("GATEWAY_MYSTORE_CLIENT_ID", client.id)
    monkeypatch.setenv("GATEWAY_MYSTORE_CLIENT_SECRET", client.secret)
    deployment.cache_clear()
    warehouse = SimulatedWarehouse.open(utc_now)  # type: ignore[arg-type]  # any clock will do
    with gateway_server(settings_for(sqlite_database, tmp_path, public_url=gateway), port):
        yield World(gateway, sqlite_database, mystore, warehouse)
    deployment.cache_clear()


async def shows_key(person: Visitor, world: World, address: str | None = None) -> None:
    await person.page.goto(address or world.start)
    await person.types(key=await admin_key(world.database_url))
    await person.presses("Continue")


async def types_warehouse(person: Visitor, world: World, **other: str) -> None:
    given = {"url": world.warehouse.url, "user": "gateway", "pass": "gateway", "owner": "77", "name": "nettbutikk", **other}
    for name, value in given.items():
        await person.page.fill(await person.field(name) if name != "name" else "#name", value)


async def logs_in(person: Visitor, **other: str) -> None:
    """At mystore's own page."""
    for name, value in {**LOGIN, **other}.items():
        await person.page.fill(f"input[name={name}]", value)
    await person.page.click("#log-in")
    await person.page.wait_for_load_state()


async def decides(person: Visitor, button: str = "allow") -> None:
    await person.page.click(f"#{button}")
    await person.page.wait_for_load_state()


async def test_all_the_way(world: World, person: Visitor) -> None:
    for number in range(3):
        world.mystore.order(f"SOKK-{number}")
    await person.page.goto(world.start)
    await person.shot("1-key")
    await shows_key(person, world)
    assert "write:orders" in await person.text()
    await types_warehouse(person, world, **{"pass": "wrong"})
    await person.shot("3-warehouse")
    await person.presses("Check, and continue")
    assert "does not accept this user name with this password" in await person.text()
    await person.shot("2-wrong-password")
    assert await person.page.input_value("#user") == "gateway"
    await person.page.fill(await person.field("pass"), "gateway")
    await person.presses("Check, and continue")
    assert person.page.url.startswith(world.mystore.url), await person.text()
    await logs_in(person)
    await person.shot("4-consent")
    await decides(person)
    assert person.page.url.startswith(f"{world.gateway}/oauth/mystore/settings"), await person.text()
    assert "nettbutikk is connected, and not active yet" in await person.text()
    stock = person.page.locator("input[value=stock]")
    assert await stock.count() == 0 or not await stock.is_checked(), "stock is off by default"
    await person.page.select_option('select[name="settings.status_ids.delivered"]', label="Sendt")
    await person.presses("Try it on the latest orders")
    assert "What would be sent" in await person.text()
    await person.shot("5-preview")
    await person.presses("activate")
    assert "nettbutikk is active" in await person.text()
    await person.shot("6-active")
    (row,) = await world.rows(connections)
    assert (row.status, row.settings["status_ids"], row.settings["processes"]["stock"]) == (
        "active",
        {"delivered": ["3"], "cancelled": ["4"], "returned": ["5"]},
        False,
    )
    assert len(await world.rows(sessions)) == 1
    assert [each for each in person.errors if each.startswith(world.gateway) and "422" not in each] == []


async def test_a_person_who_says_no(world: World, person: Visitor) -> None:
    await shows_key(person, world)
    await types_warehouse(person, world)
    await person.presses("Check, and continue")
    await logs_in(person)
    await decides(person, "deny")
    assert "Nothing was allowed, so nothing was connected" in await person.text()
    await person.shot("7-denied")
    await person.page.get_by_role("link", name="Begin again").click()
    assert await person.page.input_value("#user") == "gateway"
    await person.presses("Check, and continue")
    await decides(person)  # mystore remembers the login
    assert "is connected, and not active yet" in await person.text()


async def test_a_right_that_was_taken_off(world: World, person: Visitor) -> None:
    await shows_key(person, world)
    await types_warehouse(person, world)
    await person.presses("Check, and continue")
    await logs_in(person)
    await person.page.uncheck('input[name=scope][value="write:orders"]')
    await decides(person)
    assert await person.page.locator("ul.rights code").all_inner_texts() == ["write:orders"]
    await person.shot("8-rights-missing")
    assert (await world.rows(connections), await world.rows(sessions)) == ([], [])


async def test_in_norwegian_by_a_link_on_a_phone(world: World, browser: Browser) -> None:
    key = await admin_key(world.database_url)
    async with visitor(browser, java_script_enabled=False, locale="nb-NO", viewport={"width": 360, "height": 740}) as customer:
        made = await customer.page.request.post(
            f"{world.gateway}/integrations/mystore/links", data={}, headers={"Authorization": f"Bearer {key}"}
        )
        await customer.page.goto((await made.json())["url"])
        assert await customer.page.get_attribute("html", "lang") == "nb"
        await types_warehouse(customer, world)
        await customer.shot("9-norsk")
        width = await customer.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360
        await customer.presses("Kontroller, og fortsett")
        await logs_in(customer)
        await decides(customer)
        await customer.presses("aktiver koblingen")
        assert "nettbutikk er aktiv" in await customer.text()


async def test_begun_at_another_name_of_this_machine(world: World, person: Visitor) -> None:
    """mystore sends the person back to localhost: a cookie of 127.0.0.1 would not be there."""
    await shows_key(person, world, world.start.replace("localhost", "127.0.0.1"))
    assert person.page.url.startswith(world.gateway)
    await types_warehouse(person, world)
    await person.presses("Check, and continue")
    await logs_in(person)
    await decides(person)
    assert "is connected, and not active yet" in await person.text()


async def test_the_way_back_opened_twice(world: World, person: Visitor) -> None:
    await shows_key(person, world)
    await types_warehouse(person, world)
    await person.presses("Check, and continue")
    await logs_in(person)
    back: list[str] = []
    person.page.on("request", lambda request: back.append(request.url) if "/callback?" in request.url else None)
    await decides(person)
    await person.page.goto(back[0])
    assert "This is done already" in await person.text()
    await person.page.get_by_role("link", name="To its settings").click()
    assert "is connected, and not active yet" in await person.text()
    assert len(await world.rows(connections)) == 1
