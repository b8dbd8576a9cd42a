"""Whatever stands in one record of a system, the others go on, and the run ends as done."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.http import BoundedTransport
from tests.api.calling import Site, open_site
from tests.harness.mystore import SimulatedMystore
from tests.harness.nettbutikk24 import SimulatedNettbutikk
from tests.harness.sevenoffice24 import SimulatedSevenOffice

ADDRESS = {
    "shipping_address_name": "Kari Nordmann",
    "shipping_address_address": "Storgata 1",
    "shipping_address_zipcode": "0155",
    "shipping_address_city": "Oslo",
    "shipping_address_country": "Norway",
}
MARK = "ODDTEXT"
"""Stands in one order where something odd is put on its way."""


@dataclass
class System:
    """One system with a connection, and how an order is made in it: with a text of people, or without."""

    site: Site
    name: str
    order: Callable[[str], str]

    async def run(self, process: str = "orders") -> dict[str, Any]:
        async with self.site.worker():
            answer = await self.site.client.post("/sync/odd", params={"process": process})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def sent(self) -> set[str]:
        return {call.body["orderNumber"] for call in self.site.warehouse.writes("PUT", "/orders")}


def mystore(site: Site) -> tuple[dict[str, Any], Callable[[str], str]]:
    shop = SimulatedMystore.open(site.clock)
    shop.product("KOPP", "Kopp", quantity=5)
    given = {"source": shop.credentials(), "settings": {"calls_per_minute": 6000}}
    return given, lambda note: str(shop.order("KOPP", **{**ADDRESS, "shipping_address_company": note})["id"])


def nettbutikk(site: Site) -> tuple[dict[str, Any], Callable[[str], str]]:
    shop = SimulatedNettbutikk.open(site.clock)
    shop.product("KOPP", "Kopp")
    given = {"source": shop.credentials(), "settings": {"requests_per_second": 1000, "status_confirmed": True}}
    return given, lambda note: str(shop.order("KOPP", customer_comment=note)["order_no"])


def sevenoffice(site: Site) -> tuple[dict[str, Any], Callable[[str], str]]:
    office = SimulatedSevenOffice.open(site.clock)
    given: dict[str, Any] = {"source": office.credentials(), "settings": {}}
    return given, lambda note: str(office.order("SOKK-1", YourReference=note)["OrderId"])


JSON_SYSTEMS = {"mystore": mystore, "24nettbutikk": nettbutikk}
SYSTEMS = {**JSON_SYSTEMS, "24sevenoffice": sevenoffice}


@pytest.fixture
async def site(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(sqlite_database, tmp_path, public_url="http://gateway.test") as opened:
        yield opened


async def connected(site: Site, name: str) -> System:
    given, order = SYSTEMS[name](site)
    body = {"name": "odd", "integration": name, "warehouse": site.given()["warehouse"], **given}
    body["settings"] = {"go_live": "2020-01-01T00:00:00Z", **body["settings"]}
    made = await site.client.post("/connections", json=body)
    assert made.status_code == 201, made.text
    activated = await site.client.post("/connections/odd/activate")
    assert activated.status_code == 200, activated.text
    system = System(site, name, order)
    assert (await system.run("articles"))["state"] == "done"
    return system


@contextlib.contextmanager
def changed(change: Callable[[httpx.Response], httpx.Response]) -> Iterator[None]:
    """Within the block every answer of the systems is changed on its way; the WMS's are not."""
    whole = BoundedTransport.handle_async_request

    async def handle(self: BoundedTransport, request: httpx.Request) -> httpx.Response:
        answer = await whole(self, request)
        return answer if "/api/v1/orders" in request.url.path and request.method == "PUT" else change(answer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BoundedTransport, "handle_async_request", handle)
        yield


def with_content(content: bytes) -> Callable[[httpx.Response], httpx.Response]:
    def change(answer: httpx.Response) -> httpx.Response:
        found = answer.content.replace(f'"{MARK}"'.encode(), content)
        return httpx.Response(answer.status_code, headers=answer.headers, content=found)

    return change


def nested(levels: int) -> bytes:
    return b'{"a": ' * levels + b"1" + b"}" * levels


ODD = {
    "300 levels": nested(300),
    "5,000 levels": nested(5_000),
    "100,000 lists": b"[" * 100_000 + b"]" * 100_000,
    "an entity of 5,000 digits": b'"&#' + b"1" * 5_000 + b';"',
    "many entities": b'"' + b"&amp;" * 40_000 + b'"',
    "nul": b'"a \\u0000 b"',
    "half a character": b'"half \\ud83d"',
    "infinite": b"1e400",
    "100,000 digits": b"1" * 100_000,
    "over 64 bits": b"18446744073709551616",
    "a list": b"[1, {}, null]",
    "null": b"null",
}


@pytest.mark.parametrize("name", JSON_SYSTEMS)
async def test_an_odd_value_costs_at_most_its_order(site: Site, name: str) -> None:
    system = await connected(site, name)
    for odd in ODD.values():
        before, _, behind = (system.order(note) for note in ("", MARK, ""))
        with changed(with_content(odd)):
            run = await system.run()
        assert (run["state"], run["parts"][0]["error"]) == ("done", None), odd[:40]
        assert {before, behind} <= system.sent(), odd[:40]


HEADERS = [
    {"Date": "Mon, 01 Jan 2024 00:00:00 +99999999999999999"},
    {"Date": "Fri, 31 Dec 9999 23:59:59 -2300"},
    {"Date": "x" * 10_000, "Retry-After": "9" * 5_000, "Last-Modified": "Mon, 01 Jan 0001 00:00:00 +2300"},
    {"APILimitRemaining": "9" * 5_000, "APILimitReset": "9999-12-31T23:59:59-23:00", "X-WP-Total": "9" * 5_000},
]


@pytest.mark.parametrize("name", SYSTEMS)
async def test_a_header_of_any_size_breaks_no_poll(site: Site, name: str) -> None:
    system = await connected(site, name)
    for headers in HEADERS:

        def change(answer: httpx.Response, headers: dict[str, str] = headers) -> httpx.Response:
            return httpx.Response(answer.status_code, headers={**dict(answer.headers), **headers}, content=answer.content)

        number = system.order("")
        with changed(change):
            run = await system.run()
        assert (run["state"], run["parts"][0]["error"]) == ("done", None), headers
        assert number in system.sent()


XML = {
    "300 levels": b"<a>" * 300 + b"</a>" * 300,
    "entities": b"&amp;" * 200_000,
    "an entity that is none": b"&#65;" * 10_000,
    "elements": b"<b/>" * 10_000,
    "digits": b"1" * 100_000,
}


async def test_odd_xml_costs_at_most_its_order(site: Site) -> None:
    system = await connected(site, "24sevenoffice")
    for odd in XML.values():
        before, _, behind = (system.order(note) for note in ("", MARK, ""))

        def change(answer: httpx.Response, odd: bytes = odd) -> httpx.Response:
            found = answer.content.replace(MARK.encode(), odd)
            return httpx.Response(answer.status_code, headers=answer.headers, content=found)

        with changed(change):
            run = await system.run()
        assert {before, behind} <= system.sent(), odd[:40]
        assert (run["state"], run["parts"][0]["error"]) == ("done", None), odd[:40]
