"""`gateway integrations`: the systems that can be connected, and what each asks for."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect
from app.commands.kit.terminal import AsJson, fail, fields, out, print_json, table

COLUMNS = {"Name": "name", "System": "title", "Processes": "processes", "Webhooks": "webhooks", "Documentation": "docs"}
FIELDS = {"Name": "name", "Kind": "kind", "Default": "default", "What it is": "description"}
SUMMARY = ("name", "title", "noun", "capabilities", "processes", "docs")


def integrations(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Show one system with its credentials and settings.")
    ] = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List the systems that can be connected; with a name, what a connection to it asks for and what can be set."""
    rows = connect(url, api_key).items("/integrations", 1000)
    if name is not None:
        rows = [_named(rows, name)]
    if as_json:
        print_json({"items": rows, "next_cursor": None} if name is None else rows[0])
    elif name is None:
        table([{**row, "webhooks": "send-webhooks" in row["capabilities"]} for row in rows], COLUMNS, "Integrations")
    else:
        _show(rows[0])


def _named(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    found = next((row for row in rows if row["name"] == name), None)
    if found is None:
        fail(f"there is no integration {name!r}", f"use one of: {', '.join(row['name'] for row in rows)}")
    return found


def _show(system: dict[str, Any]) -> None:
    fields({key: system[key] for key in SUMMARY}, f"Integration {system['name']}")
    table([_line(each) for each in system["credentials"]], FIELDS, "Credentials (source)")
    table([_line(each) for each in system["settings"]], FIELDS, "Settings")
    out().print(Text(f"A connection to begin with: gateway connections example {system['name']}", style="dim"))


def _line(field: dict[str, Any]) -> dict[str, Any]:
    kind = "secret" if field["is_secret"] else field["kind"].replace("`", "")
    limits = f" ({', '.join(field['limits'])})" if field["limits"] else ""
    return {**field, "kind": f"{kind}{limits}", "default": "required" if field["is_required"] else field["default"]}
