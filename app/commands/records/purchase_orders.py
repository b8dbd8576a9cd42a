"""`gateway purchase-orders …`: what was bought, into the warehouse."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect, segment
from app.commands.kit.terminal import AsJson, err, fail, fields, out, print_json, table

app = typer.Typer(no_args_is_help=True, help="Purchase orders: what was bought, for the warehouse to receive.")

Connection = Annotated[str, typer.Argument(metavar="CONNECTION", help="Name or id of the connection.")]
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The purchase order's number.")]

COLUMNS = {
    "Connection": "connection",
    "Number": "number",
    "State": "state",
    "WMS id": "warehouse.id",
    "Status": "warehouse.status_text",
    "Reason": "reason",
    "Updated": "updated_at",
}
LINES = {
    "Row": "row_number",
    "Article": "article_number",
    "Pieces": "quantity",
    "Price": "price",
    "Your id": "external_id",
    "Batch": "batch",
    "Expires": "expires_on",
}
NEXT = "See what becomes of it with: gateway purchase-orders show {connection} {number}"


class State(StrEnum):
    WAITING = "waiting"
    TRANSFERRED = "transferred"
    HELD = "held"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    RESOLVED = "resolved"


def register(root: typer.Typer, panel: str) -> None:
    root.add_typer(app, name="purchase-orders", rich_help_panel=panel)


@app.command("list")
def show_all(
    connection: Annotated[str | None, typer.Option(help="Only of this connection.", show_default=False)] = None,
    state: Annotated[State | None, typer.Option(help="Only what has come so far.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of rows.")] = 50,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List purchase orders and how far they have come, newest first."""
    rows = connect(url, api_key).items("/purchase-orders", limit, connection=connection, state=state)
    if as_json:
        print_json({"items": rows})
    else:
        table(rows, COLUMNS, "Purchase orders")


@app.command("show")
def show(connection: Connection, number: Number, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Show a purchase order: what was put last, and how far it has come."""
    found = connect(url, api_key).get(f"/purchase-orders/{segment(connection)}/{segment(number)}")
    if as_json:
        print_json(found)
        return
    content = found.pop("content") or {}
    lines = content.pop("lines", [])
    fields(
        {**found, **{name: value for name, value in content.items() if value not in ("", None, [], {})}},
        f"Purchase order {number}",
    )
    table(lines, LINES, "Lines", none="Its lines were erased.")


@app.command("put")
def put(
    connection: Connection,
    number: Number,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The purchase order as JSON. -: from standard input.")],
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Put a purchase order: make it, or take the place of what was put before. The same twice is done once."""
    done = connect(url, api_key).call("PUT", f"/purchase-orders/{segment(connection)}/{segment(number)}", json=_read(file))
    if as_json:
        print_json(done)
        return
    said = {
        "queued": "is stored and sent when its turn comes",
        "unchanged": f"is stored like that already; it is {done['state']}",
    }
    _say(done, f"Purchase order {number} {said.get(done['verdict'], done['verdict'])}", connection)


@app.command("take-back")
def take_back(
    connection: Connection, number: Number, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False
) -> None:
    """Take back a purchase order: stop it while it waits, or have it cancelled in the warehouse."""
    done = connect(url, api_key).call("DELETE", f"/purchase-orders/{segment(connection)}/{segment(number)}")
    if as_json:
        print_json(done)
        return
    said = "is taken back; the warehouse is told when its turn comes" if done["verdict"] == "queued" else "was taken back before"
    _say(done, f"Purchase order {number} {said}", connection)


def _say(done: dict[str, Any], words: str, connection: str) -> None:
    out().print(words, markup=False)
    if done["reason"]:
        out().print(done["reason"], markup=False)
    err().print(NEXT.format(connection=connection, number=done["number"]), markup=False)


def _read(file: Path) -> Any:
    try:
        given = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}", "give the path of a JSON file, or - for standard input")
    try:
        return orjson.loads(given)
    except orjson.JSONDecodeError as error:
        fail(f"{file} is not JSON: {error}", "docs/purchase-orders.md shows one")
