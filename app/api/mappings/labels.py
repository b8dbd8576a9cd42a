"""A record in one short sentence for people."""

from __future__ import annotations

from app.domain import Kind
from app.flows.report import AWAITS_PICKUP, Delivery
from app.records.mappings import Mapping

WORDS = {
    "unknown": "being looked up: a call was made and its outcome is not known",
    "none": "not transferred",
    "pending": "waiting to be sent",
    "taken-back": "taken back from the warehouse",
    "not-wanted": "in the warehouse{there}, not wanted",
    "waiting": "sent by the warehouse, its tracking number is awaited",
    "at-pickup": "ready for pick-up: the {noun} is told when the customer has it",
    "partly": "sent in part, the {noun} knows",
    "reported": "sent by the warehouse, the {noun} knows",
    "not-told": "sent by the warehouse, but the {noun} could not be told: it needs you",
    "sent": "in the warehouse{there}",
    "kept": "kept, goes along with its articles",
    "held": "held: it needs you",
    "refused": "refused by the warehouse, or given up",
}
"""What is said of each state; derived from the three axes every time, never stored."""

_DELIVERED = {"waiting": "waiting", "partly": "partly", "reported": "reported", "held": "not-told"}


def label(mapping: Mapping, noun: str) -> str:
    """The three axes in one short sentence for people. `noun`: shop or ERP."""
    there = f" ({mapping.warehouse_status_text or mapping.warehouse_status})" if mapping.warehouse_status is not None else ""
    return WORDS[state_of(mapping)].format(noun=noun, there=there)


def state_of(mapping: Mapping) -> str:
    """One of WORDS."""
    match mapping.transfer:
        case "none" | "pending" | "sent" if mapping.unsettled_attempt_id is not None:
            return "unknown"
        case "sent" if mapping.wanted == "absent":
            return "taken-back" if mapping.reason_code == "cancelled" else "not-wanted"
        case "sent" if mapping.delivery == Delivery.WAITING and mapping.delivery_code == AWAITS_PICKUP:
            return "at-pickup"
        case "sent" if mapping.delivery in _DELIVERED:
            return _DELIVERED[mapping.delivery]
        case "sent" if mapping.kind == Kind.SUPPLIER:
            return "kept"
        case found if found in WORDS:
            return found
        case _:
            return "unknown"
