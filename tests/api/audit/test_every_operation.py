"""Every operation that changes something leaves a row of who did it; a new operation has to be played here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event, update

from app.sandbox.ongoing.bodies.inbound import PurchaseOrderBody
from app.storage.callers.tables import outgoing_webhooks
from tests.api.calling import NO_CITY, Site, open_site

CHANGE_NOTHING = {
    "preview_settings": "maps records with settings that are not saved",
    "test_alerts": "sends a test message; raises and keeps no alert",
}
"""Operations that do not only read, and yet change nothing of the gateway's."""
OF_OTHERS = {
    "take_webhook": "what shops send is kept as events",
    "take_warehouse_webhook": "what the WMS sends is a hint to read",
}
OF_THE_MACHINE = {"leases", "budgets", "upkeep", "audit"}
"""Tables that the gateway keeps for itself while it answers, whoever calls."""

Answer = httpx.Response


async def _row(site: Site, path: str, **query: str) -> dict[str, Any]:
    return (await site.client.get(path, params=query)).json()["items"][0]


async def _post(site: Site, path: str, body: Any = None) -> Answer:
    return await site.client.post(path, json=body)


def _declared(site: Site, goods_owner_id: int, **settings: Any) -> dict[str, Any]:
    given = site.given("other")
    given["warehouse"]["goods_owner_id"] = goods_owner_id
    given["settings"] |= settings
    return given


async def _lane(site: Site, act: str) -> Answer:
    return await _post(site, f"/lanes/{(await site.lane())['id']}/{act}")


async def _dead(site: Site) -> None:
    site.warehouse.fail("status", status=400, method="PUT", path="/demo/api/v1/orders")
    await site.take_in(site.shop.order())
    site.mend()


async def _held(site: Site) -> str:
    await site.take_in(site.shop.order(shipping=NO_CITY, billing=NO_CITY))
    return str((await _row(site, "/mappings", transfer="held"))["id"])


async def make_connection(site: Site) -> Answer:
    return await _post(site, "/connections", _declared(site, 98))


async def apply_connection(site: Site) -> Answer:
    declared = {name: value for name, value in _declared(site, 98, silent_hours=7).items() if name != "name"}
    return await site.client.put("/connections/other", json=declared)


async def delete_connection(site: Site) -> Answer:
    return await site.client.delete("/connections/other")


async def change_connection(site: Site) -> Answer:
    return await site.client.patch("/connections/shop", json={"settings": {"silent_hours": 5}})


async def test_connection(site: Site) -> Answer:
    return await _post(site, "/connections/shop/test")


async def pause_connection(site: Site) -> Answer:
    return await _post(site, "/connections/shop/pause")


async def resume_connection(site: Site) -> Answer:
    return await _post(site, "/connections/shop/resume")


async def activate_connection(site: Site) -> Answer:
    await _post(site, "/connections/shop/pause")
    return await _post(site, "/connections/shop/activate")


async def rotate_webhook_secret(site: Site) -> Answer:
    return await _post(site, "/connections/shop/rotate-webhook-secret")


async def check_webhooks(site: Site) -> Answer:
    return await _post(site, "/connections/shop/webhooks/check")


async def preview_settings(site: Site) -> Answer:
    return await _post(site, "/connections/shop/preview", {"settings": {"order_number_prefix": "T-"}, "latest": 1})


async def test_alerts(site: Site) -> Answer:
    return await _post(site, "/alerts/test")


async def _alert(site: Site, act: str) -> Answer:
    await _held(site)
    return await _post(site, f"/alerts/{(await _row(site, '/alerts'))['id']}/{act}")


async def close_alert(site: Site) -> Answer:
    return await _alert(site, "close")


async def mute_alert(site: Site) -> Answer:
    return await _alert(site, "mute")


async def unmute_alert(site: Site) -> Answer:
    alert_id = (await _alert(site, "mute")).json()["id"]
    return await _post(site, f"/alerts/{alert_id}/unmute")


async def mute_kind(site: Site) -> Answer:
    return await _post(site, "/alerts/mutes", {"kind": "held", "connection": "shop"})


async def unmute_kind(site: Site) -> Answer:
    made = (await mute_kind(site)).json()
    return await site.client.delete(f"/alerts/mutes/{made['id']}")


async def make_key(site: Site) -> Answer:
    return await _post(site, "/keys", {"name": "new", "rights": ["read"], "connections": ["shop"]})


async def revoke_key(site: Site) -> Answer:
    made = (await _post(site, "/keys", {"name": "gone", "rights": ["read"]})).json()
    return await site.client.delete(f"/keys/{made['id']}")


async def make_link(site: Site) -> Answer:
    return await _post(site, "/integrations/mystore/links", {"connection": None})


async def pause_lane(site: Site) -> Answer:
    return await _lane(site, "pause")


async def resume_lane(site: Site) -> Answer:
    return await _lane(site, "resume")


async def release(site: Site) -> Answer:
    """Of an order that the warehouse has begun with: the shop's cancellation comes too late."""
    await site.client.patch("/connections/shop", json={"settings": {"brake": {"max_count": 0}}})
    order = site.shop.order()
    await site.take_in(order)
    site.shop.model.change_order(order["id"], {"status": "cancelled"})
    async with site.worker():
        await site.client.post("/sync/shop", params={"process": "orders", "full": True})
    found = await site.explained(str(order["id"]), kind="order")
    return await _post(site, f"/mappings/{found['id']}/release")


async def resolve(site: Site) -> Answer:
    return await _post(site, f"/mappings/{await _held(site)}/resolve", {"reason": "called kari@example.com"})


async def resync(site: Site) -> Answer:
    return await _post(site, f"/mappings/{await _held(site)}/resync")


async def close_short(site: Site) -> Answer:
    await site.client.patch("/connections/shop", json={"settings": {"processes": {"shipments": True}}})
    order = site.shop.order(line_items=[{"product_id": site.shop.product_id("SOKK-1"), "quantity": 2}])
    await site.take_in(order)
    site.warehouse.model.pick(str(order["id"]), {str(order["line_items"][0]["id"]): 1}, 77)
    site.warehouse.model.ship(str(order["id"]), "TRACK-1", (), 77)
    async with site.worker():
        await site.client.post("/sync/shop", params={"process": "shipments"})
    found = await site.explained(str(order["id"]), kind="order")
    return await _post(site, f"/mappings/{found['id']}/close-short")


async def _returned(site: Site, **returns: Any) -> dict[str, Any]:
    """An order of the shop that is in the warehouse."""
    settings = {"processes": {"returns": True}, "returns": returns}
    await site.client.patch("/connections/shop", json={"settings": settings})
    order = site.shop.order()
    await site.take_in(order)
    return order


async def put_return(site: Site, number: str = "R-1") -> Answer:
    order = await _returned(site, by=["return-order"])
    line = {"line": str(order["line_items"][0]["id"]), "quantity": 1}
    return await site.client.put(f"/returns/shop/{number}", json={"order": str(order["id"]), "lines": [line]})


async def withdraw_return(site: Site) -> Answer:
    await put_return(site, "R-2")
    return await site.client.delete("/returns/shop/R-2")


async def settle_return(site: Site) -> Answer:
    """Of goods that came back on a purchase order that names no order."""
    await _returned(site, by=["purchase-order"])
    body = {
        "goodsOwnerId": 77,
        "purchaseOrderNumber": "PO-1",
        "purchaseOrderLines": [{"rowNumber": "1", "articleNumber": "SOKK-1", "numberOfItems": 1}],
        "advanced": {"purchaseOrderIsReturnType": True},
    }
    site.warehouse.model.purchases.put(PurchaseOrderBody.model_validate(body))
    site.warehouse.model.purchases.receive("PO-1", {"1": 1})
    async with site.worker():
        await site.client.post("/sync/shop", params={"process": "returns"})
    return await _post(site, "/returns/shop/PO-1/settle", {"reason": "refunded by hand"})


async def attach_file(site: Site) -> Answer:
    order = site.shop.order()
    await site.take_in(order)
    found = await site.explained(str(order["id"]), kind="order")
    body = {"name": "note.txt", "data_base64": "SGVp", "mime_type": "text/plain"}
    return await site.client.put(f"/mappings/{found['id']}/files", json=body)


async def confirm_run(site: Site) -> Answer:
    await site.client.patch("/connections/shop", json={"settings": {"brake": {"max_count": 0}}})
    order = site.shop.order()
    await site.take_in(order)
    site.shop.model.change_order(order["id"], {"status": "cancelled"})
    async with site.worker():
        run = (await site.client.post("/sync/shop", params={"process": "orders", "full": True})).json()
    return await _post(site, f"/runs/{run['id']}/confirm")


async def sync(site: Site) -> Answer:
    return await site.client.post("/sync/shop", params={"wait": 0})


async def replay(site: Site) -> Answer:
    await _dead(site)
    return await _post(site, "/dead-letters/replay", {"filter": {}, "dry_run": False})


async def replay_one(site: Site) -> Answer:
    await _dead(site)
    return await _post(site, f"/dead-letters/{(await _row(site, '/dead-letters'))['id']}/replay")


async def replay_event(site: Site) -> Answer:
    await site.take_in(site.shop.order())
    return await _post(site, f"/events/{(await _row(site, '/events', state='done'))['id']}/replay")


async def make_outgoing_secret(site: Site) -> Answer:
    return await _post(site, "/connections/shop/outgoing-webhooks/secret")


async def send_test_event(site: Site) -> Answer:
    """The address does not answer: the event waits."""
    await site.client.patch("/connections/shop", json={"settings": {"outgoing_webhooks": {"url": "http://127.0.0.1:9/"}}})
    await make_outgoing_secret(site)
    return await _post(site, "/connections/shop/outgoing-webhooks/test")


async def _dead_event(site: Site) -> int:
    made = (await send_test_event(site)).json()["id"]
    async with site.gateway.database.begin() as db:
        await db.execute(update(outgoing_webhooks).where(outgoing_webhooks.c.id == made).values(state="dead", due_at=None))
    return int(made)


async def replay_outgoing_webhook(site: Site) -> Answer:
    return await _post(site, f"/outgoing-webhooks/{await _dead_event(site)}/replay")


async def replay_outgoing_webhooks(site: Site) -> Answer:
    await _dead_event(site)
    return await _post(site, "/outgoing-webhooks/replay", {"dry_run": False})


async def erase(site: Site) -> Answer:
    await site.take_in(site.shop.order())
    return await _post(site, "/erase", {"text": "kari@example.com", "dry_run": False})


PURCHASE = {"lines": [{"row_number": "1", "article_number": "NONE", "quantity": 1}]}


async def put_purchase_order(site: Site) -> Answer:
    return await site.client.put("/purchase-orders/shop/PO-1", json=PURCHASE)


async def take_back_purchase_order(site: Site) -> Answer:
    await site.client.put("/purchase-orders/shop/PO-2", json=PURCHASE)
    return await site.client.delete("/purchase-orders/shop/PO-2")


async def _long_work(site: Site, path: str) -> str:
    more = {"dry_run": True} if path == "/backfill" else {}
    made = await _post(site, path, {"connection": "shop", "since": "2026-01-01T00:00:00Z", **more})
    assert made.status_code == 202, made.text
    return f"{path}/{made.json()['id']}"


async def reconcile(site: Site) -> Answer:
    return await _post(site, "/reconcile", {"connection": "shop", "since": "2026-01-01T00:00:00Z"})


async def stop_reconcile(site: Site) -> Answer:
    return await _post(site, f"{await _long_work(site, '/reconcile')}/stop")


async def adopt(site: Site) -> Answer:
    return await _post(site, "/adopt", {"connection": "shop", "since": "2026-01-01T00:00:00Z"})


async def stop_adoption(site: Site) -> Answer:
    return await _post(site, f"{await _long_work(site, '/adopt')}/stop")


async def backfill(site: Site) -> Answer:
    return await _post(site, "/backfill", {"connection": "shop", "since": "2026-01-01T00:00:00Z", "dry_run": True})


async def pause_backfill(site: Site) -> Answer:
    path = await _long_work(site, "/backfill")
    paused = await _post(site, f"{path}/pause")
    await _post(site, f"{path}/stop")
    return paused


async def resume_backfill(site: Site) -> Answer:
    path = await _long_work(site, "/backfill")
    await _post(site, f"{path}/pause")
    return await _post(site, f"{path}/resume")


async def stop_backfill(site: Site) -> Answer:
    return await _post(site, f"{await _long_work(site, '/backfill')}/stop")


SCENES: tuple[Callable[[Site], Awaitable[Answer]], ...] = (
    make_connection,
    apply_connection,
    delete_connection,
    change_connection,
    test_connection,
    put_purchase_order,
    take_back_purchase_order,
    check_webhooks,
    rotate_webhook_secret,
    preview_settings,
    test_alerts,
    close_alert,
    mute_alert,
    unmute_alert,
    mute_kind,
    unmute_kind,
    make_key,
    revoke_key,
    make_link,
    pause_lane,
    resume_lane,
    replay,
    replay_one,
    replay_event,
    resync,
    resolve,
    make_outgoing_secret,
    send_test_event,
    replay_outgoing_webhook,
    replay_outgoing_webhooks,
    erase,
    sync,
    reconcile,
    stop_reconcile,
    adopt,
    stop_adoption,
    backfill,
    pause_backfill,
    resume_backfill,
    stop_backfill,
    confirm_run,
    put_return,
    withdraw_return,
    settle_return,
    release,
    close_short,
    attach_file,
    pause_connection,
    resume_connection,
    activate_connection,
)
"""What has to be there before is there: a scene makes what only it needs."""
for _scene in SCENES:
    _scene.__test__ = False  # type: ignore[attr-defined]  # named as the operation, which pytest takes for a test


@pytest.fixture
async def place(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(database_url, tmp_path, public_url="https://gateway.test") as site:
        await site.connect(processes={"articles": True, "orders": True})
        await site.work()
        yield site


class Writes:
    """Tables that requests have changed rows of, since the last look."""

    def __init__(self) -> None:
        self.tables: list[str] = []

    def seen(self, _db: Any, statement: Any, _many: Any, _values: Any, _options: Any, result: Any) -> None:
        if getattr(statement, "is_dml", False) and result.rowcount != 0:
            self.tables.append(statement.table.name)

    @contextmanager
    def of(self, site: Site) -> Iterator[None]:
        engine = site.gateway.database.engine.sync_engine
        event.listen(engine, "after_execute", self.seen)
        try:
            yield
        finally:
            event.remove(engine, "after_execute", self.seen)


def _writing(site: Site) -> dict[str, str]:
    """Method and path of every operation that does not only read, by its id."""
    paths = site.door.app.openapi()["paths"]
    return {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, item in paths.items()
        for method, operation in item.items()
        if method in ("post", "put", "patch", "delete")
    }


async def _rows(site: Site) -> list[dict[str, Any]]:
    return (await site.client.get("/audit", params={"limit": 200})).json()["items"]


async def test_every_operation_that_changes_something_leaves_a_row(place: Site) -> None:
    routes = _writing(place)
    played = [scene.__name__ for scene in SCENES]
    assert sorted([*played, *OF_OTHERS]) == sorted(routes), "a scene for each operation, or a reason"
    for scene in SCENES:
        name, writes = scene.__name__, Writes()
        known = {row["id"] for row in await _rows(place)}
        with writes.of(place):
            answer = await scene(place)
        assert answer.is_success, (name, answer.text)
        new = [row for row in await _rows(place) if row["id"] not in known]
        mine = [row for row in new if row["route"] == routes[name]]
        if name in CHANGE_NOTHING:
            assert set(writes.tables) <= OF_THE_MACHINE, name
            assert new == [], name
            continue
        assert mine, f"{name} changed {sorted(set(writes.tables))} and left no row"
        assert [row for row in new if not row["changes"]] == [], name
        unsaid = [change["path"] for row in new for change in row["changes"] if change["path"].startswith("tables.")]
        assert unsaid == [], f"{name} does not say what it changes"
        assert {(row["way"], row["key"]["name"]) for row in new} == {("api", "test")}, name
        assert {row["address"] for row in new} == {"127.0.0.1"}, name
        await place.work()
