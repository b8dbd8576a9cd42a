"""A small shop of the tests' own: lists as WooCommerce 11.0.1 filters and sorts them, and a count of calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from app.http import client_on
from app.integrations.woocommerce.client import WooCommerceClient
from app.integrations.woocommerce.settings import WooCommerceSettings
from tests.integrations.woocommerce.recordings import credentials

START = datetime(2026, 11, 21, 16, 0, 0, tzinfo=UTC)

Body = dict[str, Any]


class SmallShop:
    """Orders, products and variations by id. `now` is the shop's clock (UTC), told in the Date header."""

    def __init__(self) -> None:
        self.orders: dict[int, Body] = {}
        self.products: dict[int, Body] = {}
        self.variations: dict[int, Body] = {}
        self.customers: dict[int, Body] = {}
        self.asked: list[str] = []
        self.before_answer: Callable[[SmallShop], None] = lambda shop: None
        self.now = START + timedelta(days=1)

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

    def client(self, **settings: Any) -> WooCommerceClient:
        http = client_on(httpx.MockTransport(self.answer))
        shop = credentials(shop_url="https://shop.example/")
        return WooCommerceClient(WooCommerceSettings.model_validate(settings), shop, http, lambda: self.now)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.before_answer(self)
        path = request.url.path.removeprefix("/wp-json/wc/v3/")
        self.asked.append(f"{path}?{request.url.query.decode()}")
        parts = path.split("/")
        if path.endswith("/variations"):
            family = [each for each in self.variations.values() if each["parent_id"] == int(parts[1])]
            return self._json(listed(family, request.url.params))
        kept = {"orders": self.orders, "products": self.products, "customers": self.customers}[parts[0]]
        if len(parts) == 1:
            return self._json(listed((each for each in kept.values() if each.get("status") != "trash"), request.url.params))
        found = kept.get(int(parts[1])) or (self.variations.get(int(parts[1])) if parts[0] == "products" else None)
        if found is None:
            code = {"orders": "woocommerce_rest_shop_order_invalid_id", "products": "woocommerce_rest_product_invalid_id"}
            return self._json({"code": code.get(parts[0], "woocommerce_rest_invalid_id"), "message": "Invalid ID."}, 404)
        return self._json(found)

    def _json(self, body: Any, status: int = 200) -> httpx.Response:
        date = self.now.strftime("%a, %d %b %Y %H:%M:%S GMT")
        return httpx.Response(
            status, content=json.dumps(body).encode(), headers={"Date": date, "Content-Type": "application/json"}
        )


def at(second: int) -> str:
    """The shop's way of writing a time, so many seconds after START."""
    return (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S")


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
