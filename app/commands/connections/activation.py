"""What a person hears when a connection is saved or activated: what was tested, what is on, and what happens first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from app.clock import utc_now
from app.commands.kit.remote import Problem, Remote, segment
from app.commands.kit.terminal import moment, out, table

TEST_SECONDS = 180.0
"""Time for several calls to the shop and the warehouse. Each has its own time-out."""
CHECKS = {"At": "system", "Check": "name", "": "ok", "Finding": "message", "Fix": "fix"}
FIRST = {
    "suppliers": "the suppliers that articles name, with the articles",
    "articles": "the shop's articles to the warehouse",
    "orders": "orders to the warehouse, each when it comes",
    "stock": "quantities that differ to the shop",
    "shipments": "tracking to the shop when the warehouse has sent an order",
    "import_status": "the order's status when it has come into the warehouse",
    "returns": "refunds to the shop when goods come back",
    "receipts": "goods received on purchase orders, for your ERP",
}
"""What each process writes, in the order in which it begins."""
FEW_HAVE = ("suppliers", "import_status", "receipts")
"""Processes that few connections use: that they are off is not worth a word."""


def activated(remote: Remote, name: str) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """The connection; or None and the test's findings, when a check failed."""
    try:
        return remote.call("POST", f"/connections/{segment(name)}/activate", seconds=TEST_SECONDS), []
    except Problem as problem:
        checks: list[dict[str, Any]] | None = problem.document.get("checks")
        if not checks:
            raise
        return None, checks


def show_checks(checks: list[dict[str, Any]]) -> None:
    rows = [{**check, "ok": "ok" if check["ok"] else "fail"} for check in checks]
    table(rows, CHECKS, "Connection test")


def show_active(connection: Mapping[str, Any]) -> None:
    """The test, what is on, and what follows, of a connection that was just activated."""
    if connection["test"]:
        show_checks(connection["test"]["checks"])
    out().print(Text(f"{connection['name']} is active.", style="green"))
    show_what_follows(connection)


def show_what_follows(connection: Mapping[str, Any]) -> None:
    for sentence in what_follows(connection, utc_now()):
        style = "yellow" if sentence.startswith("Warning") else ""
        out().print(Text(f"  {sentence}", style=style))


def what_follows(connection: Mapping[str, Any], now: datetime) -> Iterator[str]:
    """Sentences about an active connection: its processes, its first writes, its go-live date, its webhooks."""
    settings = connection["settings"]
    on = [name for name in FIRST if settings["processes"].get(name)]
    off = [name for name in FIRST if name not in on and name not in FEW_HAVE]
    yield f"On: {', '.join(on) or 'nothing'}." + (f" Off: {', '.join(off)}." if off else "")
    looks_only = settings["stock"].get("look_only")
    written = [f"{FIRST[name]}{' (only compared for now)' if name == 'stock' and looks_only else ''}" for name in on]
    if written:
        yield f"Written, in this order: {'; '.join(written)}."
    if "orders" in on:
        yield from _orders_from(settings.get("go_live"), now)
    yield from _webhooks(connection)


def _orders_from(go_live: str | None, now: datetime) -> Iterator[str]:
    if not go_live:
        return
    at = datetime.fromisoformat(go_live)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    yield f"Orders made before {moment(at.astimezone(UTC).isoformat())} UTC are never transferred (settings.go_live)."
    if at > now:
        yield "Warning: that lies in the future. Orders that are made now are not transferred, and not later either."


def _webhooks(connection: Mapping[str, Any]) -> Iterator[str]:
    if connection["webhook_url"] is None:
        return
    settings = connection["settings"]
    minutes = f"every {settings['poll_interval_minutes']:g} minutes"
    if connection["webhook_url_note"]:
        yield (
            f"Warning: no webhooks, because GATEWAY_PUBLIC_URL is not set. The shop is only asked {minutes}. "
            "Set it, for API and worker, to the https address under which the shop reaches the gateway."
        )
    elif settings["webhooks"]["managed"]:
        yield f"Webhooks: the gateway makes them in the shop now. See: gateway connections webhooks {connection['name']}"
    else:
        yield f"Webhooks: make them in the shop by hand, to {connection['webhook_url']}. Without them it is asked {minutes}."


def draft_means(command: str, *, was_active: bool, answer: Mapping[str, Any]) -> str:
    """What a draft does with orders, and the command that ends it."""
    if was_active or answer.get("activated_at"):
        why, then = "It points elsewhere now, so it is a draft", "orders made meanwhile are transferred after the activation"
    else:
        why, then = "It is a draft", "orders made before the activation are transferred only if settings.go_live is earlier"
    return f"{why}: nothing is read, sent or written. Webhooks that come are kept; {then}. Activate it with: {command}"
