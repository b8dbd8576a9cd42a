"""`gateway connections webhooks` and `preview`: looks after the shop's webhooks, and tries settings before they are saved."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.text import Text

from app.commands.connections.file import assigned, resolved
from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect, segment
from app.commands.kit.terminal import AsJson, Exit, err, fields, out, print_json, table, with_times

Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's name or id.")]

CALLS_SECONDS = 180.0
"""The shop is called several times, each call within its own time-out."""
HOOKS = {"Id": "id", "Topic": "topic", "Status": "status", "Address": "delivery_url", "Changed": "modified_at"}


def webhooks(
    name: Name,
    check: Annotated[bool, typer.Option("--check", help="Ask the shop now, and put right what is wrong.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show the shop's webhooks as they were seen last. Exit code 1 when they could not be looked after."""
    remote = connect(url, api_key)
    path = f"/connections/{segment(name)}/webhooks"
    found = remote.call("POST", f"{path}/check", seconds=CALLS_SECONDS) if check else remote.get(path)
    if as_json:
        print_json(found)
    else:
        shown = with_times([found])[0]
        fields({key: shown[key] for key in shown if key not in ("webhooks", "missing")}, f"Webhooks of {name}")
        table(with_times(found["webhooks"]), HOOKS, "In the shop")
        for lack in found["missing"]:
            err().print(Text.assemble((f"Missing: {lack['text']}. ", "yellow"), lack["fix"]))
    if found["state"] == "failed" or found["missing"]:
        raise typer.Exit(Exit.NO)


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
    process: Annotated[Mapped, typer.Option(help="What to try it on.")] = Mapped.ORDERS,
    record: Annotated[list[str] | None, typer.Option(help="The shop's id of a record. Default: those that came in last.")] = None,
    latest: Annotated[int, typer.Option(min=1, max=20, help="How many of those that came in last.")] = 3,
    every: Annotated[bool, typer.Option("--all", help="Show all fields, not only those that would change.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Try settings on real records before saving them: field by field what would be sent. Saves and sends nothing."""
    settings = resolved(assigned(setting, "--setting"), name, os.environ)
    fields_of = f"extra_{process.value.removesuffix('s')}_fields"
    if extra:
        settings[fields_of] = {**settings.get(fields_of, {}), **_pairs(extra)}
    body = {"settings": settings, "process": process, "records": record or None, "latest": latest}
    found = connect(url, api_key).call("POST", f"/connections/{segment(name)}/preview", json=body, seconds=CALLS_SECONDS)
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
    app.command("preview")(preview)
