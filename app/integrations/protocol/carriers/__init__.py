"""What a connection can set about carriers: its rules, and where a pick-up point goes in the WMS."""

from __future__ import annotations

from app.integrations.protocol.carriers.rules import (
    NamesCarriers,
    PickUpPoints,
    TransporterChoice,
    TransporterRule,
    carrier_choices,
)

__all__ = ["NamesCarriers", "PickUpPoints", "TransporterChoice", "TransporterRule", "carrier_choices"]
