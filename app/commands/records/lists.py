"""`mappings`, `dead-letters`, `replay`: what there is, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.text import Text

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Remote, Url, connect
from app.commands.kit.terminal import AsJson, Exit, err, fail, fields, moment, out, print_json, table
from app.commands.kit.wording import in_commands
from app.commands.records.places import EVENT_COLUMNS
from app.commands.records.settling import only

mappings = typer.Typer(no_args_is_help=True, help="Records and their state: where is this order, and why.")
dead_letters = typer.Typer(no_args_is_help=True, help="Dead letters: records that failed for good and wait for a person.")

Limit = Annotated[int, typer.Option(min=1, help="Maximum number of rows.")]
Connection = Annotated[str | None, typer.Option(help="Only of this connection.", show_default=False)]
Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="Any number of the record: the shop's, the WMS's, a tracking number.")
]

MAPPING_COLUMNS = {
    "Id": "id",
    "Connection": "connection",
    "Kind": "kind",
    "Shop id": "shop.id",
    "Number": "warehouse.number",
    "WMS id": "warehouse.id",
    "State": "label",
    "Transfer": "transfer",
    "Delivery": "delivery.state",
    "Reason": "reason",
}
HISTORY_COLUMNS = {"At": "at", "What": "code", "Text": "text"}
SHIPPED_COLUMNS = {
    "Number": "number",
    "WMS id": "wms_order_id",
    "Status": "status",
    "Shipped": "shipped_at",
    "Tracking": "tracking",
    "Read": "read_at",
}
LINE_COLUMNS = {
    "Article": "article_number",
    "Line": "row_number",
    "Ordered": "ordered",
    "Sent": "sent",
    "Missing": "missing",
    "Told": "told",
}
TOLD_COLUMNS = {"What": "kind", "Key": "key", "Shop's id": "remote_id", "Intended": "intended_at", "Done": "done_at"}
CONFIRMED_COLUMNS = {
    "WMS id": "wms_order_id",
    "Line": "line_id",
    "What": "kind",
    "Total": "quantity",
    "Confirmed": "acknowledged",
}
ACTION_COLUMNS = {"Command": "command", "What it does": "does"}
DETAIL = (
    "next",
    "actions",
    "job",
    "reports",
    "came_in",
    "sent",
    "deliveries",
    "lines",
    "not_told",
    "told",
    "acknowledged",
    "history",
)
CALL_COLUMNS = {"Started": "started_at", "Call": "call", "Result": "result", "Status": "status", "Answer": "answer"}
FIRST = 5
"""So many of what would be replayed are shown."""
DEAD_COLUMNS = {
    "Id": "id",
    "Connection": "connection",
    "Process": "process",
    "Record": "record",
    "Died": "died_at",
    "Code": "reason_code",
    "Reason": "reason",
}


def _listed(rows: list[dict[str, Any]], columns: Mapping[str, str], title: str, as_json: bool) -> None:
    if as_json:
        print_json({"items": rows})
    else:
        table(rows, columns, title)


@mappings.command("list")
def list_mappings(
    connection: Connection = None,
    kind: Annotated[str | None, typer.Option(help="order, article, supplier or purchase.", show_default=False)] = None,
    transfer: Annotated[
        str | None, typer.Option(help="pending, sent, held, refused, unknown or none.", show_default=False)
    ] = None,
    delivery: Annotated[
        str | None,
        typer.Option(help="How far the shop has been told: none, waiting, partly, reported or held.", show_default=False),
    ] = None,
    limit: Limit = 50,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List records and their state, newest first."""
    asked = {"connection": connection, "kind": kind, "transfer": transfer, "delivery": delivery}
    rows = connect(url, api_key).items("/mappings", limit, **asked)
    _listed(rows, MAPPING_COLUMNS, "Mappings", as_json)


@mappings.command("show")
def show_mapping(number: Number, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Explain a record: what came in, what was sent, what was answered, and what happens next. Exit code 1 when there is none."""
    remote = connect(url, api_key)
    found = [remote.get(f"/mappings/{row['id']}") for row in remote.items("/mappings", 20, number=number)]
    if as_json:
        print_json({"items": found})
    elif not found:
        fail(f"there is no record with the number {number}", "give the shop's id, the order or article number, or the WMS's id")
    for one in [] if as_json else found:
        _explain(one)
    if not found:
        raise typer.Exit(Exit.NO)


@mappings.command("history")
def show_history(
    number: Number, limit: Limit = 50, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False
) -> None:
    """List all that happened to a record, newest first. `show` has the last 50."""
    remote = connect(url, api_key)
    found = only(remote.items("/mappings", 20, number=number), number)
    rows = remote.items(f"/mappings/{found['id']}/history", limit)
    _listed(rows if as_json else [_with_notes(each) for each in rows], HISTORY_COLUMNS, "History", as_json)


def _explain(mapping: dict[str, Any]) -> None:
    """Where it stands, what happens next, what came in, what was sent, and its history; each newest first."""
    facts = {name: value for name, value in mapping.items() if name not in DETAIL}
    fields(facts, f"{mapping['kind'].capitalize()} {mapping['shop']['number'] or mapping['shop']['id']}")
    due, poll = mapping["next"]["at"], mapping["next"].get("poll_at")
    when = f" ({moment(due)} UTC)" if due else f" (next poll {moment(poll)} UTC)" if poll else ""
    out().print(Text.assemble(("Next: ", "bold"), in_commands(mapping["next"]["text"]), when))
    _say_actions(mapping)
    table(mapping["came_in"], EVENT_COLUMNS, "Came in", none="No webhook about it came in, or none is kept any more.")
    table(mapping["sent"], CALL_COLUMNS, "Calls", none="No call was made for it, or none is kept any more.")
    if mapping["deliveries"]:
        _explain_way_back(mapping)
    table([_with_notes(one) for one in mapping["history"]["items"]], HISTORY_COLUMNS, "History")


def _with_notes(entry: dict[str, Any]) -> dict[str, Any]:
    """What a person should know beside it: a text that was cut, a tracking number that the shop refused."""
    notes = (entry["detail"] or {}).get("notes", ())
    return {**entry, "text": ". ".join((entry["text"], *notes))}


def _say_actions(mapping: dict[str, Any]) -> None:
    """What a person can do about it now, with the command and what it will do; then what cannot be done, and why."""
    number = mapping["shop"]["number"] or mapping["shop"]["id"]
    rows = [{**each, "does": in_commands(_does(each)), "command": _command(each, number)} for each in mapping["actions"]]
    possible = [each for each in rows if each["possible"]]
    table(possible, ACTION_COLUMNS, "Possible now", none="Nothing can be done about it just now.")
    for each in rows:
        if not each["possible"]:
            err().print(Text(f"Not {each['name']}: {in_commands(each['reason'])}", style="dim"))


def _does(action: dict[str, Any]) -> str:
    """What it does, and when where that is not soon."""
    when = action["when"]
    return f"{action['will']}. {when['text']}" if when and when["code"] not in ("turn", "at-once") else action["will"]


def _command(action: dict[str, Any], number: str) -> str:
    match action["name"]:
        case "replay":
            return f"gateway replay {action['letter_id'] or 'ID'}"
        case "cancel-rest":
            return f"gateway close-short {number} --cancel-rest"
        case name:
            return f"gateway {name} {number}"


def _explain_way_back(mapping: dict[str, Any]) -> None:
    shipped = [{**one, "tracking": [each["number"] for each in one["tracking"]]} for one in mapping["deliveries"]]
    table(shipped, SHIPPED_COLUMNS, "In the warehouse")
    table(mapping["lines"], LINE_COLUMNS, "Sent of each line")
    for each in mapping["not_told"]:
        out().print(f"{each['text'][:1].upper()}{each['text'][1:]}: it is shown here only.")
    is_told = mapping["delivery"]["state"] in ("partly", "reported")
    none = "What was told is among the calls." if is_told else "Nothing was told of it yet."
    table(mapping["told"], TOLD_COLUMNS, "Told of the shipment", none=none)
    confirmed = "Nothing of it was confirmed to the warehouse yet."
    table(mapping["acknowledged"], CONFIRMED_COLUMNS, "Confirmed to the warehouse", none=confirmed)


@dead_letters.command("list")
def list_dead_letters(
    connection: Connection = None, limit: Limit = 50, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False
) -> None:
    """List the dead letters, newest first, each with its reason."""
    _listed(connect(url, api_key).items("/dead-letters", limit, connection=connection), DEAD_COLUMNS, "Dead letters", as_json)


def replay(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]…", help="Dead letters by id, as `dead-letters list` shows them.")
    ] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="FIELD=VALUE",
            help="All dead letters that match, like connection=shop or reason_code=refused. Give more than one.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before replaying by filter.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show how many match, and the first of them.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Try dead letters again, by id or by filter. With a filter it first shows how many match."""
    if bool(ids) == bool(filters):
        raise typer.BadParameter("give ids, or --filter", param_hint="ID")
    remote = connect(url, api_key)
    wanted: dict[str, Any] = {"ids": ids} if ids else {"filter": _filter(filters or [])}
    if dry_run:
        plan = remote.call("POST", "/dead-letters/replay", json={**wanted, "dry_run": True})
        _say_plan(plan, as_json)
        return
    if not ids and not yes:
        _confirm_replay(remote, wanted)
    done = remote.call("POST", "/dead-letters/replay", json={**wanted, "dry_run": False})
    _say(done, f"{done['replayed']} tried again", as_json)


def _filter(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"{pair!r} is not FIELD=VALUE", param_hint="--filter")
        found[name] = value
    return found


def _confirm_replay(remote: Remote, wanted: dict[str, Any]) -> None:
    plan = remote.call("POST", "/dead-letters/replay", json={**wanted, "dry_run": True})
    if not plan["matched"]:
        err().print("No dead letter fits.")
        raise typer.Exit(Exit.FINE)
    _say_plan(plan, as_json=False)
    typer.confirm(f"{plan['matched']} would be tried again. Go on?", abort=True, err=True)


def _say_plan(plan: dict[str, Any], as_json: bool) -> None:
    """How many would be tried again, and the first of them."""
    if as_json:
        print_json(plan)
        return
    table(plan["items"][:FIRST], DEAD_COLUMNS, "Would be tried again", none="No dead letter fits.")
    if plan["matched"] > FIRST:
        err().print(f"… and {plan['matched'] - FIRST} more.")


def _say(answer: Any, words: str, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        out().print(Text(f"{words}.", style="green"))


def register(app: typer.Typer, panel: str) -> None:
    app.add_typer(mappings, name="mappings", rich_help_panel=panel)
    app.add_typer(dead_letters, name="dead-letters", rich_help_panel=panel)
    app.command("replay", rich_help_panel=panel)(replay)
