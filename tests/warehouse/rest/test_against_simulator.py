"""Our bodies and readings against the strict simulator, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from app.clock import utc_now
from app.domain import Address, Order, OrderLine, ShopState, WarehouseState
from app.errors import LoginRefused, Malformed, RateLimited, Refused, RemoteError, Unavailable
from app.http import open_client
from app.outgoing.addresses import Reach
from app.sandbox.kit.faults import Fault
from app.sandbox.kit.server import Server
from app.sandbox.ongoing import User, WarehouseConfig, create_warehouse
from app.warehouse.credentials import OngoingCredentials
from app.warehouse.reads.states import warehouse_state
from app.warehouse.rest.client import OngoingClient
from app.warehouse.settings import OngoingSettings
from app.warehouse.writes.differences import differences_article, differences_order
from app.warehouse.writes.fields import article_body, order_body, thin_article_body
from app.warehouse.writes.problems import article_problems, order_problems
from app.warehouse.writes.transporters import transporter_problems
from app.warehouse.writes.writable import ARTICLE_EXTRAS, ORDER_EXTRAS, ValueKind
from tests.warehouse.records import FULL_ARTICLE, FULL_LINE, FULL_ORDER, GOODS_OWNER

SETTINGS = OngoingSettings()

LEAST_ORDER = Order(
    source_id="1",
    source_number="1",
    number="1",
    state=ShopState.WANTED,
    status="processing",
    modified_at=None,
    created_at=None,
    delivery_date=datetime(2026, 1, 2, tzinfo=UTC),
    currency="NOK",
    consignee=Address(name="Ola", address1="Veien 2", post_code="5003", city="Bergen", country_code="NO"),
    invoice_address=None,
    lines=(OrderLine("7", "A", "", Decimal(1), None, None, ""),),
)

LONGEST_ORDER = replace(
    FULL_ORDER,
    number="9" * 50,
    source_id="8" * 40,
    customer_number="7" * 50,
    remark="ø" * 600,
    sales_code="🙂" * 600,
    way_of_delivery_text="å" * 60,
    consignee=replace(FULL_ORDER.consignee, name="æ" * 300, address1="a" * 300, address2="b" * 300, city="c" * 300),
    invoice_address=replace(FULL_ORDER.consignee, name="æ" * 300, address1="a" * 300, post_code="1" * 60),
    lines=(replace(FULL_LINE, row_number="6" * 40, article_number="A" * 100),),
)

SAMPLES: dict[ValueKind, Any] = {
    ValueKind.TEXT: "tekst",
    ValueKind.DECIMAL: "1,25",
    ValueKind.WHOLE: "1",
    ValueKind.FLAG: "ja",
    ValueKind.TIME: "2026-12-24",
}
OF_THEIR_OWN_CODES = {
    "consignee.countryCode": "SE",
    "consignee.invoiceAddress.countryCode": "SE",
    "transporter.transporterCode": "BRING",
    "transporter.transporterServiceCode": "PA_DOREN",
    "returnTransporter.transporterCode": "POSTNORD",
    "returnTransporter.transporterServiceCode": "MYPACK_COLLECT",
}
ALL_ORDER_EXTRAS = {path: OF_THEIR_OWN_CODES.get(path, SAMPLES[kind]) for path, kind in ORDER_EXTRAS.items()}
ALL_ARTICLE_EXTRAS = {path: SAMPLES[kind] for path, kind in ARTICLE_EXTRAS.items()}


@pytest.fixture
def simulator() -> Starlette:
    return create_warehouse(WarehouseConfig(users=(User("gateway", "gateway", (GOODS_OWNER,)), User("other", "other", (1,)))))


@pytest.fixture
def server(simulator: Starlette) -> Iterator[Server]:
    with Server(simulator) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(Reach(private_addresses=True, plain_http=True)) as client:
        yield client


def client_of(server: Server, http: httpx.AsyncClient, **changes: Any) -> OngoingClient:
    given = {
        "url": f"{server.url}/demo/api/v1/",
        "user": "gateway",
        "password": SecretStr("gateway"),
        "goods_owner_id": GOODS_OWNER,
    }
    return OngoingClient(OngoingCredentials(**{**given, **changes}), http, utc_now, SETTINGS)


@pytest.fixture
def client(server: Server, http: httpx.AsyncClient) -> OngoingClient:
    return client_of(server, http)


class TestOrders:
    @pytest.mark.parametrize(
        "order",
        [FULL_ORDER, LEAST_ORDER, LONGEST_ORDER, replace(FULL_ORDER, extra=ALL_ORDER_EXTRAS)],
        ids=["full", "least", "longest", "every extra field"],
    )
    async def test_what_is_sent_is_accepted_and_read_back_without_differences(self, client: OngoingClient, order: Order) -> None:
        assert order_problems(order, SETTINGS) == ()
        body = order_body(order, GOODS_OWNER, SETTINGS).json
        written = await client.put_order(body)
        assert written.status == 201
        by_number = await client.get_order_by_number(order.number)
        by_id = await client.get_order(written.id)
        assert by_number is not None
        assert by_number == by_id
        assert by_number.order_id == written.id
        assert by_number.goods_owner_order_id == order.source_id
        assert differences_order(body, by_number) == []

    async def test_a_change_is_a_difference_until_it_is_sent(self, client: OngoingClient) -> None:
        first = await client.put_order(order_body(FULL_ORDER, GOODS_OWNER, SETTINGS).json)
        changed = order_body(replace(FULL_ORDER, remark="Ny beskjed", lines=(FULL_LINE,)), GOODS_OWNER, SETTINGS).json
        before = await client.get_order(first.id)
        assert before is not None
        assert differences_order(changed, before) == [
            "orderRemark: sent 'Ny beskjed', the warehouse has 'Ring på hos naboen 🙂'",
            "row 890: the warehouse has it, and it was not sent",
        ]
        second = await client.put_order(changed)
        assert (second.id, second.status) == (first.id, 200)
        after = await client.get_order(first.id)
        assert after is not None
        assert differences_order(changed, after) == []

    async def test_an_order_goes_through_its_states(self, client: OngoingClient, simulator: Starlette) -> None:
        written = await client.put_order(order_body(FULL_ORDER, GOODS_OWNER, SETTINGS).json)
        seen = []
        for status in (300, 320, 400, 450, 500, 800):
            simulator.state.warehouse.set_order_status("W-10045", status)
            order = await client.get_order(written.id)
            assert order is not None
            seen.append(warehouse_state(order.status_number, SETTINGS))
        assert seen == [
            WarehouseState.OPEN,
            WarehouseState.STARTED,
            WarehouseState.STARTED,
            WarehouseState.SHIPPED,
            WarehouseState.SHIPPED,
            WarehouseState.RETURNED,
        ]

    async def test_once_the_warehouse_has_started_changes_and_cancellations_are_refused(
        self, client: OngoingClient, simulator: Starlette
    ) -> None:
        body = order_body(FULL_ORDER, GOODS_OWNER, SETTINGS).json
        written = await client.put_order(body)
        simulator.state.warehouse.set_order_status("W-10045", 400)
        with pytest.raises(Refused) as change:
            await client.put_order(body)
        with pytest.raises(Refused) as cancellation:
            await client.cancel_order(written.id)
        assert client.is_started(change.value)
        assert client.is_started(cancellation.value)

    async def test_a_cancelled_order_is_cancelled_and_says_so_the_second_time(self, client: OngoingClient) -> None:
        written = await client.put_order(order_body(FULL_ORDER, GOODS_OWNER, SETTINGS).json)
        cancelled = await client.cancel_order(written.id)
        assert cancelled is not None
        assert cancelled.id == written.id
        order = await client.get_order(written.id)
        assert order is not None
        assert warehouse_state(order.status_number, SETTINGS) is WarehouseState.CANCELLED
        with pytest.raises(Refused) as again:
            await client.cancel_order(written.id)
        assert client.is_already_cancelled(again.value)

    async def test_an_order_that_was_never_there_is_absent(self, client: OngoingClient) -> None:
        assert await client.get_order_by_number("W-10045") is None
        assert await client.get_order(4711) is None
        assert await client.cancel_order(4711) is None

    @pytest.mark.against_the_contract
    @pytest.mark.parametrize(
        "order",
        [
            replace(LEAST_ORDER, number=""),
            replace(LEAST_ORDER, number="1" * 51),
            replace(LEAST_ORDER, source_id="1" * 41),
            replace(LEAST_ORDER, delivery_date=None),
            replace(LEAST_ORDER, lines=LEAST_ORDER.lines * 2),
            replace(LEAST_ORDER, lines=(replace(FULL_LINE, article_number="A%"),)),
            replace(LEAST_ORDER, lines=(replace(FULL_LINE, article_number=None),)),
            replace(LEAST_ORDER, lines=(replace(FULL_LINE, row_number="1" * 41),)),
        ],
    )
    async def test_what_the_warehouse_refuses_is_found_beforehand(self, client: OngoingClient, order: Order) -> None:
        assert order_problems(order, SETTINGS)
        with pytest.raises(Refused, match="The request is invalid"):
            await client.put_order(order_body(order, GOODS_OWNER, SETTINGS).json)

    async def test_many_orders_are_read_by_number(self, client: OngoingClient) -> None:
        for number in ("A 1", "B+2", "C&3", "D%4", "E_5", "#6"):
            await client.put_order(order_body(replace(LEAST_ORDER, number=number), GOODS_OWNER, SETTINGS).json)
        assert set(await client.get_orders(["A 1", "B+2", "C&3", "D%4", "E_5", "#6", "G"])) == {
            "A 1",
            "B+2",
            "C&3",
            "D%4",
            "E_5",
            "#6",
        }


class TestArticles:
    @pytest.mark.parametrize(
        "article",
        [FULL_ARTICLE, replace(FULL_ARTICLE, name="ø" * 300), replace(FULL_ARTICLE, extra=ALL_ARTICLE_EXTRAS)],
        ids=["full", "longest", "every extra field"],
    )
    async def test_what_is_sent_is_accepted_and_read_back_without_differences(self, client: OngoingClient, article: Any) -> None:
        assert article_problems(article, SETTINGS) == ()
        body = article_body(article, GOODS_OWNER, SETTINGS).json
        written = await client.put_article(body)
        read = (await client.get_articles([article.number]))[article.number]
        assert read.article_system_id == written.id
        assert differences_article(body, read) == []

    async def test_an_article_made_from_an_order_line_is_accepted(self, client: OngoingClient) -> None:
        body = thin_article_body(FULL_LINE, GOODS_OWNER, SETTINGS).json
        await client.put_article(body)
        assert differences_article(body, (await client.get_articles(["TEE-NAVY-M"]))["TEE-NAVY-M"]) == []

    async def test_those_that_are_missing_are_told_apart_from_those_that_are_there(self, client: OngoingClient) -> None:
        numbers = [f"ART {number:03}" for number in range(60)]
        for number in numbers[:55]:
            await client.put_article(article_body(replace(FULL_ARTICLE, number=number), GOODS_OWNER, SETTINGS).json)
        assert set(await client.get_articles([*numbers, "art 001", "ART 00"])) == set(numbers[:55])

    @pytest.mark.parametrize("character", ["!", "%", "_", "^", "\\"])
    async def test_a_wildcard_that_the_warehouse_refuses_is_found_beforehand(self, client: OngoingClient, character: str) -> None:
        article = replace(FULL_ARTICLE, number=f"A{character}B")
        assert article_problems(article, SETTINGS)
        with pytest.raises(Refused):
            await client.put_article(article_body(article, GOODS_OWNER, SETTINGS).json)


class TestFaults:
    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            (Fault("status", status=500), Unavailable),
            (Fault("status", status=503), Unavailable),
            (Fault("status", status=429, retry_after="7"), RateLimited),
            (Fault("hang-up"), Unavailable),
            (Fault("hang-up", after_write=True), Unavailable),
            (Fault("html"), Malformed),
            (Fault("no-id", after_write=True), Malformed),
            (Fault("login-500"), LoginRefused),
        ],
        ids=lambda value: getattr(value, "kind", None),
    )
    async def test_a_fault_during_a_write_is_sorted(
        self, client: OngoingClient, simulator: Starlette, fault: Fault, kind: type[RemoteError]
    ) -> None:
        simulator.state.faults.active.append(fault)
        with pytest.raises(kind) as caught:
            await client.put_order(order_body(FULL_ORDER, GOODS_OWNER, SETTINGS).json)
        assert caught.value.call == "PUT /demo/api/v1/orders"

    async def test_a_write_whose_answer_was_lost_is_seen_by_a_read(self, client: OngoingClient, simulator: Starlette) -> None:
        simulator.state.faults.active.append(Fault("hang-up", after_write=True, times=1))
        body = order_body(FULL_ORDER, GOODS_OWNER, SETTINGS).json
        with pytest.raises(Unavailable):
            await client.put_order(body)
        order = await client.get_order_by_number("W-10045")
        assert order is not None
        assert differences_order(body, order) == []

    async def test_null_in_place_of_nested_lists_is_read(self, client: OngoingClient, simulator: Starlette) -> None:
        written = await client.put_order(order_body(FULL_ORDER, GOODS_OWNER, SETTINGS).json)
        simulator.state.faults.active.append(Fault("null-arrays"))
        order = await client.get_order(written.id)
        assert order is not None
        assert order.lines == ()

    async def test_null_in_place_of_a_list_of_orders_proves_nothing(self, client: OngoingClient, simulator: Starlette) -> None:
        simulator.state.faults.active.append(Fault("null-answer"))
        with pytest.raises(Malformed):
            await client.get_order_by_number("W-10045")


class TestTheConnection:
    async def test_right_credentials(self, client: OngoingClient) -> None:
        checks = await client.test()
        assert [(check.name, check.ok) for check in checks] == [("login", True), ("order-statuses", True), ("goods-owner", True)]

    @pytest.mark.parametrize(
        ("changes", "failed"),
        [
            ({"password": SecretStr("wrong")}, "login"),
            ({"goods_owner_id": 78}, "goods-owner"),
            ({"user": "other", "password": SecretStr("other")}, "goods-owner"),
        ],
    )
    async def test_wrong_credentials(self, server: Server, http: httpx.AsyncClient, changes: dict[str, Any], failed: str) -> None:
        checks = await client_of(server, http, **changes).test()
        assert [check.name for check in checks if not check.ok] == [failed]

    async def test_a_wrong_warehouse(self, server: Server, http: httpx.AsyncClient) -> None:
        checks = await client_of(server, http, url=f"{server.url}/another/api/v1/").test()
        assert [check.name for check in checks if not check.ok] == ["address"]

    async def test_code_lists(self, client: OngoingClient) -> None:
        assert [status.number for status in await client.order_statuses()] == [150, 200, 300, 320, 400, 450, 500, 800, 1000]

    async def test_transporters_are_checked_against_the_contracts(self, client: OngoingClient) -> None:
        contracts = await client.transporter_contracts()
        assert transporter_problems({"flat_rate": Choice("BRING", "PA_DOREN")}, contracts) == ()
        (problem,) = transporter_problems({"flat_rate": Choice("BRING", "MYPACK_COLLECT")}, contracts)
        assert problem.code == "transporter-service-unknown"


class Choice:
    def __init__(self, transporter_code: str, transporter_service_code: str) -> None:
        self.transporter_code = transporter_code
        self.transporter_service_code = transporter_service_code
