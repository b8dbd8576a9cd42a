"""`gateway alerts …`: what an operator should know of, what a person does about it, and a test whether a message would arrive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.text import Text

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Remote, Url, connect, segment
from app.commands.kit.terminal import AsJson, Exit, err, fail, fields, moment, out, print_json, table

app = typer.Typer(invoke_without_command=True, help="What an operator should know of, newest first.")

COLUMNS = {
    "Id": "id",
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

MUTE_COLUMNS = {"Kind": "kind", "Connection": "connection", "Until": "until", "By": "made_by", "Since": "made_at"}

TELL_SECONDS = 60.0
"""Time for a mail server and a webhook. Each has its own time-out."""

AlertId = Annotated[int, typer.Argument(metavar="ID", help="As `gateway alerts` lists it.")]
OfKind = Annotated[str | None, typer.Option("--kind", help="Only of this kind, like held.", show_default=False)]
OfConnection = Annotated[str | None, typer.Option("--connection", help="Only of this connection.", show_default=False)]
OnlyOpen = Annotated[bool, typer.Option("--open", help="Only trouble that lasts.")]
OnlyClosed = Annotated[bool, typer.Option("--closed", help="Only trouble that is over.")]
Limit = Annotated[int, typer.Option(min=1, help="Maximum number of rows.")]


@app.callback()
def alerts(
    context: typer.Context,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List alerts, newest first. `test` sends a test message over every channel."""
    if context.invoked_subcommand is None:
        _show(connect(url, api_key).items("/alerts", limit), as_json)


@app.command("list")
def list_alerts(
    only_open: OnlyOpen = False,
    only_closed: OnlyClosed = False,
    kind: OfKind = None,
    connection: OfConnection = None,
    limit: Limit = 50,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List alerts, newest first."""
    state = None if only_open == only_closed else "open" if only_open else "closed"
    _show(connect(url, api_key).items("/alerts", limit, state=state, kind=kind, connection=connection), as_json)


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json({"items": rows})
    else:
        shown = [{**row, "about": _about(row), "state": _state(row)} for row in rows]
        table(shown, COLUMNS, "Alerts")


def _about(alert: dict[str, Any]) -> str:
    """The record by its number, or what else tells this trouble from others of its kind."""
    record = alert["record"]
    return f"{record['kind']} {record['number']}" if record else alert["subject"]


def _state(alert: dict[str, Any]) -> str:
    if alert["state"] == "closed":
        return "closed"
    return "solved since" if alert["is_open"] is False else "muted" if alert["muted_until"] else "open"


@app.command("show")
def show(alert_id: AlertId, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Show one alert: its record, when it closes, and what to do about its kind."""
    alert = connect(url, api_key).get(f"/alerts/{segment(alert_id)}")
    if as_json:
        print_json(alert)
        return
    fields(alert, f"Alert {alert_id}: {alert['meaning']}")
    if alert["record"]:
        err().print(f"What happens next, and why: gateway mappings show {alert['record']['number']}")
    err().print(f"What to do: docs/runbooks.md#{alert['kind']}")


@app.command("close")
def close(
    alert_id: AlertId,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for those who look later.", show_default=False)] = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Close an alert that needs nobody any more. It is open again if the trouble comes again."""
    body = {"reason": reason} if reason else None
    done = connect(url, api_key).call("POST", f"/alerts/{segment(alert_id)}/close", json=body)
    _say(done, f"alert {alert_id} is closed; it opens again if the trouble comes again", as_json)


@app.command("mute")
def mute(
    alert_id: Annotated[int | None, typer.Argument(metavar="[ID]", help="One alert. Or name a kind.", show_default=False)] = None,
    kind: OfKind = None,
    connection: OfConnection = None,
    hours: Annotated[float, typer.Option("--hours", min=0.1, max=8_784, help="For how long.")] = 24,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Tell nobody of one alert, or of a kind of a connection's alerts, for some hours. They stay in the lists."""
    _one_of(alert_id, kind)
    remote, until = connect(url, api_key), (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds")
    if alert_id is not None:
        done = remote.call("POST", f"/alerts/{segment(alert_id)}/mute", json={"until": until})
        _say(done, f"nobody is told of alert {alert_id} until {moment(done['muted_until'])} UTC", as_json)
        return
    done = remote.call("POST", "/alerts/mutes", json={"kind": kind, "connection": connection, "until": until})
    _say(done, f"nobody is told of {kind} of {connection or 'the gateway'} until {moment(done['until'])} UTC", as_json)


@app.command("unmute")
def unmute(
    alert_id: Annotated[int | None, typer.Argument(metavar="[ID]", help="One alert. Or name a kind.", show_default=False)] = None,
    kind: OfKind = None,
    connection: OfConnection = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """End a mute."""
    _one_of(alert_id, kind)
    remote = connect(url, api_key)
    if alert_id is not None:
        done = remote.call("POST", f"/alerts/{segment(alert_id)}/unmute")
        _say(done, f"people are told of alert {alert_id} again", as_json)
        return
    muted = _mute_of(remote, kind, connection)
    remote.call("DELETE", f"/alerts/mutes/{muted['id']}")
    _say(muted, f"people are told of {kind} of {connection or 'the gateway'} again", as_json)


@app.command("mutes")
def mutes(url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """List the kinds of alerts of which nobody is told."""
    found = connect(url, api_key).get("/alerts/mutes")
    if as_json:
        print_json(found)
    else:
        table(found["items"], MUTE_COLUMNS, "Mutes", "Nothing is muted.")


def _one_of(alert_id: int | None, kind: str | None) -> None:
    if (alert_id is None) == (kind is None):
        fail("say which: the ID of an alert, or --kind", "gateway alerts mute 12, or: --kind held --connection NAME", Exit.USAGE)


def _mute_of(remote: Remote, kind: str | None, connection: str | None) -> dict[str, Any]:
    of_kind = (each for each in remote.get("/alerts/mutes")["items"] if each["kind"] == kind)
    found: dict[str, Any] | None = next((each for each in of_kind if each["connection"] == connection), None)
    if found is None:
        fail(f"{kind} of {connection or 'the gateway'} is not muted", "list what is: gateway alerts mutes")
    return found


def _say(done: dict[str, Any], words: str, as_json: bool) -> None:
    if as_json:
        print_json(done)
    else:
        out().print(words)


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
