"""One report of returns: what came back of an order in all, and what is kept once the outside system was told or cannot be."""

from __future__ import annotations

from collections.abc import Mapping as ByKey
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.shipment import Shipment
from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.engine.returning import came_back
from app.engine.returning.causes import scrapping
from app.flows.outcomes import Outcome
from app.flows.report import Acknowledge, Intent, Kind, Reported
from app.flows.returns import Returns, as_text, not_yet_refunded, refunded_before, settled_request
from app.flows.returns import came_back as added_up
from app.integrations.protocol import ReturnsBy
from app.integrations.protocol.capabilities import Capability
from app.records import deliveries, outgoing_webhooks
from app.records.connections import Connection
from app.records.mappings import Mapping
from app.records.outgoing_webhooks import OutgoingType
from app.records.returned import keeping
from app.records.returned.keeping import Refund, ReturnRecord

P = TypeVar("P")


@dataclass(frozen=True)
class ReturnsOfOrder:
    """What came back of one order, and the records that say so."""

    returns: Returns
    records: tuple[ReturnRecord, ...]


async def read_returned(
    gateway: Gateway, connection: Connection, mapping: Mapping, shipments: Sequence[Shipment]
) -> ReturnsOfOrder:
    """Reads what came back. Asks the WMS for its causes where only they say what was scrapped; raises RemoteError then."""
    async with gateway.database.read() as db:
        found = await _returned(db, connection, mapping, shipments)
    if not came_back.asks_for_causes(found.records):
        return found
    codes = await scrapping(gateway, connection)
    async with gateway.database.begin() as db:
        cleared = [(each.id, came_back.cleared(each, codes)) for each in found.records if came_back.asks_for_causes([each])]
        await keeping.store_lines(db, cleared, gateway.clock())
        return await _returned(db, connection, mapping, shipments)


async def _returned(
    db: AsyncConnection, connection: Connection, mapping: Mapping, shipments: Sequence[Shipment]
) -> ReturnsOfOrder:
    """In each of the three ways that the connection uses."""
    by, ways = connection.settings.returns.by, dict[str, dict[str, Decimal]]()
    rows = [row for row in await deliveries.returned_of(db, mapping.id) if row.way in by]
    for row in rows:
        _add(ways.setdefault(row.way, {}), row.row_number, Decimal(str(row.quantity)))
    lines = [(shipment.wms_order_id, line) for shipment in shipments for line in shipment.lines if line.returned]
    lines = lines if ReturnsBy.ORDER in by else []
    for _, line in lines:
        _add(ways.setdefault(ReturnsBy.ORDER, {}), line.row_number, line.returned)
    received: dict[tuple[int, int], Decimal] = {}
    for row in rows:
        if row.way == ReturnsBy.PURCHASE_ORDER:
            _add(received, (row.record_id, row.line_id), Decimal(str(row.quantity)))
    confirmed = [Acknowledge("returned", order_id, line.line_id, line.returned) for order_id, line in lines]
    confirmed += [Acknowledge("received", *place, pieces) for place, pieces in received.items()]
    on_the_order, announced, purchased = (
        ways.get(way, {}) for way in (ReturnsBy.ORDER, ReturnsBy.RETURN_ORDER, ReturnsBy.PURCHASE_ORDER)
    )
    records = [each for each in await keeping.of_mapping(db, mapping.id) if each.lines and each.way in by]
    totals = added_up(on_the_order, announced, purchased)
    return ReturnsOfOrder(Returns(totals, came_back.scrapped_of(records), tuple(confirmed)), tuple(records))


def _add(pieces: dict[P, Decimal], place: P, more: Decimal) -> None:
    pieces[place] = pieces.get(place, Decimal(0)) + more


async def resolve_returns(
    db: AsyncConnection, connection: Connection, mapping: Mapping, shipments: Sequence[Shipment], now: datetime
) -> None:
    """Marks what has come back so far as dealt with by an operator. It is never refunded."""
    found = await _returned(db, connection, mapping, shipments)
    key = f"settled {now.isoformat()}"
    request = settled_request(found.returns, await _intents(db, mapping, Kind.REFUND))
    await deliveries.intend(db, mapping.id, Kind.REFUND, key, request, now)
    await deliveries.done(db, mapping.id, Kind.REFUND, key, "settled", now)
    await keeping.mark(db, found.records, Refund.SETTLED, None, now)


# --- what becomes of it ---------------------------------------------------------------------------------------------------


async def keep_outcome(
    gateway: Gateway, connection: Connection, mapping: Mapping, found: ReturnsOfOrder, reported: Reported
) -> None:
    """Stores what became of the returns and tells the caller's address of each piece once, all in one transaction.

    A report that is made again after a crash finds what is still to be told.
    """
    now = gateway.clock()
    refund = _refund_after(connection, reported)
    reason, is_told = reported.reason if refund is not Refund.REFUNDED else None, False
    async with gateway.database.begin() as db:
        await keeping.mark(db, found.records, refund, reason, now)
        told = refunded_before(await _intents(db, mapping, Kind.RETURNED))
        fresh = not_yet_refunded(found.returns.totals, told)
        if not fresh:
            return
        request = {"pieces": as_text(found.returns.totals)}
        key = " ".join(f"{row}={pieces}" for row, pieces in request["pieces"].items())
        key = keeping.digest_of([mapping.id, key])
        await deliveries.intend(db, mapping.id, Kind.RETURNED, key, request, now)
        await deliveries.done(db, mapping.id, Kind.RETURNED, key, "told", now)
        if outgoing_webhooks.are_wanted(connection.settings, OutgoingType.RETURN_RECEIVED):
            after = [each for each in await keeping.of_mapping(db, mapping.id) if each.lines]
            data = _event(connection, mapping, after, fresh, {"state": refund, "reason": reason})
            is_told = await outgoing_webhooks.add(db, connection.id, OutgoingType.RETURN_RECEIVED, key, data, now)
    if is_told:
        await gateway.wake_ups.send(Task.OUTGOING, connection.id)


async def _intents(db: AsyncConnection, mapping: Mapping, kind: Kind) -> dict[str, Intent]:
    rows = await deliveries.reported(db, mapping.id, kind)
    return {row.key: Intent(row.key, row.request or {}, row.remote_id, False) for row in rows}


def _refund_after(connection: Connection, reported: Reported) -> Refund:
    if reported.outcome is Outcome.HELD:
        return Refund.HELD
    if reported.outcome is Outcome.SKIPPED or Capability.REFUND not in connection.system.capabilities:
        return Refund.BY_HAND
    return Refund.REFUNDED


def _event(
    connection: Connection,
    mapping: Mapping,
    records: Sequence[ReturnRecord],
    fresh: ByKey[str, Decimal],
    refund: dict[str, Any],
) -> dict[str, Any]:
    """What the caller is told: the pieces that are new, by line of the order, and the returns that they came with."""
    concerned = [each for each in records if any(line["row"] in fresh for line in each.lines or ())]
    articles = {line["row"]: line["article"] for each in concerned for line in each.lines or ()}
    return {
        "connection": connection.name,
        "order": {"id": mapping.source_id, "number": mapping.source_number, "wms_number": mapping.number},
        "lines": [{"line": row, "article_number": articles.get(row), "quantity": float(pieces)} for row, pieces in fresh.items()],
        "returns": [keeping.shown(each) for each in concerned],
        "refund": refund,
    }
