"""What a job's end changes in its mapping: the transfer into the warehouse, or the way back to the shop."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case

from app.domain import INBOUND, Process
from app.flows.outcomes import Result, Transfer
from app.flows.report import Delivery
from app.records.mappings import MappingChange
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


def values_of(process: Process, result: Result, now: datetime) -> MappingChange:
    """What changes in the mapping when the job has ended."""
    if process not in INBOUND:
        return _delivery_values(process, result, now)
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
    return values


def _delivery_values(process: Process, result: Result, now: datetime) -> MappingChange:
    """For a report: the transfer into the warehouse stays as it is.

    Acknowledgements and notes leave no trace here: their own jobs have it.
    """
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
    if process not in INBOUND:
        return {"delivery_code": "another-try", "delivery_reason": message} if process in DELIVERIES else {}
    values: MappingChange = {"reason_code": "another-try", "reason": message}
    if unknown:
        values["transfer"] = Transfer.UNKNOWN
    return values
