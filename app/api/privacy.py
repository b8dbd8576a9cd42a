"""`POST /erase`: erases one person's data before its time."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.kit.auth import Admin
from app.api.kit.pages import NO_NUL
from app.api.kit.responses import problems
from app.engine.upkeep import retention
from app.given import Flag
from app.storage.audit.changes import Change, note

router = APIRouter(tags=["privacy"])


class Erase(BaseModel):
    """The person to erase. Nothing is erased without `dry_run: false`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"text": "kari@example.com", "dry_run": True}})

    text: Annotated[str, StringConstraints(min_length=4, max_length=200, pattern=NO_NUL)] = Field(
        description="An e-mail address or phone number, as the shop has it."
    )
    dry_run: Flag = True


class ErasedView(BaseModel):
    """How much was erased, or would be erased."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"dry_run": True, "events": 4, "jobs": 1, "attempts": 2, "previews": 0}}
    )

    dry_run: bool
    events: int = Field(description="Webhook bodies.")
    jobs: int = Field(description="Records as they came and as they were mapped.")
    attempts: int = Field(description="Requests and answers of calls to the warehouse.")
    previews: int = Field(description="Previews of dry runs.")


@router.post("/erase", summary="Erase a person's data", responses=problems())
async def erase(caller: Admin, body: Erase) -> ErasedView:
    """Erases all kept data of settled records that hold the text. Numbers and states stay. Records that still wait, are held or
    dead are not touched, because their data is still needed."""
    async with caller.gateway.database.begin() as db:
        erased = await retention.erase(db, text=body.text, connection_ids=caller.connection_ids, dry_run=body.dry_run)
        counts = () if body.dry_run else asdict(erased).items()
        # Whose data it was would be kept with it: only how much of what was erased is.
        changes = [Change(f"erased.{part}", None, count) for part, count in counts if count]
        note(db, "the data of a person", changes, connection_ids=caller.connection_ids or (None,))
    return ErasedView(
        dry_run=body.dry_run, events=erased.events, jobs=erased.jobs, attempts=erased.attempts, previews=erased.previews
    )
