"""A sync on request: which connections and processes it covers, the run it makes or joins, and its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import INBOUND, Process
from app.engine.core.queue import Task, poll_key
from app.engine.core.runtime import Gateway
from app.errors import BadInput, Conflict, NotFound, nearest
from app.integrations.protocol.capabilities import NEEDED
from app.integrations.protocol.integration import can, refuse
from app.integrations.registry import INTEGRATIONS
from app.records import connections, jobs, runs
from app.records.connections import Connection, Status
from app.records.jobs import HeldNow
from app.records.runs import Run
from app.storage.audit.changes import Change, note

CHECK_SECONDS = 0.2
"""How often a waiting request checks whether its run has ended."""

ORDER_OF_READING = (*INBOUND, Process.SHIPMENTS, Process.RETURNS, Process.RECEIPTS, Process.STOCK)
"""Suppliers and articles first, so that an article finds its supplier, and an order the full articles that it needs.

Stock last, so that orders that have just arrived are taken off.
"""

WITHOUT_DRY_RUN = (Process.SHIPMENTS, Process.RETURNS, Process.RECEIPTS)
"""What is reported depends on what the shop shows at that very moment (tracking, refunds).

So it is read before each write, and there is no dry run.
"""


@dataclass(frozen=True)
class Request:
    """What a sync is asked to do. `target` names an integration or a connection; `process` None means all that are on."""

    target: str
    process: Process | None = None
    full: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Asker:
    """Who asks: the connections that the key may see (None: all), and what tells a repeated request from a new one."""

    key_id: str
    connection_ids: Sequence[str] | None
    idempotency_key: str | None = None


async def start(gateway: Gateway, asked: Request, asker: Asker) -> str:
    """Makes the run, or finds the one that an earlier request with the same idempotency key has made, and wakes up its parts.

    Without such a key, one that is reading all of this, or has yet to, is joined. Returns its id. Raises NotFound, Conflict
    (nothing to sync, with the fix), BadInput (the key was used for another request).
    """
    known = await _known(gateway, asked, asker)
    if known is not None:
        return known
    places = _places(asked, await _targets(gateway, asked, asker))
    new = runs.NewRun(
        trigger="api",
        target=asked.target,
        places=places,
        full=asked.full,
        dry_run=asked.dry_run,
        options=asdict(asked),
        key_id=asker.key_id,
        idempotency_key=asker.idempotency_key,
    )
    try:
        async with gateway.database.begin() as db:
            running = await runs.to_join(db, new) if asker.idempotency_key is None else None
            run_id = running or await runs.create(db, new, gateway.clock())
            _note(db, run_id, new, is_joined=running is not None)
    except IntegrityError:
        # Two requests with the same idempotency key came at the same moment, and the other one was first.
        known = await _known(gateway, asked, asker)
        if known is None:
            raise
        return known
    for connection_id, process in places:
        await gateway.wake_ups.send(Task.POLL, poll_key(connection_id, process))
    return run_id


def _note(db: AsyncConnection, run_id: str, new: runs.NewRun, *, is_joined: bool) -> None:
    for connection_id in dict.fromkeys(each for each, _ in new.places):
        processes = [process.value for each, process in new.places if each == connection_id]
        asked = Change("processes", None, processes), Change("full", None, new.full), Change("dry_run", None, new.dry_run)
        note(db, f"run {run_id}", () if is_joined else asked, connection_ids=(connection_id,))


async def _known(gateway: Gateway, asked: Request, asker: Asker) -> str | None:
    if asker.idempotency_key is None:
        return None
    async with gateway.database.read() as db:
        run_id = await runs.by_idempotency_key(db, asker.key_id, asker.idempotency_key)
        run = await runs.find(db, run_id) if run_id else None
    if run is not None and run.options != asdict(asked):
        raise BadInput(
            f"this Idempotency-Key was used for another request, which made run {run.id}",
            field="Idempotency-Key",
            fix="use a new key for a new request",
        )
    return run_id


async def _targets(gateway: Gateway, asked: Request, asker: Asker) -> list[Connection]:
    """The active connections that are meant. A connection's name takes precedence over an integration's."""
    async with gateway.database.read() as db:
        seen = await connections.every(db, gateway.vault, ids=asker.connection_ids)
    named = [each for each in seen if asked.target in (each.name, each.id)]
    if asked.target in INTEGRATIONS and not (named and named[0].status is Status.ACTIVE):
        named = [each for each in seen if each.integration == asked.target]
    elif not named:
        known = list(dict.fromkeys([*INTEGRATIONS, *(each.name for each in seen)]))
        meant = nearest(asked.target, known)
        fix = f"use one of: {', '.join(known)}"
        raise NotFound(
            f"there is no integration and no connection {asked.target!r}",
            field="integration",
            fix=f"did you mean {meant}? {fix}" if meant else fix,
        )
    active = [each for each in named if each.status is Status.ACTIVE]
    if not active:
        raise Conflict(f"no connection of {asked.target!r} is active", field="integration", fix=_how_to_activate(named))
    return active


def _how_to_activate(named: Sequence[Connection]) -> str:
    if not named:
        return "make one with POST /connections, then activate it with POST /connections/{connection}/activate"
    first = named[0]
    act = "resume" if first.status is Status.PAUSED else "activate"
    return f"POST /connections/{first.name}/{act} (it is {first.status.value})"


def _places(asked: Request, targets: Sequence[Connection]) -> list[tuple[str, Process]]:
    wanted: tuple[Process, ...] = ORDER_OF_READING if asked.process is None else (asked.process,)
    if asked.dry_run:
        wanted = tuple(process for process in wanted if process not in WITHOUT_DRY_RUN)
    if asked.process is not None and not wanted:
        raise BadInput(
            f"{asked.process.value} have no dry run: what is reported depends on what the shop shows right before it is written",
            field="dry_run",
            fix="look at GET /mappings/{id} for what was shipped and what the shop was told, or sync without dry_run",
        )
    if asked.process is not None and not any(can(each.system, asked.process) for each in targets):
        raise refuse(targets[0].system, NEEDED[asked.process], "process")
    # A process that is named has a dry run even when it is off: one wants to see the result before switching it on.
    in_any_case = asked.dry_run and asked.process is not None
    places = [
        (each.id, process)
        for each in targets
        for process in wanted
        if can(each.system, process) and (in_any_case or each.settings.processes.is_on(process))
    ]
    if not places:
        what = "every process" if asked.process is None else asked.process.value
        switch = f"settings.processes.{(asked.process or Process.ORDERS).value}"
        raise Conflict(
            f"{what} is switched off for {', '.join(each.name for each in targets)}",
            field="process",
            fix=f"set {switch} to true with PATCH /connections/{targets[0].name}",
        )
    return places


async def wait_for_end(gateway: Gateway, run_id: str, seconds: float) -> bool:
    """Waits, and returns whether the run has ended within that time. It asks SQL: any process may work on the run."""
    ends = time.monotonic() + seconds
    while True:
        async with gateway.database.read() as db:
            if await runs.has_ended(db, run_id):
                return True
        left = ends - time.monotonic()
        if left <= 0 or gateway.stopping:
            return False
        await asyncio.sleep(min(CHECK_SECONDS, left))


async def held_now(gateway: Gateway, run: Run) -> HeldNow:
    """What is held of the run's connections and processes, by this run, an earlier one or a webhook."""
    async with gateway.database.read() as db:
        return await jobs.held_now(db, {(part.connection_id, part.process) for part in run.parts if not part.dry_run})


async def find(gateway: Gateway, run_id: str, connection_ids: Sequence[str] | None) -> Run:
    """The run as far as it is about these connections (None: all). Raises NotFound, also when no part of it is."""
    async with gateway.database.read() as db:
        run = await runs.find(db, run_id)
    seen = run.of(connection_ids) if run else None
    if seen is None or not seen.parts:
        raise NotFound(f"there is no run {run_id!r}", field="id", fix="list them with GET /runs")
    return seen
