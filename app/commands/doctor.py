"""`gateway doctor`: checks the installation, and says what to do about each fault."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.status import Status

from app.commands.kit.remote import ApiKey
from app.commands.kit.terminal import AsJson, Exit, err, print_json, table

if TYPE_CHECKING:
    from app.commands.kit.findings import Finding

Elsewhere = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="GATEWAY_URL",
        help="Address of a gateway that runs elsewhere. Default: the one of this machine, by its settings and files.",
        show_default=False,
        rich_help_panel="Gateway",
    ),
]


def doctor(url: Elsewhere = None, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """Look at settings, database, queue, mail, clocks and every connection. Exit code 1 when something fails.

    With --url or GATEWAY_URL, it asks that gateway over its API. What it cannot see from there is looked at if its data is here.
    """
    from app.settings import given_variables

    url = url or given_variables().get("GATEWAY_URL")  # from .env too, as the other commands have it
    with Status("Looking …", console=err()):
        findings = [*(_elsewhere(url, api_key) if url else []), *(asyncio.run(_here()) if not url or _has_data() else [])]
    if url and not _has_data():
        err().print(
            "Settings, queue and mail can be looked at on the gateway's own machine only: gateway doctor there.", style="dim"
        )
    failed = any(finding.is_failure for finding in findings)
    if as_json:
        print_json({"ok": not failed, "findings": [finding.row() for finding in findings]})
    else:
        rows = [finding.row() for finding in findings]
        table(rows, {"Check": "check", "": "state", "Finding": "finding", "Fix": "fix"}, "Doctor")
    if failed:
        raise typer.Exit(Exit.NO)


def _elsewhere(url: str, api_key: str | None) -> list[Finding]:
    from app.commands.elsewhere import examine
    from app.commands.kit.remote import connect

    return list(examine(connect(url, api_key)))


def _has_data() -> bool:
    """Whether a gateway's database is named here, or lies here."""
    from app.settings import Settings

    settings = Settings()
    return settings.database_url is not None or settings.database_file.exists()


async def _here() -> list[Finding]:
    from app.commands.checkup import examine  # the other commands start without what it looks at
    from app.settings import Settings

    return [finding async for finding in examine(Settings())]
