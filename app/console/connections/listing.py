"""The list of connections, those that need a person first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import StringConstraints
from starlette.responses import Response

from app.console.connections.health import Health, by_counter, counters_of, health_of, pace_of
from app.console.kit.page import Page
from app.domain import SWITCHED
from app.engine.core import circuit
from app.errors import BadInput
from app.given import Given
from app.integrations.protocol.account import Pace
from app.integrations.protocol.integration import can
from app.records import connections
from app.records.connections import Connection
from app.records.console import connection_standing
from app.records.console.connection_standing import Poll, Standing

LIMIT = 100


class Filter(Given):
    """`cursor`: the name that the page begins behind."""

    cursor: Annotated[str, StringConstraints(max_length=100)] | None = None


@dataclass(frozen=True)
class Row:
    connection: Connection
    health: Health
    standing: Standing
    pace: Pace | None

    @property
    def switched_on(self) -> list[str]:
        """The processes that it may do and does."""
        on = [each for each in SWITCHED if can(self.connection.system, each)]
        return [each.value for each in on if self.connection.settings.processes.is_on(each)]

    @property
    def polls(self) -> list[Poll]:
        """Those of what is switched on."""
        return [each for each in self.standing.polls if each.process.value in self.switched_on]


async def list_page(page: Page) -> Response:
    asked = page.filters(Filter)
    gateway, ids = page.gateway, page.viewer.connection_ids
    async with gateway.database.read() as db:
        opened, closed = await connections.opened_and_closed(db, gateway.vault, ids=ids)
        wanted = [each for each in opened if each.name > (asked.cursor or "")]
        shown = wanted[:LIMIT]
        standing = await connection_standing.of(db, [each.id for each in shown])
        keys = [key for each in shown for key in counters_of(each)]
        paused = by_counter(await circuit.all_paused(db, keys, gateway.clock()))
        names = await connections.names(db) if closed else {}
    rows = [Row(each, health_of(each, standing[each.id], paused), standing[each.id], pace_of(each)) for each in shown]
    return page.render(
        "connections/list.html",
        rows=sorted(rows, key=lambda row: row.health.rank),
        closed=[(names.get(each, each), _fault(why)) for each, why in closed.items()] if asked.cursor is None else [],
        next=shown[-1].name if len(wanted) > LIMIT else None,
    )


def _fault(why: BadInput) -> str:
    return f"{why.message}. {why.fix}" if why.fix else why.message
