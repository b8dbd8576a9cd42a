"""The menu. An entry shows when its page is there and the key may see it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.domain import Right
from app.records.keys import ApiKey
from app.web.texts import Text


@dataclass(frozen=True)
class Entry:
    """`everything`: only a key without a limit to connections sees it."""

    name: Text
    path: str
    right: Right = Right.READ
    everything: bool = False

    def is_for(self, key: ApiKey) -> bool:
        return key.may(self.right) and not (self.everything and key.connection_ids is not None)

    def holds(self, path: str) -> bool:
        """Whether the page at this path is this entry's, or below it."""
        return path == self.path or (self.path != HOME and path.startswith(f"{self.path}/"))


HOME = "/console"
ENTRIES = (
    Entry(Text("Overview"), HOME),
    Entry(Text("Connections"), "/console/connections"),
    Entry(Text("Orders"), "/console/orders"),
    Entry(Text("Articles"), "/console/articles"),
    Entry(Text("Purchase orders"), "/console/purchase-orders"),
    Entry(Text("Events"), "/console/events"),
    Entry(Text("Dead letters"), "/console/dead-letters"),
    Entry(Text("Runs"), "/console/runs"),
    Entry(Text("Returns"), "/console/returns"),
    Entry(Text("Stock"), "/console/stock"),
    Entry(Text("Receipts"), "/console/receipts"),
    Entry(Text("Outgoing webhooks"), "/console/outgoing-webhooks"),
    Entry(Text("Lanes"), "/console/lanes"),
    Entry(Text("Alerts"), "/console/alerts"),
    Entry(Text("Reconcile"), "/console/reconcile"),
    Entry(Text("Backfill"), "/console/backfill"),
    Entry(Text("Take over"), "/console/adopt"),
    Entry(Text("Audit"), "/console/audit"),
    Entry(Text("Keys"), "/console/keys", Right.ADMIN, everything=True),
)


def menu(key: ApiKey, there: Collection[str]) -> list[Entry]:
    return [each for each in ENTRIES if each.path in there and each.is_for(key)]
