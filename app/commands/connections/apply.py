"""`gateway connections apply` and `activate`: connections as a file says, tested and switched on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from app.commands.connections import activation, first_look
from app.commands.connections.file import read_file
from app.commands.kit.remote import DEFAULT_URL, ApiKey, Problem, Remote, Url, connect, segment
from app.commands.kit.terminal import AsJson, Exit, err, fail, out, print_json

Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's name or id.")]
StockNow = Annotated[
    bool,
    typer.Option(
        "--stock-now",
        help="Write the warehouse's quantities to the shop at once. Without it the first figures are shown, and you are asked.",
    ),
]
LOOK_ONLY = "settings.stock.look_only"


@dataclass
class Applied:
    """One connection of the file. `answer`: the gateway's; None in a dry run of a new one."""

    name: str
    result: str
    changed: list[str]
    answer: dict[str, Any] | None
    was_active: bool = False
    looks_first: bool = False
    checks: list[dict[str, Any]] = field(default_factory=list)
    """Of a test that failed."""
    look: dict[str, Any] | None = None
    waits_for_yes: bool = False
    failed: bool = False

    @property
    def status(self) -> str | None:
        return self.answer["status"] if self.answer else None

    def plain(self) -> dict[str, Any]:
        shown = {name: self.answer[name] if self.answer else None for name in ("status", "webhook_url")}
        secret = self.answer.get("webhook_secret") if self.answer else None
        more: dict[str, Any] = {"checks": self.checks} if self.checks else {}
        more |= {"first_look": self.look, "stock_waits_for_yes": self.waits_for_yes} if self.look else {}
        changed = {"name": self.name, "result": self.result, "changed": self.changed}
        return {**changed, **shown, "webhook_secret": secret, **more}


def apply(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=r"TOML with \[\[connections]]; `gateway connections example` prints one.")
    ],
    url: Url = DEFAULT_URL,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change. Change nothing.")] = False,
    activate: Annotated[
        bool, typer.Option("--activate", help="Also test and activate the connections that are not active yet.")
    ] = False,
    stock_now: StockNow = False,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Create or change connections so that they are as a file says. Doing it again changes nothing. A value like "env:NAME" is
    read from this command's own environment, never by the gateway."""
    wanted = read_file(file, os.environ)
    remote = connect(url, api_key)
    again = f"gateway connections apply {file} --activate"
    # Each is saved and shown before anything else can go wrong: the secret of a new connection is given this once.
    applied = []
    for entry in wanted:
        applied.append(_apply_one(remote, entry, dry_run=dry_run, activate=activate, stock_now=stock_now))
        if not as_json:
            _show(applied[-1], again, dry_run=dry_run, activate=activate)
    for one in applied if activate and not dry_run else []:
        _activate_one(remote, one, again, as_json=as_json)
    if as_json:
        print_json({"dry_run": dry_run, "connections": [one.plain() for one in applied]})
    if any(one.failed for one in applied):
        raise typer.Exit(Exit.NO)
    if any(one.waits_for_yes for one in applied):
        raise typer.Exit(Exit.USAGE)


def _apply_one(remote: Remote, entry: dict[str, Any], *, dry_run: bool, activate: bool, stock_now: bool) -> Applied:
    """What was (or would be) done: created, changed, or nothing. `changed` names fields, never values: some are secrets."""
    name = entry["name"]
    before = _read(remote, name)
    body = {key: value for key, value in entry.items() if key != "name"}
    looks_first = first_look.is_to_be_kept(before, body["settings"], activate=activate, stock_now=stock_now)
    if looks_first:
        body["settings"] = first_look.with_look_only(body["settings"], True)
    if before is None and dry_run:
        return Applied(name, "created", [], None)
    try:
        answer = remote.call("PUT", f"/connections/{segment(name)}", json=body, params={"dry_run": dry_run or None})
    except Problem as problem:  # a file may hold many connections
        words = problem.message if name in problem.message else f"{name}: {problem.message}"
        raise Problem(problem.status, {**problem.document, "detail": words}) from problem
    if looks_first and not answer["settings"]["processes"]["stock"] and not dry_run:
        first_look.allow_writing(remote, name)  # it never writes quantities: there is nothing to look at
        looks_first = False
    # That it only looks is this command's doing, not the file's.
    changed = [path for path in answer["changed"] if not (looks_first and path == LOOK_ONLY)]
    result = "created" if answer["created"] else "changed" if changed else "unchanged"
    was_active = before is not None and before["status"] == "active"
    return Applied(name, result, changed, answer, was_active=was_active, looks_first=looks_first)


def _read(remote: Remote, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = remote.get(f"/connections/{segment(name)}")
    except Problem as problem:
        if problem.status != 404:
            raise
        return None
    return found


def _show(one: Applied, again: str, *, dry_run: bool, activate: bool) -> None:
    words = f"would be {one.result}" if dry_run and one.result != "unchanged" else one.result
    follows = activate and not dry_run and one.status != "active"
    status = f" ({one.status})" if one.status and not follows else ""
    out().print(Text.assemble((one.name, "bold"), f": {words}{status}"))
    for path in one.changed:
        out().print(Text(f"  {path}"))
    show_webhook(one.answer or {})
    if dry_run or follows:
        return
    if one.status == "draft":
        err().print(
            Text(f"  {activation.draft_means(again, was_active=one.was_active, answer=one.answer or {})}", style="yellow")
        )
    elif one.looks_first and not activate:
        first_look.say_how_to_go_on(one.name, f"{again} --stock-now")
    elif one.status == "active" and activate:
        err().print(Text(f"  It is active already, and was not tested again. Test it with: gateway connections test {one.name}"))


def show_webhook(answer: Mapping[str, Any]) -> None:
    if answer.get("webhook_secret"):
        out().print(Text(f"  webhook address: {answer['webhook_url']}"))
        out().print(Text(f"  webhook secret, shown this once: {answer['webhook_secret']}"))


def _activate_one(remote: Remote, one: Applied, again: str, *, as_json: bool) -> None:
    """Tests and activates what is not active; then the first look, where quantities are still to be looked at first."""
    if one.status != "active":
        if not as_json:
            err().print(f"Testing {one.name}, with real calls to the shop and the warehouse …")
        made, one.checks = activation.activated(remote, one.name)
        if made is None:
            one.failed = True
            if one.looks_first and (one.answer or {}).get("activated_at") is None:
                first_look.allow_writing(remote, one.name)  # a draft writes nothing; it is asked again at the next activation
            if not as_json:
                activation.show_checks(one.checks)
            err().print(Text(f"{one.name} is not active: its test failed.", style="red"))
            return
        saved = one.answer or {}
        one.answer = {**saved, **made, "webhook_secret": saved.get("webhook_secret")}
        if not as_json:
            activation.show_active(made)
    elif one.result == "changed" and not as_json:
        activation.show_what_follows(one.answer or {})
    if one.looks_first:
        _look_first(remote, one, f"{again} --stock-now", as_json=as_json)


def _look_first(remote: Remote, one: Applied, command: str, *, as_json: bool) -> None:
    seen = first_look.look(remote, one.name)
    one.look = seen.plain()
    if not as_json:
        first_look.show(seen, one.name)
    can_ask = not as_json and first_look.has_terminal() and seen.error is None
    if first_look.agreed(one.name, is_asked=can_ask):
        first_look.allow_writing(remote, one.name)
        out().print(Text(f"The quantities of {one.name} are written now.", style="green"))
        return
    first_look.say_how_to_go_on(one.name, command)
    one.failed = one.failed or seen.error is not None or can_ask
    one.waits_for_yes = True


def activate(
    name: Name, url: Url = DEFAULT_URL, stock_now: StockNow = False, api_key: ApiKey = None, as_json: AsJson = False
) -> None:
    """Test a connection and activate it. If it has no go-live date, the date is set to now."""
    remote = connect(url, api_key)
    before = remote.get(f"/connections/{segment(name)}")
    settings = before["settings"]
    looks_only = settings["stock"]["look_only"]
    is_first = before["activated_at"] is None and settings["processes"]["stock"] and not looks_only and not stock_now
    if is_first:
        remote.call("PATCH", f"/connections/{segment(name)}", json={"settings": {"stock": {"look_only": True}}})
    elif stock_now and looks_only:
        first_look.allow_writing(remote, name)
    one = Applied(before["name"], "unchanged", [], {**before, "status": "draft"}, looks_first=is_first)
    _activate_one(remote, one, f"gateway connections activate {name}", as_json=as_json)
    if as_json:
        first = {"first_look": one.look, "stock_waits_for_yes": one.waits_for_yes} if one.look else {}
        print_json({"ok": False, "checks": one.checks} if one.checks else {**(one.answer or {}), **first})
    if one.checks:
        fail(f"{name} stays as it is: its test failed")
    if one.failed:
        raise typer.Exit(Exit.NO)
    if one.waits_for_yes:
        raise typer.Exit(Exit.USAGE)


def register(app: typer.Typer) -> None:
    app.command("apply")(apply)
    app.command("activate")(activate)
