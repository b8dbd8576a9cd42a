"""Stores what is taken over: a mapping as it would be had the gateway sent the record itself, and a line of its history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Article, JobState, Kind, Order, ShopState
from app.domain.record import kind_of
from app.engine.core.circuit import TO_SHOP
from app.engine.jobs.changes import RecordChange, may_be_there, status_of
from app.engine.jobs.job_rows import decide_again
from app.flows.outcomes import Transfer
from app.records import jobs, mappings, reservations
from app.records.connection_lanes import lane_of
from app.records.connections import Connection
from app.records.mappings import CLOSES_AFTER, Mapping, MappingChange, Note

TAKEN, DIFFERS, NOT_IN_WMS, NOT_OURS = "taken-over", "differs", "not-in-wms", "not-ours"
KNOWN = "known"
"""Counts records that the gateway has sent, or taken over, before."""
LEFT = "changed-meanwhile"
"""Counts records that were not stored: another had the number meanwhile, or the record is on its way."""


@dataclass(frozen=True)
class Taken:
    """A record that is taken over, and what its mapping holds besides what the shop shows of it."""

    change: RecordChange
    values: dict[str, Any]
    words: str

    @property
    def key(self) -> tuple[Kind, str]:
        return kind_of(self.change.process), self.change.source_id


async def store_all(db: AsyncConnection, connection: Connection, taken: Sequence[Taken], now: datetime) -> Counter[str]:
    """Stores them all. Returns how many were left, because they have changed meanwhile."""
    stored = await store(db, connection, taken, now)
    return Counter({LEFT: len(taken) - len(stored)}) if len(stored) < len(taken) else Counter()


async def store(
    db: AsyncConnection, connection: Connection, taken: Sequence[Taken], now: datetime
) -> list[tuple[Taken, Mapping]]:
    """Stores their mappings. Returns those that were stored, each with its mapping, which is locked."""
    wanted: dict[Kind, list[str]] = {}
    for each in taken:
        wanted.setdefault(each.key[0], []).append(each.key[1])
    known = {(row.kind, row.source_id): row for row in await mappings.locked_by_source(db, connection.id, wanted)}
    free = [each for each in taken if await _is_free(db, connection, each, known.get(each.key))]
    once = list({(each.key[0], each.values["number"]): each for each in reversed(free)}.values())
    new = [_mapping(connection, each, known.get(each.key), now) for each in once]
    made = await mappings.create_all(db, [row for row in new if row.id == 0]) if any(row.id == 0 for row in new) else {}
    stored: list[tuple[Taken, Mapping]] = []
    for each, row in zip(once, new, strict=True):
        if row.id != 0:
            await _change(db, row, now)
            stored.append((each, row))
        elif each.key in made:
            stored.append((each, replace(row, id=made[each.key])))
    await mappings.note_all(db, [(row.id, Note("adopted", each.words)) for each, row in stored], now)
    return stored


async def _is_free(db: AsyncConnection, connection: Connection, each: Taken, mapping: Mapping | None) -> bool:
    """Whether nobody has its number, and nothing of it is on its way to the warehouse."""
    if mapping is not None:
        theirs = (await jobs.of_mappings(db, [mapping.id])).get(mapping.id, ())
        is_under_way = any(job.state is JobState.RUNNING for job in theirs if job.process not in TO_SHOP)
        if may_be_there(mapping) or mapping.transfer == Transfer.UNKNOWN or is_under_way:
            return False
    kind, wms_id = each.key[0], each.values["wms_id"]
    by_number = await mappings.owner_of(db, connection.lane, kind, each.values["number"])
    found = (by_number, (await owners(db, connection, kind, [wms_id])).get(wms_id))
    return all(owner is None or (mapping is not None and owner.id == mapping.id) for owner in found)


async def owners(db: AsyncConnection, connection: Connection, kind: Kind, wms_ids: Collection[int]) -> dict[int, Mapping]:
    """Whose these records of the WMS are already, by the WMS's id. A draft's own lane counts, and the goods owner's."""
    found: dict[int, Mapping] = {}
    for lane in sorted({connection.lane, lane_of(connection.warehouse)}):
        found |= await mappings.of_wms(db, lane, kind, wms_ids)
    return found


def _mapping(connection: Connection, each: Taken, known: Mapping | None, now: datetime) -> Mapping:
    change, mapped = each.change, each.change.mapped
    values: dict[str, Any] = {one.name: None for one in fields(Mapping)}
    values |= {"id": 0, "connection_id": connection.id, "kind": each.key[0], "source_id": change.source_id, "created_at": now}
    if known is not None:
        values |= {one.name: getattr(known, one.name) for one in fields(Mapping)}
    is_completed = isinstance(mapped, Order) and mapped.state is ShopState.COMPLETED
    values |= {
        "lane": connection.lane,
        "transfer": Transfer.SENT,
        "source_hash": change.digest,
        "settings_version": connection.settings_version,
        "source_status": status_of(mapped),
        "source_number": mapped.source_number,
        "parent_source_id": mapped.parent_id,
        "supplier_source_id": mapped.supplier_id if isinstance(mapped, Article) else None,
        "has_variations": mapped.has_variations if isinstance(mapped, Article) else None,
        "source_modified_at": change.record.modified_at,
        "closes_at": now + CLOSES_AFTER if is_completed else None,
        "reason_code": None,
        "reason": None,
        "sent_at": now,
        "updated_at": now,
    }
    return Mapping(**values | each.values)


async def _change(db: AsyncConnection, row: Mapping, now: datetime) -> None:
    """A record that was seen before, and left out or held: its job, if one waits for a person, is decided again."""
    before = await mappings.by_id(db, row.id)
    assert before is not None
    same = {one.name: getattr(row, one.name) for one in fields(Mapping) if getattr(row, one.name) != getattr(before, one.name)}
    same.pop("updated_at", None)
    await mappings.change(db, row.id, now, **cast(MappingChange, same))
    await reservations.transferred(db, [row.id], now)
    if before.transfer == Transfer.HELD and before.reason_code:
        await decide_again(db, row.id, before.reason_code, now)
