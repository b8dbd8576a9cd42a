"""Recorded orders, and what is made of them."""

from __future__ import annotations

from typing import Any

from app.domain import Order
from app.integrations.woocommerce.mapping.fields import map_order
from app.integrations.woocommerce.settings import WooCommerceSettings
from tests.integrations.woocommerce.recordings import order, rest

DEFAULTS = WooCommerceSettings()


def recorded(file: str, /, **changed: Any) -> dict[str, Any]:
    body: dict[str, Any] = rest(file)["body"]
    return body | changed


def mapped(body: dict[str, Any], **settings: Any) -> Order:
    return map_order(order(body), WooCommerceSettings.model_validate(settings))


def codes(found: Order) -> list[str]:
    return [problem.code for problem in found.problems]
