"""What an adoption reads, one after the other, and what it says it leaves alone."""

from __future__ import annotations

from datetime import datetime

from app.domain import Process
from app.engine.longwork.adopt import articles, orders, warehouse_orders
from app.engine.longwork.slices import Slice, Step, work_through
from app.integrations.protocol.capabilities import NEEDED, WORDS
from app.integrations.protocol.integration import can
from app.records.connections import Connection
from app.records.longwork.works import moment_of

WAREHOUSE = "warehouse"
"""The WMS's own orders: those that the shop does not have."""
STEPS: dict[str, Step] = {
    Process.ARTICLES.value: articles.take_over,
    Process.ORDERS.value: orders.take_over,
    WAREHOUSE: warehouse_orders.name_others,
}


def steps_of(connection: Connection) -> tuple[tuple[str, ...], list[str]]:
    """The steps for this connection, and what is left alone, in sentences."""
    steps: list[str] = []
    notes: list[str] = []
    for process in (Process.ARTICLES, Process.ORDERS):
        if not can(connection.system, process):
            notes.append(f"Left alone: {process.value}. {connection.system.title} cannot {WORDS[NEEDED[process]]}")
        elif not connection.settings.processes.is_on(process):
            notes.append(f"Left alone: {process.value}. They are switched off for this connection")
        else:
            steps += [process.value, *((WAREHOUSE,) if process is Process.ORDERS else ())]
    return tuple(steps), notes


async def adopt(run: Slice) -> bool:
    """Works through the steps. Returns whether all are over."""
    if not await work_through(run, STEPS):
        return False
    missing, oldest = run.work.counts.get(orders.TO_COME, 0), moment_of(run.work.place.get("oldest_missing"))
    if missing and oldest is not None and (words := _to_come(run, missing, oldest)):
        run.notes.append(words)
        await run.save(run.work.place)
    return True


def _to_come(run: Slice, missing: int, oldest: datetime) -> str | None:
    """What becomes of orders that the shop wants sent and the WMS does not have."""
    go_live = run.connection.settings.go_live
    if go_live is not None and go_live <= oldest:
        return None
    now = "the moment of its activation" if go_live is None else f"{go_live:%Y-%m-%d %H:%M} UTC"
    return (
        f"{missing} orders that the {run.noun} wants sent are not in the WMS, the oldest made {oldest:%Y-%m-%d %H:%M} UTC. "
        f"The connection goes live from {now}: set settings.go_live to {oldest.replace(second=0, microsecond=0).isoformat()} "
        "or earlier to have them transferred"
    )
