"""A record in one short sentence for people."""

from __future__ import annotations

from app.domain import Kind
from app.records.mappings import Mapping

_DELIVERED = {
    "waiting": "sent by the warehouse, its tracking number is awaited",
    "partly": "sent in part, the {noun} knows",
    "reported": "sent by the warehouse, the {noun} knows",
    "held": "sent by the warehouse, but the {noun} could not be told: an operator is needed",
}
"""What `label` says of each state of the way back."""
_UNKNOWN = "being looked up: a call was made and its outcome is not known"


def label(mapping: Mapping, noun: str) -> str:
    """The three axes in one short sentence for people. It is derived every time, never stored. `noun`: shop or ERP."""
    there = f" ({mapping.warehouse_status_text or mapping.warehouse_status})" if mapping.warehouse_status is not None else ""
    match mapping.transfer:
        case "none" | "pending" | "sent" if mapping.unsettled_attempt_id is not None:
            return _UNKNOWN
        case "none":
            return "not transferred"
        case "pending":
            return "waiting to be sent"
        case "sent" if mapping.wanted == "absent":
            return (
                "taken back from the warehouse" if mapping.reason_code == "cancelled" else f"in the warehouse{there}, not wanted"
            )
        case "sent" if mapping.delivery in _DELIVERED:
            return _DELIVERED[mapping.delivery].format(noun=noun)
        case "sent":
            return "kept, goes along with its articles" if mapping.kind == Kind.SUPPLIER else f"in the warehouse{there}"
        case "held":
            return "held, an operator is needed"
        case "refused":
            return "refused by the warehouse, or given up"
        case _:
            return _UNKNOWN
