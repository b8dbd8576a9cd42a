"""Migrations. Revisions are numbers that count up, so that "at least ours" can be told without knowing later ones."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import BadInput

REVISION = 24
"""The newest revision in `versions/`, the one this code needs at least."""


def config(url: str) -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def upgrade(url: str) -> None:
    """Brings the database at `url` (with its async driver) to the newest revision. May be called from anywhere.

    Raises BadInput for a database of a newer gateway.
    """
    failure: list[BaseException] = []

    def work() -> None:
        try:
            command.upgrade(config(url), "head")
        except BaseException as error:
            failure.append(error)

    # Alembic's environment runs an event loop of its own; a thread keeps it out of the caller's.
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]


async def upgrade_async(url: str) -> None:
    await asyncio.to_thread(upgrade, url)


def refuse_foreign(revision: str | None) -> None:
    """Raises BadInput for a database that a newer gateway, or another program, has brought to this revision."""
    if revision is None or (revision.isdigit() and int(revision) <= REVISION):
        return
    if not revision.isdigit():
        raise BadInput(
            f"the database belongs to another program: its revision is {revision}",
            field="DATABASE_URL",
            fix="give the gateway a database of its own",
        )
    raise BadInput(
        f"the database was made by a newer gateway: it is at revision {int(revision)}, and this version knows {REVISION}",
        fix="run that version again, or restore the backup from before its migration (docs/running.md tells how to go back)",
    )


async def current(connection: AsyncConnection) -> int | None:
    """The database's revision; None when it has no tables of ours, but perhaps another program's."""
    try:
        value = await connection.scalar(text("select version_num from alembic_version"))
    except DBAPIError:
        return None
    return int(value) if value is not None and str(value).isdigit() else None
