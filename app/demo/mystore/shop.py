"""The demo's mystore shop: what customers and its owner do there, what it shows, and which calls it got."""

from __future__ import annotations

from typing import Any

import httpx
import orjson

from app.errors import GatewayError

Record = dict[str, Any]


class MystoreSaidNo(GatewayError):
    """The simulated mystore refused what somebody did in it."""


class MystoreShop:
    """One shop, over what the simulator has for tests and people (`/_sandbox`). Records are as its webhooks show them."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self._http = http

    async def product(self, sku: str, name: str, **more: Any) -> Record:
        return await self._made("products", {"sku": sku, "name": name, **more})

    async def order(self, lines: list[Record], **more: Any) -> Record:
        """A customer's order."""
        return await self._made("orders", {"lines": lines, **more})

    async def edit(self, order_id: str, quantities: dict[str, int | None], **more: Any) -> None:
        """Pieces by the id of the line; None takes the line off."""
        await self._sandbox("PATCH", f"orders/{order_id}", {"quantities": quantities, **more})

    async def set_status(self, order_id: str, status: str) -> None:
        """By its name, on the order's page."""
        await self._sandbox("POST", f"orders/{order_id}/status", {"status": status})

    async def records(self, kind: str) -> list[Record]:
        found: list[Record] = await self._sandbox("GET", f"records/{kind}")
        return found

    async def find(self, kind: str, record_id: str) -> Record:
        return next(one for one in await self.records(kind) if one["id"] == record_id)

    async def of_order(self, kind: str, order_id: str) -> list[Record]:
        """Its lines (`order-products`) or its log (`order-status-history`), oldest first."""
        return [one for one in await self.records(kind) if one["relationships"]["order"]["data"]["id"] == order_id]

    async def status_of(self, order_id: str) -> str:
        """The name of the order's status."""
        status = (await self.find("orders", order_id))["relationships"]["order-status"]["data"]["id"]
        return name_of(await self.find("order-status", status))

    async def expire_tokens(self) -> None:
        """Every access token is too old at once. What they are renewed with is not."""
        await self._sandbox("POST", "tokens", {"expire": True})

    async def allow_calls(self, per_minute: int | None) -> None:
        """None: as many as come."""
        await self._sandbox("POST", "settings", {"calls_per_minute": per_minute})

    async def deliver_now(self) -> None:
        """Every webhook that waits is sent, and answered."""
        await self._sandbox("POST", "deliver")

    async def journal(self, since: int = 0) -> list[Record]:
        """Every call that arrived after the `since`-th, with its answer."""
        found: list[Record] = await self._sandbox("GET", f"journal?since={since}")
        return found

    async def _made(self, path: str, body: Record) -> Record:
        made: Record = await self._sandbox("POST", path, body)
        return made

    async def _sandbox(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else orjson.dumps(body)
        answer = await self._http.request(method, f"{self.url}/_sandbox/{path}", content=content)
        if not answer.is_success:
            raise MystoreSaidNo(f"the simulated mystore answered {method} {path} with {answer.status_code}: {answer.text[:500]}")
        return answer.json() if answer.content else None


def name_of(record: Record) -> str:
    """In the shop's own language."""
    name = record["attributes"]["name"]
    return str(name["no"] if isinstance(name, dict) else name)
