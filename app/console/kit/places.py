"""The steps that orders take in a day and the places where they stand now: as the overview counts and the list shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from app.domain import WarehouseState
from app.records.connections import Connection
from app.records.console.flow import Open, Step
from app.warehouse.reads.states import warehouse_state
from app.web.texts import Text

LATE_AFTER = timedelta(minutes=15)
"""An order that is not in the warehouse after this time is late, unless it is held."""


class Place(StrEnum):
    """Where an order that is not done stands. One whose change is held while the warehouse has it stands at two places."""

    WAITS = "waits"
    HELD = "held"
    THERE = "there"
    PICKED = "picked"
    SENT = "sent"


STEPS = {
    Step.IN: Text("came in"),
    Step.ENTERED: Text("into the warehouse"),
    Step.SENT: Text("sent"),
    Step.TOLD: Text("told to the shop"),
}
PLACES = {
    Place.WAITS: Text("on the way now"),
    Place.HELD: Text("held now"),
    Place.THERE: Text("not begun now"),
    Place.PICKED: Text("being picked now"),
    Place.SENT: Text("sent and not told now"),
}
FOUND_BY = {
    "webhook": Text("announced by a webhook"),
    "poll": Text("found by a poll"),
    "sweep": Text("found by the deep sweep"),
    "operator": Text("asked for by a person"),
    "again": Text("looked at again"),
}


def at_place(every: Sequence[Connection], opened: Sequence[Open], place: Place) -> list[Open]:
    """Those of the open orders that stand there. What was refused or given up stands nowhere: it is a dead letter."""
    if place is Place.HELD:
        return [each for each in opened if each.transfer == "held"]
    settings = {each.id: each.settings.warehouse for each in every}
    return [
        each for each in opened if _stands(each, warehouse_state(each.warehouse_status, settings[each.connection_id])) is place
    ]


def _stands(each: Open, state: WarehouseState) -> Place | None:
    if not each.is_there:
        return None if each.transfer in ("held", "refused") else Place.WAITS
    if state is WarehouseState.STARTED:
        return Place.PICKED
    return Place.SENT if state in (WarehouseState.SHIPPED, WarehouseState.RETURNED) else Place.THERE
