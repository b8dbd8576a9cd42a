"""How the demo's 24Nettbutikk shop is set up, and with what it is connected."""

from __future__ import annotations

from typing import Any

from app.demo.goods_owners import GOODS_OWNERS

SYSTEM = "24nettbutikk"
SAMPLE_ORDERS = 5
STATUSES = {"status_sent": "Sendt", "status_sent_rest": "Sendt med rest"}
"""The shop's own words, as a person confirms them."""
POLL_MINUTES = 0.1
"""The scripted day is short. In earnest it is 15."""
CALLS_PER_SECOND = 1000
"""Nobody wants to wait for a pace of one call a second. The simulated shop allows it."""
_FIRST_IDS = {"orders": 1001, "lines": 5001, "products": 501, "customers": 71}


def configuration(token: str, start: int, mark: str) -> dict[str, Any]:
    """Of the simulator: some goods and orders. Each start has ids and article numbers of its own."""
    return {
        "token": token,
        "first_ids": {kind: first + start * 100_000 for kind, first in _FIRST_IDS.items()},
        "sample_orders": SAMPLE_ORDERS,
        "sample_mark": mark,
    }


def api_url(url: str) -> str:
    return f"{url}/api/v1/"


def described(url: str, token: str) -> dict[str, Any]:
    """What a program needs to connect it; `url` is the simulator's own, with `/_sandbox` behind it."""
    return {"url": url, "api_url": api_url(url), "api_key": token, "goods_owner_id": GOODS_OWNERS[SYSTEM]}


def draft(url: str, token: str, warehouse: dict[str, Any], poll_minutes: float) -> dict[str, Any]:
    """A connection as it is first made: the words of the shop's statuses are still to be confirmed."""
    return {
        "integration": SYSTEM,
        "source": {"api_url": api_url(url), "api_key": token},
        "warehouse": warehouse,
        # The go-live date lies before the sample's orders.
        "settings": {
            "go_live": "2020-01-01T00:00:00Z",
            "poll_interval_minutes": poll_minutes,
            "requests_per_second": CALLS_PER_SECOND,
            "status_confirmed": False,
        },
    }


def confirmed() -> dict[str, Any]:
    """The change by which a person says what the shop's statuses are called."""
    return {"settings": {"status_confirmed": True, **STATUSES}}
