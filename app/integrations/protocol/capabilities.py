"""What a system can do. The gateway asks for it by name before it asks the system itself."""

from __future__ import annotations

from enum import StrEnum

from app.domain import Process


class Capability(StrEnum):
    """One thing that a system can or cannot do. The value is what people read."""

    READ_ARTICLES = "read-articles"
    READ_ORDERS = "read-orders"
    READ_BY_ID = "read-by-id"
    """Single records can be read, and the system says itself when there is none: only that proves that a record is gone."""
    WRITE_STOCK = "write-stock"
    """Its source is a `WritesStock`."""
    REPORT_SHIPMENTS = "report-shipments"
    """Its source is a `ReportsShipments`."""
    NOTES = "notes"
    """Its source is a `WritesNotes`: notes can be put on an order."""
    REFUND = "refund"
    """Its source is a `MakesRefunds`."""
    SEND_WEBHOOKS = "send-webhooks"
    """Its integration has `webhooks`, and its credentials a `webhook_secret`."""
    MANAGE_WEBHOOKS = "manage-webhooks"
    """Its source is a `ManagesWebhooks`: the webhooks can be made and put right over its API."""
    OAUTH = "oauth"
    """Its credentials come from a consent that a person gives in the system."""


NEEDED: dict[Process, Capability] = {
    Process.ARTICLES: Capability.READ_ARTICLES,
    Process.ORDERS: Capability.READ_ORDERS,
    Process.STOCK: Capability.WRITE_STOCK,
    Process.SHIPMENTS: Capability.REPORT_SHIPMENTS,
    Process.RETURNS: Capability.REFUND,
    Process.NOTES: Capability.NOTES,
}
"""What a system must be able to do for a process."""
