"""`gateway connections …`: shops and warehouses, created, changed and tested on a running gateway."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from app.commands.connections import care, example
from app.commands.connections.file import assigned, read_file, resolved
from app.commands.kit.remote import DEFAULT_URL, ApiKey, Problem, Remote, Url, connect, segment
from app.commands.kit.terminal import AsJson, Exit, err, fail, fields, out, print_json, table, with_times
from app.integrations.registry import INTEGRATIONS

app = typer.Typer(no_args_is_help=True, help="Connections: one shop and one goods owner in a warehouse each.")

care.register(app)
app.command("example")(example.example)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's name or id.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

DEFAULT_SYSTEM = next(iter(INTEGRATIONS))
SOURCE_HELP = "A credential of the shop or ERP, like {}={}.".format(
    *next(iter(INTEGRATIONS[DEFAULT_SYSTEM].reference.credentials.items()))
)

TEST_SECONDS = 180.0
"""A test makes several calls to the shop and the warehouse, each within its own time-out."""

COLUMNS = {
    "Name": "name",
    "Integration": "integration",
    "Status": "status",
    "Account": "account",
    "Goods owner": "warehouse.goods_owner_id",
    "Tested": "tested_at",
    "Id": "id",
}


@app.command("list")
def show_all(url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """List the connections."""
    rows = connect(url, api_key).items("/connections", 1000)
    if as_json:
        print_json({"items": rows, "next_cursor": None})
        return
    table(with_times(rows), COLUMNS, "Connections")


@app.command("show")
def show(name: Name, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Show one connection: its addresses (the webhook address among them), settings and last test. Secrets are never shown."""
    found = connect(url, api_key).get(f"/connections/{segment(name)}")
    if as_json:
        print_json(found)
        return
    fields({key: found[key] for key in found if key != "test"}, f"Connection {found['name']}")
    if found["test"]:
        _show_checks(found["test"]["checks"])


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Name of the new connection: lower-case letters, digits, - and _.")],
    url: Url = DEFAULT_URL,
    integration: Annotated[str, typer.Option(help="The system, as `gateway integrations` names it.")] = DEFAULT_SYSTEM,
    source: Annotated[list[str] | None, typer.Option("--source", "--shop", metavar="FIELD=VALUE", help=SOURCE_HELP)] = None,
    warehouse: Annotated[list[str] | None, typer.Option(metavar="FIELD=VALUE", help="Like goods_owner_id=77.")] = None,
    setting: Annotated[list[str] | None, typer.Option(metavar="FIELD=VALUE", help="Like poll_interval_minutes=5.")] = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Add a connection, as a draft. Values like env:NAME are looked up here, so that no secret is on the command line."""
    body = {
        "name": name,
        "integration": integration,
        "source": assigned(source, "--source"),
        "warehouse": assigned(warehouse, "--warehouse"),
        "settings": assigned(setting, "--setting"),
    }
    remote = connect(url, api_key)
    made = remote.call("POST", "/connections", json=resolved(body, name, os.environ))
    _say(made, f"Connection {name} is saved", as_json)


@app.command("apply")
def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="TOML with [[connections]]; see the documentation.")],
    url: Url = DEFAULT_URL,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    activate: Annotated[bool, typer.Option("--activate", help="Test and activate what is not active yet.")] = False,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Create or change connections so that they are as a file says. Doing it again changes nothing.

    Values like "env:NAME" are looked up in this command's own environment and never by the gateway.
    """
    wanted = read_file(file, os.environ)
    remote = connect(url, api_key)
    reports = [_apply_one(remote, entry, dry_run=dry_run) for entry in wanted]
    for report in reports:
        # Shown before anything else can go wrong: the webhook secret of a new connection is given this once.
        if not as_json:
            _show_report(report, dry_run)
    refused = _activate_all(remote, reports) if activate and not dry_run else []
    if as_json:
        print_json({"dry_run": dry_run, "connections": reports})
    for report in refused:
        if not as_json:
            _show_checks(report["checks"])
        err().print(Text(f"{report['name']} is not active: its test failed.", style="red"))
    if refused:
        raise typer.Exit(Exit.NO)


def _activate_all(remote: Remote, reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Activates what is not active; gives the reports of those whose test failed, with its `checks`."""
    for report in reports:
        if report["status"] != "active":
            made, report["checks"] = _activated(remote, report["name"])
            report["status"] = made["status"] if made else report["status"]
    return [report for report in reports if report.get("checks")]


def _apply_one(remote: Remote, entry: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
    """What was (or would be) done: created, changed, or nothing. `changed` names fields, never values: some are secrets."""
    name = entry["name"]
    body = {key: value for key, value in entry.items() if key != "name"}
    try:
        answer = remote.call("PUT", f"/connections/{segment(name)}", json=body, params={"dry_run": dry_run or None})
    except Problem as problem:
        if not dry_run or problem.status != 404:
            raise
        return {"name": name, "result": "created", "changed": [], "status": None, "webhook_url": None, "webhook_secret": None}
    result = "created" if answer["created"] else "changed" if answer["changed"] else "unchanged"
    kept = {key: answer[key] for key in ("changed", "status", "webhook_url", "webhook_secret")}
    return {"name": name, "result": result, **kept}


def _show_report(report: dict[str, Any], dry_run: bool) -> None:
    words = f"would be {report['result']}" if dry_run and report["result"] != "unchanged" else report["result"]
    status = f" ({report['status']})" if report["status"] else ""
    out().print(Text.assemble((report["name"], "bold"), f": {words}{status}"))
    for field in report["changed"]:
        out().print(Text(f"  {field}"))
    _show_webhook(report)


def _show_webhook(report: dict[str, Any]) -> None:
    if report.get("webhook_secret"):
        out().print(Text(f"  webhook address: {report['webhook_url']}"))
        out().print(Text(f"  webhook secret, shown this once: {report['webhook_secret']}"))


@app.command("test")
def try_out(name: Name, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Test a connection with real calls to the shop and the warehouse. Exit code 1 when something is wrong."""
    report = _test(connect(url, api_key), name)
    if as_json:
        print_json(report)
    else:
        _show_checks(report["checks"])
    if not report["ok"]:
        raise typer.Exit(Exit.NO)


def _test(remote: Remote, name: str) -> dict[str, Any]:
    report: dict[str, Any] = remote.call("POST", f"/connections/{segment(name)}/test", seconds=TEST_SECONDS)
    return report


def _show_checks(checks: list[dict[str, Any]]) -> None:
    rows = [{**check, "ok": "ok" if check["ok"] else "fail"} for check in checks]
    table(rows, {"At": "system", "Check": "name", "": "ok", "Finding": "message", "Fix": "fix"}, "Connection test")


@app.command("activate")
def activate(name: Name, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Test a connection and make it active. Without a go-live date of its own this moment becomes it."""
    remote = connect(url, api_key)
    made, checks = _activated(remote, name)
    if made is None:
        if as_json:
            print_json({"ok": False, "checks": checks})
        else:
            _show_checks(checks)
        fail(f"{name} stays as it is: its test failed")
    _say(made, f"Connection {name} is active", as_json)


def _activated(remote: Remote, name: str) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """The connection; or None and the test's findings, when a check failed."""
    try:
        return remote.call("POST", f"/connections/{segment(name)}/activate", seconds=TEST_SECONDS), []
    except Problem as problem:
        checks: list[dict[str, Any]] | None = problem.document.get("checks")
        if not checks:
            raise
        return None, checks


@app.command("pause")
def pause(name: Name, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Pause a connection: its webhooks are kept, nothing is read or sent."""
    _say(connect(url, api_key).call("POST", f"/connections/{segment(name)}/pause"), f"Connection {name} is paused", as_json)


@app.command("resume")
def resume(name: Name, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Go on with a paused connection."""
    _say(connect(url, api_key).call("POST", f"/connections/{segment(name)}/resume"), f"Connection {name} is active", as_json)


@app.command("rotate-secret")
def rotate_secret(name: Name, url: Url = DEFAULT_URL, yes: Yes = False, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Make a new webhook secret, shown this once. The shop's webhooks must be given it, or they are refused."""
    if not yes:
        typer.confirm(f"Webhooks of {name} signed with the old secret will be refused. Go on?", abort=True, err=True)
    answer = connect(url, api_key).call("POST", f"/connections/{segment(name)}/rotate-webhook-secret")
    if as_json:
        print_json(answer)
        return
    err().print(f"New webhook secret of {name}, shown this once; give it to the shop's webhooks:")
    out().print(answer["webhook_secret"])


def _say(answer: dict[str, Any], words: str, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    out().print(Text(f"{words}.", style="green"))
    _show_webhook(answer)
