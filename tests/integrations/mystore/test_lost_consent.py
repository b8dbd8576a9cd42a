"""A shop takes its consent back: webhooks are kept and orders wait, nothing is lost, and all goes on when it is given again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.engine.core.queue import Task
from app.integrations.mystore.consent import MystoreConsent
from app.integrations.mystore.credentials import deployment
from app.integrations.mystore.settings import MystoreSettings
from app.sandbox.mystore import Client
from tests.api.calling import Site, open_site
from tests.api.onboarding.samtykke import Person
from tests.harness.mystore import SimulatedMystore
from tests.harness.pace import Unhurried

GATEWAY = "http://gateway.test"
CLIENT = Client("12", "client-secret", (f"{GATEWAY}/oauth/mystore/callback",))
ADDRESS: dict[str, Any] = {
    "shipping_address_name": "Kari Nordmann",
    "shipping_address_address": "Storgata 1",
    "shipping_address_zipcode": "0155",
    "shipping_address_city": "Oslo",
    "shipping_address_country": "Norway",
}


@pytest.fixture
async def site(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with open_site(database_url, tmp_path, public_url=GATEWAY) as opened:
        opened.gateway.paces = Unhurried()
        yield opened
    deployment.cache_clear()


@pytest.fixture
def mystore(site: Site, monkeypatch: pytest.MonkeyPatch) -> SimulatedMystore:
    opened = SimulatedMystore.open(site.clock, clients=(CLIENT,), webhook_key="client")
    given = {"AUTH_URL": opened.url, "API_URL": opened.url, "CLIENT_ID": CLIENT.id, "CLIENT_SECRET": CLIENT.secret}
    for name, value in given.items():
        monkeypatch.setenv(f"GATEWAY_MYSTORE_{name}", value)
    deployment.cache_clear()
    return opened


@pytest.fixture
async def person(site: Site) -> Person:
    transport = httpx.ASGITransport(site.door.app)
    return Person(await site.door.stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=GATEWAY)))


async def consents(person: Person, mystore: SimulatedMystore) -> None:
    """Comes back from mystore's page, where the person has allowed everything."""
    authority, user = mystore.model.authority, mystore.model.config.users[0]
    client = authority.client(CLIENT.id)
    assert client is not None
    code = authority.allow(client, user, CLIENT.redirect_uris[0], list(MystoreConsent().rights(MystoreSettings())))
    await person.open(str(httpx.URL("/oauth/mystore/callback", params={"code": code, "state": person.sent_to["state"]})))


async def connected(site: Site, mystore: SimulatedMystore, person: Person) -> None:
    await person.open("/oauth/mystore/start")
    await person.send(api_key=await site.door.key("admin"))
    await person.send(
        url=site.warehouse.url, user="gateway", password="gateway", goods_owner="77", name="butikk", action="consent"
    )
    await consents(person, mystore)
    await person.send(action="activate", processes=["articles", "orders"], go_live="2020-01-01")
    assert "butikk is active" in person.page, person.page


async def deliver(site: Site, mystore: SimulatedMystore, order: dict[str, Any]) -> str:
    """The shop announces the order. Returns the event's state after everybody has worked."""
    shown = (await site.client.get("/connections/butikk")).json()
    body, headers = mystore.delivery("orders/create", mystore.shown("orders", order["id"]), CLIENT.secret)
    answer = await site.client.post(f"/webhooks/{shown['webhook_url'].rpartition('/')[2]}", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    await site.wake_ups.send(Task.INGEST, shown["id"])
    await site.work()
    return str((await site.client.get("/events", params={"limit": 1})).json()["items"][0]["state"])


async def alerts(site: Site) -> list[tuple[str, str]]:
    return [(each["kind"], each["text"]) for each in (await site.client.get("/alerts")).json()["items"]]


async def test_what_comes_meanwhile_is_kept_and_goes_on(site: Site, mystore: SimulatedMystore, person: Person) -> None:
    await connected(site, mystore, person)
    before = (await site.client.get("/connections/butikk")).json()
    first = mystore.order("SOKK-1", **ADDRESS)
    assert await deliver(site, mystore, first) == "done"
    assert site.warehouse.order(first["id"]) is not None

    mystore.model.authority.revoke()
    site.tick(3)
    second = mystore.order("SOKK-1", **ADDRESS)
    assert await deliver(site, mystore, second) == "parked"
    third = mystore.order("SOKK-1", **ADDRESS)
    assert await deliver(site, mystore, third) == "parked"
    assert len(mystore.calls("/oauth/token")) == 2, "a person is asked, and mystore not again"
    link = f"{GATEWAY}/oauth/mystore/start?connection=butikk"
    assert [kind for kind, text in await alerts(site) if link in text] == ["consent-ended"]
    shown = (await site.client.get("/connections/butikk")).json()
    assert (shown["status"], shown["consent"]["state"], shown["consent"]["url"]) == ("active", "ended", link)

    tested = (await site.client.post("/connections/butikk/test")).json()["checks"]
    (access,) = (each for each in tested if each["name"] == "access")
    assert (access["ok"], "/oauth/mystore/start" in access["fix"]) == (False, True)

    await person.open(link)
    await person.send(action="consent")
    await consents(person, mystore)
    assert "butikk is connected again" in person.page
    await site.work()
    assert site.warehouse.order(second["id"]) is not None
    assert site.warehouse.order(third["id"]) is not None
    after = (await site.client.get("/connections/butikk")).json()
    assert (after["id"], after["webhook_url"], after["settings"]) == (before["id"], before["webhook_url"], before["settings"])
    assert after["consent"]["state"] == "given"
    site.tick(60)
    await site.work(sweep=True)
    events = (await site.client.get("/events")).json()["items"]
    assert {each["state"] for each in events} <= {"done", "merged", "ignored"}
    assert len(events) == 3


async def test_a_token_that_expires_in_the_middle_is_never_noticed(site: Site, mystore: SimulatedMystore, person: Person) -> None:
    await connected(site, mystore, person)
    mystore.model.authority.expire()
    order = mystore.order("SOKK-1", **ADDRESS)
    assert await deliver(site, mystore, order) == "done"
    assert site.warehouse.order(order["id"]) is not None
    assert "consent-ended" not in [kind for kind, _ in await alerts(site)]


async def test_the_shop_that_refuses_webhooks_is_told_what_to_make_by_hand(
    site: Site, mystore: SimulatedMystore, person: Person
) -> None:
    mystore.change(webhook_creation="refuses")
    await connected(site, mystore, person)
    assert "make these webhooks by hand" in person.page
    shown = (await site.client.get("/connections/butikk")).json()
    assert shown["webhook_url"] in person.page
    assert "orders/create" in person.page


async def test_a_token_made_by_hand_goes_over_the_same_page(site: Site, mystore: SimulatedMystore, person: Person) -> None:
    """One that is wrong, or lacks a right, is named by the test, and the connection is not activated."""
    await person.open("/oauth/mystore/start")
    await person.send(api_key=await site.door.key("admin"))
    warehouse = {"url": site.warehouse.url, "user": "gateway", "password": "gateway", "goods_owner": "77", "name": "butikk"}
    await person.send(**warehouse, shop="demo", access_token="made-up", action="token")
    assert "is connected, and not active yet" in person.page
    await person.send(action="activate", processes=["articles", "orders"])
    assert (person.status, "It is not active: a check failed" in person.page) == (422, True)
    assert "made-up" not in person.page

    await person.open("/oauth/mystore/start?connection=butikk")
    await person.send(shop="demo", access_token=mystore.token("read:products"), action="token")
    await person.send(action="activate", processes=["articles", "orders"])
    assert (person.status, "read:orders" in person.page) == (422, True)

    await person.open("/oauth/mystore/start?connection=butikk")
    await person.send(shop="demo", access_token=mystore.token(), action="token")
    await person.send(action="activate", processes=["articles", "orders"])
    assert "butikk is active" in person.page
