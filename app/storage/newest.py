"""Newest first, a page at a time, from tables that grow for years: each condition is a look into an index of its own."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, TextClause, func, select, text, union
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.outbound_tables import deliveries, reports
from app.storage.tables import LISTED, connections, mappings
from app.storage.types import spelled

Look = tuple[ColumnElement[bool] | TextClause, ...]
"""Conditions that one index answers, in the order of the ids."""
MOST_LOOKS = 100
"""The most looks in one statement."""
MOST_ENDINGS = ("reported", "none")
"""States of the way back that most orders are in, for now or in the end."""
STORED_WITHIN = timedelta(minutes=10)
"""A row is stored at most so long after the time that it bears."""


async def newest(
    db: AsyncConnection, key: Column[int], looks: Sequence[Look], also: Look, *, before: int | None, limit: int
) -> list[int]:
    """The `limit` highest keys below `before` of rows for which one of the looks, and all of `also`, hold. Highest first."""
    also = also if before is None else (*also, key < before)
    found: set[int] = set()
    for start in range(0, len(looks), MOST_LOOKS):
        each = [_one(key, (*look, *also), limit) for look in looks[start : start + MOST_LOOKS]]
        # SQLite takes an ordered look in a union only as a table of its own.
        wrapped: list[Select[Any]] = [select(look.subquery().c[key.name]) for look in each]
        found.update(await db.scalars(each[0] if len(each) == 1 else union(*wrapped)))
    return heapq.nlargest(limit, found)


def _one(key: Column[int], conditions: Look, limit: int) -> Select[Any]:
    return select(key).where(*conditions).order_by(key.desc()).limit(limit)


async def connection_ids(db: AsyncConnection, wanted: Iterable[str] | None) -> list[str]:
    """The ids that are wanted; of all connections with None."""
    if wanted is not None:
        return list(wanted)
    return list(await db.scalars(select(connections.c.id)))


async def first_since(db: AsyncConnection, table: Table, at: Column[datetime], since: datetime) -> int | None:
    """An id below which nothing is as new as `since`, by an index on `at`; None when nothing is."""
    later = select(table.c.id).where(at >= since - STORED_WITHIN).order_by(at).limit(MOST_LOOKS).subquery()
    found: int | None = await db.scalar(select(func.min(later.c.id)))
    return found


async def looks_for_mappings(db: AsyncConnection, chosen: Mapping[str, Any], kinds: Sequence[str]) -> list[Look]:
    """The looks that find the fewest: by number, by a state that few are in, by connection."""
    if chosen["number"] is not None:
        return await _by_number(db, chosen["number"].strip())
    if chosen["transfer"] not in (None, "sent"):
        return [(mappings.c.transfer == chosen["transfer"], mappings.c.transfer != spelled("sent")[0])]
    if chosen["wanted"] == "absent":
        return [(mappings.c.wanted == "absent",)]
    # Most orders end as reported: those of one connection are found among its own, not among everybody's.
    is_common = chosen["delivery"] in MOST_ENDINGS and chosen["connection_ids"] is not None
    for column in (mappings.c.reason_code, mappings.c.delivery):
        if chosen[column.name] is not None and not (is_common and column is mappings.c.delivery):
            return [(column == chosen[column.name],)]
    if chosen["connection_ids"] is None and chosen["kind"] is None:
        return [()]
    wanted = kinds if chosen["kind"] is None else [chosen["kind"]]
    of_it = [mappings.c.connection_id == each for each in await connection_ids(db, chosen["connection_ids"])]
    listed = text(f"mappings.{LISTED}")
    return [(mine, mappings.c.kind == kind, listed) for mine in of_it for kind in wanted]


async def _by_number(db: AsyncConnection, number: str) -> list[Look]:
    """By any number of the record. The gateway's own id is one with its word only: another record's number may be the same."""
    if (own := number.removeprefix(OWN_ID)) != number:
        return [(mappings.c.id == int(own),)] if _is_id(own) else []
    numbers = dict.fromkeys((number, number.removeprefix("#")))
    columns = (mappings.c.source_id, mappings.c.source_number, mappings.c.number)
    looks: list[Look] = [(each == one,) for one in numbers for each in columns]
    looks += [(mappings.c.wms_id == int(number),)] if _is_id(number) else []
    sent = await _sent_with(db, number)
    return [*looks, (mappings.c.id.in_(sent),)] if sent else looks


OWN_ID = "id:"
"""Before the gateway's own id of a record."""


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


async def _sent_with(db: AsyncConnection, number: str) -> list[int]:
    """The orders with this tracking number, way bill or number of a back order; the newest, of very many."""
    told = select(reports.c.mapping_id).where(reports.c.kind == spelled("tracking")[0], reports.c.key == number)
    seen = select(deliveries.c.mapping_id).where(deliveries.c.tracking == number)
    rest = select(deliveries.c.mapping_id).where(deliveries.c.number == number, deliveries.c.back_order_for.is_not(None))
    return sorted(await db.scalars(union(told, seen, rest)))[-MOST_LOOKS:]
