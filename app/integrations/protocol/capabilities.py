"""What a system can do. The gateway asks for it by name before it asks the system itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

from app.domain import Process
from app.errors import BadInput


class Capability(StrEnum):
    """One thing that a system can or cannot do. The value is what people read."""

    READ_ARTICLES = "read-articles"
    READ_ORDERS = "read-orders"
    READ_SUPPLIERS = "read-suppliers"
    """Its articles name their suppliers."""
    READ_BY_ID = "read-by-id"
    """Single records can be read, and the system says itself when there is none: only that proves that a record is gone."""
    WRITE_STOCK = "write-stock"
    """Its source is a `WritesStock`."""
    REPORT_SHIPMENTS = "report-shipments"
    """Its source is a `ReportsShipments`."""
    MARK_IMPORTED = "mark-imported"
    """Its source is a `MarksImported`: an order can be given a status when it has come into the warehouse."""
    NOTES = "notes"
    """Its source is a `WritesNotes`: notes can be put on an order."""
    REFUND = "refund"
    """Its source is a `MakesRefunds`."""
    SEND_WEBHOOKS = "send-webhooks"
    """Its integration has `webhooks`, and its credentials a `webhook_secret`."""
    MANAGE_WEBHOOKS = "manage-webhooks"
    """Its source is a `ManagesWebhooks`: the webhooks can be made and put right over its API."""
    OAUTH = "oauth"
    """Its credentials can come from a consent that a person gives in the system: its integration has a `consent`."""


NEEDED: dict[Process, Capability] = {
    Process.ARTICLES: Capability.READ_ARTICLES,
    Process.ORDERS: Capability.READ_ORDERS,
    Process.SUPPLIERS: Capability.READ_SUPPLIERS,
    Process.STOCK: Capability.WRITE_STOCK,
    Process.SHIPMENTS: Capability.REPORT_SHIPMENTS,
    Process.IMPORT_STATUS: Capability.MARK_IMPORTED,
    Process.NOTES: Capability.NOTES,
}
"""What a system must be able to do for a process. For any other from it, it is enough to give records of that kind; for any
other back to it, nothing is needed: returns are given to callers where it makes no refunds."""

SWITCHES: dict[str, Capability] = {
    **{f"processes.{process.switch}": needed for process, needed in NEEDED.items() if process is not Process.NOTES},
    "order_note_on_hold": Capability.NOTES,
    "webhooks.managed": Capability.MANAGE_WEBHOOKS,
}
"""Settings that switch something on, by dotted name, and what the system must be able to do for that."""

WORDS: dict[Capability, str] = {
    Capability.READ_ARTICLES: "be asked for articles",
    Capability.READ_ORDERS: "be asked for orders",
    Capability.READ_SUPPLIERS: "be asked for suppliers",
    Capability.READ_BY_ID: "be asked for one record by its id",
    Capability.WRITE_STOCK: "be told of stock",
    Capability.REPORT_SHIPMENTS: "be told of shipments",
    Capability.MARK_IMPORTED: "be told that an order has come into the warehouse",
    Capability.NOTES: "take notes on orders",
    Capability.REFUND: "refund returned goods",
    Capability.SEND_WEBHOOKS: "send webhooks",
    Capability.MANAGE_WEBHOOKS: "have its webhooks kept by the gateway",
    Capability.OAUTH: "be connected by consent",
}
"""As people say it, after "can" and "cannot"."""


def cannot(title: str, has: Collection[Capability], lacks: Capability, field: str) -> BadInput:
    """The refusal of something that a system cannot do: names the field, what is missing, and what there is."""
    return BadInput(
        f"{title} cannot {WORDS[lacks]} (it lacks {lacks.value})", field=field, fix=f"{title} can: {', '.join(sorted(has))}"
    )


def impossible_switches(has: Collection[Capability]) -> dict[str, Capability]:
    """The switches that a system with these capabilities cannot have on."""
    return {name: needed for name, needed in SWITCHES.items() if needed not in has}


def without_impossible(settings: Mapping[str, Any], has: Collection[Capability], *, also_given: bool = False) -> dict[str, Any]:
    """The settings with what the system cannot do switched off where nothing is said; with `also_given` in any case."""
    made = dict(settings)
    for name in impossible_switches(has):
        part, _, leaf = name.rpartition(".")
        place = made
        if part:
            inner = made.get(part, {})
            if not isinstance(inner, Mapping):
                continue  # refused as what it is
            place = made[part] = dict(inner)
        if also_given or leaf not in place:
            place[leaf] = False
    return made
