"""What a reconcile reads, one after the other, and what it says it did not compare."""

from __future__ import annotations

from app.domain import Process
from app.engine.longwork.reconcile import articles, orders, quantities, warehouse_orders
from app.engine.longwork.slices import Slice, Step, work_through
from app.integrations.protocol.capabilities import NEEDED, WORDS, Capability
from app.integrations.protocol.integration import can
from app.records.connections import Connection

WAREHOUSE = "warehouse"
"""The warehouse's own orders: two for one order, or for one that is gone."""

STEPS: dict[str, Step] = {
    Process.ORDERS.value: orders.compare,
    WAREHOUSE: warehouse_orders.compare,
    Process.ARTICLES.value: articles.compare,
    Process.STOCK.value: quantities.compare,
}
"""Each returns whether all was read within the slice."""


def steps_of(connection: Connection) -> tuple[tuple[str, ...], list[str]]:
    """The steps for this connection, and what is not compared, in sentences."""
    steps: list[str] = []
    notes: list[str] = []
    for process in (Process.ORDERS, Process.ARTICLES, Process.STOCK):
        if not can(connection.system, process):
            notes.append(f"Not compared: {process.value}. {connection.system.title} cannot {WORDS[NEEDED[process]]}")
        elif not connection.settings.processes.is_on(process):
            notes.append(f"Not compared: {process.value}. They are switched off for this connection")
        else:
            steps += [process.value, *((WAREHOUSE,) if process is Process.ORDERS else ())]
    if WAREHOUSE in steps and Capability.READ_BY_ID not in connection.system.capabilities:
        why = f"{connection.system.title} cannot {WORDS[Capability.READ_BY_ID]}"
        notes.append(f"Not compared: whether the {connection.system.noun} still has the warehouse's orders. {why}")
    return tuple(steps), notes


async def reconcile(run: Slice) -> bool:
    """Works through the steps. Returns whether all are over."""
    return await work_through(run, STEPS)
