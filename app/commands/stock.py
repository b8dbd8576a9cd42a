"""`gateway stock …`: what the warehouse can sell, what the shop shows, and what is to be written."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect
from app.commands.kit.terminal import AsJson, fail, fields, print_json, table

app = typer.Typer(no_args_is_help=True, help="Stock: the warehouse's quantities and the shop's.")

Connection = Annotated[str | None, typer.Option(help="Only of this connection.", show_default=False)]

COLUMNS = {
    "Connection": "connection",
    "Number": "number",
    "Sellable": "warehouse.sellable",
    "Deducted": "deducted",
    "Wanted": "wanted",
    "In the shop": "shop.quantity",
    "State": "state",
    "Problem": "problem",
    "Read": "warehouse.read_at",
}
FIGURES = {
    "Connection": "connection",
    "On": "is_on",
    "Looks only": "looks_only",
    "Same": "states.same",
    "Waiting": "states.waiting",
    "Parked": "states.parked",
    "Problem": "states.problem",
    "None": "states.none",
    "Unknown": "states.unknown",
    "Read": "read_at",
    "Compared": "compared_at",
    "Written": "written_at",
    "Error": "last_error",
}


class State(StrEnum):
    SAME = "same"
    WAITING = "waiting"
    PARKED = "parked"
    PROBLEM = "problem"
    NONE = "none"
    UNKNOWN = "unknown"


@app.command("list")
def show_all(
    connection: Connection = None,
    state: Annotated[State | None, typer.Option(help="Only articles in this state.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of articles.")] = 50,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show the figures of each connection, then its articles with their quantities."""
    remote = connect(url, api_key)
    rows = remote.items("/stock", limit, connection=connection, state=state)
    figures: list[dict[str, Any]] = remote.get("/stock/summary", connection=connection)["items"]
    if as_json:
        print_json({"items": rows, "summary": figures})
        return
    table(figures, FIGURES, "Connections")
    table(rows, COLUMNS, "Articles")


@app.command("show")
def show(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The article number.")],
    connection: Connection = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show one article on both sides, in every shop that has it. Exit code 1 when none has."""
    rows = connect(url, api_key).items("/stock", 50, connection=connection, number=number)
    if as_json:
        print_json({"items": rows})
    if not rows:
        fail(f"no shop shows an article {number}", "look for it with: gateway stock list")
    for row in [] if as_json else rows:
        fields(row, f"Article {row['number']}")
