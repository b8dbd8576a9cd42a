"""Alerts: what an operator should hear of, once for each trouble, and counted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.api.auth import Reader
from app.api.described import problems
from app.api.pages import Cursor, Limit, Page, Word, before_id, cut
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
