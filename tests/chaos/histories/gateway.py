"""The gateway as its owner meets it: over REST."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx

from app.demo.gateway import GatewayClient, GatewaySaidNo

PATIENCE_SECONDS = 30.0


class Owner(GatewayClient):
    """Asks again while the API is being started."""

    async def ask(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """Raises GatewaySaidNo for an answer that another try does not change, httpx.HTTPError when nobody answers for long."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await self.call(method, path, body, params or None)
            except (httpx.HTTPError, GatewaySaidNo) as error:
                passing = isinstance(error, httpx.HTTPError) or " with 50" in str(error)
                if not passing or time.monotonic() > ends:
                    raise
            await asyncio.sleep(0.2)

    async def all(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Every page of a list."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = await self.ask("GET", path, None, **params, limit=100, **({"cursor": cursor} if cursor else {}))
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    async def waits(self) -> list[str]:
        """What the gateway still has to do, in words; empty when nothing waits."""
        found = []
        for path, states in (
            ("events", ("received", "parked", "queued")),
            ("jobs", ("waiting", "parked", "running")),
            ("stock", ("waiting", "parked")),
        ):
            for state in states:
                some = (await self.ask("GET", path, None, state=state, limit=1))["items"]
                found += [
                    f"{path} {state}: {each.get('record') or each.get('number')} {each.get('reason') or ''}" for each in some
                ]
        return found

    async def sync(self, process: str, *, full: bool) -> None:
        """Reads it all now; returns when the run has ended, whatever it came to."""
        asked: dict[str, Any] = {"process": process, "full": str(full).lower(), "wait": 60, "fail_on": "none"}
        await self.ask("POST", "sync/woocommerce", None, **asked)

    async def explain(self, source_id: int) -> dict[str, Any] | None:
        """What the gateway says of the shop's order, None when it knows none."""
        found = (await self.ask("GET", "mappings", None, number=str(source_id), kind="order"))["items"]
        mine = [each for each in found if each["shop"]["id"] == str(source_id)]
        if not mine:
            return None
        explained: dict[str, Any] = await self.ask("GET", f"mappings/{mine[0]['id']}")
        return explained
