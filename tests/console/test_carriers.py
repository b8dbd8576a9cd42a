"""Carriers on the console: the rules are edited as rows, a code that the warehouse does not list is refused, and all is shown."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.api.calling import Site, client_of, open_site
from tests.browser.console.world import csrf_of

PAGE = "/console/connections/shop"
COLUMNS = ("place", "method", "countries", "over_kg", "up_to_kg", "transporter_code", "transporter_service_code")
RETURNS = ("return_transporter_code", "return_transporter_service_code")


@pytest.fixture
async def person(sqlite_database: str, tmp_path: Path) -> AsyncIterator[tuple[Site, httpx.AsyncClient]]:
    """An administrator who is logged in, and one active connection."""
    async with open_site(sqlite_database, tmp_path) as site, client_of(site.door.app) as client:
        await site.connect()
        csrf = csrf_of((await client.get("/console/login")).text)
        await client.post("/console/login", data={"csrf": csrf, "api_key": await site.door.key("admin")})
        yield site, client


async def saved(client: httpx.AsyncClient, *rows: tuple[str, ...]) -> httpx.Response:
    """The form of the settings, sent as it is shown but for its rules."""
    page = (await client.get(f"{PAGE}/settings")).text
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen is not None
    inputs = re.findall(r'<input type="checkbox" id="([^"]+)" name="[^"]+" value="on" checked', page)
    texts = re.findall(r'<input id="(settings[^"]+)" name="[^"]+" type="text" value="([^"]*)"', page)
    areas = re.findall(r'<textarea id="(settings[^"]+)"[^>]*>\n([^<]*)</textarea>', page)
    chosen = re.findall(r'<select id="(settings[^"]+)".*?<option value="([^"]*)" selected', page, re.DOTALL)
    form: dict[str, str | list[str]] = {"csrf": csrf_of(page), "seen": seen[1], "action": "save"}
    form |= dict.fromkeys(inputs, "on") | dict(texts) | dict(areas) | dict(chosen)
    for column, cells in zip((*COLUMNS, *RETURNS), zip(*rows, strict=True), strict=True):
        form[f"settings.transporter_rules#{column}"] = list(cells)
    return await client.post(f"{PAGE}/settings", data=form)


async def test_rules_are_edited_checked_and_shown(person: tuple[Site, httpx.AsyncClient]) -> None:
    site, client = person
    answer = await saved(client, ("1", "*", "", "", "", "NOBODY", "X", "", ""))
    assert answer.status_code == 422
    assert "the warehouse lists no transporter" in answer.text
    everything = ("2", "*", "", "", "", "BRING", "SERVICEPAKKE", "", "")
    answer = await saved(client, everything, ("1", "*hjem*", "NO, SE", "", "2,5", "BRING", "PA_DOREN", "", ""))
    assert answer.status_code == 303, answer.text
    first, second = (await site.client.get("/connections/shop")).json()["settings"]["transporter_rules"]
    assert (first["method"], first["countries"], first["up_to_kg"]) == ("*hjem*", ["NO", "SE"], 2.5)
    assert (second["method"], second["transporter_service_code"]) == ("*", "SERVICEPAKKE")
    page = (await client.get(f"{PAGE}/carriers", params={"method": "Levert hjem", "country": "SE", "weight": "2"})).text
    assert '<strong><span translate="no">BRING PA_DOREN</span></strong> (<code>transporter_rules.0</code>)' in page
    assert '<td translate="no">DHL Express</td><td translate="no">DHL</td><td translate="no">PAKET</td>' in page
