"""`gateway audit`: who changed what, when and from where."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import typer

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect
from app.commands.kit.terminal import AsJson, print_json, table

COLUMNS = {"At": "at", "Who": "who", "From": "address", "Connection": "connection", "What": "what", "Changed": "changed"}
MOST_SHOWN = 3
MOST_CHARACTERS = 24


def audit(
    connection: Annotated[str | None, typer.Option(help="Only of this connection.", show_default=False)] = None,
    key: Annotated[str | None, typer.Option(help="Only with this API key, by id or name.", show_default=False)] = None,
    route: Annotated[
        str | None, typer.Option(help="Only of this operation, like /keys or 'gateway keys create'.", show_default=False)
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Only at or after this time, like 2026-11-21T09:00:00Z.", show_default=False),
    ] = None,
    before: Annotated[str | None, typer.Option(metavar="TIME", help="Only before this time.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of rows.")] = 50,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List changes, newest first: who made them, from where, and what is different. --json has every value."""
    asked = {"connection": connection, "key": key, "route": route, "since": since, "before": before}
    rows = connect(url, api_key).items("/audit", limit, **asked)
    if as_json:
        print_json({"items": rows})
    else:
        table([_shown(row) for row in rows], COLUMNS, "Changes")


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    who = (row["key"] or {}).get("name") or row["actor"]
    changes = [_words(each) for each in row["changes"][:MOST_SHOWN]]
    more = len(row["changes"]) - MOST_SHOWN
    changed = "; ".join([*changes, *([f"and {more} more"] if more > 0 else [])])
    return {**row, "who": who, "what": row["subject"], "changed": changed}


def _words(change: dict[str, Any]) -> str:
    if change["is_secret"]:
        return f"{change['path']}: a secret"
    return f"{change['path']}: {_value(change['old'])} → {_value(change['new'])}"


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else "–" if value is None else orjson.dumps(value).decode()
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
