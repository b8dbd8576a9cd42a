"""`jobs`: the work on each record, where it stands, and one with its calls."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect, segment
from app.commands.kit.terminal import AsJson, fields, print_json, table
from app.commands.records.lists import CALL_COLUMNS

app = typer.Typer(invoke_without_command=True, help="Jobs. Each is the work on one record.")

COLUMNS = {
    "Id": "id",
    "Connection": "connection",
    "Process": "process",
    "Record": "record",
    "Number": "number",
    "State": "state",
    "Tries": "tries",
    "Due": "due_at",
    "Reason": "reason",
}
SHOWN_APART = ("calls", "source", "payload")


@app.callback()
def list_jobs(
    context: typer.Context,
    connection: Annotated[str | None, typer.Option(help="Only of this connection.", show_default=False)] = None,
    state: Annotated[str | None, typer.Option(help="Only in this state.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of rows.")] = 50,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List the jobs, newest first. `show` has one of them with its calls."""
    if context.invoked_subcommand is not None:
        return
    rows = connect(url, api_key).items("/jobs", limit, connection=connection, state=state)
    if as_json:
        print_json({"items": rows})
    else:
        table(rows, COLUMNS, "Jobs")


@app.command("show")
def show(
    job_id: Annotated[int, typer.Argument(metavar="ID", help="The job's id, as `gateway jobs` shows it.")],
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show one job and the calls that were made for it. With --json also what was read and what was made of it."""
    found: dict[str, Any] = connect(url, api_key).get(f"/jobs/{segment(job_id)}")
    if as_json:
        print_json(found)
        return
    fields({name: value for name, value in found.items() if name not in SHOWN_APART}, f"Job {job_id}")
    table(found["calls"], CALL_COLUMNS, "Calls", none="No call was made for it, or none is kept any more.")


def register(app_: typer.Typer, panel: str) -> None:
    app_.add_typer(app, name="jobs", rich_help_panel=panel)
