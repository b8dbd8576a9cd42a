"""`gateway adopt` and `gateway adoptions …`: what the WMS has already, taken over without a write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Remote, Url, connect
from app.commands.kit.terminal import AsJson, Exit, err, out, print_json, table
from app.commands.longwork.following import ENDED, Work, WorkId, all_lines, follow, instant, save, say_rest

PATH = "/adopt"
DAYS = 90
MOST_SHOWN = 1_000

app = typer.Typer(no_args_is_help=True, help="Adoptions: what the WMS had already, and was taken over.")

COLUMNS = {"Found": "kind", "Of": "process", "Number": "number", "What is said of it": "text", "Fields": "names"}
WORDS = {"taken-over": "taken over", "differs": "differ", "not-in-wms": "not in the WMS", "not-ours": "not ours"}


class Kind(StrEnum):
    TAKEN_OVER = "taken-over"
    DIFFERS = "differs"
    NOT_IN_WMS = "not-in-wms"
    NOT_OURS = "not-ours"


OnlyKind = Annotated[Kind | None, typer.Option("--kind", help="Show only records of which this is said.", show_default=False)]
Csv = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write all lines into this file, as CSV.")]


def adopt(
    name: Annotated[str, typer.Argument(metavar="CONNECTION", help="The connection; a draft or a paused one too.")],
    since: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Orders changed in the shop from then on. Default: 90 days ago.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Take them over. Without it, it is only shown what would be.")] = False,
    trust_numbers: Annotated[
        bool, typer.Option("--trust-numbers", help="Orders too that bear another system's id in the WMS, by their number.")
    ] = False,
    kind: OnlyKind = None,
    csv: Csv = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the end. 0: start it and do not wait.")] = 3600,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Find the orders and articles that the WMS has already, and take them over without a write, to either side.

    Without --apply nothing is stored: it shows what would be taken over. Exit code 1 when it failed, or a record is not ours.
    """
    remote = connect(url, api_key)
    begins = instant(since, "--from") if since else (datetime.now(UTC) - timedelta(days=DAYS)).isoformat()
    asked = {"connection": name, "since": begins, "apply": apply, "trust_numbers": trust_numbers}
    work = follow(remote, PATH, remote.call("POST", PATH, json=asked), wait)
    _shown(remote, work, kind, csv, as_json)
    if work["state"] not in ENDED:
        err().print(f"Not over after {wait:g} s; it goes on. Look again with: gateway adoptions show {work['id']}")
    if work["found"]["not-ours"] or work["state"] == "failed":
        raise typer.Exit(Exit.NO)


def _shown(remote: Remote, work: Work, kind: Kind | None, csv: Path | None, as_json: bool) -> None:
    if csv is not None:
        save(remote, f"{PATH}/{work['id']}/lines.csv", csv, kind=kind)
        err().print(f"Written: {csv}", markup=False)
    lines = all_lines(remote, PATH, work, MOST_SHOWN, kind=kind)
    if as_json:
        print_json({**work, "lines": lines})
        return
    rows = [{**line, "names": [each["field"] for each in line["fields"]]} for line in lines]
    found = [f"{count} {WORDS[name]}" for name, count in work["found"].items() if count]
    found += [f"{work['known']} known before"] if work["known"] else []
    found += [f"{sum(work['not_wanted'].values())} not wanted in the warehouse"] if work["not_wanted"] else []
    found += [f"{work['left']} changed meanwhile"] if work["left"] else []
    found += [f"{work['unread']} could not be read"] if work["unread"] else []
    what = "Adoption" if work["apply"] else "Preview of adoption"
    out().print(
        f"{what} {work['id']} of {work['connection']}: {work['state']}, {', '.join(found) or 'nothing found'}",
        markup=False,
        highlight=False,
    )
    if rows:
        table(rows, COLUMNS)
    say_rest(work)
    if len(rows) == MOST_SHOWN:
        err().print(f"These are the first {MOST_SHOWN}; --csv FILE writes all.")
    if not work["apply"] and work["state"] == "done":
        err().print("Nothing was taken over. With --apply it is.")


@app.command("list")
def show_all(
    connection: Annotated[str | None, typer.Option(help="Only of this connection.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most adoptions to show.")] = 20,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List adoptions, newest first."""
    rows = connect(url, api_key).items(PATH, limit, connection=connection)
    if as_json:
        print_json({"items": rows})
        return
    shown = [{**row, **row["found"], "done": f"{row['progress']['share']:.0%}"} for row in rows]
    columns = {"Id": "id", "Of": "connection", "Applied": "apply", "State": "state", "Done": "done"}
    table(shown, {**columns, "Taken over": "taken-over", "Differ": "differs", "Begun": "created_at"}, "Adoptions")


@app.command("show")
def show(
    work_id: WorkId,
    kind: OnlyKind = None,
    csv: Csv = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show what an adoption says of each record."""
    remote = connect(url, api_key)
    _shown(remote, remote.get(f"{PATH}/{work_id}"), kind, csv, as_json)


@app.command("stop")
def stop(work_id: WorkId, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """End an adoption where it is. What it has taken over so far stays so."""
    work = connect(url, api_key).call("POST", f"{PATH}/{work_id}/stop")
    if as_json:
        print_json(work)
    else:
        out().print(f"Adoption {work['id']} is {work['state']}.", markup=False)
