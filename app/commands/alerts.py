"""`gateway alerts …`: what an operator should know of, and a test whether a message would arrive."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect
from app.commands.kit.terminal import AsJson, Exit, err, print_json, table, with_times

app = typer.Typer(invoke_without_command=True, help="What an operator should know of, newest first.")

COLUMNS = {
    "Kind": "kind",
    "Connection": "connection",
    "Count": "count",
    "First": "first_at",
    "Last": "last_at",
    "Told": "sent_at",
    "Text": "text",
}

TELL_SECONDS = 60.0
"""A mail server and a webhook, each within its own time-out."""


@app.callback()
def alerts(
    context: typer.Context,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    limit: Annotated[int, typer.Option(min=1, help="Most rows to show.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what an operator should know of, newest first; `test` tries the ways that people are told of it."""
    if context.invoked_subcommand is not None:
        return
    rows = connect(url, api_key).items("/alerts", limit)
    if as_json:
        print_json({"items": rows})
    else:
        table(with_times(rows), COLUMNS, "Alerts")


@app.command("test")
def try_out(url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Send a test message in every way that is set up. Exit code 1 when one does not work, or there is none."""
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
