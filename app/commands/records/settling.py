"""`resync`, `release`, `close-short`, `resolve`: what a person does about one record. `erase`: about one person's data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.text import Text

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Remote, Url, connect
from app.commands.kit.terminal import AsJson, Exit, err, fail, out, print_json

Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="Any number of the record: the shop's, the WMS's, a tracking number.")
]
OfConnection = Annotated[str | None, typer.Option("--connection", help="Only of this connection.", show_default=False)]


class Kind(StrEnum):
    ORDER = "order"
    ARTICLE = "article"
    PURCHASE = "purchase"


OfKind = Annotated[
    Kind | None, typer.Option("--kind", help="Only this kind, when an order and an article have the number.", show_default=False)
]
Record = Mapping[str, Any]


def chosen(remote: Remote, number: str, connection: str | None, kind: Kind | None) -> Record:
    """The one record with this number. Ends the command when there is none, or more than one."""
    found = remote.items("/mappings", 20, number=number, connection=connection, kind=kind)
    return only(found, number)


def only(found: list[dict[str, Any]], number: str, which: str = "records have") -> Record:
    """The only one of these. Ends the command when there is none, or more than one."""
    if not found:
        fail(f"there is no record with the number {number}", "give the shop's id, the order or article number, or the WMS's id")
    if len(found) > 1:
        names = ", ".join(f"{row['kind']} of {row['connection']}" for row in found)
        fail(
            f"{len(found)} {which} the number {number}: {names}", "say which with --connection and --kind, or give the shop's id"
        )
    return found[0]


def is_held(row: Record) -> bool:
    """Whether the record, or what the shop is to be told of it, is held."""
    return "held" in (row["transfer"], row["delivery"]["state"])


def resync(
    number: Number,
    connection: OfConnection = None,
    kind: OfKind = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Read a record from the shop now and send it again, changed or not. Nothing is written if the warehouse already has it."""
    remote = connect(url, api_key)
    record = chosen(remote, number, connection, kind)
    done = remote.call("POST", f"/mappings/{record['id']}/resync")
    reason = f": {done['reason']}" if done["reason"] else ""
    said = {
        "queued": f"{number} was read again and is sent as soon as its turn comes",
        "unchanged": f"{number} was read again: nothing has changed{reason}",
        "not-wanted": f"{number} was read again and is not to be in the warehouse{reason}",
    }
    _say(done, said.get(done["verdict"], f"{number}: {done['verdict']}{reason}"), as_json)
    if done["verdict"] == "queued" and not as_json:
        err().print(f"See what becomes of it with: gateway mappings show {number}")


def release(
    number: Number,
    connection: OfConnection = None,
    kind: OfKind = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Send a held record as it is. Where its data is wrong, correct it and use `gateway resync`."""
    remote = connect(url, api_key)
    found = remote.items("/mappings", 20, number=number, connection=connection, kind=kind)
    held = [row for row in found if is_held(row)]
    if not held:
        fail(f"no held record has the number {number}", f"see where it stands with: gateway mappings show {number}")
    record = only(held, number, "held records have")
    _say(remote.call("POST", f"/mappings/{record['id']}/release"), f"{number} is released", as_json)


def close_short(
    number: Number,
    cancel_rest: Annotated[
        bool, typer.Option("--cancel-rest", help="Cancel the rest in the warehouse, and close the order when that is done.")
    ] = False,
    connection: OfConnection = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Close an order that was sent in part: the rest will not come, and the shop has it as completed with what was sent."""
    remote = connect(url, api_key)
    record = chosen(remote, number, connection, Kind.ORDER)
    body = {"cancel_rest": True} if cancel_rest else None
    done = remote.call("POST", f"/mappings/{record['id']}/close-short", json=body)
    rest = done.get("rest") or []
    if not rest:
        _say(done, f"{number} is closed with what was sent", as_json)
        return
    cancelled = ", ".join(each["number"] for each in rest if each["is_being_cancelled"])
    _say(done, f"The rest is being cancelled in the warehouse: order {cancelled}", as_json)
    for each in rest:
        if each["fix"] and not as_json:
            err().print(each["fix"])
    if not as_json:
        err().print(f"See what becomes of it with: gateway mappings show {number}")


def resolve(
    number: Number,
    reason: Annotated[
        str, typer.Option(help="Why; it goes into the history, so leave personal data out.")
    ] = "settled from the command line",
    connection: OfConnection = None,
    kind: OfKind = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Declare a record settled as it is, because you have done by hand what was to do. Nothing is sent; the next change is."""
    remote = connect(url, api_key)
    record = chosen(remote, number, connection, kind)
    done = remote.call("POST", f"/mappings/{record['id']}/resolve", json={"reason": reason})
    _say(done, f"{number} is settled; its next change in the shop is transferred as usual", as_json)


def erase(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="An e-mail address or phone number, as the shop has it.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Erase all kept data of settled records that hold the text. It first shows how much that is. There is no way back."""
    remote = connect(url, api_key)
    if not yes:
        plan = remote.call("POST", "/erase", json={"text": text, "dry_run": True})
        if not any(plan[part] for part in ERASED):
            err().print("Nothing that is settled holds it.")
            raise typer.Exit(Exit.FINE)
        typer.confirm(f"{_counted(plan)} would be erased for good. Go on?", abort=True, err=True)
    done = remote.call("POST", "/erase", json={"text": text, "dry_run": False})
    _say(done, f"{_counted(done)} are erased", as_json)


ERASED = {
    "events": "webhook bodies",
    "jobs": "records",
    "attempts": "requests with their answers",
    "previews": "previews",
}


def _counted(erased: Mapping[str, Any]) -> str:
    return ", ".join(f"{erased[part]} {words}" for part, words in ERASED.items())


def _say(answer: Any, words: str, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        out().print(Text(f"{words}.", style="green"))


COMMANDS: dict[str, Callable[..., None]] = {
    "resync": resync,
    "release": release,
    "close-short": close_short,
    "resolve": resolve,
    "erase": erase,
}


def register(app: typer.Typer, panel: str) -> None:
    for name, command in COMMANDS.items():
        app.command(name, rich_help_panel=panel)(command)
