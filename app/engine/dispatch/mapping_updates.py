"""What a job's end changes in its mapping: the transfer into the warehouse, or the way back to the shop."""

from __future__ import annotations

from collections.abc import Mapping as ByKey
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import TO_WAREHOUSE, Process
from app.engine.dispatch.unsettled import newest_of
from app.flows.outcomes import Outcome, Result, Transfer
from app.flows.report import Delivery
from app.records.jobs import Job
from app.records.mappings import MappingChange, change
from app.storage.tables import mappings

DELIVERIES = (Process.SHIPMENTS, Process.RETURNS)
"""The processes whose outcome says how far the way back has come."""
OF_RETURNS = (
    "refund-refused",
    "returned-fraction",
    "return-line-unknown",
    "returned-more-than-sold",
    "refund-exceeds-order",
    "another-try",
)


def values_of(job: Job, result: Result, now: datetime) -> MappingChange:
    """What changes in the mapping when the job has ended."""
    if job.process not in TO_WAREHOUSE:
        return _delivery_values(job.process, result, now)
    values: MappingChange = {"transfer": result.transfer, "reason_code": result.code, "reason": result.reason}
    if result.wanted is not None:
        values["wanted"] = result.wanted
    if result.wms_id is not None:
        values["wms_id"] = result.wms_id
    if result.warehouse_status_text is not None:
        values["warehouse_status_text"] = result.warehouse_status_text
    if result.warehouse_status is not None:
        values |= {"warehouse_status": result.warehouse_status, "warehouse_read_at": now}
    if result.sent_hash is not None:
        values |= {"sent_hash": result.sent_hash, "sent_at": now}
    if result.outcome is Outcome.CREATED and job.process == Process.ORDERS:
        values["entered_at"] = now
    if result.settles:
        values |= {"sent_hash": result.sent_hash, "unsettled_attempt_id": None}
    elif result.transfer is Transfer.UNKNOWN:
        values["unsettled_attempt_id"] = newest_of(job.id, job.process, job.done_generation)
    if result.taken_back is not None:
        values["taken_back_at"] = now if result.taken_back else None
    return values


def _delivery_values(process: Process, result: Result, now: datetime) -> MappingChange:
    """For a report: the transfer into the warehouse stays as it is.

    Acknowledgements and notes leave no trace here: their own jobs have it.
    """
    if process is Process.IMPORT_STATUS:
        return _import_values(result)
    if process not in DELIVERIES:
        return {}
    if process is Process.RETURNS and result.delivery is None:
        return _returned_values(result)
    values: MappingChange = {"delivery_code": result.code, "delivery_reason": result.reason}
    if result.delivery is not None:
        values["delivery"] = result.delivery
    if result.completed:
        values["completed_at"] = now
    return values


def _import_values(result: Result) -> MappingChange:
    """It comes before any shipment: what a shipment has said since stays."""
    nothing_sent = mappings.c.delivery.is_(None) | (mappings.c.delivery == Delivery.NONE)
    said = {"delivery_code": result.code, "delivery_reason": result.reason}
    return {name: case((nothing_sent, value), else_=mappings.c[name]) for name, value in said.items()}  # type: ignore[return-value]


def _returned_values(result: Result) -> MappingChange:
    """Goods that came back had been sent. A return that goes through clears only a problem that a return had set."""
    of_a_return = mappings.c.delivery_code.in_(OF_RETURNS)
    was_held = of_a_return & (mappings.c.delivery == Delivery.HELD)
    return {
        "delivery": case((was_held, Delivery.REPORTED.value), else_=mappings.c.delivery),
        "delivery_code": case((of_a_return, result.code), else_=mappings.c.delivery_code),
        "delivery_reason": case((of_a_return, result.reason), else_=mappings.c.delivery_reason),
    }


def retry_values(process: Process, message: str, *, unknown: bool) -> MappingChange:
    """What changes in the mapping while the job waits for another try."""
    if process not in TO_WAREHOUSE:
        return {"delivery_code": "another-try", "delivery_reason": message} if process in DELIVERIES else {}
    values: MappingChange = {"reason_code": "another-try", "reason": message}
    if unknown:
        values["transfer"] = Transfer.UNKNOWN
    return values


# --- of several jobs together -----------------------------------------------------------------------------------------------

_PLAIN = (str, int, datetime, type(None))


async def change_all(db: AsyncConnection, changes: ByKey[int, MappingChange], now: datetime) -> None:
    """Changes several mappings, by id. The same columns of many go in one statement."""
    together: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for mapping_id, values in sorted(changes.items()):
        if all(isinstance(value, _PLAIN) for value in values.values()):
            row = {f"new_{name}": value for name, value in values.items()}
            together.setdefault(tuple(sorted(values)), []).append({**row, "mapping": mapping_id, "at": now})
        else:
            await change(db, mapping_id, now, **values)
    for names, rows in together.items():
        await db.execute(_changing(names), rows)


@cache
def _changing(names: tuple[str, ...]) -> Update:
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return update(mappings).where(mappings.c.id == bindparam("mapping")).values(updated_at=bindparam("at"), **values)


async def lock(db: AsyncConnection, mapping_ids: Sequence[int]) -> None:
    """Nobody else changes these mappings until the transaction ends. Locks them in the order of their ids."""
    query = select(mappings.c.id).where(mappings.c.id.in_(mapping_ids)).order_by(mappings.c.id)
    await db.execute(query.with_for_update(key_share=True))


@dataclass(frozen=True)
class NumberClaim:
    """A number that a record takes in the WMS of its goods owner (`lane`)."""

    mapping_id: int
    lane: str
    number: str


_CLAIM = (
    update(mappings)
    .where(mappings.c.id == bindparam("mapping"))
    .values(number=bindparam("claimed"), lane=bindparam("of_lane"), updated_at=bindparam("at"))
)


async def claim_numbers(db: AsyncConnection, claims: Sequence[NumberClaim], now: datetime) -> None:
    """Raises IntegrityError when another record has one of the numbers."""
    rows = [
        {"mapping": each.mapping_id, "claimed": each.number, "of_lane": each.lane, "at": now}
        for each in sorted(claims, key=lambda each: each.mapping_id)
    ]
    if rows:
        await db.execute(_CLAIM, rows)
