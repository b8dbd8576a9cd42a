"""`events` and `lanes`: what came in, and where what goes out stands in line."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect, segment
from app.commands.kit.terminal import AsJson, fields, moment, out, print_json, table

events = typer.Typer(invoke_without_command=True, help="The events that the shops' webhooks brought, and what became of each.")
lanes = typer.Typer(invoke_without_command=True, help="Lanes. Each goods owner and each shop has one, with the jobs that wait.")

EVENT_COLUMNS = {
    "Id": "id",
    "Connection": "connection",
    "Received": "received_at",
    "Topic": "topic",
    "Record": "record",
    "State": "state",
    "Reason": "reason",
}
LANE_COLUMNS = {
    "Id": "id",
    "Lane": "key",
    "Connections": "connections",
    "Paused": "paused",
    "Waiting": "states.waiting",
    "Parked": "states.parked",
    "Held": "states.held",
    "Dead": "states.dead",
    "Oldest": "oldest",
    "At work": "worked_on",
    "Blocked": "blocked",
}
BODY = ("headers", "body")

Lane = Annotated[str, typer.Argument(metavar="ID", help="The lane's id, as `gateway lanes` shows it.")]


@events.callback()
def list_events(
    context: typer.Context,
    connection: Annotated[str | None, typer.Option(help="Only of this connection.", show_default=False)] = None,
    state: Annotated[str | None, typer.Option(help="Only in this state.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of rows.")] = 50,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List the events that the shops' webhooks brought, newest first, and what became of each. `show` has one of them whole."""
    if context.invoked_subcommand is not None:
        return
    rows = connect(url, api_key).items("/events", limit, connection=connection, state=state)
    if as_json:
        print_json({"items": rows})
    else:
        table(rows, EVENT_COLUMNS, "Events")


@events.command("show")
def show_event(
    event_id: Annotated[str, typer.Argument(metavar="ID", help="The event's id, as `gateway events` shows it.")],
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show one event with its headers and, with a key that has the right admin, its body while it is kept."""
    found = connect(url, api_key).get(f"/events/{segment(event_id)}")
    if as_json:
        print_json(found)
        return
    fields({name: value for name, value in found.items() if name not in BODY}, f"Event {found['id']}")
    fields(found["headers"], "Headers")
    out().print(Text("Body", style="bold"))
    out().print(Text(found["body"] if found["body"] is not None else "not kept any more, or this key may not see it"))


@events.command("replay")
def replay_event(
    event_id: Annotated[str, typer.Argument(metavar="ID", help="The event's id, as `gateway events` shows it.")],
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Judge an event again, as if it had come just now. What is older than what is stored changes nothing."""
    done = connect(url, api_key).call("POST", f"/events/{segment(event_id)}/replay")
    _say(done, f"Event {event_id} is judged again; see gateway events show {event_id}", as_json)


@lanes.callback()
def list_lanes(context: typer.Context, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """List the lanes. Each goods owner has one, with the jobs that wait in it, and each shop one for what it is told."""
    if context.invoked_subcommand is not None:
        return
    rows = connect(url, api_key).items("/lanes", 1000)
    if as_json:
        print_json({"items": rows})
    else:
        table([{**row, "blocked": [_blocked(each) for each in row["blocked"]]} for row in rows], LANE_COLUMNS, "Lanes")


def _blocked(method: dict[str, Any]) -> str:
    """`PUT /orders until 2026-11-21 09:31:00 UTC: it answered 503`, of a method that rests after failures."""
    until = f" until {moment(method['until'])} UTC" if method["until"] else ""
    return f"{method['call']}{until}{': ' + method['error'] if method['error'] else ''}"


@lanes.command("pause")
def pause(
    lane: Lane,
    reason: Annotated[str | None, typer.Option(help="Shown with everything that waits for the lane.", show_default=False)] = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Pause a lane: nothing new is sent. A call that has begun is finished, webhooks are taken in, and shops are read."""
    body = {"reason": reason} if reason else {}
    _say(connect(url, api_key).call("POST", f"/lanes/{segment(lane)}/pause", json=body), f"Lane {lane} is paused", as_json)


@lanes.command("resume")
def resume(lane: Lane, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Resume a paused lane: what waits in it is sent."""
    _say(connect(url, api_key).call("POST", f"/lanes/{segment(lane)}/resume"), f"Lane {lane} goes on", as_json)


def _say(answer: Any, words: str, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        out().print(Text(f"{words}.", style="green"))


def register(app: typer.Typer, panel: str) -> None:
    app.add_typer(events, name="events", rich_help_panel=panel)
    app.add_typer(lanes, name="lanes", rich_help_panel=panel)
