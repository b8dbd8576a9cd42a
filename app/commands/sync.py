"""`gateway sync` and `gateway runs …`: start a sync, follow it, see how it ended."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.text import Text

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect, segment
from app.commands.kit.runs import COUNTS, ENDED, how_long, start
from app.commands.kit.terminal import AsJson, Exit, err, out, print_json, table
from app.domain import PartState, RunState

app = typer.Typer(no_args_is_help=True, help="Runs: what a sync, a poll or a sweep has read and written.")

FIELDS_SHOWN = 40


class Process(StrEnum):
    SUPPLIERS = "suppliers"
    ARTICLES = "articles"
    ORDERS = "orders"
    STOCK = "stock"
    SHIPMENTS = "shipments"
    RETURNS = "returns"
    RECEIPTS = "receipts"
    ALL = "all"


class FailOn(StrEnum):
    """What makes a sync count as failed: the words of `POST /sync`."""

    FAILED = "failed"
    HELD = "held"
    SKIPPED = "skipped"
    DRIFT = "drift"
    WAITING = "waiting"
    NONE = "none"


def sync(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A connection, or an integration: all its connections.")],
    process: Annotated[Process, typer.Option(help="What to sync.")] = Process.ALL,
    full: Annotated[bool, typer.Option("--full", help="Read everything, not only what changed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show field by field what would be written. Write nothing.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the end. 0: start it and do not wait.")] = 300,
    fail_on: Annotated[
        list[FailOn] | None,
        typer.Option(help="What makes the exit code 1; give more than one. Default: failed. held: what is held now."),
    ] = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Read shop and warehouse now and bring each up to date. Exit code 1 when what --fail-on names has happened."""
    remote = connect(url, api_key)
    run = start(remote, name, {"process": process, "full": full, "dry_run": dry_run}, wait)
    if as_json:
        print_json(run)
    else:
        show_run(run)
    if run["state"] not in ENDED and wait:
        err().print(f"Not over after {wait:g} s; it goes on. Look again with: gateway runs show {run['id']}")
    found = what_failed(run, fail_on or [FailOn.FAILED])
    if found:
        err().print(Text(f"Failed: {', '.join(found)}.", style="red"))
        raise typer.Exit(Exit.NO)


def what_failed(run: dict[str, Any], watched: list[FailOn]) -> list[str]:
    """What the run came to that it was not to come to. A part that could not be read has failed, whatever was counted."""
    if FailOn.NONE in watched:
        return []
    counts, parts = run["counts"], run["parts"]
    amounts = {
        FailOn.FAILED: counts["failed"] + sum(part["state"] == PartState.FAILED for part in parts),
        FailOn.HELD: max(counts["held"] + sum(part["state"] == PartState.BRAKED for part in parts), run.get("held_now") or 0),
        FailOn.SKIPPED: counts["skipped"],
        FailOn.DRIFT: run["drift"],
        FailOn.WAITING: int(run["state"] not in ENDED),
    }
    return [f"{amounts[each]} {each.value}" for each in dict.fromkeys(watched) if amounts[each]]


def show_run(run: dict[str, Any]) -> None:
    """Counts of every part, reasons, and what a dry run would write."""
    out().print(
        Text.assemble(("Run ", "bold"), run["id"], f" · {run.get('target', '')} · ", (run["state"], _colour(run["state"])))
    )
    parts = run["parts"]
    rows = [{**part, **part.get("counts", {})} for part in parts]
    columns = {"Connection": "connection", "Process": "process", "State": "state", **{name.capitalize(): name for name in COUNTS}}
    table(rows, columns, "Parts")
    for part in parts:
        if words := how_long(part):
            out().print(Text(f"{part['connection']} {words}"))
    if run["reasons"]:
        names = ("connection", "process", "record", "count", "outcome", "code", "reason")
        table(run["reasons"], {name.capitalize(): name for name in names}, "Reasons")
    for part in parts:
        if part["error"]:
            out().print(Text(f"{part['connection']} {part['process']}: {part['error']}", style="red"))
    for entry in run["preview"]:
        _show_entry(entry)


def _colour(state: str) -> str:
    colours: dict[str, str] = {RunState.DONE: "green", RunState.FAILED: "bold red", RunState.BRAKED: "bold yellow"}
    return colours.get(state, "cyan")


def _show_entry(entry: dict[str, Any]) -> None:
    out().print(Text.assemble(f"would be {entry['outcome']}: ", (str(entry.get("number") or entry.get("record")), "bold")))
    if entry.get("reason"):
        out().print(Text(f"  {entry['reason']}", style="yellow"))
    changes = entry.get("fields") or []
    for change in changes[:FIELDS_SHOWN]:
        before = "" if change.get("before") is None else f"{change['before']!r} → "
        out().print(Text(f"  {change['field']}: {before}{change.get('after')!r}"))
    if len(changes) > FIELDS_SHOWN:
        out().print(Text(f"  … and {len(changes) - FIELDS_SHOWN} more fields (--json shows all)", style="dim"))


@app.command("list")
def show_all(
    limit: Annotated[int, typer.Option(min=1, help="Most runs to show.")] = 20,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List the latest runs, newest first."""
    rows = connect(url, api_key).items("/runs", limit)
    if as_json:
        print_json({"items": rows})
        return
    shown = [{**row, **(row.get("counts") or {})} for row in rows]
    counted = {name.capitalize(): name for name in ("read", "created", "updated", "cancelled", "held", "failed")}
    table(shown, {"Id": "id", "Of": "target", "By": "trigger", "State": "state", **counted, "Begun": "created_at"}, "Runs")


RunId = Annotated[str, typer.Argument(metavar="ID", help="The run's id, as `runs list` shows it.")]


@app.command("show")
def show(run_id: RunId, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Show one run with its counts and reasons."""
    run = connect(url, api_key).get(f"/runs/{segment(run_id)}")
    if as_json:
        print_json(run)
    else:
        show_run(run)


@app.command("confirm")
def confirm(run_id: RunId, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Confirm a run that the brake has stopped because it would cancel many orders."""
    answer = connect(url, api_key).call("POST", f"/runs/{segment(run_id)}/confirm")
    if as_json:
        print_json(answer)
    else:
        out().print(Text(f"{answer['released']} cancellations go through now.", style="green"))
