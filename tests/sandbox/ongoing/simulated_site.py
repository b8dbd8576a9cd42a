"""A warehouse with its clock in the test's hands, and a caller for its REST API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from starlette.applications import Starlette

from app.sandbox.ongoing import User, Warehouse

USERS = (User("gw", "secret", (77, 78)), User("other", "secret-2", (99,)))


@dataclass
class Hands:
    """A clock that stands still until it is moved."""

    now: datetime = datetime(2027, 2, 1, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Site:
    """One simulated warehouse and calls to it as user `gw`, below the base path; `outside` calls without login from the root."""

    app: Starlette
    clock: Hands
    api: httpx.AsyncClient
    outside: httpx.AsyncClient
    more: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def warehouse(self) -> Warehouse:
        warehouse: Warehouse = self.app.state.warehouse
        return warehouse

    def as_user(self, user: str, password: str) -> httpx.AsyncClient:
        client = caller(self.app, (user, password))
        self.more.append(client)
        return client

    async def put_article(self, **fields: Any) -> httpx.Response:
        return await self.api.put("/articles", json={"goodsOwnerId": 77, **fields})

    async def put_order(self, number: str = "W-1", **fields: Any) -> httpx.Response:
        return await self.api.put("/orders", json=order_body(number, **fields))

    async def read_order(self, number: str = "W-1") -> dict[str, Any]:
        answer = await self.api.get("/orders", params={"goodsOwnerId": 77, "orderNumber": number})
        assert answer.status_code == 200, answer.text
        (order,) = answer.json()
        return order

    async def read_article(self, number: str) -> dict[str, Any]:
        answer = await self.api.get("/articles", params={"goodsOwnerId": 77, "articleNumber": number})
        assert answer.status_code == 200, answer.text
        (article,) = answer.json()
        return article

    async def numbers(self, **query: Any) -> list[str]:
        """The order numbers that `GET /orders` answers."""
        answer = await self.api.get("/orders", params={"goodsOwnerId": 77, **query})
        assert answer.status_code == 200, answer.text
        return [order["orderInfo"]["orderNumber"] for order in answer.json()]

    async def article_numbers(self, **query: Any) -> list[str]:
        answer = await self.api.get("/articles", params={"goodsOwnerId": 77, **query})
        assert answer.status_code == 200, answer.text
        return [article["articleNumber"] for article in answer.json()]

    async def journal(self) -> list[dict[str, Any]]:
        return (await self.outside.get("/_sandbox/journal")).json()

    async def fault(self, kind: str, **fields: Any) -> None:
        assert (await self.outside.post("/_sandbox/faults", json={"kind": kind, **fields})).status_code == 200


def order_body(number: str = "W-1", **fields: Any) -> dict[str, Any]:
    """The smallest order that is taken, with one line of two TEE."""
    return {
        "goodsOwnerId": 77,
        "orderNumber": number,
        "deliveryDate": "2027-02-03",
        "consignee": {"name": "Kari Nordmann", "postCode": "0155", "countryCode": "NO"},
        "orderLines": [{"rowNumber": "1", "articleNumber": "TEE", "numberOfItems": 2}],
        **fields,
    }


def caller(app: Starlette, login: tuple[str, str]) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://warehouse/demo/api/v1", auth=login)


def refused(answer: httpx.Response, status: int = 400) -> str:
    """The message of a refusal."""
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["Message"]
    return answer.json()["Message"]


async def until(condition: Callable[[], object]) -> None:
    """Lets the simulator, which runs in the same loop, go on until the condition holds."""
    while not condition():  # noqa: ASYNC110 - the simulator's state has no event to wait on
        await asyncio.sleep(0)


Build = Callable[..., Site]
