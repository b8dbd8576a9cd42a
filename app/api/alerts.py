"""Alerts over the REST API: what an operator should hear of. One alert for each trouble, with a count."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query, Response
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.api.kit.auth import Admin, Caller, Reader, Syncer
from app.api.kit.pages import LARGEST_ID, Cursor, Id, Limit, Moment, Page, Prose, Word, before_id, cut
from app.api.kit.responses import problems
from app.domain import JobState, Kind
from app.engine.upkeep.alerting import actions, notify
from app.engine.upkeep.alerting.kinds import KINDS, meaning
from app.engine.upkeep.alerting.message import link_to
from app.errors import NotFound
from app.records import alerts
from app.records.alerts import REST_MISSING, AlertState, mutes

router = APIRouter(prefix="/alerts", tags=["alerts"])


class AlertRecord(BaseModel):
    """An order or an article."""

    id: int = Field(description="The record's id: GET /mappings/{id} explains it.")
    kind: Kind
    number: str = Field(description="The order's or article's number in the shop.")
    link: str | None = Field(description="Its page in the console. Null: GATEWAY_PUBLIC_URL is not set.")


class AlertView(BaseModel):
    """One trouble."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": 12,
                "kind": "other-shop",
                "meaning": "Another shop sends with this connection's secret",
                "state": "open",
                "connection": "nettbutikk",
                "subject": "sent by https://staging.shop.example/",
                "text": "sent by https://staging.shop.example/, not by https://shop.example/ (a copy of the shop?)",
                "count": 3,
                "first_at": "2026-11-21T08:12:00Z",
                "last_at": "2026-11-21T09:30:00Z",
                "sent_at": "2026-11-21T08:12:05Z",
                "closed_at": None,
                "closed_by": None,
                "closed_why": None,
                "closes": "when it has not come again for a day",
                "muted_until": None,
                "record": None,
                "is_open": None,
            }
        }
    )

    id: int
    kind: str
    meaning: str
    state: AlertState = Field(description="open: the trouble lasts, as far as the gateway knows. closed: it is over.")
    connection: str | None
    subject: str
    text: str
    count: int = Field(validation_alias=AliasChoices("times", "count"), description="How often it has come up.")
    first_at: datetime
    last_at: datetime
    sent_at: datetime | None = Field(description="When the last mail or webhook about it was sent. Null: none yet.")
    closed_at: datetime | None
    closed_by: str | None = Field(description="Who closed it. Null: it is open, or the gateway closed it.")
    closed_why: str | None
    closes: str = Field(description="When the gateway closes it by itself.")
    muted_until: datetime | None = Field(description="Nobody is told of it until then. Null: it is not muted.")
    record: AlertRecord | None = Field(None, description="The record that it is about. Null: it is about something else.")
    is_open: bool | None = Field(
        None,
        description=(
            "Whether its record is still held, in the dead letters or waiting for its rest, right now. False: solved since, and "
            "the alert closes within a minute. Null: it has no such record."
        ),
    )


class Closing(BaseModel):
    """Why it is closed."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "Refunded by hand"}})

    reason: Prose | None = None


class Muting(BaseModel):
    """Until when. Without a time: for 24 hours. A year at most."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"until": "2026-12-01T08:00:00Z"}})

    until: Moment | None = None


class KindMuting(BaseModel):
    """All alerts of a kind, of one connection or (null) of those that belong to none."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"kind": "held", "connection": "nettbutikk", "until": "2026-12-01T08:00:00Z"}},
    )

    kind: Word
    connection: Word | None = None
    until: Moment | None = Field(None, description="Without a time: for 24 hours. A year at most.")


class MuteView(BaseModel):
    """A kind of alerts of which nobody is told until a time."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": 3,
                "kind": "held",
                "connection": "nettbutikk",
                "until": "2026-12-01T08:00:00Z",
                "made_at": "2026-11-30T08:00:00Z",
                "made_by": "drift",
            }
        }
    )

    id: int
    kind: str
    connection: str | None = Field(description="Null: alerts that belong to no connection.")
    until: datetime
    made_at: datetime
    made_by: str


class MuteList(BaseModel):
    """The mutes that have not ended, the first to end first."""

    items: list[MuteView]
    next_cursor: None = None


class WayTold(BaseModel):
    """The result of one channel."""

    way: str = Field(description="mail or webhook.")
    to: str
    ok: bool
    error: str | None = Field(description="What went wrong, and what to look at.")


class TestedAlerts(BaseModel):
    """The result of a test message. `ok`: at least one channel is set up, and all that are set up work."""

    __test__: ClassVar[bool] = False

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"ok": True, "told": [{"way": "mail", "to": "ops@example.com", "ok": True, "error": None}], "fix": None}
        }
    )

    ok: bool
    told: list[WayTold]
    fix: str | None = Field(None, description="What to set up, when no channel is.")


@router.get("", summary="List alerts, newest trouble first", responses=problems(404))
async def list_alerts(
    caller: Reader,
    connection: Annotated[Word | None, Query(description="Only this connection's (name or id).")] = None,
    kind: Annotated[
        Word | None, Query(description="The kind of alert, like dead-letter, login-refused, other-shop, brake.")
    ] = None,
    state: Annotated[AlertState | None, Query(description="Only the open, or only the closed ones.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AlertView]:
    before = before_id(cursor)
    scope = await caller.scope(connection)
    async with caller.gateway.database.read() as db:
        found = await alerts.search(db, connection_ids=scope, kind=kind, state=state, before=before, limit=limit + 1)
        about = await alerts.records_of(db, found)
    shown, next_cursor = cut(found, limit, lambda row: (row.id,))
    return Page(items=[view(caller, row, about.get(row.id)) for row in shown], next_cursor=next_cursor)


def view(caller: Caller, alert: alerts.Alert, about: alerts.About | None) -> AlertView:
    now, settings = caller.gateway.clock(), caller.gateway.settings
    known = {name: getattr(alert, name) for name in AlertView.model_fields if hasattr(alert, name) and name != "muted_until"}
    record, is_stuck = None, None
    if about is not None:
        link = link_to(settings, f"/console/orders/{about.mapping_id}")
        record = AlertRecord(id=about.mapping_id, kind=about.kind, number=about.number, link=link)
        is_stuck = about.is_partly_sent if alert.kind == REST_MISSING else about.state in (JobState.HELD, JobState.DEAD)
    return AlertView(
        **known,
        count=alert.times,
        meaning=meaning(alert.kind),
        closes=KINDS[alert.kind].closes if alert.kind in KINDS else "by a person",
        muted_until=alert.muted_until(now),
        record=record,
        is_open=is_stuck,
    )


NO_WAY = "set GATEWAY_ALERT_MAIL_TO with GATEWAY_SMTP_HOST, or GATEWAY_ALERT_WEBHOOK_URL, for the worker as well as here"


@router.post("/test", summary="Send a test message", responses=problems())
async def test_alerts(caller: Admin) -> TestedAlerts:
    """Sends the message over every channel that is set up and says what went wrong with each. Raises and keeps no alert."""
    caller.must_see_all("alerts' ways to people")
    told = await notify.send_test(caller.gateway)
    shown = [WayTold(way=one.way, to=one.to, ok=one.error is None, error=one.error) for one in told]
    return TestedAlerts(ok=bool(told) and all(one.ok for one in shown), told=shown, fix=None if told else NO_WAY)


@router.get("/mutes", summary="List muted kinds of alerts", responses=problems(404))
async def list_mutes(
    caller: Reader, connection: Annotated[Word | None, Query(description="Only this connection's (name or id).")] = None
) -> MuteList:
    """One alert that is muted by itself shows that in the list of alerts."""
    scope = await caller.scope(connection)
    async with caller.gateway.database.read() as db:
        found = await mutes.running(db, scope, caller.gateway.clock())
    return MuteList(items=[MuteView.model_validate(each, from_attributes=True) for each in found])


@router.post("/mutes", summary="Mute a kind of alerts", responses=problems(404))
async def mute_kind(caller: Syncer, body: KindMuting) -> MuteView:
    """Nobody is told of such alerts until then: neither that they came nor that they are over. They are raised, listed and closed
    as ever. What is still open when the mute ends is told of."""
    if body.connection is None:
        caller.must_see_all("these alerts")
    connection = await caller.connection(body.connection) if body.connection is not None else None
    made = await actions.mute_kind(caller.gateway, body.kind, connection, body.until)
    return MuteView.model_validate(made, from_attributes=True)


@router.delete("/mutes/{mute_id}", summary="End a mute", status_code=204, responses=problems(404))
async def unmute_kind(caller: Syncer, mute_id: Id) -> Response:
    await actions.unmute_kind(caller.gateway, await seen_mute(caller, mute_id))
    return Response(status_code=204)


async def seen_mute(caller: Caller, mute_id: int) -> mutes.Mute:
    """Raises NotFound, also for one that the key may not see."""
    async with caller.gateway.database.read() as db:
        found = await mutes.find(db, mute_id)
    if not _sees(caller, found.connection_id):
        raise mutes.no_mute(mute_id)
    return found


def number_of(given: str) -> int:
    """An id in an address. Raises NotFound for what is none."""
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= LARGEST_ID:
        raise NotFound(f"{given[:40]!r} is no id", fix="take one from the list")
    return int(given)


def _sees(caller: Caller, connection_id: str | None) -> bool:
    return caller.key.connection_ids is None if connection_id is None else caller.key.sees(connection_id)


async def seen(caller: Caller, alert_id: int) -> alerts.Alert:
    """Raises NotFound, also for one that the key may not see."""
    async with caller.gateway.database.read() as db:
        found = await alerts.find(db, alert_id)
    if not _sees(caller, found.connection_id):
        raise alerts.no_alert(alert_id)
    return found


async def _view_of(caller: Caller, alert: alerts.Alert) -> AlertView:
    async with caller.gateway.database.read() as db:
        about = await alerts.records_of(db, [alert])
    return view(caller, alert, about.get(alert.id))


@router.get("/{alert_id}", summary="Show one alert", responses=problems(404))
async def read_alert(caller: Reader, alert_id: Id) -> AlertView:
    return await _view_of(caller, await seen(caller, alert_id))


@router.post("/{alert_id}/close", summary="Close an alert", responses=problems(404, 409))
async def close_alert(caller: Syncer, alert_id: Id, body: Closing | None = None) -> AlertView:
    """Says that the trouble is over, or needs nobody any more. Nothing else is changed. If it comes again, the alert is open
    again. Those whose end the gateway sees close by themselves."""
    found = await seen(caller, alert_id)
    return await _view_of(caller, await actions.close(caller.gateway, found, body.reason if body else None))


@router.post("/{alert_id}/mute", summary="Mute an alert", responses=problems(404))
async def mute_alert(caller: Syncer, alert_id: Id, body: Muting | None = None) -> AlertView:
    """Nobody is told of it until then. It stays in the lists, and closes as ever."""
    found = await seen(caller, alert_id)
    return await _view_of(caller, await actions.mute(caller.gateway, found, body.until if body else None))


@router.post("/{alert_id}/unmute", summary="End an alert's mute", responses=problems(404, 409))
async def unmute_alert(caller: Syncer, alert_id: Id) -> AlertView:
    found = await seen(caller, alert_id)
    return await _view_of(caller, await actions.unmute(caller.gateway, found))
