"""Nothing that a key limited to one connection can save or call changes what another tenant sees or does.

Every operation of the API is called with the ids of both. A new operation is called as well: it is read from the document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.records.connections import Connection
from tests.api.calling import Site

LISTS = (
    "/connections",
    "/lanes",
    "/mappings",
    "/events",
    "/jobs",
    "/runs",
    "/reconcile",
    "/backfill",
    "/adopt",
    "/dead-letters",
    "/alerts",
    "/alerts/mutes",
    "/outgoing-webhooks",
    "/returns",
    "/receipts",
    "/stock",
    "/stock/summary",
    "/purchase-orders",
    "/stock/adjustments",
)
PURCHASE = {"lines": [{"row_number": "1", "article_number": "NONE", "quantity": 1}]}
"""A purchase order that waits for an article."""
DETAILS = ("/mappings", "/events", "/jobs", "/runs", "/reconcile", "/backfill", "/adopt", "/alerts")
NOT_CALLED = ("/webhooks/", "/oauth/")
"""Doors without a key."""


@dataclass
class Tenants:
    """Two tenants of one WMS, with one user there: `victim` may see `shop`, `guest` `theirs` and the draft `spare`."""

    site: Site
    shop: Connection
    theirs: Connection
    victim: httpx.AsyncClient
    guest: httpx.AsyncClient

    async def seen(self) -> dict[str, Any]:
        """All that the victim can see."""
        found: dict[str, Any] = {}
        for path in LISTS:
            found[path] = (await self.victim.get(path)).json()
            for item in found[path].get("items", ()) if path in DETAILS else ():
                detail = f"{path}/{item['id']}"
                found[detail] = (await self.victim.get(detail)).json()
        for path in ("/connections/shop", "/connections/shop/webhooks", "/audit"):
            found[path] = (await self.victim.get(path)).json()
        return found

    async def ids(self) -> dict[str, list[str]]:
        """What there is to name in an address, of both."""
        client = self.site.client

        async def of(path: str) -> list[str]:
            return [str(each["id"]) for each in (await client.get(path)).json()["items"]]

        return {
            "connection": ["shop", self.shop.id, "theirs", "spare"],
            "mapping_id": await of("/mappings"),
            "alert_id": await of("/alerts"),
            "mute_id": await of("/alerts/mutes"),
            "event_id": await of("/events"),
            "job_id": await of("/jobs"),
            "run_id": await of("/runs"),
            "lane_id": await of("/lanes"),
            "outgoing_id": await of("/outgoing-webhooks"),
            "receipt_id": await of("/receipts"),
            "letter_id": await of("/dead-letters"),
            "key_id": await of("/keys"),
            "file_id": ["1"],
            "work_id": [*await of("/reconcile"), *await of("/backfill"), *await of("/adopt")],
            "return_number": ["R-1"],
            "integration": ["woocommerce", "mystore", "shop", self.shop.id],
        }

    def bodies(self, method: str, path: str, letters: list[str]) -> list[Any]:
        """What is sent to an operation; more than one where it depends."""
        aimed = {"url": self.shop.warehouse.url, "user": "gateway", "password": "made up", "goods_owner_id": 77}
        shop = {**self.site.shop.credentials(), "consumer_key": "ck_made_up", "consumer_secret": "cs_made_up"}
        known: dict[tuple[str, str], list[Any]] = {
            ("PATCH", "/connections/{connection}"): [
                {"warehouse": {"password": "made up"}},
                {"name": "shop"},
                {"name": "woocommerce"},
                {"source": shop, "warehouse": aimed},
                {
                    "settings": {
                        "order_number_prefix": "",
                        "processes": {"articles": True},
                        "warehouse": {"webhook_header": "X-A"},
                    }
                },
            ],
            ("PUT", "/connections/{connection}"): [{"integration": "woocommerce", "source": shop, "warehouse": aimed}],
            ("POST", "/connections"): [{"name": "new", "integration": "woocommerce", "source": shop, "warehouse": aimed}],
            ("POST", "/connections/{connection}/preview"): [{"process": "orders", "latest": 1}],
            ("POST", "/lanes/{lane_id}/pause"): [{"reason": "mine now"}],
            ("POST", "/mappings/{mapping_id}/resolve"): [{"reason": "mine now"}],
            ("POST", "/erase"): [{"text": "kari@example.com", "dry_run": False}],
            ("POST", "/dead-letters/replay"): [{"filter": {}, "dry_run": False}, {"ids": letters, "dry_run": False}],
            ("POST", "/outgoing-webhooks/replay"): [{"dry_run": False}, {"connection": "shop", "dry_run": False}],
            ("POST", "/alerts/mutes"): [
                {"kind": "held", "connection": "shop"},
                {"kind": "held"},
                {"kind": "held", "connection": "theirs"},
            ],
            ("PUT", "/mappings/{mapping_id}/files"): [{"name": "n.txt", "data_base64": "SGVp", "mime_type": "text/plain"}],
            ("POST", "/reconcile"): [{"connection": "shop", "since": "2026-01-01T00:00:00Z"}],
            ("PUT", "/purchase-orders/{connection}/{number}"): [PURCHASE],
            ("POST", "/backfill"): [{"connection": "shop", "since": "2026-01-01T00:00:00Z"}],
            ("POST", "/adopt"): [{"connection": "shop", "since": "2026-01-01T00:00:00Z"}],
            ("POST", "/keys"): [{"name": "more", "rights": ["admin"]}],
            ("POST", "/integrations/{integration}/links"): [{}, {"connection": "shop"}],
        }
        return known.get((method, path), [None])


@pytest.fixture
async def tenants(site: Site) -> Tenants:
    shop = site.connection
    theirs = await site.connect("theirs", goods_owner_id=78, processes={"articles": True, "orders": True})
    for connection in (shop, theirs):
        await site.take_in(site.shop.order(), connection=connection)
    site.warehouse.fail("status", status=400, method="PUT", path="/demo/api/v1/orders")
    for connection in (shop, theirs):
        await site.take_in(site.shop.order(), connection=connection)
        await site.take_in({"id": 1}, connection=connection, X_WC_Webhook_Source="https://staging.example/")
        await site.client.post(f"/sync/{connection.name}", params={"wait": 0})
    site.warehouse.mend()
    await site.client.put("/purchase-orders/shop/PO-1", json=PURCHASE)
    await site.work()
    await site.client.post("/alerts/mutes", json={"kind": "held", "connection": "shop"})
    asked = {"connection": "shop", "since": "2026-01-01T00:00:00Z"}
    for path, more in (("/reconcile", {}), ("/backfill", {"dry_run": True}), ("/adopt", {})):
        assert (await site.client.post(path, json={**asked, **more})).status_code == 202
    await site.work()
    made = (await site.client.post("/connections", json={**site.given(), "name": "spare"})).json()
    spare = await site.gateway.connection(made["id"])
    site.tick(3600)  # what the refused orders have paused goes on
    victim, guest = await site.door.caller("admin", only=[shop]), await site.door.caller("admin", only=[theirs, spare])
    return Tenants(site, shop, theirs, victim, guest)


async def call_everything(tenants: Tenants) -> dict[tuple[str, str], set[int]]:
    """Every operation with the guest's key, once with each id of both. Returns the answers' statuses."""
    document = (await tenants.site.client.get("/openapi.json")).json()
    statuses: dict[tuple[str, str], set[int]] = {}
    for path, item in document["paths"].items():
        if path.startswith(NOT_CALLED):
            continue
        for method in (each.upper() for each in item if each in ("get", "post", "put", "patch", "delete")):
            ids = await tenants.ids()
            names = re.findall(r"{(\w+)}", path)
            for value in ids[names[0]] if names else [""]:
                if method == "DELETE" and value == "spare":
                    continue
                for body in tenants.bodies(method, path, ids["letter_id"]):
                    at = path.replace(f"{{{names[0]}}}", value) if names else path
                    at = at.replace("{number}", "PO-1")
                    params = {"wait": 0} if path.startswith("/sync") else None
                    answer = await tenants.guest.request(method, at, json=body, params=params)
                    assert answer.status_code < 500, (method, at, body, answer.text)
                    assert tenants.shop.webhook_id not in answer.text, (method, at)
                    assert tenants.shop.id not in answer.text.replace(value or "-", ""), (method, at)
                    statuses.setdefault((method, path), set()).add(answer.status_code)
    return statuses


async def test_whatever_a_limited_key_calls_another_sees_and_does_what_it_did_before(tenants: Tenants) -> None:
    before = await tenants.seen()
    statuses = await call_everything(tenants)
    after = await tenants.seen()
    assert {path for path in {*before, *after} if before.get(path) != after.get(path)} == set()
    changed = [("PATCH", "/connections/{connection}"), ("PUT", "/connections/{connection}"), ("POST", "/sync/{integration}")]
    for operation in changed:
        assert statuses[operation] & {200, 202}, f"{operation} was not reached with what is its own"
    await go_on(tenants)


async def go_on(tenants: Tenants) -> None:
    """What the victim does afterwards is done, whatever else the guest tests meanwhile."""
    for _ in range(4):
        await tenants.guest.post("/connections/theirs/test")
    await tenants.site.work()
    tested = (await tenants.victim.post("/connections/shop/test")).json()
    assert tested["ok"], tested
    assert (await tenants.victim.patch("/connections/shop", json={"settings": {"order_number_prefix": "W-"}})).status_code == 200
    order = tenants.site.shop.order()
    await tenants.site.take_in(order, connection=tenants.shop)
    assert tenants.site.warehouse.order(f"W-{order['number']}") is not None
    run = (await tenants.site.client.post("/sync/woocommerce", params={"wait": 0})).json()
    assert "shop" in {part["connection"] for part in run["parts"]}, "no name takes the operator's sync away"
