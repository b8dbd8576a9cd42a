"""`GET /connections/{connection}/delivery-note`: what the WMS's delivery notes can print, and which of it a connection fills."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.auth import Reader
from app.api.kit.pages import Name
from app.api.kit.responses import problems
from app.engine.operations.explaining.delivery_note import Filled, delivery_note

router = APIRouter(prefix="/connections", tags=["connections"])

_FIELD: dict[str, Any] = {
    "section": "invoice",
    "field": "consignee.invoiceAddress.name",
    "prints": "Name",
    "is_filled": True,
    "by": "system",
    "source": "billing.company",
}


class NoteFieldView(BaseModel):
    """One field that a delivery note can print."""

    section: Literal["order", "customer", "invoice", "line", "article"] = Field(description="The part of the note it stands in.")
    field: str | None = Field(
        description="Its path in the WMS's `PUT /orders`, for `article` in `PUT /articles`. Null: the warehouse finds it out."
    )
    prints: str = Field(description="What it is, in words.")
    is_filled: bool = Field(description="Whether it is filled where the record has it.")
    by: Literal["system", "setting", "warehouse"] | None = Field(
        description="system: the field table. setting: an extra field mapping. warehouse: when it picks. Null: nobody."
    )
    source: str | None = Field(description="The system's fields that it is made from. Null: it is worked out, or there is none.")

    @classmethod
    def of(cls, filled: Filled) -> NoteFieldView:
        printed = filled.printed
        return cls.model_validate(
            {
                "section": printed.section,
                "field": printed.path or None,
                "prints": printed.words,
                "is_filled": filled.by is not None,
                "by": filled.by,
                "source": filled.source,
            }
        )


class DeliveryNoteView(BaseModel):
    """What delivery notes can print for one connection."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"connection": "nettbutikk", "filled": 44, "fields": [_FIELD], "not_filled": ["freeText1"]}}
    )

    connection: str
    filled: int = Field(description="How many of the fields are filled.")
    fields: list[NoteFieldView]
    not_filled: list[str] = Field(description="Paths that nobody fills. An extra field mapping can fill most of them.")


@router.get("/{connection}/delivery-note", summary="Show what delivery notes can print", responses=problems(404))
async def read_delivery_note(caller: Reader, connection: Name) -> DeliveryNoteView:
    """Which of it this connection fills with its settings as they are now, and from where. Calls neither the shop nor the WMS."""
    found = await caller.connection(connection)
    fields = [NoteFieldView.of(each) for each in delivery_note(found)]
    return DeliveryNoteView(
        connection=found.name,
        filled=sum(1 for each in fields if each.is_filled),
        fields=fields,
        not_filled=[each.field for each in fields if each.field is not None and not each.is_filled],
    )
