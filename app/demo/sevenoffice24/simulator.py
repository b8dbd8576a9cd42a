"""How the demo's 24SevenOffice is set up, and with what it is connected."""

from __future__ import annotations

from typing import Any

from app.demo.goods_owners import GOODS_OWNERS

SYSTEM = "24sevenoffice"
SAMPLE_ORDERS = 4
APPLICATION_ID = "11111111-2222-3333-4444-555555555555"
USER = "api@warehouse.example"
COMPANY = "Ullvare Engros AS"
"""The identity that is chosen. The user has another one beside it."""
_IDENTITIES = (
    {"id": "99999999-8888-7777-6666-555555555555", "client": COMPANY, "client_id": 770001},
    {"id": "99999999-8888-7777-6666-444444444444", "client": "Ullvare Utsalg AS", "client_id": 770002},
)
NAMES = [one["client"] for one in _IDENTITIES]
POLL_MINUTES = 0.1
"""The scripted day is short. In earnest it is 15."""
CALLS_PER_HOUR = 1_000_000
"""Nobody wants to wait for a pace of two calls a second."""
ENVIRONMENT = {"GATEWAY_24SEVENOFFICE_CALLS_PER_HOUR": str(CALLS_PER_HOUR)}
"""Of the gateway beside it."""
_FIRST_IDS = {"categories": 11, "products": 1042, "companies": 2200, "orders": 5501, "rows": 9001, "invoices": 30001}


def configuration(password: str, start: int, mark: str) -> dict[str, Any]:
    """Of the simulator: some goods, companies and orders. Each start has ids and product numbers of its own."""
    return {
        "application_id": APPLICATION_ID,
        "username": USER,
        "password": password,
        "identities": _IDENTITIES,
        "hourly_limit": CALLS_PER_HOUR,
        "first_ids": {kind: first + start * 100_000 for kind, first in _FIRST_IDS.items()},
        "sample_orders": SAMPLE_ORDERS,
        "sample_mark": mark,
    }


def source(url: str, password: str) -> dict[str, Any]:
    """A connection's `source`; the company is still to be chosen."""
    return {"application_id": APPLICATION_ID, "username": USER, "password": password, "api_url": url}


def described(url: str, password: str) -> dict[str, Any]:
    """What a program needs to connect it. The simulator's `/_sandbox` is at the same address."""
    return {**source(url, password), "goods_owner_id": GOODS_OWNERS[SYSTEM]}


def draft(url: str, password: str, warehouse: dict[str, Any], poll_minutes: float) -> dict[str, Any]:
    """A connection as it is first made."""
    return {
        "integration": SYSTEM,
        "source": source(url, password),
        "warehouse": warehouse,
        # The go-live date lies before the sample's orders.
        "settings": {"go_live": "2020-01-01T00:00:00Z", "poll_interval_minutes": poll_minutes},
    }
