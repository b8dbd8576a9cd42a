"""Goods that came back and fit no line of an order: no report tells the caller's address of them, so this does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.records import outgoing_webhooks
from app.records.connections import Connection
from app.records.mappings import Mapping
from app.records.outgoing_webhooks import OutgoingType
from app.records.returned import announced, keeping
from app.records.returned.keeping import CameBack, Refund, ReturnRecord


async def keep(db: AsyncConnection, connection: Connection, mapping: Mapping | None, seen: CameBack, now: datetime) -> bool:
    """Stores what came back. Its pieces that fit no line are told when they are new. Returns whether the record is new."""
    before = await announced.by_number(db, seen.lane, seen.number, seen.way, lock=True)
    known = _pieces(before.lines or ()) if before is not None else {}
    if not await keeping.keep(db, seen, now):
        return False
    fresh = {article: more for article, pieces in _pieces(seen.lines).items() if (more := pieces - known.get(article, 0.0)) > 0}
    if fresh and outgoing_webhooks.are_wanted(connection.settings, OutgoingType.RETURN_RECEIVED):
        record = await announced.by_number(db, seen.lane, seen.number, seen.way)
        assert record is not None
        told = _event(connection, mapping, record, fresh)
        await outgoing_webhooks.add(db, connection.id, OutgoingType.RETURN_RECEIVED, f"untied {seen.digest}", told, now)
    return True


def _pieces(lines: list[dict[str, Any]] | tuple[dict[str, Any], ...]) -> dict[str, float]:
    """By article, of the lines that belong to none of an order."""
    found: dict[str, float] = {}
    for each in lines:
        if not each["row"]:
            found[each["article"]] = found.get(each["article"], 0.0) + each["returned"]
    return found


def _event(connection: Connection, mapping: Mapping | None, record: ReturnRecord, fresh: dict[str, float]) -> dict[str, Any]:
    """As for goods that fit: `order` is null where the return names none, and `line` of each line is."""
    order = None
    if mapping is not None:
        order = {"id": mapping.source_id, "number": mapping.source_number, "wms_number": mapping.number}
    return {
        "connection": connection.name,
        "order": order,
        "lines": [{"line": None, "article_number": article or None, "quantity": pieces} for article, pieces in fresh.items()],
        "returns": [keeping.shown(record)],
        "refund": {"state": Refund.BY_HAND, "reason": record.reason},
    }
