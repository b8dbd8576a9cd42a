"""The pages of alerts: open and closed ones, one with its record, and what is muted."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.responses import Response

from app.api import alerts as over_rest
from app.api.kit.pages import before_id, cut
from app.console.kit.console import Console
from app.console.kit.page import Page
from app.domain import JobState, Kind
from app.engine.upkeep.alerting import actions
from app.engine.upkeep.alerting.kinds import KINDS
from app.given import Given
from app.records import alerts, connections
from app.records.alerts import REST_MISSING, AlertState, mutes
from app.web.said.kinds import WORDS, words_of
from app.web.texts import Text

ALERTS = "/console/alerts"
ONE = f"{ALERTS}/{{alert_id}}"
ON_A_PAGE = 50
HOURS = (1, 8, 24, 72, 168, 720)
"""How long a mute may last, as the forms offer it."""

Named = Annotated[str, StringConstraints(max_length=200)]


class Shown(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"


class Filter(Given):
    state: Shown = Shown.OPEN
    connection: Named | None = None
    kind: Named | None = None
    cursor: Annotated[str, StringConstraints(max_length=500)] | None = None


class Closing(Given):
    reason: Annotated[str, StringConstraints(max_length=500)] | None = None


class Muting(Given):
    hours: int = Field(24, ge=1, le=8_784)

    def until(self, page: Page) -> datetime:
        return page.gateway.clock() + timedelta(hours=self.hours)


class KindMuting(Muting):
    kind: Named
    connection: Named | None = None


def register(console: Console) -> None:
    console.get(ALERTS, list_page)
    console.post(f"{ALERTS}/mutes", mute_kind, back=ALERTS)
    console.post(f"{ALERTS}/mutes/{{mute_id}}/end", end_mute, back=ALERTS)
    console.get(ONE, one_page)
    console.post(f"{ONE}/close", close, back=ONE)
    console.post(f"{ONE}/mute", mute, back=ONE)
    console.post(f"{ONE}/unmute", unmute, back=ONE)


async def list_page(page: Page) -> Response:
    asked = page.filters(Filter)
    before = before_id(asked.cursor)
    kind = actions.known_kind(asked.kind) if asked.kind else None
    state = None if asked.state is Shown.ALL else AlertState(asked.state.value)
    scope = await page.viewer.scope(asked.connection)
    async with page.gateway.database.read() as db:
        found = await alerts.search(db, connection_ids=scope, kind=kind, state=state, before=before, limit=ON_A_PAGE + 1)
        about = await alerts.records_of(db, found)
        muted = await mutes.running(db, page.viewer.connection_ids, page.gateway.clock())
        names = await connections.names(db)
    shown, following = cut(found, ON_A_PAGE, lambda alert: (alert.id,))
    return page.render(
        "alerts/list.html",
        alerts=shown,
        about=about,
        words=WORDS,
        muted=muted,
        names=sorted(name for each, name in names.items() if page.viewer.key.sees(each)),
        state=asked.state.value,
        hours=HOURS,
        now=page.gateway.clock(),
        next=following,
    )


async def one_page(page: Page) -> Response:
    alert = await _asked(page)
    async with page.gateway.database.read() as db:
        about = (await alerts.records_of(db, [alert])).get(alert.id)
    is_stuck = about is not None and (
        about.is_partly_sent if alert.kind == REST_MISSING else about.state in (JobState.HELD, JobState.DEAD)
    )
    return page.render(
        "alerts/one.html",
        alert=alert,
        about=about,
        is_stuck=is_stuck,
        record=record_page(about),
        words=words_of(alert.kind),
        closes=KINDS[alert.kind].closes if alert.kind in KINDS else None,
        hours=HOURS,
        now=page.gateway.clock(),
    )


def record_page(about: alerts.About | None) -> str | None:
    if about is None:
        return None
    lists = {Kind.ORDER: "orders", Kind.PURCHASE: "purchase-orders"}
    return f"/console/{lists.get(about.kind, 'articles')}/{about.mapping_id}"


async def close(page: Page) -> Response:
    alert = await actions.close(page.gateway, await _asked(page), page.given(Closing).reason)
    return page.done(_address(alert), Text("The alert is closed. It is open again if the trouble comes again."))


async def mute(page: Page) -> Response:
    alert = await actions.mute(page.gateway, await _asked(page), page.given(Muting).until(page))
    return page.done(_address(alert), Text("Nobody is told of this alert until then. It stays in the list."))


async def unmute(page: Page) -> Response:
    alert = await actions.unmute(page.gateway, await _asked(page))
    return page.done(_address(alert), Text("People are told of this alert again."))


async def mute_kind(page: Page) -> Response:
    given = page.given(KindMuting)
    if given.connection is None:
        page.viewer.must_see_all("these alerts")
    connection = await page.viewer.connection(given.connection) if given.connection is not None else None
    await actions.mute_kind(page.gateway, given.kind, connection, given.until(page))
    return page.done(ALERTS, Text("Nobody is told of such alerts until then. They stay in the list."))


async def end_mute(page: Page) -> Response:
    found = await over_rest.seen_mute(page.viewer, over_rest.number_of(page.path["mute_id"]))
    await actions.unmute_kind(page.gateway, found)
    return page.done(ALERTS, Text("People are told of such alerts again."))


async def _asked(page: Page) -> alerts.Alert:
    return await over_rest.seen(page.viewer, over_rest.number_of(page.path["alert_id"]))


def _address(alert: alerts.Alert) -> str:
    return f"{ALERTS}/{alert.id}"
