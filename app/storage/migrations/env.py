"""Alembic's environment: async engine, one transaction for each upgrade."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection, delete, insert, inspect, select

from app.storage.engine import Database
from app.storage.migrations import NEWER, OLDEST, REVISION, is_newer
from app.storage.side_tables import compatibility
from app.storage.tables import metadata


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=connection.dialect.name == "sqlite")
    revision = context.get_context().get_current_revision()
    if is_newer(revision, _oldest(connection)):
        context.config.attributes[NEWER] = int(revision or 0)
        return
    with context.begin_transaction():
        context.run_migrations()
        if context.get_context().get_current_revision() == f"{REVISION:04d}" != revision:
            connection.execute(delete(compatibility))
            connection.execute(insert(compatibility).values(id=1, oldest=OLDEST))


def _oldest(connection: Connection) -> int | None:
    """None: the database says nothing of it, because it is older than the question."""
    return connection.scalar(select(compatibility.c.oldest)) if inspect(connection).has_table("compatibility") else None


async def _run() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    assert url is not None
    database = Database(url)
    try:
        async with database.engine.connect() as connection:
            await connection.run_sync(_migrate)
            await connection.commit()
    finally:
        await database.close()


asyncio.run(_run())
