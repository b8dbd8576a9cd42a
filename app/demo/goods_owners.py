"""Whose goods the demo's warehouse keeps. Each system has a goods owner of its own: no two share orders, articles or stock."""

from __future__ import annotations

from typing import Any

GOODS_OWNERS: dict[str, int] = {"woocommerce": 77, "mystore": 78, "24nettbutikk": 79, "24sevenoffice": 80}
"""Goods owner ids in the simulated warehouse, by the system's name in the registry."""


def warehouse_config(warehouse: str, user: str, password: str) -> dict[str, Any]:
    """Configures the simulated warehouse: one user, who may act for every goods owner."""
    return {"warehouse": warehouse, "users": [[user, password, sorted(GOODS_OWNERS.values())]]}
