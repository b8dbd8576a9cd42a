"""Where the pages about connections are."""

from __future__ import annotations

from app.console.connections import actions, carriers, connecting, credentials, delivery_note, listing, one, settings, setup
from app.console.connections.connecting import CONNECT
from app.console.connections.one import CONNECTIONS
from app.console.kit.console import Console
from app.domain import Right

ONE = f"{CONNECTIONS}/{{connection}}"
NEW = "new connections"


def register(console: Console) -> None:
    console.get(CONNECTIONS, listing.list_page)
    console.get(ONE, one.one_page)
    console.get(f"{ONE}/carriers", carriers.carriers_page)
    console.get(f"{ONE}/delivery-note", delivery_note.delivery_note_page)
    console.get(f"{ONE}/settings", settings.settings_page, right=Right.ADMIN)
    console.post(f"{ONE}/settings", settings.settings_sent, right=Right.ADMIN)
    console.get(f"{ONE}/credentials", credentials.credentials_page, right=Right.ADMIN)
    console.post(f"{ONE}/credentials", credentials.credentials_sent, right=Right.ADMIN)
    console.post(f"{ONE}/sync", actions.sync, right=Right.SYNC, back=ONE)
    for name, action in {
        "test": actions.test,
        "pause": actions.pause,
        "resume": actions.resume,
        "write-stock": actions.write_stock,
        "check-webhooks": actions.check_webhooks,
        "rotate": actions.rotate,
        "delete": actions.delete,
    }.items():
        console.post(f"{ONE}/{name}", action, right=Right.ADMIN, back=ONE)
    _new(console)


def _new(console: Console) -> None:
    begun = f"{CONNECT}/{{visit}}"
    console.get(CONNECT, connecting.first_page, right=Right.ADMIN, everything=NEW)
    console.post(CONNECT, connecting.first_sent, right=Right.ADMIN, everything=NEW)
    console.get(begun, connecting.warehouse_page, right=Right.ADMIN, everything=NEW)
    console.post(begun, connecting.warehouse_sent, right=Right.ADMIN, everything=NEW)
    console.get(f"{begun}/source", connecting.source_page, right=Right.ADMIN, everything=NEW)
    console.post(f"{begun}/source", connecting.source_sent, right=Right.ADMIN, everything=NEW)
    for step, shown, sent in (
        ("settings", setup.settings_page, setup.settings_sent),
        ("test", setup.test_page, setup.test_sent),
        ("preview", setup.preview_page, setup.preview_sent),
        ("activate", setup.activate_page, setup.activate_sent),
    ):
        console.get(f"{ONE}/setup/{step}", shown, right=Right.ADMIN)
        console.post(f"{ONE}/setup/{step}", sent, right=Right.ADMIN, back=f"{ONE}/setup/{step}")
