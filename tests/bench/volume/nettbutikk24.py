"""24Nettbutikk in the bench of large shops."""

from __future__ import annotations

import math
from typing import Any

from starlette.types import ASGIApp

from app.sandbox.nettbutikk24 import NettbutikkConfig, create_nettbutikk
from tests.bench.volume.system import Best, FillingClock, Size, System

TOKEN = "bench-token"
PAGE = 1000
"""Contract, 1: `limit` 1,000 has been used. The largest one that is certain for all three lists."""


def fill(size: Size, clock: FillingClock) -> ASGIApp:
    app = create_nettbutikk(NettbutikkConfig(token=TOKEN), clock)
    shop = app.state.shop
    shop.journal.limit = 1
    for number in range(size.products):
        shop.add_product(
            f"BENCH-{number:06}", f"Artikkel {number}", ean_code=f"70900{number:08}", description="Varm og god", stock=5
        )
        clock.next_record()
    for number in range(size.orders):
        if number % 2 == 0:
            buyer = shop.add_customer(first_name="Kari", last_name=f"Nordmann {number}")["id"]
        shop.place_order([{"article_no": f"BENCH-{number % size.products:06}", "quantity": 1}], buyer)
        clock.next_record()
    clock.filled()
    return app


def connection(url: str, page: int) -> dict[str, Any]:
    return {
        "source": {"api_url": f"{url}/api/v1/", "api_key": TOKEN},
        "settings": {"requests_per_second": 1000, "status_confirmed": True, "page_size": page},
    }


def best(size: Size, page: int) -> Best:
    """Contract, 1: lists by positions. Each page of a poll begins with the row that the last one ended with, as rows may leave a
    list meanwhile: one of 1,000 brings 999 new ones. Customers are listed without that. A HEAD tells whether any order has
    changed. It is not known whether products have one, so that they are listed.
    """
    articles, orders = (max(1, math.ceil((records - 1) / (page - 1))) for records in (size.products, size.orders))
    return Best(articles, orders + math.ceil(size.customers / page), articles_again=1, orders_again=1)


SYSTEM = System("24nettbutikk", fill, connection, best, PAGE)
