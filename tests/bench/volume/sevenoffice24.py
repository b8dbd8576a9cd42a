"""24SevenOffice in the bench of large shops."""

from __future__ import annotations

import math
import os
from typing import Any

from starlette.types import ASGIApp

from app.sandbox.sevenoffice24 import SevenOfficeConfig, create_sevenoffice
from tests.bench.volume.system import Best, FillingClock, Size, System

os.environ.setdefault("GATEWAY_24SEVENOFFICE_CALLS_PER_HOUR", "1000000")  # what is measured is work, not waiting

CATEGORIES = 10
IDS = 200
"""The default of `ids_per_call`: how many one call takes is known of orders only, 1,000."""


def fill(size: Size, clock: FillingClock) -> ASGIApp:
    app = create_sevenoffice(SevenOfficeConfig(hourly_limit=None), clock)
    office = app.state.office
    office.journal.limit = 1
    tenant = office.tenant()
    categories = [tenant.add_category(f"Gruppe {number}")["Id"] for number in range(CATEGORIES)]
    for number in range(size.products):
        tenant.add_product(
            f"BENCH-{number:06}",
            f"Artikkel {number}",
            EAN1=f"70900{number:08}",
            Description="Varm og god",
            Stock=5,
            CategoryId=categories[number % CATEGORIES],
        )
        clock.next_record()
    for number in range(size.orders):
        if number % 2 == 0:
            buyer = tenant.add_company(f"Nordmann {number} AS")["Id"]
        tenant.place_order([{"No": f"BENCH-{number % size.products:06}", "Quantity": 1}], buyer)
        clock.next_record()
    clock.filled()
    return app


def connection(url: str, page: int) -> dict[str, Any]:
    config = SevenOfficeConfig()
    credential = {"application_id": config.application_id, "username": config.username, "password": config.password}
    return {"source": {**credential, "api_url": url}, "settings": {"ids_per_call": page}}


def best(size: Size, page: int) -> Best:
    """Contract, 1.3, 2.1 and 3.1: a run asks for its session first. Products are listed by category, then once more for those in
    none, and read by their ids. Orders are listed and read by their ids, with one look-up of the companies of each batch."""
    products, orders = math.ceil(size.products / page), math.ceil(size.orders / page)
    return Best(articles=1 + 1 + CATEGORIES + 1 + products, orders=1 + 1 + 2 * orders, articles_again=2, orders_again=2)


SYSTEM = System("24sevenoffice", fill, connection, best, IDS)
