"""What a reconcile reads, one after the other, and what it says it did not compare."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from app.domain import Process
from app.engine.longwork.reconcile import articles, orders, quantities, warehouse_orders
from app.engine.longwork.slices import Slice
from app.integrations.protocol.capabilities import NEEDED, WORDS, Capability
from app.integrations.protocol.integration import can
from app.records.connections import Connection

WAREHOUSE = "warehouse"
"""The warehouse's own orders: two for one order, or for one that is gone."""

STEPS: dict[str, Callable[[Slice], Awaitable[bool]]] = {
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
    while run.work.step is not None:
        step = run.work.step
        if "step" not in run.work.place:
            await run.save(_beginning(run, step))
        if not await STEPS[step](run):
            return False
        following = run.work.steps[run.work.steps.index(step) + 1 :]
        if not following:
            return True
        await run.save(_beginning(run, following[0]))
        if run.time_is_up:
            return False
    return True


def _beginning(run: Slice, step: str) -> dict[str, str]:
    return {"step": step, "step_began": run.gateway.clock().isoformat()}
