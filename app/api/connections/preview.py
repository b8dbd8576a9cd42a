"""`POST /connections/{connection}/preview`: tries settings on real records before they are saved."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.auth import Admin
from app.api.kit.pages import Name, Word
from app.api.kit.responses import problems
from app.domain import Process
from app.engine.operations import settings_preview

router = APIRouter(prefix="/connections", tags=["connections"])

MOST_RECORDS = 20

_TRIAL: dict[str, Any] = {
    "settings": {"extra_order_fields": {"consigneeOrderNumber": "meta_data._innkjopsordre"}},
    "process": "orders",
    "records": ["5093"],
}
_TRIED: dict[str, Any] = {
    "record": "5093",
    "number": "WC-5093",
    "status": "processing",
    "outcome": "sent",
    "fields": [
        {"field": "orderNumber", "before": "WC-5093", "after": "WC-5093", "is_changed": False},
        {"field": "consigneeOrderNumber", "before": None, "after": "PO-77", "is_changed": True},
    ],
    "problems": [],
    "cuts": [],
}


class Trial(BaseModel):
    """What to try, and on what."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _TRIAL})

    settings: dict[str, Any] = Field({}, description="Merged into the connection's settings (RFC 7396), for this answer only.")
    process: Literal["articles", "orders"] = "orders"
    records: Annotated[list[Word], Field(min_length=1, max_length=MOST_RECORDS)] | None = Field(
        None, description="Ids of records in the shop. The gateway reads those that it has not stored from the shop."
    )
    latest: int = Field(
        3,
        ge=1,
        le=MOST_RECORDS,
        description="How many records to try when `records` is empty. The ones that came in last are taken.",
    )


class TriedField(BaseModel):
    """One field of what would be sent."""

    field: str = Field(description="Its path in the WMS's body.")
    before: Any = Field(None, description="The value that the saved settings would send.")
    after: Any = Field(None, description="The value that the tried settings would send.")
    is_changed: bool


class ProblemView(BaseModel):
    """Why a record would not be sent as it is."""

    code: str
    field: str
    message: str
    fix: str


class TriedRecord(BaseModel):
    """One record, as the tried settings would send it."""

    model_config = ConfigDict(json_schema_extra={"example": _TRIED})

    record: str = Field(description="The shop's id.")
    number: str | None
    status: str = Field(description="The shop's status.")
    outcome: str = Field(description="sent, held or skipped, as far as can be told without asking the warehouse.")
    fields: list[TriedField]
    problems: list[ProblemView]
    cuts: list[str] = Field(description="Texts that are cut to the WMS's limits.")


class TriedSettings(BaseModel):
    """Field by field what would be sent. Nothing of it was saved or sent."""

    model_config = ConfigDict(json_schema_extra={"example": {"items": [_TRIED]}})

    items: list[TriedRecord]


@router.post("/{connection}/preview", summary="Try settings on real records", responses=problems(404, 424))
async def preview_settings(caller: Admin, connection: Name, body: Trial) -> TriedSettings:
    """Maps records with the changed settings and compares the result with that of the saved ones. Saves and sends nothing.
    Settings that cannot be saved are refused with the field and the fix."""
    current = await caller.connection(connection)
    found = await settings_preview.try_settings(
        caller.gateway, current, body.settings, Process(body.process), body.records or body.latest
    )
    return TriedSettings.model_validate({"items": found}, from_attributes=True)
