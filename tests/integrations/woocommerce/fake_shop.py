"""One fake of a shop for all tests of the client. It answers what a test has written down (`answers`), else from its records,
and remembers what it was asked. The simulator (app/sandbox) is for whole flows; this is for single answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from app.http import client_on
from app.integrations.woocommerce.client import WooCommerceClient
from app.integrations.woocommerce.settings import WooCommerceSettings
from tests.integrations.woocommerce.recordings import credentials, rest

START = datetime(2026, 11, 21, 16, 0, 0, tzinfo=UTC)
SHOP = "https://shop.example/"
NO_ROUTE = {"code": "rest_no_route", "message": "No route was found.", "data": {"status": 404}}
GONE = {"orders": "woocommerce_rest_shop_order_invalid_id", "products": "woocommerce_rest_product_invalid_id"}

Body = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One call. `path` is below the API's own, or begins with a slash; `body` is its JSON."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    content_type: str | None
    url: httpx.URL


@dataclass
class FakeShop:
    """Records by id, in lists as WooCommerce 11.0.1 filters and sorts them; or `scripted` answers alone.

    These are named by `METHOD path`, or by `path` whatever the method: a status and its JSON, a whole response, or an exception.
    A list of them is given out one after the other, the last one for good. `*` answers what is not named.
    `now` is the shop's clock (UTC), told in the Date header.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    scripted: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    base: str = "/wp-json/wc/v3/"
    orders: dict[int, Body] = field(default_factory=dict)
    products: dict[int, Body] = field(default_factory=dict)
    variations: dict[int, Body] = field(default_factory=dict)
    customers: dict[int, Body] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    before_answer: Callable[[FakeShop], None] = lambda shop: None
    decide: Callable[[httpx.Request], httpx.Response] | None = None
    """Answers everything itself."""
    now: datetime = START

    def client(self, shop_url: str = SHOP, **settings: Any) -> WooCommerceClient:
        http = client_on(httpx.MockTransport(self.answer))
        chosen = WooCommerceSettings.model_validate(settings)
        return WooCommerceClient(chosen, credentials(shop_url=shop_url), http, lambda: self.now, self.facts)

    @property
    def calls(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.asked]

    @property
    def paths(self) -> list[str]:
        """With their queries."""
        return [f"{each.path}?{each.url.query.decode()}" for each in self.asked]

    # what it has

    def put_order(self, order_id: int, second: int, **fields: Any) -> None:
        self.orders[order_id] = {"id": order_id, "status": "processing", "date_modified_gmt": at(second)} | fields

    def put_product(self, product_id: int, second: int, **fields: Any) -> None:
        self.products[product_id] = {
            "id": product_id, "name": f"P{product_id}", "type": "simple", "status": "publish", "date_modified_gmt": at(second),
        } | fields  # fmt: skip

    def put_variation(self, variation_id: int, parent: int, second: int, **fields: Any) -> None:
        """As the shop does, the parent's time moves with it."""
        self.variations[variation_id] = {
            "id": variation_id, "name": "Grå", "type": "variation", "parent_id": parent, "date_modified_gmt": at(second),
        } | fields  # fmt: skip
        if parent in self.products:
            self.products[parent]["date_modified_gmt"] = at(second)

    # what it answers

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.before_answer(self)
        path = request.url.path
        path = path.removeprefix(self.base) if path.startswith(self.base) else path.removeprefix("/wp-json")
        body = json.loads(request.content) if request.content else None
        kind = request.headers.get("content-type")
        self.asked.append(Asked(request.method, path, dict(request.url.params), body, kind, request.url))
        if self.decide is not None:
            return self.decide(request)
        found = self.answers.get(f"{request.method} {path}") or self.answers.get(path) or self.answers.get("*")
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Exception):
            raise found
        if isinstance(found, httpx.Response):
            return httpx.Response(found.status_code, headers=found.headers, content=found.content)
        status, content = found or self._from_records(path, request.url.params)
        date = self.now.strftime("%a, %d %b %Y %H:%M:%S GMT")
        return httpx.Response(status, headers={"Date": date}, json=content)

    def _from_records(self, path: str, params: httpx.QueryParams) -> tuple[int, Any]:
        kept = {"orders": self.orders, "products": self.products, "customers": self.customers}
        resource, _, rest_of_path = path.partition("/")
        if resource not in kept or self.scripted:
            return 404, NO_ROUTE
        if not rest_of_path:
            return 200, listed((each for each in kept[resource].values() if each.get("status") != "trash"), params)
        record_id, _, below = rest_of_path.partition("/")
        if below == "variations":
            return 200, listed((each for each in self.variations.values() if each["parent_id"] == int(record_id)), params)
        of_products = self.variations if resource == "products" else {}
        found = kept[resource].get(int(record_id)) or of_products.get(int(record_id))
        gone = {"code": GONE.get(resource, "woocommerce_rest_invalid_id"), "message": "Invalid ID."}
        return (200, found) if found is not None else (404, gone)


def scripted(answers: dict[str, Any], facts: dict[str, Any] | None = None, **fields: Any) -> FakeShop:
    """A shop that answers what is written down and nothing else."""
    return FakeShop(answers, scripted=True, facts=facts or {}, **fields)


def at(second: int) -> str:
    """The shop's way of writing a time, so many seconds after START."""
    return (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S")


def recorded(number: str) -> tuple[int, Any]:
    """A recorded answer."""
    found = rest(number)
    return found["status"], found["body"]


def listed(records: Iterable[Body], params: httpx.QueryParams) -> list[Body]:
    assert int(params["per_page"]) <= 100
    found = list(records)
    if "modified_after" in params:
        assert params["dates_are_gmt"] == "true"
        found = [each for each in found if each["date_modified_gmt"] > params["modified_after"]]
    if "modified_before" in params:
        found = [each for each in found if each["date_modified_gmt"] < params["modified_before"]]
    if "include" in params:
        found = [each for each in found if str(each["id"]) in params["include"].split(",")]
    by_time = params.get("orderby") == "modified"
    found.sort(key=lambda each: (each["date_modified_gmt"], -each["id"]) if by_time else (each["id"],))
    size = int(params["per_page"])
    first = int(params["offset"]) if "offset" in params else (int(params.get("page", "1")) - 1) * size
    return found[first : first + size]
