"""Carriers by weight, a pick-up point, and a carrier that the warehouse does not list."""

from __future__ import annotations

from typing import Any

from app.demo.catalogue import CUSTOMERS, order_of
from app.demo.scenes import Day

RULES = [
    {"up_to_kg": 1, "transporter_code": "BRING", "transporter_service_code": "SERVICEPAKKE"},
    {"over_kg": 1, "transporter_code": "BRING", "transporter_service_code": "BUSINESS_PARCEL"},
]
POINT = "152347"


async def carriers(day: Day) -> None:
    """One jacket weighs 0.62 kg, two weigh more than 1 kg."""
    refused, said = await _set(day, [{"transporter_code": "NOBODY", "transporter_service_code": "X"}])
    day.check("a carrier that the warehouse does not list is refused", 422, refused)
    day.check_that("it is named", "the warehouse lists no transporter 'NOBODY'" in said, said)
    day.check("one that it lists is saved", 200, (await _set(day, RULES))[0])
    light, heavy = await _placed(day, 1), await _placed(day, 2)
    day.check("one jacket", "SERVICEPAKKE", _service(light))
    day.check("two jackets", "BUSINESS_PARCEL", _service(heavy))
    day.check("the pick-up point", POINT, (light.get("orderInfo") or {}).get("servicePointCode"))
    await _set(day, [])


async def _set(day: Day, rules: list[dict[str, Any]]) -> tuple[int, str]:
    return await day.world.gateway.refusal("PATCH", f"connections/{day.connection}", {"settings": {"transporter_rules": rules}})


async def _placed(day: Day, jackets: int) -> dict[str, Any]:
    """The order in the warehouse."""
    point = {"key": "pickup_point_id", "value": POINT}
    shipped = {"method_id": "flat_rate", "method_title": "Posten", "total": "79.00", "meta_data": [point]}
    body = order_of(CUSTOMERS[1], [(day.products["DEMO-JAKKE"], jackets)], status="processing", shipping_lines=[shipped])
    placed = await day.world.shop.call("POST", "orders", body)
    return await day.order(placed["number"])


def _service(order: dict[str, Any]) -> str | None:
    found: str | None = (order.get("transporter") or {}).get("serviceCode")
    return found
