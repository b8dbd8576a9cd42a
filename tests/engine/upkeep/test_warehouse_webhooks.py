"""`POST /webhooks/ongoing/{webhook_id}`: who may speak, what is looked at, and that the polls stand behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from app.api.intake import wms_webhooks
from app.api.intake.warehouse_hints import EarlyNews, Gathered, GatheredWakeUps
from app.api.intake.wms_webhooks import WarehouseWebhooks
from app.engine.core.queue import MemoryWakeUps, Task, named_in, refresh_many_key
from app.engine.polling import wms_refresh
from app.main import GatewayApp
from app.records.connections import Connection, Status
from app.sandbox.ongoing.model.webhook_payloads import order_payload
from app.storage.tables import mappings
from tests.engine.polling.shipment_steps import BOTH, ON, in_warehouse, notes, status
from tests.engine.stock.stock_steps import in_both, quantity
from tests.engine.stock.stock_steps import in_warehouse as put_into_warehouse
from tests.harness import Harness

SECRET = "a-fixed-secret-of-the-wms"


class AtOnce(GatheredWakeUps):
    """WakeUps in the order in which they are asked for, without waiting for what may come together."""

    def send_soon(self, task: Task, key: str) -> None:
        assert isinstance(self._wake_ups, MemoryWakeUps)
        self._wake_ups.waiting.append((task, key))


class Door:
    """The route, as the WMS reaches it."""

    def __init__(self, harness: Harness, app: WarehouseWebhooks) -> None:
        self.harness, self.app = harness, app
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test")

    async def post(self, payload: Any, connection: Connection | None = None, secret: str | None = SECRET) -> httpx.Response:
        to = connection or self.harness.connection
        headers = {} if secret is None else {"X-Auth-Token": secret}
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return await self.client.post(f"/webhooks/ongoing/{to.webhook_id}", content=body, headers=headers)

    async def tell(self, payload: Any, connection: Connection | None = None) -> list[tuple[Task, str]]:
        """Posted, and what was rung for."""
        self.harness.wake_ups.waiting.clear()
        assert (await self.post(payload, connection)).status_code == 200
        return list(self.harness.wake_ups.waiting)


@pytest.fixture
async def door(bare_harness: Harness) -> AsyncIterator[Door]:
    app = WarehouseWebhooks()
    app.open(bare_harness.gateway)
    app.wake_ups = AtOnce(bare_harness.wake_ups)
    opened = Door(bare_harness, app)
    yield opened
    await opened.client.aclose()
    await app.close()


async def connected(harness: Harness, name: str = "shop", **more: Any) -> Connection:
    return await harness.connect(name, warehouse_secret=SECRET, **{"processes": BOTH, **more})


class TestWho:
    async def test_an_unknown_address(self, bare_harness: Harness, door: Door) -> None:
        await connected(bare_harness)
        answer = await door.client.post("/webhooks/ongoing/nobody", content=b"{}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")

    async def test_a_connection_without_a_secret(self, bare_harness: Harness, door: Door) -> None:
        await bare_harness.connect(processes=ON)
        answer = await door.post({})
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:gateway:problem:no-secret")

    @pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + " ", SECRET.upper()])
    async def test_a_wrong_secret(self, bare_harness: Harness, door: Door, secret: str | None) -> None:
        await connected(bare_harness)
        assert (await door.post({"orderId": 1}, secret=secret)).status_code == 401
        assert not bare_harness.wake_ups.waiting

    async def test_a_body_that_is_too_large(self, bare_harness: Harness, door: Door) -> None:
        await connected(bare_harness)
        assert (await door.post(b" " * (wms_webhooks.MAX_BYTES + 1))).status_code == 413
        assert not bare_harness.wake_ups.waiting

    async def test_the_secret_in_a_header_of_the_warehouses_choice(self, bare_harness: Harness, door: Door) -> None:
        connection = await connected(bare_harness, warehouse={"webhook_header": "X-Key"})
        path = f"/webhooks/ongoing/{connection.webhook_id}"
        assert (await door.client.post(path, content=b"{}", headers={"X-Key": SECRET})).status_code == 200
        assert (await door.post({})).status_code == 401


class TestWhatIsLookedAt:
    async def test_the_order_it_names(self, bare_harness: Harness, door: Door) -> None:
        connection = await connected(bare_harness)
        payload = {"webhookEventId": 1, "orderNumber": "5002", "path": "/api/v1/orders/50001", "orderStatus": {"number": 450}}
        assert await door.tell(payload) == [(Task.REFRESH, f"{connection.id}|order-id|50001")]

    async def test_by_its_number_where_it_gives_no_id(self, bare_harness: Harness, door: Door) -> None:
        connection = await connected(bare_harness)
        assert await door.tell({"orderNumber": "5002"}) == [(Task.REFRESH, f"{connection.id}|order|5002")]

    async def test_the_article_it_names(self, bare_harness: Harness, door: Door) -> None:
        connection = await connected(bare_harness)
        payload = {"article": {"articleSystemId": 7, "articleNumber": "SOKK-1"}, "action": "picked"}
        assert await door.tell(payload) == [(Task.REFRESH, f"{connection.id}|article|SOKK-1")]

    @pytest.mark.parametrize("payload", [{}, b"no JSON", [1], {"article": {"articleSystemId": 7}}])
    async def test_all_where_it_names_nothing(self, bare_harness: Harness, door: Door, payload: Any) -> None:
        connection = await connected(bare_harness)
        assert await door.tell(payload) == [(Task.REFRESH, f"{connection.id}|all|")]

    async def test_one_list_instead_of_many_articles(self, bare_harness: Harness, door: Door) -> None:
        connection = await connected(bare_harness)
        lines = [{"article": {"articleNumber": f"SOKK-{number}"}} for number in range(6)]
        assert await door.tell({"orderLines": lines}) == [(Task.REFRESH, f"{connection.id}|all|")]

    async def test_the_same_event_again_within_minutes_is_nothing_new(self, bare_harness: Harness, door: Door) -> None:
        await connected(bare_harness)
        payload = {"webhookEventId": 90001, "system": "demo", "orderNumber": "5002"}
        assert len(await door.tell(payload)) == 1
        assert await door.tell(payload) == []
        bare_harness.tick(600)
        assert len(await door.tell(payload)) == 1

    async def test_an_event_of_another_goods_owner_is_nothing(self, bare_harness: Harness, door: Door) -> None:
        await connected(bare_harness)
        assert await door.tell({"goodsOwnerId": 78, "orderNumber": "5002"}) == []

    async def test_a_purchase_order_is_nothing_to_read_at_once(self, bare_harness: Harness, door: Door) -> None:
        await connected(bare_harness)
        assert await door.tell({"purchaseOrderId": 1, "purchaseOrderNumber": "PO-1"}) == []

    async def test_a_paused_connection_takes_it_and_does_nothing(self, bare_harness: Harness, door: Door) -> None:
        connection = await connected(bare_harness)
        await bare_harness.set_status(connection, Status.PAUSED)
        assert await door.tell({"orderNumber": "5002"}) == []


class TestTheFastPath:
    async def test_a_shipped_order_is_reported_without_a_poll(self, bare_harness: Harness, door: Door) -> None:
        await connected(bare_harness)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        found = bare_harness.warehouse.order(order["number"])
        assert found is not None

        await door.post(order_payload(found))
        await bare_harness.work()

        assert (status(bare_harness, order), len(notes(bare_harness, order))) == ("completed", 1)
        await bare_harness.poll("shipments")
        assert len(notes(bare_harness, order)) == 1

    async def test_also_when_the_webhook_is_set_up_for_the_other_shop_of_the_goods_owner(
        self, bare_harness: Harness, door: Door
    ) -> None:
        first = await connected(bare_harness, "first", order_number_prefix="A-")
        second = await connected(bare_harness, "second", processes={**BOTH, "articles": False}, order_number_prefix="B-")
        order = bare_harness.shop.order("SOKK-1")
        await bare_harness.deliver(order, connection=first)
        bare_harness.warehouse.model.ship(f"A-{order['number']}", "70300001")
        found = bare_harness.warehouse.order(f"A-{order['number']}")
        assert found is not None

        await door.post(order_payload(found), second)
        await bare_harness.work()

        assert status(bare_harness, order) == "completed"

    async def test_a_returned_order_is_refunded(self, bare_harness: Harness, door: Door) -> None:
        await connected(bare_harness)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        await bare_harness.poll("shipments")
        bare_harness.tick(60)
        bare_harness.warehouse.model.return_goods(order["number"], {str(order["line_items"][0]["id"]): 1})
        found = bare_harness.warehouse.order(order["number"])
        assert found is not None

        await door.post(order_payload(found))
        await bare_harness.work()

        assert len(bare_harness.shop.model.refunds[order["id"]]) == 1

    async def test_an_adjusted_article_is_written_to_the_shop(self, bare_harness: Harness, door: Door) -> None:
        product = in_both(bare_harness, "SOKK-1", shop=7, wms=7)
        await connected(bare_harness, processes={**ON, "stock": True})
        await bare_harness.poll("stock")
        bare_harness.tick(60)
        put_into_warehouse(bare_harness, "SOKK-1", 3)

        await door.post({"article": {"articleNumber": "SOKK-1"}})
        await bare_harness.work()

        assert quantity(bare_harness, product) == 3

    async def test_what_names_nothing_has_the_lists_read(self, bare_harness: Harness, door: Door) -> None:
        product = in_both(bare_harness, "SOKK-1", shop=7, wms=7)
        await connected(bare_harness, processes={**ON, "stock": True})
        await bare_harness.poll("stock")
        order = await in_warehouse(bare_harness)
        bare_harness.tick(60)
        bare_harness.warehouse.model.ship(order["number"], "70300001")

        await door.post({})
        await bare_harness.work()

        assert status(bare_harness, order) == "completed"
        assert quantity(bare_harness, product) == 6

    async def test_an_order_that_is_nobodys_is_left(self, bare_harness: Harness, door: Door) -> None:
        await connected(bare_harness)
        await door.post({"orderId": 4711})
        await bare_harness.work()

        assert await bare_harness.stored.alerts() == []

    async def test_a_warehouse_that_fails_is_left_to_the_poll(self, bare_harness: Harness, door: Door) -> None:
        await connected(bare_harness)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        found = bare_harness.warehouse.order(order["number"])
        assert found is not None
        bare_harness.warehouse.fail("status", status=503)
        await door.post(order_payload(found))
        await bare_harness.work()
        bare_harness.mend()

        await bare_harness.poll("shipments")

        assert status(bare_harness, order) == "completed"

    async def test_an_older_look_does_not_undo_a_newer_read(
        self, bare_harness: Harness, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await connected(bare_harness)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        found = bare_harness.warehouse.order(order["number"])
        assert found is not None
        client = type(bare_harness.gateway.warehouse(bare_harness.connection))
        read = client.get_order

        async def slow(self: Any, order_id: int) -> Any:
            monkeypatch.setattr(client, "get_order", read)
            before = await read(self, order_id)
            bare_harness.tick(60)
            bare_harness.warehouse.model.track(order["number"], "70300002")
            await bare_harness.poll("shipments")
            return before

        monkeypatch.setattr(client, "get_order", slow)
        await door.post(order_payload(found))
        await bare_harness.work()

        assert len(notes(bare_harness, order)) == 1
        assert "70300002" in notes(bare_harness, order)[0][0]


class TestTogether:
    async def test_what_is_named_within_a_moment_is_one_wake_up(self, bare_harness: Harness) -> None:
        wake_ups = GatheredWakeUps(bare_harness.wake_ups)
        wake_ups._gathered.first = 0
        for key in ("a|order-id|1", "a|order-id|2", "b|all|", "a|order-id|1", "a|article|SOKK|1"):
            wake_ups.send_soon(Task.REFRESH, key)
        while len(bare_harness.wake_ups.waiting) < 2:  # noqa: ASYNC110 - a deque tells nobody
            await asyncio.sleep(0)
        await wake_ups.close()
        sent = [named_in(key) for _, key in bare_harness.wake_ups.waiting]
        assert sent == [("a", [("order-id", "1"), ("order-id", "2"), ("article", "SOKK|1")]), ("b", [("all", "")])]

    async def test_what_comes_later_is_kept_and_comes_together_too(self) -> None:
        handed: list[list[int]] = []
        again = asyncio.Event()

        async def hand_over(_: str, several: list[int]) -> None:
            handed.append(several)
            if len(handed) == 1:
                for number in (3, 4, 3):
                    gathered.add("a", number)
            else:
                again.set()

        gathered = Gathered(hand_over, first=0, following=0)
        gathered.add("a", 1)
        gathered.add("a", 2)
        await again.wait()
        await asyncio.gather(*gathered._tasks)
        assert handed == [[1, 2], [3, 4]]
        assert not gathered._kept

    async def test_many_orders_are_read_in_one_call(self, bare_harness: Harness) -> None:
        connection = await connected(bare_harness)
        orders = [await in_warehouse(bare_harness) for _ in range(3)]
        keys = []
        for order in orders:
            bare_harness.warehouse.model.ship(order["number"], f"7030000{order['id']}")
            found = bare_harness.warehouse.order(order["number"])
            assert found is not None
            keys.append(f"{connection.id}|order-id|{found.id}")
        before = len(bare_harness.warehouse.calls())
        await wms_refresh.refresh(bare_harness.gateway, refresh_many_key(keys))
        assert len(bare_harness.warehouse.calls()) == before + 1
        await bare_harness.work()
        assert [status(bare_harness, order) for order in orders] == ["completed"] * 3

    async def test_an_order_that_nobody_knows_is_read_by_its_id_beside_them(self, bare_harness: Harness) -> None:
        connection = await connected(bare_harness)
        order = await in_warehouse(bare_harness)
        bare_harness.warehouse.model.ship(order["number"], "70300001")
        found = bare_harness.warehouse.order(order["number"])
        assert found is not None
        keys = [f"{connection.id}|order-id|4711", f"{connection.id}|order-id|{found.id}", f"{connection.id}|article|NONE"]
        await wms_refresh.refresh(bare_harness.gateway, refresh_many_key(keys))
        await bare_harness.work()
        assert status(bare_harness, order) == "completed"


class TestNothingNew:
    """The WMS tells of every order that we have just written."""

    async def told(self, harness: Harness, door: Door, payload: Any) -> list[tuple[Task, str]]:
        """What is asked for once the early news were sorted."""
        harness.wake_ups.waiting.clear()
        door.app.early = EarlyNews(harness.gateway, door.app._send)
        door.app.early._gathered.first = 0
        assert (await door.post(payload)).status_code == 200
        for task in list(door.app.early._gathered._tasks):
            door.app.early._gathered.following = 0
            await task
        return list(harness.wake_ups.waiting)

    async def test_an_order_just_written_is_not_read(self, bare_harness: Harness, door: Door) -> None:
        await connected(bare_harness)
        order = await in_warehouse(bare_harness)
        found = bare_harness.warehouse.order(order["number"])
        assert found is not None
        assert await self.told(bare_harness, door, order_payload(found)) == []

    async def test_an_order_being_written_is_known_by_its_number(self, bare_harness: Harness, door: Door) -> None:
        await connected(bare_harness)
        order = await in_warehouse(bare_harness)
        found = bare_harness.warehouse.order(order["number"])
        assert found is not None
        async with bare_harness.gateway.database.begin() as db:
            await db.execute(update(mappings).values(wms_id=None, warehouse_status=None))
        assert await self.told(bare_harness, door, order_payload(found)) == []

    @pytest.mark.parametrize(
        "more",
        [
            {"orderStatus": {"number": 450}},
            {"orderStatus": {"number": 320}},
            {"orderStatus": None},
            {"tracking": [{"waybill": "70300001"}]},
            {"parcels": [{"id": 1}]},
        ],
    )
    async def test_what_may_be_news_for_the_shop_is_read(self, bare_harness: Harness, door: Door, more: Any) -> None:
        connection = await connected(bare_harness)
        order = await in_warehouse(bare_harness)
        found = bare_harness.warehouse.order(order["number"])
        assert found is not None
        asked = await self.told(bare_harness, door, {**order_payload(found), **more})
        assert asked == [(Task.REFRESH, f"{connection.id}|order-id|{found.id}")]

    async def test_another_status_than_is_stored_is_read(self, bare_harness: Harness, door: Door) -> None:
        connection = await connected(bare_harness)
        order = await in_warehouse(bare_harness)
        found = bare_harness.warehouse.order(order["number"])
        assert found is not None
        async with bare_harness.gateway.database.begin() as db:
            await db.execute(update(mappings).values(warehouse_status=210))
        asked = await self.told(bare_harness, door, order_payload(found))
        assert asked == [(Task.REFRESH, f"{connection.id}|order-id|{found.id}")]

    async def test_an_order_that_is_not_ours_may_be_a_back_order(self, bare_harness: Harness, door: Door) -> None:
        connection = await connected(bare_harness)
        payload = {"orderId": 4711, "orderNumber": "9001", "orderStatus": {"number": 200}}
        assert await self.told(bare_harness, door, payload) == [(Task.REFRESH, f"{connection.id}|order-id|4711")]


async def test_the_two_doors_are_told_apart_by_their_path() -> None:
    app, taken = GatewayApp(), []

    def door_of(name: str) -> Any:
        async def take(scope: Any, receive: Any, send: Any) -> None:
            taken.append((name, scope["path"]))
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        return take

    app.__dict__["from_warehouse"], app.__dict__["intake"] = door_of("warehouse"), door_of("shop")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as client:
        await client.post("/webhooks/ongoing/abc")
        await client.post("/webhooks/abc")

    assert taken == [("warehouse", "/webhooks/ongoing/abc"), ("shop", "/webhooks/abc")]
