"""The demo's 24SevenOffice: what its people do there, what is in its books, and which calls it got."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from app.errors import GatewayError

Values = dict[str, Any]


class OfficeSaidNo(GatewayError):
    """The simulated 24SevenOffice refused what somebody did in it."""


class SevenOffice:
    """One company's books, over what the simulator has for tests and people (`/_sandbox`). Records are by the wire's names."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self._http = http

    async def product(self, no: str, name: str, **more: Any) -> Values:
        return await self._one("POST", "products", {"no": no, "name": name, **more})

    async def company(self, name: str, **more: Any) -> Values:
        return await self._one("POST", "companies", {"name": name, **more})

    async def order(self, rows: list[Values], **more: Any) -> Values:
        """A confirmed sales order, unless another `OrderStatus` is given."""
        return await self._one("POST", "orders", {"rows": rows, **more})

    async def edit(self, order_id: int, quantities: Mapping[int, int | None] | None = None, **more: Any) -> Values:
        """Pieces by the id of the row; None takes the row off."""
        by_row = {str(row): pieces for row, pieces in (quantities or {}).items()}
        return await self._one("PATCH", f"orders/{order_id}", {"quantities": by_row, **more})

    async def refuse(self, order_id: int, reason: str) -> None:
        """The order is not saved any more, for this reason, until somebody edits it."""
        await self._sandbox("POST", f"orders/{order_id}/refuse", {"reason": reason})

    async def end_sessions(self) -> None:
        """Whoever is logged in is so no longer."""
        await self._sandbox("POST", "sessions/end")

    async def change(self, **settings: Any) -> None:
        """It behaves so from now on (see `app.sandbox.sevenoffice24.config`)."""
        await self._sandbox("POST", "settings", settings)

    async def find(self, order_id: int) -> Values:
        return await self._one("GET", f"orders/{order_id}")

    async def orders(self) -> list[Values]:
        return await self._many("orders")

    async def stock(self, no: str) -> float | None:
        """What its books say of the product with this number; None when there is none."""
        found = next((one for one in await self._many("products") if one.get("No") == no), None)
        return None if found is None else float(found.get("Stock", 0))

    async def product_id(self, no: str) -> int | None:
        return next((one["Id"] for one in await self._many("products") if one.get("No") == no), None)

    async def state(self) -> Values:
        """How much there is of what, and what callers have cost."""
        return await self._one("GET", "state")

    async def refused(self, kind: str) -> list[Values]:
        """The calls and items that were not taken, of one kind (see `app.sandbox.sevenoffice24.model.office`)."""
        return [one for one in await self._many("refusals") if one["kind"] == kind]

    async def journal(self, since: int = 0) -> list[Values]:
        """Every call that arrived after the `since`-th, with its answer."""
        return await self._many(f"journal?since={since}")

    async def calls_so_far(self) -> int:
        return max((call["number"] for call in await self.journal()), default=0)

    async def _one(self, method: str, path: str, body: Any = None) -> Values:
        found: Values = await self._sandbox(method, path, body)
        return found

    async def _many(self, path: str) -> list[Values]:
        found: list[Values] = await self._sandbox("GET", path)
        return found

    async def _sandbox(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else orjson.dumps(body)
        answer = await self._http.request(method, f"{self.url}/_sandbox/{path}", content=content)
        if not answer.is_success:
            raise OfficeSaidNo(f"the simulated ERP answered {method} {path} with {answer.status_code}: {answer.text[:500]}")
        return answer.json() if answer.content else None
