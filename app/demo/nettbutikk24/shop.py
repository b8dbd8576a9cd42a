"""The demo's 24Nettbutikk shop: what customers and its owner do there, what it shows, and which calls it got."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from app.errors import GatewayError

Row = dict[str, Any]


class NettbutikkSaidNo(GatewayError):
    """The simulated 24Nettbutikk shop refused what somebody did in it."""


class NettbutikkShop:
    """One shop, over what the simulator has for tests and people (`/_sandbox`). Rows are as the API shows them."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self._http = http

    async def product(self, article_no: str, name: str, **more: Any) -> Row:
        return await self._row("POST", "products", {"article_no": article_no, "name": name, **more})

    async def customer(self, **fields: Any) -> Row:
        return await self._row("POST", "customers", fields)

    async def order(self, lines: list[Row], **more: Any) -> Row:
        """A customer's order."""
        return await self._row("POST", "orders", {"lines": lines, **more})

    async def edit(self, order_no: str, quantities: Mapping[str, int | None] | None = None, **more: Any) -> Row:
        """Pieces by the id of the line; None takes the line off."""
        return await self._row("PATCH", f"orders/{order_no}", {"quantities": quantities or {}, **more})

    async def delete(self, order_no: str) -> None:
        """The customer takes the order back: it is marked as deleted."""
        await self._sandbox("POST", f"orders/{order_no}/delete", {"by": "customer"})

    async def change(self, **settings: Any) -> None:
        """The shop behaves so from now on (see `app.sandbox.nettbutikk24.config`)."""
        await self._sandbox("POST", "settings", settings)

    async def replace_token(self) -> str:
        """The shop's people make a new one; the old one is worth nothing."""
        return str((await self._row("POST", "token", {}))["token"])

    async def find(self, order_no: str) -> Row:
        return await self._row("GET", f"orders/{order_no}")

    async def orders(self) -> list[Row]:
        found: list[Row] = await self._sandbox("GET", "orders")
        return found

    async def variant(self, article_no: str) -> Row:
        """The flat row with this article number; empty when the shop has none."""
        rows: list[Row] = await self._sandbox("GET", "variants")
        return next((row for row in rows if row["article_no"] == article_no), {})

    async def journal(self, since: int = 0) -> list[Row]:
        """Every call that arrived after the `since`-th, with its answer."""
        found: list[Row] = await self._sandbox("GET", f"journal?since={since}")
        return found

    async def calls_so_far(self) -> int:
        return max((call["number"] for call in await self.journal()), default=0)

    async def most_at_once(self) -> int:
        """How many calls it was busy with at the same time, at most."""
        return int((await self._row("GET", "state"))["most_at_once"])

    async def _row(self, method: str, path: str, body: Any = None) -> Row:
        found: Row = await self._sandbox(method, path, body)
        return found

    async def _sandbox(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else orjson.dumps(body)
        answer = await self._http.request(method, f"{self.url}/_sandbox/{path}", content=content)
        if not answer.is_success:
            raise NettbutikkSaidNo(f"the simulated shop answered {method} {path} with {answer.status_code}: {answer.text[:500]}")
        return answer.json() if answer.content else None
