"""Alerts over the REST API: what an operator should hear of. One alert for each trouble, with a count."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.api.kit.auth import Admin, Reader
from app.api.kit.pages import Cursor, Limit, Page, Word, before_id, cut
from app.api.kit.responses import problems
from app.engine.upkeep import alerts as alert_mail
from app.records import alerts

router = APIRouter(prefix="/alerts", tags=["alerts"])


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
    sent_at: datetime | None = Field(description="When somebody was told of it last, by mail or webhook; null: nobody yet.")


class WayTold(BaseModel):
    """How one way of telling people went."""

    way: str = Field(description="mail or webhook.")
    to: str
    ok: bool
    error: str | None = Field(description="What went wrong, and what to look at.")


class TestedAlerts(BaseModel):
    """What became of a test message. `ok`: every way that is set up works, and there is one."""

    __test__: ClassVar[bool] = False

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"ok": True, "told": [{"way": "mail", "to": "ops@example.com", "ok": True, "error": None}], "fix": None}
        }
    )

    ok: bool
    told: list[WayTold]
    fix: str | None = Field(None, description="What to set up when no way is.")


@router.get("", summary="List alerts, newest trouble first", responses=problems(404))
async def list_alerts(
    caller: Reader,
    connection: Annotated[Word | None, Query(description="Only this connection's (name or id).")] = None,
    kind: Annotated[Word | None, Query(description="Like dead-letter, login-refused, other-shop, brake.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AlertView]:
    before = before_id(cursor)
    scope = await caller.scope(connection)
    async with caller.gateway.database.read() as db:
        found = await alerts.search(db, connection_ids=scope, kind=kind, before=before, limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda row: (row.id,))
    return Page(items=[AlertView.model_validate(row, from_attributes=True) for row in shown], next_cursor=next_cursor)


NO_WAY = "set GATEWAY_ALERT_MAIL_TO with GATEWAY_SMTP_HOST, or GATEWAY_ALERT_WEBHOOK_URL, for the worker as well as here"


@router.post("/test", summary="Send a test message", responses=problems())
async def test_alerts(caller: Admin) -> TestedAlerts:
    """In every way that is set up, and says what went wrong with each. Nothing is raised or kept."""
    caller.must_see_all("alerts' ways to people")
    told = await alert_mail.send_test(caller.gateway)
    shown = [WayTold(way=one.way, to=one.to, ok=one.error is None, error=one.error) for one in told]
    return TestedAlerts(ok=bool(told) and all(one.ok for one in shown), told=shown, fix=None if told else NO_WAY)
