"""Alerts over the REST API: what an operator should hear of. One alert for each trouble, with a count."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.api.kit.auth import Admin, Reader
from app.api.kit.pages import Cursor, Limit, Page, Word, before_id, cut
from app.api.kit.responses import problems
from app.domain import Kind
from app.engine.upkeep import alerts as alert_mail
from app.records import alerts

router = APIRouter(prefix="/alerts", tags=["alerts"])


class AlertRecord(BaseModel):
    """An order or an article."""

    kind: Kind
    number: str = Field(description="The order's or article's number in the shop.")


class AlertView(BaseModel):
    """One trouble."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": 12,
                "kind": "other-shop",
                "connection": "nettbutikk",
                "subject": "sent by https://staging.shop.example/",
                "text": "sent by https://staging.shop.example/, not by https://shop.example/ (a copy of the shop?)",
                "count": 3,
                "first_at": "2026-11-21T08:12:00Z",
                "last_at": "2026-11-21T09:30:00Z",
                "sent_at": "2026-11-21T08:12:05Z",
                "record": None,
                "is_open": None,
            }
        }
    )

    id: int
    kind: str
    connection: str | None
    subject: str
    text: str
    count: int = Field(validation_alias=AliasChoices("times", "count"), description="How often it has come up.")
    first_at: datetime
    last_at: datetime
    sent_at: datetime | None = Field(description="When the last mail or webhook about it was sent. Null: none yet.")
    record: AlertRecord | None = Field(None, description="The record that it is about. Null: it is about something else.")
    is_open: bool | None = Field(
        None, description="Whether its record is still held or in the dead letters. False: solved since. Null: it has no record."
    )


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
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AlertView]:
    before = before_id(cursor)
    scope = await caller.scope(connection)
    async with caller.gateway.database.read() as db:
        found = await alerts.search(db, connection_ids=scope, kind=kind, before=before, limit=limit + 1)
        about = await alerts.records_of(db, found)
    shown, next_cursor = cut(found, limit, lambda row: (row.id,))
    return Page(items=[_view(row, about.get(row.id)) for row in shown], next_cursor=next_cursor)


def _view(alert: alerts.Alert, about: alerts.About | None) -> AlertView:
    view = AlertView.model_validate(alert, from_attributes=True)
    if about is None:
        return view
    return view.model_copy(update={"record": AlertRecord(kind=about.kind, number=about.number), "is_open": about.is_open})


NO_WAY = "set GATEWAY_ALERT_MAIL_TO with GATEWAY_SMTP_HOST, or GATEWAY_ALERT_WEBHOOK_URL, for the worker as well as here"


@router.post("/test", summary="Send a test message", responses=problems())
async def test_alerts(caller: Admin) -> TestedAlerts:
    """Sends the message over every channel that is set up and says what went wrong with each. Raises and keeps no alert."""
    caller.must_see_all("alerts' ways to people")
    told = await alert_mail.send_test(caller.gateway)
    shown = [WayTold(way=one.way, to=one.to, ok=one.error is None, error=one.error) for one in told]
    return TestedAlerts(ok=bool(told) and all(one.ok for one in shown), told=shown, fix=None if told else NO_WAY)
