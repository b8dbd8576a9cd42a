"""Members that several records have when they read back."""

from __future__ import annotations

from typing import Any

from app.sandbox.kit.answers import Build, via
from app.sandbox.ongoing.bodies.values import zulu, zulu_text
from app.sandbox.ongoing.config import WAREHOUSE_ID
from app.sandbox.ongoing.model.warehouse import Warehouse


def at(path: str) -> Build:
    """A time that the warehouse keeps."""
    return via(path, zulu)


def at_text(path: str) -> Build:
    """A date or date-time that is kept as it was sent."""
    return via(path, zulu_text)


def cause(path: str) -> Build:
    """A return cause from its code and name; null when there is none."""
    return via(path, lambda found: None if found is None else {"code": found[0], "name": found[1]})


def goods_owner(record: Any, _: Warehouse) -> dict[str, Any]:
    return {"id": record.goods_owner_id, "name": f"Goods owner {record.goods_owner_id}"}


def warehouse_member(record: Any, warehouse: Warehouse) -> dict[str, Any]:
    """The warehouse that the record names, else the first."""
    named = getattr(record, "warehouse_id", None) or getattr(getattr(record, "body", None), "warehouse_id", None)
    building = warehouse.config.building(named or WAREHOUSE_ID) or warehouse.config.buildings[0]
    return building._asdict()


def status_member(statuses: str) -> Build:
    """The record's status by number and text. `statuses` names the setting of the warehouse that lists them."""
    return lambda record, warehouse: {
        "number": record.status,
        "text": dict(getattr(warehouse.config, statuses)).get(record.status),
    }
