"""The field's own words in the reader's language, wherever a page shows what the code calls by a short name."""

from __future__ import annotations

from app.web.texts import Text

PROCESSES = {
    "suppliers": Text("suppliers"),
    "articles": Text("articles"),
    "orders": Text("orders"),
    "stock": Text("stock"),
    "shipments": Text("shipments"),
    "returns": Text("returns"),
    "receipts": Text("receipts of goods"),
    "acknowledgements": Text("acknowledgements to the warehouse"),
    "return-orders": Text("announced returns"),
    "notes": Text("notes in the shop"),
    "import-status": Text("status on import"),
    "events": Text("events"),
    "cancellations": Text("cancellations"),
}


def process(name: str) -> Text:
    return PROCESSES.get(name, Text("other"))
