"""`gateway doctor`: checks the installation, and says what to do about each fault."""

from __future__ import annotations

import asyncio

import typer
from rich.status import Status

from app.commands.checkup import Finding, State, examine
from app.commands.kit.terminal import AsJson, Exit, err, print_json, table
from app.settings import Settings


def doctor(as_json: AsJson = False) -> None:
    """Look at settings, database, queue, mail, clocks and every connection. Exit code 1 when something fails."""
    with Status("Looking …", console=err()):
        findings = asyncio.run(_all(Settings()))
    failed = any(finding.state is State.FAIL for finding in findings)
    if as_json:
        print_json({"ok": not failed, "findings": [finding.row() for finding in findings]})
    else:
        rows = [finding.row() for finding in findings]
        table(rows, {"Check": "check", "": "state", "Finding": "finding", "Fix": "fix"}, "Doctor")
    if failed:
        raise typer.Exit(Exit.NO)


async def _all(settings: Settings) -> list[Finding]:
    return [finding async for finding in examine(settings)]
