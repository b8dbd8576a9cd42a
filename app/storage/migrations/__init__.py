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

REVISION = 31
"""The newest revision in `versions/`, the one this code needs at least."""
OLDEST = 25
"""The oldest gateway, by the revision it knows, that may run on a database of this one. A migration that only adds (tables,
indexes, columns that may be empty or have a default) leaves it as it is. One that takes something away, or gives it another
meaning, raises it to its own number. Stored in the database: so an older gateway knows whether it may go on after a rollback."""


def config(url: str) -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def upgrade(url: str) -> int:
    """Brings the database at `url` (with its async driver) to the newest revision. May be called from anywhere.

    Returns the revision that it is at: a newer one, when a newer gateway has made it and lets this one run on it; then nothing is
    changed. Raises BadInput for any other database of a newer gateway.
    """
    failure: list[BaseException] = []
    made = config(url)

    def work() -> None:
        try:
            command.upgrade(made, "head")
        except BaseException as error:
            failure.append(error)

    # Alembic's environment runs an event loop of its own; a thread keeps it out of the caller's.
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return int(made.attributes.get(NEWER, REVISION))


NEWER = "newer"
"""In the attributes of Alembic's configuration: the revision of a database that is newer, and may stay so."""


async def upgrade_async(url: str) -> int:
    return await asyncio.to_thread(upgrade, url)


def is_newer(revision: str | None, oldest: int | None) -> bool:
    """Whether a newer gateway has brought the database to this revision, and lets this one run on it.

    `oldest`: as the database says. Raises BadInput for one that does not, and for another program's.
    """
    if revision is None or (revision.isdigit() and int(revision) <= REVISION):
        return False
    if not revision.isdigit():
        raise BadInput(
            f"the database belongs to another program: its revision is {revision}",
            field="DATABASE_URL",
            fix="give the gateway a database of its own",
        )
    if oldest is not None and oldest <= REVISION:
        return True
    raise BadInput(
        f"the database was made by a newer gateway: it is at revision {int(revision)}, and this version knows {REVISION}",
        fix="run that version again, or restore the backup from before its migration (docs/upgrading.md tells how to go back)",
    )


async def current(connection: AsyncConnection) -> int | None:
    """The database's revision; None when it has no tables of ours, but perhaps another program's."""
    try:
        value = await connection.scalar(text("select version_num from alembic_version"))
    except DBAPIError:
        return None
    return int(value) if value is not None and str(value).isdigit() else None


async def oldest(connection: AsyncConnection) -> int | None:
    """The oldest gateway that may run on the database, as it says itself; None: it says nothing of that."""
    try:
        value: int | None = await connection.scalar(text("select oldest from compatibility"))
    except DBAPIError:
        return None
    return value
