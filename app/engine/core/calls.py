"""Which calls a process cannot do without, and whose failures are counted together."""

from __future__ import annotations

from collections.abc import Iterable

from app.domain import Process
from app.engine.core import circuit
from app.flows.articles import GET_ARTICLES, PUT_ARTICLE
from app.flows.orders import CANCEL_ORDER, GET_ORDER, PUT_ORDER
from app.flows.returns import REFUND, REFUNDS
from app.flows.shipments import ADD_NOTE, ADD_TRACKING, ORDER_STATE, SET_STATUS
from app.records.connections import Connection

REPORT_PICKED = "PATCH /orders/lines/reportedNumberOfItems"
REPORT_RETURNED = "PATCH /orders/lines/reportedReturnedNumberOfItems"
REPORT_RECEIVED = "PATCH /purchaseOrders/lines/reportedNumberOfItems"

CALLS: dict[Process, tuple[str, ...]] = {
    Process.ORDERS: (GET_ORDER, PUT_ORDER, CANCEL_ORDER),
    Process.ARTICLES: (PUT_ARTICLE, GET_ARTICLES),
    Process.ACKNOWLEDGEMENTS: (REPORT_PICKED, REPORT_RETURNED, REPORT_RECEIVED),
    Process.SHIPMENTS: (ORDER_STATE, SET_STATUS, ADD_TRACKING, ADD_NOTE),
    Process.RETURNS: (ORDER_STATE, REFUNDS, REFUND),
    Process.NOTES: (ADD_NOTE,),
}
"""While one of these is blocked, the process's jobs are left waiting."""
TO_SHOP = frozenset({Process.SHIPMENTS, Process.RETURNS, Process.NOTES})


def budget_of(connection: Connection, process: Process) -> str:
    """Whose failures are counted together: one user of one WMS, or one account."""
    return connection.account.key if process in TO_SHOP else circuit.of_warehouse(connection.warehouse)


def keys_of(connection: Connection, process: Process) -> list[str]:
    return [circuit.key_for(budget_of(connection, process), call) for call in CALLS[process]]


def all_keys(connections: Iterable[Connection]) -> dict[str, str]:
    """Every budget of these connections, with the call it is for; mostly they share one user, and so one budget a call."""
    return {
        circuit.key_for(budget_of(connection, process), call): call
        for connection in connections
        for process, calls in CALLS.items()
        for call in calls
    }
