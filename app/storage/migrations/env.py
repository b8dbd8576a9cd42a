"""Alembic's environment: async engine, one transaction for each upgrade."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection

from app.storage.engine import Database
from app.storage.migrations import refuse_foreign
from app.storage.tables import metadata


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=connection.dialect.name == "sqlite")
    refuse_foreign(context.get_context().get_current_revision())
    with context.begin_transaction():
        context.run_migrations()


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
