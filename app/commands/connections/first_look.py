"""The first look before the first write: which quantities the shop would get, shown before any is written.

A connection that has never been active is activated with `stock.look_only`: all else of it runs, and its quantities are only
compared. They are shown, and written after a yes. Until then the setting stays, so that no later command writes by mistake.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import typer
from rich.text import Text

from app.commands.kit.remote import Remote, segment
from app.commands.kit.runs import ENDED, start
from app.commands.kit.terminal import err, out, table
from app.domain import RunState

LOOK_SECONDS = 300.0
SHOWN = 20
MOST_READ = 2000
"""Articles of each state that are looked at one by one. Beyond that only the gateway's own figures count."""

CHANGES = {"Article": "number", "In the shop": "shop.quantity", "In the warehouse": "in_warehouse", "Would be": "would_be"}


@dataclass(frozen=True)
class Look:
    """What was seen. Quantities in whole pieces.

    `changes`: articles whose quantity would change. `to_zero`: those of them that the shop sells now and would sell no more.
    `new`: those of these that the warehouse does not know yet: they are made there with 0 pieces. `same`: articles that agree.
    """

    changes: tuple[dict[str, Any], ...]
    same: int
    to_zero: int
    new: int
    more: bool
    error: str | None = None

    def plain(self) -> dict[str, Any]:
        figures = {"would_change": len(self.changes), "to_zero": self.to_zero, "new_in_warehouse": self.new, "same": self.same}
        return {**figures, "is_complete": not self.more, "error": self.error, "changes": list(self.changes[:SHOWN])}


def look_only_of(settings: Any) -> bool | None:
    """`stock.look_only` as settings name it; None when they do not."""
    stock = settings.get("stock") if isinstance(settings, Mapping) else None
    value = stock.get("look_only") if isinstance(stock, Mapping) else None
    return value if isinstance(value, bool) else None


def is_to_be_kept(before: Mapping[str, Any] | None, settings: Any, *, activate: bool, stock_now: bool) -> bool:
    """Whether the connection is saved with `stock.look_only`, though its file does not name it.

    So it is until somebody says yes: at its first activation, and afterwards while it still only looks.
    """
    if stock_now or not isinstance(settings, Mapping) or look_only_of(settings) is not None:
        return False
    processes, stock = settings.get("processes", {}), settings.get("stock", {})
    if not isinstance(stock, Mapping) or (isinstance(processes, Mapping) and processes.get("stock") is False):
        return False
    if before is not None and before["settings"].get("stock", {}).get("look_only"):
        return True
    return activate and (before is None or before["activated_at"] is None)


def with_look_only(settings: Mapping[str, Any], value: bool) -> dict[str, Any]:
    return {**settings, "stock": {**settings.get("stock", {}), "look_only": value}}


def allow_writing(remote: Remote, name: str) -> None:
    """From now on quantities are written. The gateway begins within seconds."""
    body = {"settings": {"stock": {"look_only": False}}}
    remote.call("PATCH", f"/connections/{segment(name)}", json=body)


def look(remote: Remote, name: str) -> Look:
    """Compares all quantities of both sides now. Writes nothing: the connection only looks."""
    run = start(remote, name, {"process": "stock", "full": True, "dry_run": False}, LOOK_SECONDS)
    if run["state"] not in ENDED:
        return Look((), 0, 0, 0, more=True, error=f"the comparison is not over after {LOOK_SECONDS:g} s; it goes on")
    if run["state"] != RunState.DONE:
        errors = [part["error"] for part in run["parts"] if part["error"]]
        return Look((), 0, 0, 0, more=True, error=errors[0] if errors else f"the comparison has ended as {run['state']}")
    connection = remote.get(f"/connections/{segment(name)}")
    (figures,) = remote.get("/stock/summary", connection=name)["items"]
    rows = remote.items("/stock", MOST_READ, connection=name, state="waiting")
    unknown = remote.items("/stock", MOST_READ, connection=name, state="unknown")
    brings_articles = connection["settings"]["processes"]["articles"]
    floor = connection["settings"]["stock"]["floor"]
    changes = [_change(row, row["wanted"], f"{row['warehouse']['sellable']:g}") for row in rows]
    new = [_change(row, floor, "new: 0") for row in unknown if row["shop"]["quantity"] != floor] if brings_articles else []
    to_zero = [one for one in (*changes, *new) if not one["would_be"] and (one["shop"]["quantity"] or 0) > 0]
    # What the customer would no longer find comes first.
    shown = sorted((*changes, *new), key=lambda one: (one not in to_zero, one["number"]))
    more = figures["states"].get("waiting", 0) > len(rows) or figures["states"].get("unknown", 0) > len(unknown)
    return Look(tuple(shown), figures["states"].get("same", 0), len(to_zero), len(new), more)


def _change(row: Mapping[str, Any], would_be: int, in_warehouse: str) -> dict[str, Any]:
    return {"number": row["number"], "shop": row["shop"], "in_warehouse": in_warehouse, "would_be": would_be}


def show(seen: Look, name: str) -> None:
    """The first figures: counts, then the first articles of those that would change."""
    out().print(Text(f"First look at the quantities of {name}. Nothing has been written to the shop.", style="bold"))
    if seen.error:
        out().print(Text(f"  They could not be compared: {seen.error}", style="red"))
        return
    at_least = "at least " if seen.more else ""
    quantities = "1 quantity" if len(seen.changes) == 1 else f"{len(seen.changes)} quantities"
    out().print(f"  {at_least}{quantities} of the shop would change, {seen.same} {'is' if seen.same == 1 else 'are'} the same")
    if seen.to_zero:
        sentence = f"  {at_least}{seen.to_zero} articles that the shop sells now would go to 0"
        because = f"; {seen.new} of them are new in the warehouse, which has no pieces of them yet" if seen.new else ""
        out().print(Text(sentence + because, style="bold yellow"))
    if seen.changes:
        table(seen.changes[:SHOWN], CHANGES, "Shop → warehouse")
    if len(seen.changes) > SHOWN:
        out().print(Text(f"  … and {len(seen.changes) - SHOWN} more; all: gateway stock list --connection {name}", style="dim"))


def agreed(name: str, *, is_asked: bool) -> bool:
    """Asks whether the quantities may be written. Without a terminal nobody can be asked: that is no yes."""
    if not is_asked:
        return False
    return typer.confirm(f"Write the warehouse's quantities to the shop of {name} from now on?", default=False, err=True)


def has_terminal() -> bool:
    return sys.stdin.isatty()


def say_how_to_go_on(name: str, command: str) -> None:
    err().print(
        Text.assemble(
            (f"{name} is active, but no quantity is written to its shop yet", "yellow"),
            f" (stock.look_only). Look: gateway stock list --connection {name}\nGo on with: {command}",
        )
    )
