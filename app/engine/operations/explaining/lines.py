"""What was sent of each line of an order, how much of it the other side was told, and what it has no place for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.shipment import Shipment
from app.flows.shipment_plan import plan_shipments
from app.integrations.protocol.shipments import Untold
from app.records.connections import Connection
from app.records.deliveries import Acknowledgement
from app.sentence import Sentence

PICKED = "picked"


@dataclass(frozen=True)
class SentLine:
    """Pieces of one row of the order. `told`: of these the other side has been told, as far as it can be."""

    row_number: str
    article_number: str
    ordered: Decimal
    sent: Decimal
    told: Decimal

    @property
    def missing(self) -> Decimal:
        return max(self.ordered - self.sent, Decimal(0))


@dataclass(frozen=True)
class NotTold:
    """Something that the other side has no place for. `code` is stable."""

    code: str
    said: Sentence


def sent_lines(
    shipments: Sequence[Shipment], connection: Connection, confirmed: Sequence[Acknowledgement]
) -> tuple[SentLine, ...]:
    """The rows of the order, its back orders' pieces among them. None before the WMS has shown it."""
    plan = plan_shipments(shipments, connection.settings.shipments.partial_deliveries)
    rows = {(each.wms_order_id, line.line_id): line.row_number for each in shipments for line in each.lines}
    told: dict[str, Decimal] = defaultdict(Decimal)
    for row in confirmed:
        if row.kind == PICKED and (place := rows.get((row.wms_order_id, row.line_id))) is not None:
            told[place] += Decimal(str(row.quantity))
    return tuple(
        SentLine(each.row_number, each.article_number, each.ordered, each.shipped, min(told[each.row_number], each.shipped))
        for each in plan.sent
    )


def not_told(shipments: Sequence[Shipment], lines: Sequence[SentLine], connection: Connection) -> tuple[NotTold, ...]:
    """What the system has no place for, of what this order has: a part, its quantities, its tracking."""
    if not connection.settings.processes.shipments:
        return ()
    shop = f"the {connection.system.noun}"
    untold = connection.system.untold(connection.settings)
    made = [each for each in shipments if each.is_made and not each.is_cancelled]
    is_part = any(each.is_part for each in made) or (bool(made) and any(each.missing for each in lines))
    words = {
        Untold.PART: Sentence("%(shop)s has no status for an order of which a part was sent", shop=shop),
        Untold.QUANTITIES: Sentence("%(shop)s has no place for how much of each line was sent", shop=shop),
        Untold.TRACKING: Sentence("%(shop)s keeps no tracking numbers", shop=shop),
    }
    has = {Untold.PART: is_part, Untold.QUANTITIES: is_part, Untold.TRACKING: any(each.tracking for each in made)}
    return tuple(NotTold(each.value, words[each]) for each in Untold if each in untold and has[each])
