"""Looks again at records that are held or skipped, when what they wait for has come: an article, or a corrected setting.

They are read from their system now, a list at a time, and decided anew. Those that have not changed stay as they are. Articles
that were sent before their supplier changed are sent again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, String, literal, select

from app.domain import Kind, Process
from app.domain.record import kind_of
from app.engine.core.queue import SUPPLIERS, Look, Task, product_in
from app.engine.core.runtime import Gateway
from app.engine.core.sources import reads_by_id, record_source
from app.engine.jobs import enqueue
from app.engine.jobs.enqueue import Found, FoundBy, RecordChange, Version
from app.engine.jobs.job_rows import decide_again
from app.engine.jobs.mapper import enriched, map_record
from app.engine.jobs.report_jobs import enqueue_report
from app.errors import RemoteError
from app.flows.outcomes import Transfer
from app.flows.purchases.problems import ARTICLE_MISSING
from app.logs import get_logger
from app.records import cursors
from app.records.connection_lanes import shop_lane
from app.records.connections import Connection, Status
from app.records.mappings import opened
from app.records.purchases import suppliers
from app.records.purchases.suppliers import NewSupplier
from app.storage.tables import jobs, mappings

log = get_logger(__name__)

Conditions = tuple[ColumnElement[bool], ...]

AT_A_TIME = 100
AGAIN = Found(FoundBy.AGAIN)
FOR_AN_ARTICLE = (
    "line-without-article-number",
    "article-number-of-parent",
    "article-number-forbidden-character",
    "article-number-unclean",
    "article-number-too-long",
)
"""Orders that are held for these wait for an article."""
FOR_CUSTOMS = "customs-article-incomplete"
"""Orders that are held for this wait for what an article lacks in the WMS. Nothing of the order itself changes then."""
FOR_A_PART = "kit-part-missing"
"""Kits that are held for this wait for an article too. Nothing of theirs changes when it comes."""
NOT_FOR_A_SETTING = (
    "brake",
    "warehouse-started",
    "too-late-to-cancel",
    "cancelled-in-warehouse",
    "reopened-after-cancel",
    "vanished",
    "unknown-elsewhere",
)
"""Holds that no setting lifts."""
SKIPPED_BY_A_SETTING = (
    "before-go-live",
    "article-without-number",
    "article-number-of-parent",
    "article-number-forbidden-character",
    "article-number-unclean",
    "article-number-too-long",
    "country-of-origin-unknown",
    "kit-parts-unreadable",
)
TOLD_BY_A_SETTING = ("statuses-not-confirmed",)
"""Shipments that wait for a setting before the system is told of them."""
LEFT_OUT_BY_A_FILTER = "not-wanted"
MOST_BY_FILTER = 1000
"""Of the records that a filter left out, so many of the newest are read again when a filter changes."""


@dataclass(frozen=True)
class _Waiting:
    """A record that may go on. `version`: what is stored of it. `as_it_is`: it is tried again though it has not changed."""

    mapping_id: int
    source_id: str
    version: Version
    as_it_is: bool = False


async def look_again(gateway: Gateway, key: str) -> None:
    """Reads and decides anew, as far as the slice goes; the rest with the next wake-up.

    If the system is away, or the connection paused, the look is owed: the next poll of orders that succeeds has it made.
    """
    look = Look.of(key)
    why = look.why
    if not _is_for_orders(why):
        gateway.forget(look.connection_id)  # another process has just changed it: what we know of it may be older
    connection = await gateway.connection(look.connection_id)
    if why == "articles":
        await _purchase_orders_again(gateway, connection)
    if not reads_by_id(connection):
        return
    if connection.status is not Status.ACTIVE:
        await _owe(gateway, look)
        return
    ends = time.monotonic() + gateway.settings.slice_seconds
    if why == SUPPLIERS:
        await _with_new_suppliers(gateway, connection, look, ends)
        return
    if not _is_for_orders(why):
        await _tell_again(gateway, connection)
    try:
        for process in (Process.ARTICLES, Process.ORDERS):
            if process is Process.ARTICLES and product_in(why) is not None:
                continue
            if connection.settings.processes.is_on(process):
                await _look(gateway, connection, process, why, ends)
    except _TimeIsUp:
        if not await gateway.wake_ups.send(Task.LOOK_AGAIN, look._replace(place=look.place + 1).key):
            await _owe(gateway, look)
    except RemoteError as error:
        await _owe(gateway, look)
        log.warning("look_again_failed", connection=connection.name, error=type(error).__name__)
    else:
        if look.is_owed:
            async with gateway.database.begin() as db:
                await cursors.look_was_made(db, connection.id, why)
    await gateway.wake_ups.send(Task.DRAIN, connection.lane)


async def _purchase_orders_again(gateway: Gateway, connection: Connection) -> None:
    """Has purchase orders of this goods owner that wait for an article decided anew. Nobody is asked for them."""
    held = mappings.c.transfer == literal(Transfer.HELD.value, String, literal_execute=True)
    mine = (mappings.c.lane == connection.lane, mappings.c.kind == Kind.PURCHASE, mappings.c.reason_code == ARTICLE_MISSING)
    query = select(mappings.c.id).where(*mine, held).order_by(mappings.c.id)
    async with gateway.database.begin() as db:
        waiting = list(await db.scalars(query.with_for_update(key_share=True)))
        for mapping_id in waiting:
            await decide_again(db, mapping_id, ARTICLE_MISSING, gateway.clock(), Process.PURCHASE_ORDERS)
    if waiting:
        await gateway.wake_ups.send(Task.DRAIN, connection.lane)


async def _tell_again(gateway: Gateway, connection: Connection) -> None:
    """Shipments that waited for a setting are decided anew."""
    mine = (mappings.c.connection_id == connection.id, mappings.c.delivery_code.in_(TOLD_BY_A_SETTING))
    async with gateway.database.begin() as db:
        waiting = [opened(row) for row in await db.execute(select(mappings).where(*mine))]
        for each in waiting:
            await enqueue_report(db, connection, Process.SHIPMENTS, each, gateway.clock())
    if waiting:
        await gateway.wake_ups.send(Task.DRAIN, shop_lane(connection.id))


def _is_for_orders(why: str) -> bool:
    return why == "articles" or product_in(why) is not None


async def _owe(gateway: Gateway, look: Look) -> None:
    """A supplier stays new until its articles are queued, and every poll of suppliers looks for new ones."""
    if look.why == SUPPLIERS:
        return
    async with gateway.database.begin() as db:
        await cursors.owe_a_look(db, look.connection_id, "articles" if product_in(look.why) is not None else look.why)


async def _with_new_suppliers(gateway: Gateway, connection: Connection, look: Look, ends: float) -> None:
    """Queues the articles that were sent before their suppliers changed, and no others, as they are in their system now."""
    processes = connection.settings.processes
    if not (processes.suppliers and processes.articles):
        return
    try:
        while new := await _new_suppliers(gateway, connection):
            await _send_again(gateway, connection, new, ends)
            async with gateway.database.begin() as db:
                await suppliers.are_known(db, connection.id, new)
    except _TimeIsUp:
        await gateway.wake_ups.send(Task.LOOK_AGAIN, look._replace(place=look.place + 1).key)
    except RemoteError as error:
        log.warning("look_again_failed", connection=connection.name, error=type(error).__name__)
    await gateway.wake_ups.send(Task.DRAIN, connection.lane)


async def _new_suppliers(gateway: Gateway, connection: Connection) -> list[NewSupplier]:
    async with gateway.database.read() as db:
        return await suppliers.new_ones(db, connection.id, AT_A_TIME)


async def _send_again(gateway: Gateway, connection: Connection, new: Sequence[NewSupplier], ends: float) -> None:
    after = 0
    while True:
        async with gateway.database.read() as db:
            found = await suppliers.sent_without(db, connection.id, new, after, AT_A_TIME)
        if not found:
            return
        some = [_Waiting(each.id, each.source_id, Version(each.source_modified_at, each.source_hash)) for each in found]
        await _decide_anew(gateway, connection, Process.ARTICLES, some, Found(FoundBy.AGAIN, resent=True))
        after = some[-1].mapping_id
        if time.monotonic() >= ends or gateway.stopping:
            raise _TimeIsUp


class _TimeIsUp(Exception):
    pass


async def _look(gateway: Gateway, connection: Connection, process: Process, why: str, ends: float) -> None:
    after, product = 0, product_in(why)
    while some := await _waiting(gateway, connection, process, why, after):
        after = some[-1].mapping_id
        if product is not None:
            some = await _with_product(gateway, connection, some, product)
        if some:
            await _decide_anew(gateway, connection, process, some)
        if time.monotonic() >= ends or gateway.stopping:
            raise _TimeIsUp


async def _waiting(gateway: Gateway, connection: Connection, process: Process, why: str, after: int) -> list[_Waiting]:
    """The next records by the ids of their mappings. Those that were decided with today's settings are done with."""
    mine = (mappings.c.connection_id == connection.id, mappings.c.kind == kind_of(process))
    columns = (mappings.c.id, mappings.c.source_id, mappings.c.source_modified_at, mappings.c.source_hash, mappings.c.reason_code)
    query = select(*columns).where(*mine, mappings.c.id > after).order_by(mappings.c.id).limit(AT_A_TIME)
    found: dict[int, _Waiting] = {}
    async with gateway.database.read() as db:
        for chosen in _chosen(connection, process, why, mine):
            for row in await db.execute(query.where(*chosen)):
                version = Version(row.source_modified_at, row.source_hash)
                found[row.id] = _Waiting(row.id, row.source_id, version, as_it_is=row.reason_code in (FOR_CUSTOMS, FOR_A_PART))
    return [found[mapping_id] for mapping_id in sorted(found)[:AT_A_TIME]]


async def _with_product(gateway: Gateway, connection: Connection, some: Sequence[_Waiting], product: str) -> list[_Waiting]:
    """The orders that have a line of this product, as they were held."""
    ids = [each.source_id for each in some]
    mine = (jobs.c.connection_id == connection.id, jobs.c.process == Process.ORDERS, jobs.c.source_id.in_(ids))
    async with gateway.database.read() as db:
        payloads = {row.source_id: row.payload for row in await db.execute(select(jobs.c.source_id, jobs.c.payload).where(*mine))}
    return [each for each in some if _has_product(payloads.get(each.source_id), product)]


def _has_product(payload: dict[str, Any] | None, product: str) -> bool:
    return payload is None or any(line.get("product_code") == product for line in payload.get("lines") or ())


def _chosen(connection: Connection, process: Process, why: str, mine: Conditions) -> Iterator[Conditions]:
    """What is looked for, each by an index of its own: records that have gone on are never read."""
    held = mappings.c.transfer == literal(Transfer.HELD.value, String, literal_execute=True)
    if _is_for_orders(why):
        for_orders = (*FOR_AN_ARTICLE, FOR_CUSTOMS)
        yield held, mappings.c.reason_code.in_((FOR_A_PART,) if process is Process.ARTICLES else for_orders)
        return
    yield held, mappings.c.reason_code.not_in(NOT_FOR_A_SETTING)
    skipped = (mappings.c.transfer == Transfer.NONE, mappings.c.settings_version < connection.settings_version)
    yield mappings.c.reason_code.in_(SKIPPED_BY_A_SETTING), *skipped
    if why == "filters":
        newest = select(mappings.c.id).where(*mine, mappings.c.reason_code == LEFT_OUT_BY_A_FILTER)
        newest = newest.order_by(mappings.c.id.desc()).limit(MOST_BY_FILTER)
        yield mappings.c.id.in_(newest), *skipped


async def _decide_anew(
    gateway: Gateway, connection: Connection, process: Process, some: Sequence[_Waiting], again: Found = AGAIN
) -> None:
    source = record_source(gateway, connection)
    found = await source.read_many(process, [each.source_id for each in some])
    changes = []
    for each in some:
        record = found.get(each.source_id)
        if record is not None:  # what is gone is found by the deep sweep
            full = await enriched(gateway, connection, record)
            found_by = replace(again, resent=True) if each.as_it_is else again
            changes.append(RecordChange(full, map_record(connection, full), found_by, read_now=True, before=each.version))
    async with gateway.database.begin() as db:
        await enqueue.enqueue_changes(db, connection, changes, gateway.clock())
