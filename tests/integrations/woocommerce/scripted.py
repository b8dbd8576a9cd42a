"""A shop that answers what a test has written down, and remembers what it was asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from app.http import client_on
from app.integrations.woocommerce.client import WooCommerceClient
from app.integrations.woocommerce.settings import WooCommerceSettings
from tests.integrations.woocommerce.recordings import credentials, rest
from tests.integrations.woocommerce.small_shop import START

NO_ROUTE = {"code": "rest_no_route", "message": "No route was found.", "data": {"status": 404}}


@dataclass(frozen=True)
class Asked:
    """One call. `path` is below the API's own, or begins with a slash; `body` is its JSON."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    content_type: str | None


@dataclass
class Scripted:
    """Answers by `METHOD path`; a list of them is given out one after the other, the last one for good."""

    answers: dict[str, Any]
    facts: dict[str, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    base: str = "/wp-json/wc/v3/"

    def client(self, **settings: Any) -> WooCommerceClient:
        http = client_on(httpx.MockTransport(self.answer))
        shop = credentials(shop_url="https://shop.example/")
        return WooCommerceClient(WooCommerceSettings.model_validate(settings), shop, http, lambda: START, self.facts)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        path = path.removeprefix(self.base) if path.startswith(self.base) else path.removeprefix("/wp-json")
        body = json.loads(request.content) if request.content else None
        kind = request.headers.get("content-type")
        self.asked.append(Asked(request.method, path, dict(request.url.params), body, kind))
        found = self.answers.get(f"{request.method} {path}", (404, NO_ROUTE))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Exception):
            raise found
        status, content = found
        return httpx.Response(status, json=content)

    @property
    def calls(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.asked]


def recorded(number: str) -> tuple[int, Any]:
    """A recorded answer."""
    found = rest(number)
    return found["status"], found["body"]
