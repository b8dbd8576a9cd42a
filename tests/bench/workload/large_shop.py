"""A shop of any size that keeps nothing: what it lists is made when it is asked for, so that only the gateway's memory is
measured."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.bench.workload import world

Body = dict[str, Any]

SECONDS_APART = 30


def product(number: int, second: int) -> Body:
    """A simple product as WooCommerce 11.0.1 lists it, in what the gateway looks at."""
    modified = world.FIRST + timedelta(seconds=second)
    local = modified + timedelta(hours=1)
    return {
        "id": number, "name": f"Artikkel {number}", "type": "simple", "status": "publish", "sku": f"BENCH-{number:06}",
        "regular_price": "199.00", "price": "199.00", "weight": "0.4", "virtual": False, "downloadable": False,
        "dimensions": {"length": "10", "width": "10", "height": "4"}, "categories": [], "attributes": [], "meta_data": [],
        "manage_stock": True, "stock_quantity": 5, "variations": [], "parent_id": 0,
        "date_modified_gmt": f"{modified:%Y-%m-%dT%H:%M:%S}", "date_modified": f"{local:%Y-%m-%dT%H:%M:%S}",
    }  # fmt: skip


class LargeShop:
    """`records` orders and as many products, the first changed at `world.FIRST`, each half a minute after the one before."""

    def __init__(self, records: int) -> None:
        self.records = records
        self.calls = 0
        self._kinds: dict[str, tuple[int, Callable[[int, int], Body]]] = {
            "orders": (1001, world.order),
            "products": (1_000_001, product),
        }

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        first_id, make = self._kinds[request.url.path.rpartition("/wc/v3/")[2]]
        listed = [make(first_id + index, index * SECONDS_APART) for index in self._asked(request.url.params)]
        date = (world.FIRST + timedelta(days=365)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers = {"Date": date, "Content-Type": "application/json"}
        return httpx.Response(200, content=json.dumps(listed).encode(), headers=headers)

    def _asked(self, params: httpx.QueryParams) -> range:
        """Which of them: strictly later than `modified_after`, oldest first, as many as a page holds."""
        assert (params["orderby"], params["order"]) == ("modified", "asc")
        first = 0
        if "modified_after" in params:
            after = datetime.fromisoformat(params["modified_after"]).replace(tzinfo=UTC) - world.FIRST
            first = max(0, math.floor(after.total_seconds() / SECONDS_APART) + 1)
        return range(first, min(first + int(params["per_page"]), self.records))
