"""`gateway connections …`: shops and warehouses, created, changed and tested on a running gateway."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer
from rich.text import Text

from app.commands.connections import activation, apply, care, carriers
from app.commands.connections.apply import show_webhook
from app.commands.connections.file import assigned, resolved
from app.commands.kit.remote import DEFAULT_URL, ApiKey, Remote, Url, connect, segment
from app.commands.kit.terminal import AsJson, Exit, err, fields, out, print_json, table

app = typer.Typer(no_args_is_help=True, help="Connections. Each joins one shop and one goods owner in a warehouse.")

apply.register(app)
care.register(app)
carriers.register(app)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's name or id.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

SOURCE_HELP = "A credential of the shop or ERP. `gateway connections example INTEGRATION` lists the fields."

COLUMNS = {
    "Name": "name",
    "Integration": "integration",
    "Status": "status",
    "Account": "account",
    "Goods owner": "warehouse.goods_owner_id",
    "Tested": "tested_at",
    "Id": "id",
}


@app.command("example")
def example(
    integration: Annotated[str, typer.Argument(metavar="INTEGRATION", help="The system, as `gateway integrations` names it.")],
) -> None:
    """Print a TOML file with one connection. Fill it in and give it to `gateway connections apply`. Works without a gateway."""
    from app.commands.connections.example import document  # imports every system; the other commands start without

    # Not wrapped to the terminal's width: it goes into a file.
    out().file.write(document(integration))


@app.command("list")
def show_all(url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """List the connections."""
    rows = connect(url, api_key).items("/connections", 1000)
    if as_json:
        print_json({"items": rows, "next_cursor": None})
        return
    table(rows, COLUMNS, "Connections")


@app.command("show")
def show(
    name: Name,
    everything: Annotated[bool, typer.Option("--all", help="Show the settings that are at their defaults as well.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show one connection: its last test, its addresses (the webhook address among them) and the settings that are not at their
    defaults. Secrets are never shown."""
    remote = connect(url, api_key)
    found = remote.get(f"/connections/{segment(name)}")
    if as_json:
        print_json(found)
        return
    if found["test"]:
        activation.show_checks(found["test"]["checks"])
    else:
        err().print(Text(f"Not tested yet. Test it with: gateway connections test {found['name']}", style="dim"))
    consent = found.get("consent") or {}
    if consent.get("state") == "ended":
        words = f"It must be allowed again ({consent['words']}). What waits is kept. Open: {consent['url']}"
        err().print(Text(words, style="bold red"))
    elif found.get("login_ended"):
        err().print(Text(f"{found['login_ended']['words'].capitalize()}. What waits is kept.", style="bold red"))
    for paused in found.get("paused_calls", []):
        err().print(Text(f"{paused['words']}. {paused['fix'].capitalize()}.", style="yellow"))
    apart = ("test", "settings", "paused_calls", "login_ended", "consent")
    plugins = {"plugins": found["settings"]["plugins"] or "none noted"}
    fields({**{key: found[key] for key in found if key not in apart}, **plugins}, f"Connection {found['name']}")
    settings = _dotted({name: value for name, value in found["settings"].items() if name not in plugins})
    chosen = settings if everything else _not_at_defaults(settings, remote, found["integration"])
    out().print()
    fields(chosen, "Settings" if everything else "Settings that are not at their defaults (--all shows all)")


def _dotted(value: dict[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, inner in value.items():
        found |= _dotted(inner, f"{before}{name}.") if isinstance(inner, dict) and inner else {f"{before}{name}": inner}
    return found


def _not_at_defaults(settings: dict[str, Any], remote: Remote, integration: str) -> dict[str, Any]:
    """Those of the settings that differ from what the system's own would be. Tables of a person's own are in it by their keys."""
    systems = remote.items("/integrations", 1000)
    defaults: dict[str, Any] = {}
    for each in next((one["settings"] for one in systems if one["name"] == integration), []):
        default = each["default"]
        defaults |= _dotted(default, f"{each['name']}.") if isinstance(default, dict) and default else {each["name"]: default}
    return {
        name: value
        for name, value in settings.items()
        if value != defaults.get(name) and not (value in ({}, []) and not defaults.get(name))
    }


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Name of the new connection: lower-case letters, digits, - and _.")],
    url: Url = DEFAULT_URL,
    integration: Annotated[
        str | None, typer.Option(help="The system, as `gateway integrations` names it. Default: the first of them.")
    ] = None,
    source: Annotated[list[str] | None, typer.Option("--source", "--shop", metavar="FIELD=VALUE", help=SOURCE_HELP)] = None,
    warehouse: Annotated[list[str] | None, typer.Option(metavar="FIELD=VALUE", help="Like goods_owner_id=77.")] = None,
    setting: Annotated[list[str] | None, typer.Option(metavar="FIELD=VALUE", help="Like poll_interval_minutes=5.")] = None,
    plugins: Annotated[str | None, typer.Option(help="Which plugins change orders or products there? A note for people.")] = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Add a connection as a draft. A value like env:NAME is read from this command's environment, so that no secret is on the
    command line."""
    body = {
        "name": name,
        "integration": integration or _first_system(),
        "source": assigned(source, "--source"),
        "warehouse": assigned(warehouse, "--warehouse"),
        "settings": {**assigned(setting, "--setting"), **({"plugins": plugins} if plugins else {})},
    }
    remote = connect(url, api_key)
    made = remote.call("POST", "/connections", json=resolved(body, name, os.environ))
    _say(made, f"Connection {name} is saved", as_json)
    if not as_json:
        command = f"gateway connections activate {name}"
        err().print(Text(activation.draft_means(command, was_active=False, answer=made), style="yellow"))


@app.command("set")
def change(
    name: Name,
    setting: Annotated[list[str] | None, typer.Option(metavar="FIELD=VALUE", help="Like poll_interval_minutes=5.")] = None,
    source: Annotated[list[str] | None, typer.Option("--source", "--shop", metavar="FIELD=VALUE", help=SOURCE_HELP)] = None,
    warehouse: Annotated[list[str] | None, typer.Option(metavar="FIELD=VALUE", help="Like password=env:WMS_PASSWORD.")] = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Change some settings or credentials of a connection; all others stay. FIELD= (with no value) takes a setting back to its
    default. `preview` shows what settings would do before."""
    parts = {
        "source": assigned(source, "--source"),
        "warehouse": assigned(warehouse, "--warehouse"),
        "settings": _cleared(assigned(setting, "--setting")),
    }
    body = {part: given for part, given in parts.items() if given}
    if not body:
        raise typer.BadParameter("give at least one of --setting, --source and --warehouse", param_hint="FIELD=VALUE")
    done = connect(url, api_key).call("PATCH", f"/connections/{segment(name)}", json=resolved(body, name, os.environ))
    _say(done, f"Connection {name} is saved", as_json)


def _cleared(given: dict[str, Any]) -> dict[str, Any]:
    """What was given no value is taken back to its default: null, over REST."""
    return {name: _cleared(value) if isinstance(value, dict) else None if value == "" else value for name, value in given.items()}


def _first_system() -> str:
    from app.integrations.registry import INTEGRATIONS

    return next(iter(INTEGRATIONS))


@app.command("test")
def try_out(name: Name, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Test a connection with real calls to the shop and the warehouse. Exit code 1 when something is wrong."""
    report = _test(connect(url, api_key), name)
    if as_json:
        print_json(report)
    else:
        activation.show_checks(report["checks"])
    if not report["ok"]:
        raise typer.Exit(Exit.NO)


def _test(remote: Remote, name: str) -> dict[str, Any]:
    report: dict[str, Any] = remote.call("POST", f"/connections/{segment(name)}/test", seconds=activation.TEST_SECONDS)
    return report


@app.command("pause")
def pause(name: Name, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Pause a connection: its webhooks are kept, nothing is read or sent."""
    _say(connect(url, api_key).call("POST", f"/connections/{segment(name)}/pause"), f"Connection {name} is paused", as_json)


@app.command("resume")
def resume(name: Name, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Resume a paused connection."""
    _say(connect(url, api_key).call("POST", f"/connections/{segment(name)}/resume"), f"Connection {name} is active", as_json)


@app.command("delete")
def delete(name: Name, url: Url = DEFAULT_URL, yes: Yes = False, api_key: ApiKey = None) -> None:
    """Delete a draft that never kept any data. Pause any other connection instead."""
    if not yes:
        typer.confirm(f"{name} will be deleted with its credentials. Go on?", abort=True, err=True)
    connect(url, api_key).call("DELETE", f"/connections/{segment(name)}")
    err().print(f"Connection {name} is deleted.")


@app.command("rotate-secret")
def rotate_secret(
    name: Name,
    url: Url = DEFAULT_URL,
    yes: Yes = False,
    at_once: Annotated[bool, typer.Option("--at-once", help="Refuse the old secret from now on: it is known to others.")] = False,
    warehouse: Annotated[bool, typer.Option("--warehouse", help="Of the WMS's webhooks, instead of the shop's.")] = False,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Make a new webhook secret and show it this once. The gateway puts it into the shop where it looks after the webhooks.

    The old secret is accepted beside it for 24 hours (settings.webhooks.old_secret_minutes), unless you say --at-once.
    """
    if not yes:
        when = "from now on" if at_once else "after a while"
        typer.confirm(f"Webhooks of {name} signed with the old secret will be refused {when}. Go on?", abort=True, err=True)
    path = f"/connections/{segment(name)}/rotate-webhook-secret"
    params = {**({"at_once": True} if at_once else {}), **({"of": "warehouse"} if warehouse else {})}
    answer = connect(url, api_key).call("POST", path, params=params or None)
    if as_json:
        print_json(answer)
        return
    where = {
        True: "it is in the shop already",
        False: f"the shop could not be told: gateway connections webhooks {name} --check",
        None: f"give it to the {'WMS' if warehouse else 'shop'}'s webhooks",
    }
    err().print(f"New webhook secret of {name}, shown this once; {where[answer['in_shop']]}:")
    if minutes := answer["old_secret_minutes"]:
        err().print(f"The old one is accepted for {minutes:g} minutes more.")
    out().print(answer["webhook_secret"])


def _say(answer: dict[str, Any], words: str, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    out().print(Text(f"{words}.", style="green"))
    show_webhook(answer)
