"""How states, acts and the engine's sentences are said on pages."""

from __future__ import annotations

from app.sentence import Coded, Sentence
from app.web import languages
from app.web.said.saying import meaning
from app.web.texts import Text

Badge = tuple[Text, str]
"""A word for a state, and the kind of badge that shows it: good, bad, waits, or none of these."""

RECORD: dict[str, Badge] = {
    "unknown": (Text("Outcome not known yet"), "waits"),
    "none": (Text("Not transferred"), ""),
    "pending": (Text("Waits to be sent"), "waits"),
    "taken-back": (Text("Taken back from the warehouse"), ""),
    "not-wanted": (Text("In the warehouse, not wanted"), "bad"),
    "waiting": (Text("Sent, tracking number awaited"), "waits"),
    "at-pickup": (Text("Ready for pick-up"), "waits"),
    "partly": (Text("Sent in part"), "waits"),
    "reported": (Text("Sent and told"), "good"),
    "not-told": (Text("Sent, but could not be told"), "bad"),
    "sent": (Text("In the warehouse"), "good"),
    "kept": (Text("Kept, goes along with its articles"), "good"),
    "held": (Text("Held"), "bad"),
    "refused": (Text("Refused or given up"), "bad"),
}
"""By `labels.state_of`."""

EVENT: dict[str, Badge] = {
    "received": (Text("Received"), "waits"),
    "parked": (Text("Another try is due"), "waits"),
    "queued": (Text("Queued"), "waits"),
    "done": (Text("Done"), "good"),
    "merged": (Text("Merged into a newer one"), ""),
    "ignored": (Text("Ignored"), ""),
    "held": (Text("Held"), "bad"),
    "dead": (Text("Dead letter"), "bad"),
}
JOB: dict[str, Badge] = {
    "waiting": (Text("Waits for its turn"), "waits"),
    "parked": (Text("Another try is due"), "waits"),
    "running": (Text("Being sent"), "waits"),
    "held": (Text("Held"), "bad"),
    "dead": (Text("Dead letter"), "bad"),
    "done": (Text("Done"), "good"),
}
PROCESS: dict[str, Text] = {
    "orders": Text("Orders"),
    "articles": Text("Articles"),
    "suppliers": Text("Suppliers"),
    "purchase-orders": Text("Purchase orders"),
    "stock": Text("Stock"),
    "shipments": Text("Shipments"),
    "returns": Text("Returns"),
    "receipts": Text("Receipts"),
    "acknowledgements": Text("Confirmations to the warehouse"),
    "return-orders": Text("Announced returns"),
    "notes": Text("Notes"),
    "import-status": Text("Status after the import"),
}
ACT: dict[str, Text] = {
    "resync": Text("Read again and send"),
    "release": Text("Release"),
    "replay": Text("Try again"),
    "resolve": Text("Resolve"),
    "close-short": Text("Close short"),
    "cancel-rest": Text("Cancel the rest"),
}
"""What is said for the acts of `possible.Act`."""

_NOUNS = (Text("the shop"), Text("the ERP"), Text("The shop"), Text("The ERP"), Text("the caller's system"))
"""Values of the engine's sentences."""


def told(sentence: Sentence, language: str) -> str:
    """A sentence of the engine. The words of another system stand in it as they came."""
    said = languages.translations(language).gettext
    values = {name: _value(name, value, language) for name, value in sentence.values.items()}
    return said(sentence.pattern) % values


def _value(name: str, value: str | int | None, language: str) -> str | int | None:
    if isinstance(value, Coded):
        return (
            value if language == languages.DEFAULT else meaning(value.code, "shop", language, is_short=True).rstrip(".") or value
        )
    if name == "operation":
        act = str(value).rpartition("/")[2]
        return ACT[act].said(language) if act in ACT else value
    return languages.translations(language).gettext(value) if isinstance(value, str) and value else value
