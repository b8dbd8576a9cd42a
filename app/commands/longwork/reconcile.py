"""`gateway reconcile` and `gateway reconciles …`: shop and warehouse compared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Remote, Url, connect
from app.commands.kit.terminal import AsJson, Exit, err, out, print_json, table
from app.commands.longwork.following import ENDED, Work, WorkId, all_lines, follow, instant, save, say_rest

PATH = "/reconcile"
DAYS = 7
MOST_SHOWN = 1_000

app = typer.Typer(no_args_is_help=True, help="Reconciles: what a comparison of shop and warehouse has found.")

COLUMNS = {
    "Finding": "kind",
    "Of": "process",
    "Number": "number",
    "What is wrong": "text",
    "Fields": "names",
    "What mends it": "mends",
}


class Kind(StrEnum):
    MISSING = "missing"
    DOUBLED = "doubled"
    EXTRA = "extra"
    DIFFERENT = "different"
    STUCK = "stuck"
    STOCK = "stock"


OnlyKind = Annotated[Kind | None, typer.Option("--kind", help="Show only findings of this kind.", show_default=False)]
Csv = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the findings into this file, as CSV.")]


def reconcile(
    name: Annotated[str, typer.Argument(metavar="CONNECTION", help="The connection to compare.")],
    since: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Orders made from then on. Default: a week ago.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Orders made up to then. Default: now.")] = None,
    late: Annotated[int, typer.Option(min=0, help="Minutes after which what is on its way counts as stuck.")] = 60,
    kind: OnlyKind = None,
    csv: Csv = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the end. 0: start it and do not wait.")] = 3600,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Compare a shop with its warehouse, order by order and article by article. Writes nothing, to neither side.

    Exit code 1 when something was found, or when it failed.
    """
    remote = connect(url, api_key)
    begins = instant(since, "--from") if since else (datetime.now(UTC) - timedelta(days=DAYS)).isoformat()
    asked = {"connection": name, "since": begins, "late_minutes": late}
    if until:
        asked["until"] = instant(until, "--to")
    work = follow(remote, PATH, remote.call("POST", PATH, json=asked), wait)
    _shown(remote, work, kind, csv, as_json)
    if work["state"] not in ENDED:
        err().print(f"Not over after {wait:g} s; it goes on. Look again with: gateway reconciles show {work['id']}")
    if any(work["found"].values()) or work["state"] == "failed":
        raise typer.Exit(Exit.NO)


def _shown(remote: Remote, work: Work, kind: Kind | None, csv: Path | None, as_json: bool) -> None:
    if csv is not None:
        save(remote, f"{PATH}/{work['id']}/lines.csv", csv, kind=kind)
        err().print(f"Written: {csv}", markup=False)
    lines = all_lines(remote, PATH, work, MOST_SHOWN, kind=kind)
    if as_json:
        print_json({**work, "lines": lines})
        return
    rows = [
        {
            **line,
            "names": [each["field"] for each in line["fields"]],
            "mends": (line["fix"]["command"] or line["fix"]["text"]) if line["fix"] else None,
        }
        for line in lines
    ]
    found = ", ".join(f"{count} {name}" for name, count in work["found"].items() if count) or "nothing found"
    left_out = sum(work["not_wanted"].values())
    out().print(
        f"Reconcile {work['id']} of {work['connection']}: {work['state']}, {found}; {work['same']} the same, "
        f"{work['on_their_way']} on their way, {left_out} not wanted in the warehouse",
        markup=False,
        highlight=False,
    )
    if rows:
        table(rows, COLUMNS)
    say_rest(work)
    if len(rows) == MOST_SHOWN:
        err().print(f"These are the first {MOST_SHOWN}; --csv FILE writes all.")


@app.command("list")
def show_all(
    connection: Annotated[str | None, typer.Option(help="Only of this connection.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most reconciles to show.")] = 20,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List reconciles, newest first."""
    rows = connect(url, api_key).items(PATH, limit, connection=connection)
    if as_json:
        print_json({"items": rows})
        return
    shown = [{**row, "findings": sum(row["found"].values()), "done": f"{row['progress']['share']:.0%}"} for row in rows]
    columns = {"Id": "id", "Of": "connection", "State": "state", "Done": "done", "Findings": "findings", "Begun": "created_at"}
    table(shown, columns, "Reconciles")


@app.command("show")
def show(
    work_id: WorkId,
    kind: OnlyKind = None,
    csv: Csv = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show what a reconcile has found, and what mends it."""
    remote = connect(url, api_key)
    _shown(remote, remote.get(f"{PATH}/{work_id}"), kind, csv, as_json)


@app.command("stop")
def stop(work_id: WorkId, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """End a reconcile where it is."""
    work = connect(url, api_key).call("POST", f"{PATH}/{work_id}/stop")
    if as_json:
        print_json(work)
    else:
        out().print(f"Reconcile {work['id']} is {work['state']}.", markup=False)
