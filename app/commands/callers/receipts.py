"""`gateway receipts …`: what came in on purchase orders."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect, segment
from app.commands.kit.terminal import AsJson, fields, print_json, table

app = typer.Typer(no_args_is_help=True, help="Goods received on purchase orders, as the warehouse has booked them.")

COLUMNS = {
    "Id": "id",
    "Purchase order": "purchase_order_number",
    "Connection": "connection",
    "Received": "received_at",
    "Lines": "lines",
    "Pieces": "pieces",
    "Complete": "complete",
    "Acknowledged": "acknowledged_at",
    "Error": "acknowledgement_error",
}
LINES = {
    "Row": "row_number",
    "Line code": "external_line_id",
    "Article": "article_number",
    "Came": "quantity",
    "In all": "received",
    "Ordered": "advised",
    "Items": "items",
}


@app.command("list")
def list_receipts(
    connection: Annotated[str | None, typer.Option("--connection", help="Only of this connection.", show_default=False)] = None,
    purchase_order: Annotated[
        str | None, typer.Option("--purchase-order", help="Only of this purchase order's number.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of rows.")] = 50,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List receipts, newest first."""
    chosen: dict[str, Any] = {"connection": connection, "purchase_order": purchase_order}
    rows = connect(url, api_key).items("/receipts", limit, **chosen)
    if as_json:
        print_json({"items": rows})
    else:
        table([_row(each) for each in rows], COLUMNS, "Receipts", "Nothing was received.")


def _row(receipt: dict[str, Any]) -> dict[str, Any]:
    lines = receipt["lines"]
    pieces = f"{sum(each['quantity'] for each in lines):g}"
    complete = "yes" if receipt["is_complete"] else "no"
    return {**receipt, "lines": len(lines), "pieces": pieces, "complete": complete}


@app.command("show")
def show(
    receipt_id: Annotated[int, typer.Argument(metavar="ID", help="As `gateway receipts list` lists it.")],
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show one receipt: its lines, with batch, expiry date and damage as the warehouse keeps them."""
    receipt = connect(url, api_key).get(f"/receipts/{segment(receipt_id)}")
    if as_json:
        print_json(receipt)
        return
    lines = receipt.pop("lines")
    status = receipt["status"]
    fields({**receipt, "status": f"{status['number']} {status['text'] or ''}".strip()}, f"Receipt {receipt_id}")
    table([{**each, "items": "; ".join(map(_item, each["items"]))} for each in lines], LINES, "Lines")


def _item(item: dict[str, Any]) -> str:
    """`60, batch L-2211, expires 2027-06-30, Damaged`"""
    said = [f"{item['quantity']:g}"]
    said += [f"batch {item['batch']}"] if item["batch"] else []
    said += [f"serial {item['serial']}"] if item["serial"] else []
    said += [f"expires {item['expires_on']}"] if item["expires_on"] else []
    said += [item["status"]["name"] or item["status"]["code"]] if item["status"] else []
    said += ["locked"] if item["is_locked"] or item["is_locked_for_sale"] else []
    return ", ".join(said)
