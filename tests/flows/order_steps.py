"""An order on its way, and how it stands in the WMS."""

from __future__ import annotations

from typing import Any

from app.engine.operations import records
from tests.harness import Harness, Resource

STARTED = [320, 400, 450, 500, 800]


async def sent(harness: Harness, **more: Any) -> Resource:
    order = harness.shop.order(**more)
    await harness.deliver(order)
    assert harness.warehouse.order(order["id"]) is not None
    return order


def there(harness: Harness, order: Resource) -> Any:
    found: Any = harness.warehouse.order(order["id"])
    return found


async def status(harness: Harness, order: Resource) -> tuple[str, str, str | None]:
    mapping = await harness.stored.mapping(order["id"])
    return mapping.wanted, mapping.transfer, mapping.reason_code


async def release(harness: Harness, order: Resource) -> None:
    await records.release(harness.gateway, (await harness.stored.mapping(order["id"])).id)
    await harness.work()
