"""A client of the simulated warehouse, over the WMS's REST API and the simulator's journal."""

from __future__ import annotations

from typing import Any

import httpx
import orjson

from app.errors import GatewayError


class WarehouseClient:
    """One goods owner's view. `url` is what `/orders` is appended to."""

    def __init__(self, url: str, user: str, password: str, goods_owner_id: int, http: httpx.AsyncClient) -> None:
        self.url = url
        self.goods_owner_id = goods_owner_id
        self._login = httpx.BasicAuth(user, password)
        self._root = str(httpx.URL(url).copy_with(path="/"))
        self._http = http

    async def order(self, number: str) -> dict[str, Any] | None:
        """The order as the warehouse has it, None when it has none of that number."""
        found = await self._read("orders", {"orderNumber": number})
        if len(found) > 1:
            raise GatewayError(f"the warehouse has {len(found)} orders with the number {number}")
        return found[0] if found else None

    async def orders(self) -> list[dict[str, Any]]:
        return await self._read("orders", {})

    async def articles(self) -> list[dict[str, Any]]:
        return await self._read("articles", {})

    async def article(self, number: str) -> dict[str, Any] | None:
        return next((one for one in await self.articles() if one["articleNumber"] == number), None)

    async def put_order(self, body: dict[str, Any]) -> None:
        """An order that somebody else makes, with this goods owner's login."""
        body = {"goodsOwnerId": self.goods_owner_id, **body}
        (await self._http.put(f"{self.url}/orders", json=body, auth=self._login)).raise_for_status()

    async def move(self, number: str, status: int) -> None:
        """Something happens to the order on the floor: allocated (320), picked (400), sent (450) …"""
        await self._sandbox("POST", f"orders/{number}/status", {"goods_owner_id": self.goods_owner_id, "status": status})

    async def ship(self, number: str, waybill: str | None = None, picked: dict[str, float] | None = None) -> None:
        """The order is picked (all of it, or `picked`: totals by row number) and handed to the carrier."""
        await self._floor(f"orders/{number}/ship", waybill=waybill, picked=picked or {})

    async def label(self, number: str, waybill: str) -> None:
        """A further number of the carrier's, after the shipment."""
        await self._floor(f"orders/{number}/tracking", waybill=waybill)

    async def bring_back(self, number: str, returned: dict[str, float]) -> None:
        """So many pieces of each row come back."""
        await self._floor(f"orders/{number}/return", returned=returned)

    async def purchase_order(self, number: str) -> dict[str, Any] | None:
        found = await self._read("purchaseOrders", {"purchaseOrderNumber": number})
        return found[0] if found else None

    async def receive(self, number: str, received: dict[str, float]) -> None:
        """So many pieces of each row of a purchase order come in."""
        await self._floor(f"purchase-orders/{number}/receive", received=received)

    async def receive_return(self, number: str, received: dict[str, float]) -> None:
        """So many pieces of each row of an announced return come back."""
        await self._floor(f"return-orders/{number}/receive", received=received)

    async def put_in_stock(self, number: str, pieces: float) -> None:
        """So many of the article are on the shelves now."""
        await self._floor(f"articles/{number}/stock", present=pieces)

    async def scrap(self, number: str, pieces: float) -> None:
        """So many of the article are thrown away."""
        await self._floor(f"articles/{number}/stock", by=-pieces, cause="SCRAP", scrapped=True)

    async def is_confirmed(self, number: str) -> bool:
        """Whether the warehouse has been told that every correction of the article's stock is known."""
        left = await self._read("inventoryAdjustments", {"isReported": "false"})
        return number not in [one["article"]["articleNumber"] for one in left]

    async def tell(self, url: str, token: str) -> None:
        """Has the warehouse's own webhooks sent there, as its administrator sets them up."""
        await self._sandbox("POST", "webhooks", {"url": url, "token": token, "goods_owner_id": self.goods_owner_id})

    async def _floor(self, path: str, **wish: Any) -> None:
        await self._sandbox("POST", path, {"goods_owner_id": self.goods_owner_id, **wish})

    async def show_fault(self, **fault: Any) -> None:
        """From now on calls fail as described (see `app.sandbox.kit.faults.Fault`)."""
        await self._sandbox("POST", "faults", fault)

    async def clear_faults(self) -> None:
        await self._sandbox("DELETE", "faults")

    async def journal(self, since: int = 0) -> list[dict[str, Any]]:
        """Every call that arrived after the `since`-th, with its answer."""
        calls: list[dict[str, Any]] = await self._sandbox("GET", f"journal?since={since}")
        return calls

    async def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = await self._sandbox("GET", "warehouse")
        return found

    async def _read(self, path: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        params = {"goodsOwnerId": self.goods_owner_id, **query}
        answer = await self._http.get(f"{self.url}/{path}", params=params, auth=self._login)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    async def _sandbox(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else orjson.dumps(body)
        answer = await self._http.request(method, f"{self._root}_sandbox/{path}", content=content)
        answer.raise_for_status()
        return answer.json()
