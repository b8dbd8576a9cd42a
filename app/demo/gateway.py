"""The demo's gateway over its REST API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from app.errors import GatewayError


class GatewaySaidNo(GatewayError):
    """The gateway refused a call."""


class GatewayClient:
    """One gateway and the key to it."""

    def __init__(self, url: str, api_key: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._http = http

    async def call(self, method: str, path: str, body: Any = None, params: Mapping[str, Any] | None = None) -> Any:
        """The answer's JSON. Raises GatewaySaidNo."""
        answer = await self._send(method, path, body, params)
        if not answer.is_success:
            raise GatewaySaidNo(f"the gateway answered {method} /{path} with {answer.status_code}: {answer.text[:1000]}")
        return answer.json() if answer.content else None

    async def refusal(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """The status that the call is answered with, and the answer's words. Nothing is raised."""
        answer = await self._send(method, path, body, None)
        return answer.status_code, answer.text

    async def _send(self, method: str, path: str, body: Any, params: Mapping[str, Any] | None) -> httpx.Response:
        content = None if body is None else orjson.dumps(body)
        headers = self._headers | ({"Content-Type": "application/json"} if content is not None else {})
        return await self._http.request(method, f"{self.url}/{path}", content=content, params=params, headers=headers)

    async def mapping(self, number: str, connection: str, **only: str) -> dict[str, Any] | None:
        """What the gateway says about the connection's record with this number (any of its numbers). `only`: a kind …"""
        found = await self.call("GET", "mappings", params={"number": number, "connection": connection, **only})
        items: list[dict[str, Any]] = found["items"]
        return items[0] if items else None
