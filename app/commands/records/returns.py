"""`gateway returns …`: what came back, and returns that are announced to the warehouse."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect, segment
from app.commands.kit.terminal import AsJson, fail, fields, print_json, table

app = typer.Typer(no_args_is_help=True, help="Returns: what came back, and what is announced to come back.")

Connection = Annotated[str, typer.Argument(metavar="CONNECTION", help="Name or id of the connection.")]
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Number of the return.")]

COLUMNS = {
    "Connection": "connection",
    "Number": "number",
    "Way": "way",
    "Order": "order.number",
    "State": "state",
    "Refund": "refund",
    "Came back": "returned_at",
    "Reason": "reason",
}
LINES = {
    "Line": "line",
    "Article": "article_number",
    "Pieces": "quantity",
    "Scrapped": "scrapped",
}
CAUSES = {
    "Code": "code",
    "Name": "name",
    "Scrapped": "is_scrapping",
    "Exchange": "is_exchange",
    "Needs a comment": "needs_comment",
}


class Way(StrEnum):
    ORDER = "order"
    RETURN_ORDER = "return-order"
    PURCHASE_ORDER = "purchase-order"


class Refund(StrEnum):
    NONE = "none"
    WAITING = "waiting"
    REFUNDED = "refunded"
    BY_HAND = "by-hand"
    HELD = "held"
    SETTLED = "settled"


ByWay = Annotated[Way | None, typer.Option(help="Where several returns have the same number.", show_default=False)]


@app.command("list")
def show_all(
    connection: Annotated[str | None, typer.Option(help="Only of this connection.", show_default=False)] = None,
    order: Annotated[str | None, typer.Option(help="Only of the order with this number.", show_default=False)] = None,
    way: Annotated[Way | None, typer.Option(help="Only what came back this way.", show_default=False)] = None,
    refund: Annotated[
        Refund | None, typer.Option(help="Only with this refund. by-hand: what a person has to refund.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of returns.")] = 50,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show returns, newest first: what came back, and what is announced."""
    remote = connect(url, api_key)
    rows = remote.items("/returns", limit, connection=connection, order=order, way=way, refund=refund)
    if as_json:
        print_json({"items": rows})
        return
    table(rows, COLUMNS, "Returns")


@app.command("show")
def show(
    connection: Connection,
    number: Number,
    way: ByWay = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show one return with its lines."""
    _shown(connect(url, api_key).get(_address(connection, number), way=way), as_json)


@app.command("causes")
def causes(
    connection: Connection,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List the warehouse's causes, which an announced return may give."""
    found: dict[str, Any] = connect(url, api_key).get("/returns/causes", connection=connection)
    if as_json:
        print_json(found)
        return
    table(found["items"], CAUSES, "Causes")


@app.command("put")
def put(
    connection: Connection,
    number: Number,
    order: Annotated[str, typer.Option(help="Number of the order that the goods were sold with.")],
    line: Annotated[
        list[str],
        typer.Option(
            help="The source's id of an order line, and pieces: 889=1. With the cause behind it: 889=1=SIZE. Repeatable."
        ),
    ],
    comment: Annotated[str | None, typer.Option(help="For the warehouse.", show_default=False)] = None,
    way: Annotated[Way | None, typer.Option(help="return-order or purchase-order.", show_default=False)] = None,
    expected_on: Annotated[str | None, typer.Option(help="A day, like 2027-02-10.", show_default=False)] = None,
    waybill: Annotated[list[str] | None, typer.Option(help="The carrier's number. Repeatable.", show_default=False)] = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Announce a return to the warehouse, or change it while nothing came back. It waits until the goods were picked."""
    body: dict[str, Any] = {"order": order, "lines": [_line(each) for each in line], "waybills": waybill or []}
    body |= {"comment": comment} if comment else {}
    body |= {"way": way.value} if way else {}
    body |= {"expected_on": expected_on} if expected_on else {}
    _shown(connect(url, api_key).call("PUT", _address(connection, number), json=body), as_json)


@app.command("withdraw")
def withdraw(
    connection: Connection,
    number: Number,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Withdraw an announced return of which nothing came back."""
    _shown(connect(url, api_key).call("DELETE", _address(connection, number)), as_json)


@app.command("settle")
def settle(
    connection: Connection,
    number: Number,
    reason: Annotated[str, typer.Option(help="What was done about it.")],
    way: ByWay = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Declare refunded by hand what the outside system cannot refund by itself."""
    body = {"reason": reason, **({"way": way.value} if way else {})}
    _shown(connect(url, api_key).call("POST", f"{_address(connection, number)}/settle", json=body), as_json)


def _address(connection: str, number: str) -> str:
    return f"/returns/{segment(connection)}/{segment(number)}"


def _line(given: str) -> dict[str, Any]:
    parts = given.rsplit("=", 2) if given.count("=") > 1 else given.split("=")
    try:
        line: dict[str, Any] = {"line": parts[0], "quantity": float(parts[1])}
    except (IndexError, ValueError):
        fail(f"--line {given} is not LINE=PIECES", "give it like 889=1, or with a cause like 889=1=SIZE")
    return line | ({"cause": parts[2]} if len(parts) > 2 else {})


def _shown(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    lines = found.pop("lines")
    announced = (found.pop("announced") or {}).get("lines", [])
    fields(found, f"Return {found['number']}")
    if announced:
        table(announced, {"Line": "line", "Pieces": "quantity", "Cause": "cause.code", "Comment": "comment"}, "Announced")
    if lines:
        table(lines, LINES, "Came back")
