"""`gateway outgoing-webhooks …`: the events that a connection's address is told of, their replay, and its secret."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect, segment
from app.commands.kit.terminal import AsJson, Exit, err, fail, fields, out, print_json, table

app = typer.Typer(no_args_is_help=True, help="Events for the address that a connection gives, signed as Standard Webhooks says.")

COLUMNS = {
    "Id": "id",
    "Type": "type",
    "Key": "key",
    "Connection": "connection",
    "State": "state",
    "Tries": "tries",
    "Happened": "created_at",
    "Next": "due_at",
    "Status": "status",
    "Error": "error",
}
TRIES = {"At": "at", "Status": "status", "ms": "ms", "Error": "error"}

EventId = Annotated[int, typer.Argument(metavar="ID", help="As `gateway outgoing-webhooks list` lists it.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's name or id.")]
OfConnection = Annotated[str | None, typer.Option("--connection", help="Only of this connection.", show_default=False)]
OfType = Annotated[str | None, typer.Option("--type", help="Only of this type, like receipt.created.", show_default=False)]
OfState = Annotated[str | None, typer.Option("--state", help="waiting, sent or dead.", show_default=False)]
Limit = Annotated[int, typer.Option(min=1, help="Maximum number of rows.")]


@app.command("list")
def list_outgoing_webhooks(
    connection: OfConnection = None,
    event_type: OfType = None,
    state: OfState = None,
    limit: Limit = 50,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List events, newest first."""
    chosen: dict[str, Any] = {"connection": connection, "type": event_type, "state": state}
    rows = connect(url, api_key).items("/outgoing-webhooks", limit, **chosen)
    if as_json:
        print_json({"items": rows})
    else:
        table(rows, COLUMNS, "Outgoing webhooks", "No events.")


@app.command("show")
def show(event_id: EventId, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Show one event: its data and its tries."""
    event = connect(url, api_key).get(f"/outgoing-webhooks/{segment(event_id)}")
    if as_json:
        print_json(event)
        return
    tries = event.pop("attempts")
    fields(event, f"Outgoing webhook {event_id}")
    table(tries, TRIES, "Tries", "Not tried yet.")


@app.command("address")
def address(connection: Name, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Show a connection's address for events, and how it answered of late."""
    found = connect(url, api_key).get(f"/connections/{segment(connection)}/outgoing-webhooks")
    if as_json:
        print_json(found)
        return
    fields(found, f"Events of {connection}")
    if found["url"] and not found["has_secret"]:
        err().print(f"Nothing is sent without a secret: gateway outgoing-webhooks secret {connection}")


@app.command("secret")
def secret(
    connection: Name,
    at_once: Annotated[bool, typer.Option("--at-once", help="Stop signing with the old secret now: others know it.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Make the secret that events are signed with, and show it this once. The old one signs as well for a while."""
    path = f"/connections/{segment(connection)}/outgoing-webhooks/secret"
    made = connect(url, api_key).call("POST", path, params={"at_once": True} if at_once else None)
    if as_json:
        print_json(made)
        return
    out().print(made["secret"])
    err().print("Give it to the program that reads the events. It is not shown again.")
    if made["old_secret_minutes"]:
        err().print(f"The old one signs as well for {made['old_secret_minutes']:g} minutes.")


@app.command("test")
def send_test(connection: Name, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Send a test event to the connection's address."""
    made = connect(url, api_key).call("POST", f"/connections/{segment(connection)}/outgoing-webhooks/test")
    if as_json:
        print_json(made)
    else:
        out().print(f"Event {made['id']} waits to be sent. See it: gateway outgoing-webhooks show {made['id']}")


@app.command("replay")
def replay(
    event_id: Annotated[int | None, typer.Argument(metavar="[ID]", help="One event. Or choose.", show_default=False)] = None,
    connection: OfConnection = None,
    event_type: OfType = None,
    state: OfState = None,
    every: Annotated[bool, typer.Option("--all", help="All that match: a thousand at most. Default: the dead ones.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Send an event again, or with --all every one that matches. Each keeps its id: a reader that has seen it knows."""
    if (event_id is None) is not every:
        fail("say which: the ID of an event, or --all", "gateway outgoing-webhooks replay 31, or: --all --state dead", Exit.USAGE)
    remote = connect(url, api_key)
    if event_id is not None:
        done = remote.call("POST", f"/outgoing-webhooks/{segment(event_id)}/replay")
        words = f"event {event_id} waits to be sent again"
    else:
        body = {"connection": connection, "type": event_type, "state": state or "dead", "dry_run": False}
        done = remote.call("POST", "/outgoing-webhooks/replay", json=body)
        words = f"{done['replayed']} of {done['matched']} events wait to be sent again"
    if as_json:
        print_json(done)
    else:
        out().print(words)
