"""`gateway alerts …`: what an operator should know of, and a test whether a message would arrive."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect
from app.commands.kit.terminal import AsJson, Exit, err, print_json, table

app = typer.Typer(invoke_without_command=True, help="What an operator should know of, newest first.")

COLUMNS = {
    "Kind": "kind",
    "Connection": "connection",
    "Record": "about",
    "State": "state",
    "Count": "count",
    "First": "first_at",
    "Last": "last_at",
    "Told": "sent_at",
    "Text": "text",
}

STATES = {True: "open", False: "solved since", None: None}
"""By `is_open`. Alerts that are about no record have none."""

TELL_SECONDS = 60.0
"""Time for a mail server and a webhook. Each has its own time-out."""


@app.callback()
def alerts(
    context: typer.Context,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of rows.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List alerts, newest first. `test` sends a test message over every channel."""
    if context.invoked_subcommand is not None:
        return
    rows = connect(url, api_key).items("/alerts", limit)
    if as_json:
        print_json({"items": rows})
    else:
        table([{**row, "about": _about(row), "state": STATES[row["is_open"]]} for row in rows], COLUMNS, "Alerts")


def _about(alert: dict[str, Any]) -> str:
    """The record by its number, or what else tells this trouble from others of its kind."""
    record = alert["record"]
    return f"{record['kind']} {record['number']}" if record else alert["subject"]


@app.command("test")
def try_out(url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Send a test message over every channel that is set up. Exit code 1 when one does not work, or there is none."""
    answer = connect(url, api_key).call("POST", "/alerts/test", seconds=TELL_SECONDS)
    if as_json:
        print_json(answer)
    else:
        rows = [{**one, "ok": "ok" if one["ok"] else "fail"} for one in answer["told"]]
        table(rows, {"Way": "way", "To": "to", "": "ok", "Error": "error"}, "Ways to people")
        if answer["fix"]:
            err().print(Text.assemble(("Fix: ", "bold"), answer["fix"]))
    if not answer["ok"]:
        raise typer.Exit(Exit.NO)
