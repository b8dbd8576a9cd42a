"""Receipts of goods, and the address that events are sent to."""

from __future__ import annotations

from pydantic import Field, field_validator

from app.domain import OutgoingType
from app.given import Flag, Given
from app.outgoing.addresses import plain_address

LONGEST_MINUTES = 10_080
"""A week."""


class ReceiptSettings(Given):
    """What becomes of goods that the warehouse has received on purchase orders."""

    acknowledge: Flag = Field(
        True,
        description=(
            "Tell the WMS, per line, which received goods are known here. Off: another program does that; corrections of the "
            "warehouse are then found only when something else comes in on the purchase order."
        ),
    )


class OutgoingWebhookSettings(Given):
    """Where this connection's events are sent, signed as Standard Webhooks says."""

    url: str | None = Field(
        None,
        min_length=1,
        description=(
            "Address that is told of this connection's events, like https://erp.example/events. Needs a secret: make one with "
            "`gateway outgoing-webhooks secret`. Without an address nothing is kept or sent."
        ),
    )
    types: list[OutgoingType] = Field(
        default_factory=list, max_length=20, description="The events that are sent. Empty: all that there are."
    )
    old_secret_minutes: float = Field(
        1440,
        ge=0,
        le=LONGEST_MINUTES,
        description=(
            "How long events are signed with the secret that was replaced as well, beside the new one, in minutes. 1440 are 24 "
            "hours. 0: not at all."
        ),
    )

    @field_validator("url")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        return plain_address(value) if value is not None else None

    def wants(self, event_type: OutgoingType) -> bool:
        """Whether events of this type are sent."""
        return self.url is not None and (not self.types or event_type in (*self.types, OutgoingType.TEST))
