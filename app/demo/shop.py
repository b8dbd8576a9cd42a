"""A client of the simulated shop, over the shop's own REST API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import orjson

from app.clock import utc_now
from app.errors import GatewayError
from app.http import encode_query
from app.integrations.woocommerce.rest.oauth import Signer, signed
from app.integrations.woocommerce.settings import SignatureMethod


class ShopSaidNo(GatewayError):
    """The simulated shop refused a call."""


class ShopClient:
    """One shop's REST API, signed with OAuth 1.0a: it is reached over plain http. `url` has no slash at its end."""

    def __init__(self, url: str, consumer_key: str, consumer_secret: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self._key = consumer_key
        self._secret = consumer_secret
        self._http = http

    async def call(self, method: str, path: str, body: Any = None, params: Sequence[tuple[str, str]] = ()) -> Any:
        """One call to `/wp-json/wc/v3/{path}`. Raises ShopSaidNo with the shop's own words."""
        address = f"{self.url}/wp-json/wc/v3/{path}"
        by = SignatureMethod.HMAC_SHA256
        query = signed(method, address, params, Signer(self._key, self._secret, by), now=utc_now())
        content = None if body is None else orjson.dumps(body)
        headers = {"Content-Type": "application/json"} if content is not None else {}
        answer = await self._http.request(method, f"{address}?{encode_query(query)}", content=content, headers=headers)
        if not answer.is_success:
            raise ShopSaidNo(f"the shop answered {method} {path} with {answer.status_code}: {answer.text[:500]}")
        return answer.json()

    async def webhooks(self) -> list[dict[str, Any]]:
        """As its owner sees them under WooCommerce → Settings → Advanced → Webhooks."""
        found: list[dict[str, Any]] = await self.call("GET", "webhooks", params=[("per_page", "100")])
        return found

    async def notes(self, order_id: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.call("GET", f"orders/{order_id}/notes")
        return found

    async def refunds(self, order_id: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.call("GET", f"orders/{order_id}/refunds")
        return found

    async def journal(self, since: int = 0) -> list[dict[str, Any]]:
        """Every call that arrived after the `since`-th, with its answer."""
        calls: list[dict[str, Any]] = await self._sandbox("GET", f"journal?since={since}")
        return calls

    async def checkout(self, order: dict[str, Any]) -> dict[str, Any]:
        """A customer's own order in the storefront. Raises ShopSaidNo."""
        answer = await self._http.post(f"{self.url}/_sandbox/checkout", content=orjson.dumps(order))
        if not answer.is_success:
            raise ShopSaidNo(f"the shop's checkout answered {answer.status_code}: {answer.text[:500]}")
        placed: dict[str, Any] = answer.json()
        return placed

    async def deliveries(self, since: int = 0) -> list[dict[str, Any]]:
        """What the shop has sent to its webhooks, from the `since`-th on."""
        sent: list[dict[str, Any]] = await self._sandbox("GET", f"deliveries?since={since}")
        return sent

    async def hold_deliveries(self, hold: bool) -> None:
        """Keeps deliveries waiting, or lets them go."""
        await self._sandbox("POST", "queue", {"paused": hold})

    async def deliver_now(self) -> None:
        """Sends what waits; returns when it has been answered."""
        await self._sandbox("POST", "deliver")

    async def drop_deliveries(self) -> None:
        """Loses what waits, as a shop whose cron is broken does."""
        await self._sandbox("POST", "queue", {"drop": True})

    async def _sandbox(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else orjson.dumps(body)
        answer = await self._http.request(method, f"{self.url}/_sandbox/{path}", content=content)
        answer.raise_for_status()
        return answer.json()
