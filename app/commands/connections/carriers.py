"""`gateway connections carriers`: what the WMS lists, what the settings name, and which carrier an order would get."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect, segment
from app.commands.kit.terminal import AsJson, Exit, err, out, print_json, table

Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's name or id.")]
LISTED = {"Carrier": "name", "Code": "code", "Services": "services"}
NAMED = {"Setting": "setting", "Code": "code", "Service": "service_code", "Listed": "is_listed", "Problem": "problem"}


def carriers(
    name: Name,
    method: Annotated[str | None, typer.Option(help="A shipping method: which carrier would its orders get?")] = None,
    country: Annotated[str, typer.Option(help="Where such an order goes, as two capital letters.")] = "NO",
    weight: Annotated[float | None, typer.Option(help="What it weighs, in kilograms. Left out: not known.")] = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """List the carriers of the WMS and those that the settings name. Exit code 1 when the WMS does not list one of them."""
    asked: dict[str, Any] = {"method": method, "country": country, "weight_kg": weight}
    query = {key: value for key, value in asked.items() if value is not None and method is not None}
    found = connect(url, api_key).get(f"/connections/{segment(name)}/carriers", **query)
    if as_json:
        print_json(found)
    else:
        table(found["listed"], LISTED, "In the WMS", none="The WMS lists no carriers.")
        table(found["named"], NAMED, "In the settings", none="The settings name no carrier.")
        if method is not None:
            out().print(Text(_fit(found["fits"])))
    unlisted = [each for each in found["named"] if not each["is_listed"]]
    for each in unlisted:
        err().print(Text(f"{each['setting']}: {each['problem']}. {each['fix']}", style="yellow"))
    if unlisted:
        raise typer.Exit(Exit.NO)


def _fit(fits: dict[str, str] | None) -> str:
    if fits is None:
        return "Such an order goes as way of delivery only."
    return f"Such an order goes with {fits['code']} {fits['service_code']} ({fits['setting']})."


def register(app: typer.Typer) -> None:
    app.command("carriers")(carriers)
