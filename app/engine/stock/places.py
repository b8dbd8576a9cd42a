"""The warehouses whose stock counts for a connection (`stock.warehouses`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app.engine.core.runtime import Gateway
from app.errors import BadInput, RemoteError
from app.integrations.protocol import ConnectionSettings
from app.logs import get_logger
from app.records.connections import Connection
from app.warehouse.connection_test import Check
from app.warehouse.reads.pieces import WarehouseBuilding

log = get_logger(__name__)

COMPARES_AGAIN = frozenset(
    f"settings.stock.{name}" for name in ("figure", "floor", "deduct_waiting_orders", "parent_quantity", "warehouses")
)
"""Settings that change what a shop must show of articles whose quantities have not changed."""
FIELD = "stock.warehouses"
CHECK = "warehouses"


async def refuse_unlisted(gateway: Gateway, current: Connection, wanted: ConnectionSettings) -> None:
    """Raises BadInput for changed warehouses of which the WMS does not list one.

    The WMS is asked once a test has shown that it knows our login. Where it does not answer, the next test tells of it.
    """
    named = wanted.stock.warehouses
    checks: Sequence[dict[str, Any]] = (current.test or {}).get("checks", ())
    is_known = any(check["name"] == "goods-owner" and check["ok"] for check in checks)
    if not named or named == current.settings.stock.warehouses or not is_known:
        return
    try:
        listed = await gateway.warehouse(current).warehouses()
    except RemoteError as error:
        log.warning("warehouses_not_checked", connection=current.name, error=type(error).__name__)
        return
    if missing := _missing(named, listed):
        raise BadInput(_words(missing), field=f"settings.{FIELD}", fix=_fix(listed))


async def check(gateway: Gateway, connection: Connection) -> tuple[Check, ...]:
    """What a connection test says of the warehouses that are named. Nothing, and no call, where none is."""
    named = connection.settings.stock.warehouses
    if not named:
        return ()
    try:
        listed = await gateway.warehouse(connection).warehouses()
    except RemoteError as error:
        return (Check(CHECK, False, f"the WMS did not list its warehouses: {error.message}", "test again", error=error),)
    if missing := _missing(named, listed):
        return (Check(CHECK, False, f"settings.{FIELD}: {_words(missing)}", _fix(listed)),)
    counted = ", ".join(_named(each) for each in listed if each.id in named)
    return (Check(CHECK, True, f"the stock of these warehouses counts: {counted}"),)


def _missing(named: Iterable[int], listed: Iterable[WarehouseBuilding]) -> list[int]:
    known = {each.id for each in listed}
    return [each for each in named if each not in known]


def _words(missing: Sequence[int]) -> str:
    return f"the WMS lists no warehouse {', '.join(map(str, missing))}"


def _fix(listed: Sequence[WarehouseBuilding]) -> str:
    return f"name some of these by their ids: {', '.join(map(_named, listed))}" if listed else "name none: all stock then counts"


def _named(building: WarehouseBuilding) -> str:
    return f"{building.id} ({building.name or building.code})" if building.name or building.code else str(building.id)
