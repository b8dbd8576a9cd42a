"""`gateway backfill` and `gateway backfills …`: a shop's history transferred."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Remote, Url, connect
from app.commands.kit.terminal import AsJson, Exit, err, out, print_json, table
from app.commands.longwork.following import ENDED, Work, WorkId, all_lines, follow, instant, say_rest

PATH = "/backfill"
FIRST_SHOWN = 10

app = typer.Typer(no_args_is_help=True, help="Backfills: a shop's history on its way into the warehouse.")


def backfill(
    name: Annotated[str, typer.Argument(metavar="CONNECTION", help="The connection whose orders are to come.")],
    since: Annotated[str, typer.Option("--from", metavar="DATE", help="Orders made from then on.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be transferred. Write nothing.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the end. 0: start it and do not wait.")] = 3600,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Transfer the orders that a shop has taken since a day, also those from before it was connected. Today's orders go first.

    Exit code 1 when it failed, or an order was held or refused.
    """
    remote = connect(url, api_key)
    asked = {"connection": name, "since": instant(since, "--from"), "dry_run": dry_run}
    work = follow(remote, PATH, remote.call("POST", PATH, json=asked), wait)
    _shown(remote, work, as_json)
    if work["state"] not in ENDED and work["state"] != "paused":
        err().print(f"Not over after {wait:g} s; it goes on. Look again with: gateway backfills show {work['id']}")
    if work["state"] == "failed" or work["outcomes"]["held"] or work["outcomes"]["failed"]:
        raise typer.Exit(Exit.NO)


def _shown(remote: Remote, work: Work, as_json: bool) -> None:
    lines = all_lines(remote, PATH, work, 100) if work["dry_run"] else []
    if as_json:
        print_json({**work, "lines": lines})
        return
    would = "would be " if work["dry_run"] else ""
    counted = [f"{count} {would}{name}" for name, count in work["outcomes"].items() if count]
    also = {
        "waiting": "on their way",
        "known": "were transferred before",
        "earlier": "made earlier",
        "unread": "could not be read",
    }
    counted += [f"{work[name]} {words}" for name, words in also.items() if work[name]]
    what = "Preview of backfill" if work["dry_run"] else "Backfill"
    out().print(
        f"{what} {work['id']} of {work['connection']}: {work['state']}, {', '.join(counted) or 'no orders'}",
        markup=False,
        highlight=False,
    )
    if work["reasons"]:
        table(
            [{"reason": code, "orders": count} for code, count in work["reasons"].items()],
            {"Reason": "reason", "Orders": "orders"},
        )
    if lines:
        columns = {"Order": "number", "Would be": "kind", "Reason": "code", "Why": "text"}
        table(lines[:FIRST_SHOWN], columns, f"The first {min(FIRST_SHOWN, len(lines))}")
    say_rest(work)


@app.command("list")
def show_all(
    connection: Annotated[str | None, typer.Option(help="Only of this connection.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most backfills to show.")] = 20,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List backfills, newest first."""
    rows = connect(url, api_key).items(PATH, limit, connection=connection)
    if as_json:
        print_json({"items": rows})
        return
    shown = [{**row, **row["outcomes"], "done": f"{row['progress']['share']:.0%}"} for row in rows]
    columns = {"Id": "id", "Of": "connection", "Dry run": "dry_run", "State": "state", "Done": "done"}
    table(shown, {**columns, "Created": "created", "Held": "held", "Begun": "created_at"}, "Backfills")


@app.command("show")
def show(work_id: WorkId, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Show how far a backfill is, and what it came to."""
    remote = connect(url, api_key)
    _shown(remote, remote.get(f"{PATH}/{work_id}"), as_json)


@app.command("pause")
def pause(work_id: WorkId, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Pause a backfill. The few orders that are queued already still go."""
    _act(work_id, "pause", url, api_key, as_json)


@app.command("resume")
def resume(work_id: WorkId, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Let a paused backfill go on where it was."""
    _act(work_id, "resume", url, api_key, as_json)


@app.command("stop")
def stop(work_id: WorkId, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """End a backfill where it is. What it has transferred stays in the warehouse."""
    _act(work_id, "stop", url, api_key, as_json)


def _act(work_id: int, act: str, url: str, api_key: str | None, as_json: bool) -> None:
    work = connect(url, api_key).call("POST", f"{PATH}/{work_id}/{act}")
    if as_json:
        print_json(work)
    else:
        out().print(f"Backfill {work['id']} is {work['state']}.", markup=False)
