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

REVISION = 4
"""The newest revision in `versions/`, the one this code needs at least."""


def config(url: str) -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def upgrade(url: str) -> None:
    """Brings the database at `url` (with its async driver) to the newest revision. May be called from anywhere."""
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


async def current(connection: AsyncConnection) -> int | None:
    """The database's revision; None when it has no tables of ours."""
    try:
        value = await connection.scalar(text("select version_num from alembic_version"))
    except DBAPIError:
        return None
    return int(value) if value is not None else None
