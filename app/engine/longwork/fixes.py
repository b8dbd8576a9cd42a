"""What mends a finding: in words, as a command and as an operation."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from app.domain import Process
from app.engine.longwork.reconcile.findings import Action
from app.records.longwork.lines import Line

_WORDS: dict[str, str] = {
    Action.RESYNC: "Read it again now, and send it",
    Action.RELEASE: "Try it in spite of the hold",
    Action.SYNC_ORDERS: "Read all orders again",
    Action.SYNC_ARTICLES: "Read all articles again",
    Action.SYNC_STOCK: "Read both sides' quantities again, and write what differs",
    Action.LOOK_AT_LANE: "See what its lane waits for",
    Action.CANCEL_BY_HAND: "Cancel it in the WMS",
}
_KINDS = {Process.ORDERS.value: "order", Process.ARTICLES.value: "article"}


@dataclass(frozen=True)
class Fix:
    """`command` and `operation` None: a person does it in the other system."""

    action: str
    text: str
    command: str | None = None
    operation: str | None = None


def fix_of(line: Line, connection: str) -> Fix | None:
    """None for a line with nothing to mend."""
    if line.action is None:
        return None
    text, name = _WORDS[line.action], shlex.quote(connection)
    match line.action:
        case Action.RESYNC | Action.RELEASE:
            number = shlex.quote(line.number or line.source_id or "")
            command = f"gateway {line.action} {number} --connection {name} --kind {_KINDS[line.process]}"
            return Fix(line.action, text, command, f"POST /mappings/{line.mapping_id}/{line.action}")
        case Action.SYNC_ORDERS | Action.SYNC_ARTICLES | Action.SYNC_STOCK:
            process = line.action.removeprefix("sync-")
            command = f"gateway sync {name} --process {process} --full"
            return Fix(line.action, text, command, f"POST /sync/{connection}?process={process}&full=true")
        case Action.LOOK_AT_LANE:
            return Fix(line.action, text, "gateway lanes", "GET /lanes")
        case _:
            return Fix(line.action, text)
