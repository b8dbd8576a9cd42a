"""Receipts and outgoing webhooks: their pages, and the same over REST."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.domain import OutgoingType
from app.records import outgoing_webhooks
from app.records.receipts import storing
from tests.api.calling import Site, client_of, open_site
from tests.browser.console.world import csrf_of

ADDRESS = "/console/connections/shop/outgoing-webhooks"
ITEM: dict[str, Any] = {
    "quantity": 4,
    "batch": "L-1",
    "serial": None,
    "expires_on": "2027-06-30",
    "status": {"code": "D", "name": "Skadet"},
    "is_locked": False,
    "is_locked_for_sale": True,
    "container": None,
    "location": None,
    "comment": None,
    "received_at": None,
}
LINE: dict[str, Any] = {
    "line_id": 1,
    "row_number": "1",
    "external_line_id": "ERP-1",
    "article_number": "SOKK-1",
    "quantity": 4,
    "received": 4,
    "advised": 10,
    "difference": -6,
    "items": [ITEM],
}
CONTENT: dict[str, Any] = {
    "purchase_order_number": "PO-1",
    "purchase_order_id": 70001,
    "goods_owner_reference": None,
    "reference_number": None,
    "supplier_number": "S-4",
    "supplier_name": "Strikk AS",
    "status": {"number": 400, "text": "Deviation"},
    "is_complete": False,
    "received_at": "2026-11-21T09:12:00Z",
    "lines": [LINE],
}


@pytest.fixture
async def person(sqlite_database: str, tmp_path: Path) -> AsyncIterator[tuple[Site, httpx.AsyncClient]]:
    """An administrator who is logged in, a receipt, and an event."""
    async with open_site(sqlite_database, tmp_path) as site, client_of(site.door.app) as client:
        connection = await site.connect(outgoing_webhooks={"url": "http://127.0.0.1:9/"})
        async with site.gateway.database.begin() as db:
            now = site.gateway.clock()
            for _ in range(3):
                await storing.add(db, connection.id, CONTENT, now)
            await outgoing_webhooks.add(db, connection.id, OutgoingType.RECEIPT_CREATED, "1", {"id": 1}, now)
        csrf = csrf_of((await client.get("/console/login")).text)
        await client.post("/console/login", data={"csrf": csrf, "api_key": await site.door.key("admin")})
        yield site, client


async def test_receipts_are_shown_and_given(person: tuple[Site, httpx.AsyncClient]) -> None:
    site, client = person
    assert "PO-1" in (await client.get("/console/receipts?purchase_order=PO-1")).text
    page = (await client.get("/console/receipts/1")).text
    assert all(each in page for each in ("L-1", "2027-06-30", "Skadet", "ERP-1", "Strikk AS"))

    newest = (await site.client.get("/receipts")).json()["items"]
    assert [each["id"] for each in newest] == [3, 2, 1]
    assert newest[0]["lines"] == [LINE]
    behind = (await site.client.get("/receipts", params={"after": 1, "connection": "shop", "limit": 1})).json()
    assert ([each["id"] for each in behind["items"]], behind["next_cursor"]) == ([2], None)
    assert (await site.client.get("/receipts/9")).status_code == 404


async def test_events_are_shown_and_a_secret_is_made_once(person: tuple[Site, httpx.AsyncClient]) -> None:
    site, client = person
    assert "receipt.created" in (await client.get("/console/outgoing-webhooks?state=waiting")).text
    assert (await client.get("/console/outgoing-webhooks/1")).status_code == 200
    page = (await client.get(ADDRESS)).text
    assert "http://127.0.0.1:9/" in page
    made = await client.post(f"{ADDRESS}/secret", data={"csrf": csrf_of(page)})
    assert "whsec_" in made.text
    assert "whsec_" not in (await client.get(ADDRESS)).text
    assert (await site.client.get("/connections/shop/outgoing-webhooks")).json()["has_secret"] is True
    sent = await client.post(f"{ADDRESS}/test", data={"csrf": csrf_of(page)})
    assert sent.status_code in (200, 303)
    assert [each["type"] for each in (await site.client.get("/outgoing-webhooks")).json()["items"]] == ["test", "receipt.created"]
