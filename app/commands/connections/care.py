"""`gateway connections webhooks` and `preview`: looks after the shop's webhooks, and tries settings before they are saved."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.text import Text

from app.commands.connections.delivery_note import delivery_note
from app.commands.connections.file import assigned, resolved
from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect, segment
from app.commands.kit.terminal import AsJson, Exit, err, fields, out, print_json, table
from app.commands.kit.wording import in_commands

Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's name or id.")]

CALLS_SECONDS = 180.0
"""Time for several calls to the shop. Each has its own time-out."""
HOOKS = {
    "Id": "id",
    "Topic": "topic",
    "Status": "status",
    "Proven": "is_proven",
    "Address": "delivery_url",
    "Changed": "modified_at",
}


def webhooks(
    name: Name,
    check: Annotated[bool, typer.Option("--check", help="Check the webhooks in the shop now and repair them.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show the shop's webhooks as of the last check. Exit code 1 when they could not be looked after."""
    remote = connect(url, api_key)
    path = f"/connections/{segment(name)}/webhooks"
    found = remote.call("POST", f"{path}/check", seconds=CALLS_SECONDS) if check else remote.get(path)
    if as_json:
        print_json(found)
    else:
        fields({key: found[key] for key in found if key not in ("webhooks", "missing")}, f"Webhooks of {name}")
        table(found["webhooks"], HOOKS, "In the shop", none="None of our webhooks was seen in the shop.")
        for lack in found["missing"]:
            err().print(Text.assemble((f"Missing: {lack['text']}. ", "yellow"), in_commands(lack["fix"])))
    if found["state"] == "failed" or found["missing"]:
        raise typer.Exit(Exit.NO)


def link(
    integration: Annotated[str, typer.Argument(metavar="INTEGRATION", help="The system, as `gateway integrations` names it.")],
    connection: Annotated[
        str | None, typer.Option(help="A connection that is to be connected again, by name. Default: the link makes a new one.")
    ] = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Make a one-time link to the page that connects a system. Send it to somebody who has no API key; it is good for a week."""
    made = connect(url, api_key).call("POST", f"/integrations/{segment(integration)}/links", json={"connection": connection})
    if as_json:
        print_json(made)
        return
    err().print(f"A link for one person, good once until {made['expires_at']}. It is shown this once:")
    if made["url_note"]:
        err().print(Text(f"{made['url_note']}.", style="yellow"))
    out().file.write(f"{made['url']}\n")


class Mapped(StrEnum):
    ARTICLES = "articles"
    ORDERS = "orders"


def preview(
    name: Name,
    setting: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=VALUE", help="A setting to try, like default_country=NO. Give more than one."),
    ] = None,
    extra: Annotated[
        list[str] | None,
        typer.Option(metavar="WMS=SHOP", help="An extra field to try, like consigneeOrderNumber=meta_data._ordre."),
    ] = None,
    process: Annotated[Mapped, typer.Option(help="The kind of record to try it on.")] = Mapped.ORDERS,
    record: Annotated[
        list[str] | None, typer.Option(help="The shop's id of a record. Default: the records that came in last.")
    ] = None,
    latest: Annotated[int, typer.Option(min=1, max=20, help="How many of the last records to try.")] = 3,
    every: Annotated[bool, typer.Option("--all", help="Show all fields, not only those that would change.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Try settings on real records before you save them. Shows field by field what would be sent. Saves and sends nothing."""
    settings = resolved(assigned(setting, "--setting"), name, os.environ)
    fields_of = f"extra_{process.value.removesuffix('s')}_fields"
    remote = connect(url, api_key)
    if extra:  # a table with people's own keys is replaced as a whole: the one that is there goes with it
        there = remote.get(f"/connections/{segment(name)}")["settings"].get(fields_of, {})
        settings[fields_of] = {**there, **settings.get(fields_of, {}), **_pairs(extra)}
    body = {"settings": settings, "process": process, "records": record or None, "latest": latest}
    found = remote.call("POST", f"/connections/{segment(name)}/preview", json=body, seconds=CALLS_SECONDS)
    if as_json:
        print_json(found)
        return
    if not found["items"]:
        err().print("There is no record to try it on.")
    for one in found["items"]:
        _show(one, every=every)


def _pairs(given: list[str]) -> dict[str, str]:
    """The dots belong to the paths on both sides here."""
    pairs = {}
    for pair in given:
        path, equals, source = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"{pair!r} is not WMS=SHOP", param_hint="--extra")
        pairs[path] = source
    return pairs


def _show(record: dict[str, Any], *, every: bool) -> None:
    title = f"{record['number'] or record['record']} ({record['status']}): would be {record['outcome']}"
    shown = [each for each in record["fields"] if every or each["is_changed"]]
    if shown:
        table(shown, {"Field": "field", "Now": "before", "Then": "after"}, title)
    else:
        out().print(Text.assemble((title, "bold"), ", and nothing of it changes"))
    for problem in record["problems"]:
        out().print(Text(f"  {problem['field']}: {problem['message']}. {problem['fix']}", style="yellow"))
    for cut in record["cuts"]:
        out().print(Text(f"  {cut}", style="dim"))


def register(app: typer.Typer) -> None:
    app.command("webhooks")(webhooks)
    app.command("delivery-note")(delivery_note)
    app.command("preview")(preview)
    app.command("link")(link)
