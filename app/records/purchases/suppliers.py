"""Suppliers as the gateway keeps them, for the articles that name them.

A supplier that has changed is new to the articles that were sent before: it counts as new until these are queued again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, false, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Article, Kind, Process, Supplier, from_payload, to_payload
from app.records.connections import Connection
from app.records.mappings import Mapping, opened
from app.storage.side_tables import suppliers
from app.storage.tables import jobs, mappings
from app.storage.types import UtcTime

Key = tuple[str, str]
"""A connection's id, and the supplier's id in the source."""


async def keep_all(db: AsyncConnection, kept: Sequence[tuple[str, Supplier]], now: datetime) -> None:
    """Keeps suppliers as they are now, each with the id of its connection."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    statement = insert(suppliers)
    given = {name: statement.excluded[name] for name in ("number", "content", "changed_at", "is_new")}
    rows = [
        {
            "connection_id": connection_id,
            "source_id": each.source_id,
            "number": each.number or "",
            "content": to_payload(each),
            "changed_at": now,
            "is_new": True,
        }
        for connection_id, each in sorted(kept, key=lambda one: (one[0], one[1].source_id))
    ]
    keys = [suppliers.c.connection_id, suppliers.c.source_id]
    await db.execute(statement.on_conflict_do_update(index_elements=keys, set_=given), rows)


async def find(db: AsyncConnection, connection_id: str, source_ids: Collection[str]) -> dict[str, Supplier]:
    """Those of these suppliers that are kept, by source id."""
    if not source_ids:
        return {}
    mine = (suppliers.c.connection_id == connection_id, suppliers.c.source_id.in_(sorted(source_ids)))
    found = await db.execute(select(suppliers.c.source_id, suppliers.c.content).where(*mine))
    read = {row.source_id: from_payload(Process.SUPPLIERS, row.content) for row in found}
    return {source_id: each for source_id, each in read.items() if isinstance(each, Supplier)}


async def put_in(db: AsyncConnection, connection: Connection, article: Article) -> Article:
    """The article with its supplier as it is kept now, where the connection sends suppliers along."""
    if article.supplier_id is None or not connection.settings.processes.suppliers:
        return article
    found = await find(db, connection.id, [article.supplier_id])
    return replace(article, supplier=found.get(article.supplier_id))


# --- articles that do not have them yet -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class NewSupplier:
    """A supplier that has changed, and when (UTC)."""

    source_id: str
    changed_at: datetime


async def new_ones(db: AsyncConnection, connection_id: str, limit: int) -> list[NewSupplier]:
    """The first of them by source id."""
    query = select(suppliers.c.source_id, suppliers.c.changed_at).where(suppliers.c.connection_id == connection_id)
    rows = await db.execute(query.where(suppliers.c.is_new).order_by(suppliers.c.source_id).limit(limit))
    return [NewSupplier(row.source_id, row.changed_at) for row in rows]


async def sent_without(
    db: AsyncConnection, connection_id: str, new: Sequence[NewSupplier], after: int, limit: int
) -> list[Mapping]:
    """The next articles, by the ids of their mappings, that name one of these, were sent before it changed, and have not been
    queued since."""
    mine = (mappings.c.connection_id == connection_id, mappings.c.kind == Kind.ARTICLE)
    names_one = mappings.c.supplier_source_id.in_([each.source_id for each in new])
    theirs = suppliers.c.connection_id == mappings.c.connection_id, suppliers.c.source_id == mappings.c.supplier_source_id
    their_jobs = (jobs.c.mapping_id == mappings.c.id) & (jobs.c.process == Process.ARTICLES)
    before = (
        mappings.c.sent_at <= suppliers.c.changed_at,
        func.coalesce(jobs.c.updated_at, mappings.c.sent_at) <= suppliers.c.changed_at,
    )
    query = select(mappings).join(suppliers, theirs[0] & theirs[1]).outerjoin(jobs, their_jobs)
    query = query.where(*mine, names_one, mappings.c.id > after, *before).order_by(mappings.c.id).limit(limit)
    return [opened(row) for row in await db.execute(query)]


_KNOWN = (
    update(suppliers)
    .where(
        suppliers.c.connection_id == bindparam("of_connection"),
        suppliers.c.source_id == bindparam("supplier"),
        suppliers.c.changed_at == bindparam("then", type_=UtcTime()),
    )
    .values(is_new=false())
)


async def are_known(db: AsyncConnection, connection_id: str, new: Sequence[NewSupplier]) -> None:
    """Their articles are queued. One that has changed again meanwhile stays new."""
    rows = [{"of_connection": connection_id, "supplier": each.source_id, "then": each.changed_at} for each in new]
    if rows:
        await db.execute(_KNOWN, rows)
