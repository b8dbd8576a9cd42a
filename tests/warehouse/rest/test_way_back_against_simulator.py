"""The way back against the strict simulator, over real HTTP: stock, shipments, returns, acknowledgements, webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import httpx
import orjson
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from app.domain.shipment import CountsAsShipped, TrackingNumber
from app.errors import Malformed, NoSuchRecord, Refused, Unavailable
from app.http import open_client
from app.outgoing.addresses import Reach
from app.sandbox.kit.faults import Fault
from app.sandbox.kit.server import Server
from app.sandbox.ongoing import User, Warehouse, WarehouseConfig, Webhook, create_warehouse
from app.warehouse.credentials import OngoingCredentials
from app.warehouse.reads.resources import WarehouseOrder
from app.warehouse.reads.shipments import shipment_of
from app.warehouse.reads.stock import TooFarBack
from app.warehouse.reads.webhooks import interpret
from app.warehouse.rest.client import OngoingClient
from app.warehouse.settings import OngoingSettings

GOODS_OWNER = 77
MORNING = datetime(2027, 2, 1, 8, 0, tzinfo=UTC)
T = TypeVar("T")


class Hands:
    """The simulator's and the client's clock, moved by the test."""

    now = MORNING

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def simulator(clock: Hands) -> Starlette:
    users = (User("gateway", "gateway", (GOODS_OWNER, 78)),)
    return create_warehouse(WarehouseConfig(users=users, back_orders="new-order", webhook_seconds=3600), clock)


@pytest.fixture
def warehouse(simulator: Starlette) -> Warehouse:
    found: Warehouse = simulator.state.warehouse
    return found


@pytest.fixture
def server(simulator: Starlette) -> Iterator[Server]:
    with Server(simulator) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(Reach(private_addresses=True, plain_http=True)) as client:
        yield client


@pytest.fixture
def client(server: Server, http: httpx.AsyncClient, clock: Hands) -> OngoingClient:
    url = f"{server.url}/demo/api/v1/"
    login = OngoingCredentials(url=url, user="gateway", password=SecretStr("gateway"), goods_owner_id=GOODS_OWNER)
    return OngoingClient(login, http, clock, OngoingSettings(page_size=2))


async def all_of(pages: AsyncIterator[tuple[T, ...]]) -> list[T]:
    return [record async for page in pages for record in page]


async def numbers(pages: AsyncIterator[tuple[WarehouseOrder, ...]]) -> list[str]:
    return [order.number for order in await all_of(pages)]


async def the(client: OngoingClient, number: str) -> WarehouseOrder:
    order = await client.get_order_by_number(number)
    assert order is not None
    return order


async def put(client: OngoingClient, number: str = "W-1", **quantities: float) -> int:
    """An order of so many of each article; the rows are named like the articles."""
    lines = [{"rowNumber": name, "articleNumber": name, "numberOfItems": pieces} for name, pieces in quantities.items()]
    body = {
        "goodsOwnerId": GOODS_OWNER,
        "orderNumber": number,
        "deliveryDate": "2027-02-03",
        "consignee": {"name": "Kari Nordmann", "postCode": "0155", "countryCode": "NO"},
        "orderLines": lines,
    }
    return (await client.put_order(body)).id


async def stocked(client: OngoingClient, warehouse: Warehouse, **present: float) -> None:
    for number, pieces in present.items():
        await client.put_article({"goodsOwnerId": GOODS_OWNER, "articleNumber": number, "isStockArticle": True})
        warehouse.put_in_stock(number, pieces, GOODS_OWNER)


class TestStock:
    async def test_every_article_is_read_page_by_page(self, client: OngoingClient, warehouse: Warehouse) -> None:
        await stocked(client, warehouse, A=1, B=2, C=3, D=4, E=5)
        await put(client, A=3)
        levels = await all_of(client.stock())
        assert [(level.number, level.sellable) for level in levels] == [
            ("A", Decimal(-2)), ("B", Decimal(2)), ("C", Decimal(3)), ("D", Decimal(4)), ("E", Decimal(5)),
        ]  # fmt: skip
        assert {level.read_at for level in levels} == {MORNING}

    async def test_only_what_changed_is_read(self, client: OngoingClient, warehouse: Warehouse, clock: Hands) -> None:
        await stocked(client, warehouse, A=1, B=2, C=3)
        clock.now += timedelta(hours=2)
        warehouse.adjust_stock("B", 1)
        await put(client, C=1)
        levels = await all_of(client.stock(MORNING + timedelta(hours=1)))
        assert [(level.number, level.sellable) for level in levels] == [("B", Decimal(3)), ("C", Decimal(2))]

    async def test_23_hours_back_is_accepted_and_more_is_not_asked_for(
        self, client: OngoingClient, warehouse: Warehouse, clock: Hands
    ) -> None:
        await stocked(client, warehouse, A=1)
        clock.now += timedelta(hours=22)
        assert [level.number for level in await all_of(client.stock(clock.now - timedelta(hours=23)))] == ["A"]
        with pytest.raises(TooFarBack):
            client.stock(clock.now - timedelta(hours=24))

    async def test_some_are_read_by_number(self, client: OngoingClient, warehouse: Warehouse) -> None:
        await stocked(client, warehouse, A=1, B=2, C=3)
        levels = await client.stock_of(["C", "A", "NONE"])
        assert {number: level.sellable for number, level in levels.items()} == {"A": Decimal(1), "C": Decimal(3)}


class TestShipments:
    async def test_a_pick_between_reading_and_acknowledging_is_not_swallowed(
        self, client: OngoingClient, warehouse: Warehouse
    ) -> None:
        order_id = await put(client, A=10)
        warehouse.pick("W-1", {"A": 8})
        (read,) = await all_of(client.orders_to_report())
        (line,) = read.lines
        assert (line.picked, line.reported, line.line_id) == (Decimal(8), Decimal(0), 480001)
        warehouse.pick("W-1", {"A": 10})
        await client.report_picked(order_id, 480001, line.picked)
        (again,) = await all_of(client.orders_to_report())
        assert (again.lines[0].reported, again.lines[0].picked) == (Decimal(8), Decimal(10))
        await client.report_picked(order_id, 480001, Decimal(10))
        assert await all_of(client.orders_to_report()) == []

    async def test_the_work_list_is_walked_while_it_is_worked_off(self, client: OngoingClient, warehouse: Warehouse) -> None:
        for number in range(5):
            await put(client, f"W-{number}", A=1)
            warehouse.ship(f"W-{number}")
        seen = []
        async for page in client.orders_to_report():
            for order in page:
                seen.append(order.number)
                await client.report_picked(order.order_id, order.lines[0].line_id or 0, order.lines[0].picked)
        assert seen == ["W-0", "W-1", "W-2", "W-3", "W-4"]
        assert await all_of(client.orders_to_report()) == []

    async def test_a_shipment_counts_when_its_number_has_come(self, client: OngoingClient, warehouse: Warehouse) -> None:
        await put(client, A=1)
        warehouse.ship("W-1")
        settings = OngoingSettings()
        before = shipment_of(await the(client, "W-1"), CountsAsShipped.TRACKING, settings)
        warehouse.track("W-1", "70300001", ("370700000001",))
        warehouse.label_return("W-1", "R703")
        after = shipment_of(await the(client, "W-1"), CountsAsShipped.TRACKING, settings)
        assert (before.is_made, before.tracking, after.is_made) == (False, (), True)
        assert after.tracking == (
            TrackingNumber("70300001", "https://carrier.example/70300001"),
            TrackingNumber("370700000001", ""),
        )
        assert after.shipped_at == MORNING

    async def test_a_back_order_names_the_order_it_belongs_to(self, client: OngoingClient, warehouse: Warehouse) -> None:
        order_id = await put(client, A=10)
        warehouse.pick("W-1", {"A": 8})
        warehouse.ship("W-1", "70300001")
        (rest,) = [
            order for order in await all_of(client.orders_changed(MORNING - timedelta(hours=1))) if order.order_id != order_id
        ]
        assert (rest.back_order_for, rest.lines[0].row_number, rest.lines[0].ordered) == (order_id, "A", Decimal(2))
        assert await client.get_order(order_id) == await the(client, "W-1")
        assert await client.get_order(4711) is None

    async def test_orders_whose_status_changed_are_read(self, client: OngoingClient, warehouse: Warehouse, clock: Hands) -> None:
        for number in ("W-1", "W-2", "W-3"):
            await put(client, number, A=1)
        clock.now += timedelta(hours=1)
        warehouse.ship("W-2")
        assert await numbers(client.orders_changed(MORNING)) == ["W-2"]

    async def test_refusals_are_sorted(self, client: OngoingClient, simulator: Starlette) -> None:
        order_id = await put(client, A=1)
        with pytest.raises(NoSuchRecord):
            await client.report_picked(order_id, 7, Decimal(1))
        with pytest.raises(NoSuchRecord):
            await client.report_picked(4711, 480001, Decimal(1))
        with pytest.raises(Refused, match="reportedNumberOfItems"):
            await client.report_picked(order_id, 480001, Decimal(-1))
        simulator.state.faults.active.append(Fault("html", times=1))
        with pytest.raises(Malformed):
            await client.report_picked(order_id, 480001, Decimal(1))
        simulator.state.faults.active.append(Fault("hang-up", after_write=True, times=1))
        with pytest.raises(Unavailable):
            await client.report_picked(order_id, 480001, Decimal(1))
        assert (await the(client, "W-1")).lines[0].reported == Decimal(1)


class TestReturns:
    async def test_what_came_back_on_the_order_is_acknowledged_by_line(
        self, client: OngoingClient, warehouse: Warehouse, clock: Hands
    ) -> None:
        order_id = await put(client, A=3)
        warehouse.ship("W-1")
        clock.now += timedelta(days=5)
        warehouse.return_goods("W-1", {"A": 2}, "SIZE")
        (order,) = await all_of(client.orders_with_returns_to_report())
        (line,) = order.lines
        assert (line.returned, line.reported_returned) == (Decimal(2), Decimal(0))
        (items,) = line.returned_items
        assert (items.quantity, items.returned_at, items.cause_code, items.cause_name) == (
            Decimal(2), MORNING + timedelta(days=5), "SIZE", "Wrong size",
        )  # fmt: skip
        await client.report_returned(order_id, 480001, line.returned)
        assert await all_of(client.orders_with_returns_to_report()) == []

    async def test_an_announced_return_is_read_with_the_lines_it_refers_to(
        self, client: OngoingClient, warehouse: Warehouse, server: Server, http: httpx.AsyncClient, clock: Hands
    ) -> None:
        order_id = await put(client, A=3)
        warehouse.ship("W-1")
        line = {"returnOrderRowNumber": "1", "customerOrderLine": {"orderLineId": 480001}, "toBeReturnedNumberOfItems": 2}
        await write(
            http, server, "returnOrders", returnOrderNumber="R-1", customerOrder={"orderId": order_id}, returnOrderLines=[line]
        )
        clock.now += timedelta(days=1)
        warehouse.returns.receive("R-1", {"1": 2}, "BROKEN")
        (found,) = await client.return_orders(MORNING)
        assert (found.number, found.order_id, found.order_number) == ("R-1", order_id, "W-1")
        (read,) = found.lines
        assert (read.order_line_id, read.order_row_number, read.article_number) == (480001, "A", "A")
        assert (read.announced, read.returned, read.removed) == (Decimal(2), Decimal(2), Decimal(2))
        assert await client.return_orders(clock.now) == ()

    async def test_purchase_orders_marked_as_returns_are_read_and_acknowledged(
        self, client: OngoingClient, warehouse: Warehouse, server: Server, http: httpx.AsyncClient, clock: Hands
    ) -> None:
        await stocked(client, warehouse, A=0)
        line = {"rowNumber": "1", "articleNumber": "A", "numberOfItems": 2, "externalOrderLineId": "889"}
        for number, is_return in (("PO-1", False), ("PO-2", True), ("PO-3", False)):
            advanced = {"purchaseOrderIsReturnType": is_return}
            fields = {"purchaseOrderNumber": number, "purchaseOrderLines": [line], "advanced": advanced}
            await write(http, server, "purchaseOrders", **fields, referenceNumber="W-1")
            warehouse.purchases.receive(number, {"1": 1})
        (order,) = await all_of(client.return_purchase_orders(MORNING - timedelta(hours=1)))
        assert (order.number, order.reference_number, order.is_return) == ("PO-2", "W-1", True)
        (read,) = order.lines
        assert (read.external_id, read.advised, read.received, read.reported) == ("889", Decimal(2), Decimal(1), Decimal(0))
        await client.report_received(order.purchase_order_id, read.line_id or 0, read.received)
        (again,) = await all_of(client.return_purchase_orders(MORNING - timedelta(hours=1)))
        assert again.lines[0].reported == Decimal(1)


async def write(http: httpx.AsyncClient, server: Server, path: str, **fields: Any) -> None:
    answer = await http.put(
        f"{server.url}/demo/api/v1/{path}", json={"goodsOwnerId": GOODS_OWNER, **fields}, auth=("gateway", "gateway")
    )
    assert answer.status_code == 200, answer.text


class TestWebhooks:
    async def test_what_the_warehouse_says_is_understood(self, client: OngoingClient, warehouse: Warehouse) -> None:
        # Nobody is there: what would be delivered is read where it waits.
        warehouse.webhook_outbox.webhooks.append(Webhook("http://127.0.0.1:1/hook", "s3cret"))
        await stocked(client, warehouse, A=5)
        order_id = await put(client, A=2)
        warehouse.ship("W-1")
        said = [(one.template, interpret(orjson.dumps(one.payload))) for one in warehouse.webhook_outbox.waiting]
        assert [(template, news.order_ids, news.order_numbers, news.article_numbers) for template, news in said] == [
            ("article", (), (), ("A",)),
            ("inventory", (), (), ("A",)),
            ("order", (order_id,), ("W-1",), ()),
            ("picking-packing-and-returns", (), (), ("A",)),
            ("order", (order_id,), ("W-1",), ()),
        ]
        assert [news.status_number for _, news in said if news.is_about_orders] == [300, 450]
        assert {news.goods_owner_id for _, news in said} == {GOODS_OWNER}
        assert len({news.key for _, news in said}) == 5
