"""`gateway connections delivery-note`: what the WMS's delivery notes can print, and which of it a connection fills."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect, segment
from app.commands.kit.terminal import AsJson, out, print_json, table

Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's name or id.")]

COLUMNS = {"Part": "section", "Prints": "prints", "Filled by": "by", "From": "source", "Field of the WMS": "field"}


def delivery_note(
    name: Name,
    missing: Annotated[bool, typer.Option("--missing", help="Only the fields that nobody fills.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show what the WMS's delivery notes can print, and which of it the connection fills. Calls neither side."""
    found = connect(url, api_key).get(f"/connections/{segment(name)}/delivery-note")
    if as_json:
        print_json(found)
        return
    rows = [each for each in found["fields"] if not (missing and each["is_filled"])]
    table(rows, COLUMNS, f"Delivery notes of {name}", none="Every field is filled.")
    out().print(f"{found['filled']} of {len(found['fields'])} are filled. Others: settings.extra_order_fields.")
