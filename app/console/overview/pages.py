"""The overview."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from pydantic import StringConstraints
from starlette.responses import Response

from app.console.kit.console import Console
from app.console.kit.navigation import HOME
from app.console.kit.page import Page
from app.console.kit.places import FOUND_BY, LATE_AFTER, PLACES, STEPS, Place, at_place
from app.console.overview import chart, needs
from app.given import Given
from app.records import connections
from app.records.connections import Connection
from app.records.console import flow
from app.records.console.flow import Open, Step, Taken
from app.web.texts import Text


class Filter(Given):
    """`connection`: name or id of the only one that is shown."""

    connection: Annotated[str, StringConstraints(max_length=200)] | None = None


@dataclass(frozen=True)
class Waiting:
    """Orders that are at this point now. `since`: when the first of them came in."""

    orders: int = 0
    since: datetime | None = None


def register(console: Console) -> None:
    console.get(HOME, overview)


async def overview(page: Page) -> Response:
    wanted = page.filters(Filter).connection
    scope = await page.viewer.scope(wanted)
    now = page.gateway.clock()
    today = page.reader.today(now)
    async with page.gateway.database.read() as db:
        every = await connections.every(db, page.gateway.vault, ids=scope)
        ids = [each.id for each in every]
        opened = await flow.open_orders(db, ids, now - LATE_AFTER)
        found = await needs.of_all(db, every, opened, now)
        taken = await flow.taken(db, ids, today)
        hours = await flow.by_hour(db, ids, today)
        found_by = await flow.found_by(db, ids, today)
        told = [each.id for each in every if each.system.webhooks is not None]
        expected = found_by if len(told) == len(ids) else await flow.found_by(db, told, today)
    return page.render(
        "overview/overview.html",
        needs=found,
        connections=every,
        list=lambda **filters: _list(wanted, today, filters),
        wanted=wanted,
        today=today,
        taken={step.value: taken.get(step) or Taken(step, 0, None, None, None) for step in Step},
        names={step.value: name for step, name in STEPS.items()},
        now_at=_now_at(every, opened),
        places={place.value: text for place, text in PLACES.items()},
        found_by=[(way, FOUND_BY.get(way, Text("other")), orders) for way, orders in sorted(found_by.items())],
        drift=sum(orders for way, orders in expected.items() if way in ("poll", "sweep")),
        hours=_table(page, hours, today, now),
        drawn=await asyncio.to_thread(_drawn, page, hours, today, now),
    )


def _list(wanted: str | None, today: datetime, filters: dict[str, str]) -> str:
    """The address of the list of exactly these orders."""
    of = {"connection": wanted} if wanted else {}
    since = {"since": today.isoformat()} if "step" in filters else {}
    return f"/console/orders?{urlencode({**of, **filters, **since})}"


def _now_at(every: Sequence[Connection], opened: Sequence[Open]) -> dict[str, Waiting]:
    found = {}
    for place in Place:
        stand = at_place(every, opened, place)
        found[place.value] = Waiting(sum(each.orders for each in stand), min((each.since for each in stand), default=None))
    return found


def _hours(page: Page, today: datetime, now: datetime) -> list[tuple[int, str]]:
    """The hours of the reader's day up to now, with their names."""
    many = int((now - today).total_seconds() // 3600) + 1
    return [(each, f"{(today + timedelta(hours=each)).astimezone(page.reader.zone):%H}") for each in range(many)]


Hours = Mapping[Step, Mapping[int, int]]


def _table(page: Page, hours: Hours, today: datetime, now: datetime) -> list[tuple[str, list[int]]]:
    return [(name, [hours.get(step, {}).get(each, 0) for step in Step]) for each, name in _hours(page, today, now)]


def _drawn(page: Page, hours: Hours, today: datetime, now: datetime) -> str:
    if not hours:
        return ""
    shown = _hours(page, today, now)
    series = [
        chart.Series(STEPS[step].said(page.reader.language), [hours.get(step, {}).get(each, 0) for each, _ in shown])
        for step in (Step.IN, Step.ENTERED, Step.SENT, Step.TOLD)
    ]
    label = Text("Orders by the hour of the day").said(page.reader.language)
    return chart.bars(label, [name for _, name in shown], series)
