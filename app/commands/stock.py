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


ADJUSTMENTS = {
    "Made": "made_at",
    "Number": "number",
    "Pieces": "pieces",
    "Cause": "cause",
    "Scrapped": "scrapped",
    "Batch": "batch",
    "Serial": "serial",
    "Warehouse": "warehouse",
    "Confirmed": "confirmed_at",
    "Problem": "problem",
}
PLACES = {
    "Id": "id",
    "Warehouse": "name",
    "Counts": "counts",
    "Sellable": "sellable",
    "On the shelf": "on_shelf",
    "Locked": "locked",
    "Allocated": "allocated",
}
PIECES = {
    "Pieces": "pieces",
    "Batch": "batch",
    "Serial": "serial",
    "Expires": "expires_at",
    "Warehouse": "warehouse",
    "Location": "location",
    "Status": "status",
    "Locked": "locked",
}


@app.command("adjustments")
def show_adjustments(
    connection: Connection = None,
    number: Annotated[str | None, typer.Option(help="Only of this article.", show_default=False)] = None,
    scrapped: Annotated[
        bool | None, typer.Option("--scrapped/--not-scrapped", help="Only goods thrown away, or only others.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of corrections.")] = 50,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show corrections of the warehouse's stock, the newest first, and which of them the warehouse knows that we know."""
    rows = connect(url, api_key).items("/stock/adjustments", limit, connection=connection, number=number, scrapped=scrapped)
    if as_json:
        print_json({"items": rows})
        return
    table(rows, ADJUSTMENTS, "Corrections")


@app.command("article")
def show_article(
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="The connection, by name or id.")],
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The article number.")],
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show what the warehouse has of an article now: by warehouse, and piece by piece with batches and serial numbers."""
    found = connect(url, api_key).get("/stock/article", connection=connection, number=number)
    if as_json:
        print_json(found)
        return
    fields({name: found[name] for name in ("number", "sellable", "on_shelf", "is_stock")}, f"Article {found['number']}")
    table(found["warehouses"], PLACES, "Warehouses")
    table(found["items"], PIECES, "Pieces")
