"""The console as a whole: every group of pages."""

from __future__ import annotations

from fastapi import FastAPI

from app.console.adopt import pages as adopt
from app.console.alerts import pages as alerts
from app.console.audit import pages as audit
from app.console.backfill import pages as backfill
from app.console.callers import pages as callers
from app.console.connections import pages as connections
from app.console.events import pages as events
from app.console.keys import pages as keys
from app.console.kit import login
from app.console.kit.console import Console, not_found
from app.console.kit.live import LIVE, Live
from app.console.lanes import pages as lanes
from app.console.orders import pages as orders
from app.console.overview import pages as overview
from app.console.reconcile import pages as reconcile
from app.console.returns import pages as returns
from app.console.runs import pages as runs
from app.console.stock import pages as stock

GROUPS = (
    overview,
    connections,
    orders,
    events,
    runs,
    returns,
    stock,
    callers,
    lanes,
    alerts,
    reconcile,
    backfill,
    adopt,
    audit,
    keys,
)


def install(app: FastAPI) -> Live:
    """Adds the pages. Gives what keeps open pages fresh, to be ended before the process stops."""
    console, live = Console(app), Live()
    login.register(console)
    for group in GROUPS:
        group.register(console)
    console.get(LIVE, live.page)
    console.get("/console/{rest:path}", not_found)
    return live
