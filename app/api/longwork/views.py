"""Long work and its lines, as the API shows them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.auth import Caller
from app.api.kit.pages import LARGEST_ID
from app.api.runs import FieldChange
from app.domain import Process, Right
from app.engine.longwork.fixes import Fix, fix_of
from app.engine.longwork.progress import Progress, progress_of
from app.records.longwork.lines import StoredLine
from app.records.longwork.works import Work, WorkState

WorkId = Annotated[int, Path(ge=1, le=LARGEST_ID)]

PROGRESS: dict[str, Any] = {"step": "orders", "share": 0.42, "seen": 420, "left": 580, "seconds_left": 61.0}
LINE: dict[str, Any] = {
    "id": 4,
    "kind": "different",
    "process": "orders",
    "number": "5093",
    "record": "5093",
    "mapping_id": 412,
    "code": "different",
    "text": "1 of its fields differ in the warehouse",
    "fields": [{"field": "consignee.city", "before": "Bergen", "after": "Oslo"}],
    "fix": {
        "action": "resync",
        "text": "Read it again now, and send it",
        "command": "gateway resync 5093 --connection nettbutikk --kind order",
        "operation": "POST /mappings/412/resync",
    },
}


class ProgressView(BaseModel):
    """How far it is. `share` is from 0 to 1."""

    model_config = ConfigDict(from_attributes=True)

    step: str | None = Field(description="What is being read: orders, warehouse, articles, stock. Null when all is.")
    share: float
    seen: int = Field(description="Records looked at.")
    left: int | None = Field(description="Records of this step that the system still lists. Null where it does not say.")
    seconds_left: float | None = Field(description="How long this step takes still, in seconds, at the speed so far.")


class FixView(BaseModel):
    """What mends it. Command and operation are null where a person does it in the other system."""

    model_config = ConfigDict(from_attributes=True)

    action: str
    text: str
    command: str | None
    operation: str | None


class LineView(BaseModel):
    """One record. The values of an order's fields are for the right admin: they hold names and addresses."""

    model_config = ConfigDict(json_schema_extra={"example": LINE})

    id: int
    kind: str
    process: str
    number: str | None
    record: str | None = Field(description="The shop's id of the record.")
    mapping_id: int | None
    code: str | None
    text: str
    fields: list[FieldChange]
    fix: FixView | None

    @classmethod
    def of(cls, caller: Caller, line: StoredLine, connection: str) -> LineView:
        fix = fix_of(line, connection)
        return cls(
            id=line.id,
            kind=line.kind,
            process=line.process,
            number=line.number,
            record=line.source_id,
            mapping_id=line.mapping_id,
            code=line.code,
            text=line.text,
            fields=[FieldChange(**each) for each in shown_fields(caller, line)],
            fix=FixView.model_validate(fix) if fix is not None else None,
        )


def shown_fields(caller: Caller, line: StoredLine) -> list[dict[str, Any]]:
    """An order's values only for the right admin; else their names."""
    if line.process != Process.ORDERS or caller.key.may(Right.ADMIN):
        return list(line.fields)
    return [{"field": each["field"]} for each in line.fields]


class WorkView(BaseModel):
    """What a reconcile and a backfill have in common."""

    id: int
    connection: str
    state: WorkState
    since: datetime
    progress: ProgressView
    notes: list[str] = Field(description="What was not compared or left out, and why.")
    error: str | None = Field(description="Why it failed, or why it waits for the other system.")
    goes_on_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def common(work: Work) -> dict[str, Any]:
    """The members of `WorkView`."""
    progress: Progress = progress_of(work)
    return {
        "id": work.id,
        "connection": work.connection,
        "state": work.state,
        "since": work.options["since"],
        "progress": ProgressView.model_validate(progress),
        "notes": work.notes,
        "error": work.error,
        "goes_on_at": work.due_at,
        "created_at": work.created_at,
        "started_at": work.started_at,
        "finished_at": work.finished_at,
    }


COLUMNS = ("kind", "process", "number", "record", "code", "text", "field", "has", "should_have", "fix", "command", "operation")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(caller: Caller, lines: Sequence[StoredLine], connection: str, *, with_head: bool) -> Iterator[str]:
    """A row for each line, or for each of its fields. What a spreadsheet would take for a formula begins with an apostrophe."""
    if with_head:
        yield _row(COLUMNS)
    for line in lines:
        fix = fix_of(line, connection) or Fix("", "")
        before = [line.kind, line.process, line.number, line.source_id, line.code, line.text]
        after = [fix.text, fix.command, fix.operation]
        for each in shown_fields(caller, line) or [{}]:
            yield _row([*before, each.get("field"), each.get("before"), each.get("after"), *after])


def _row(values: Sequence[Any]) -> str:
    made = io.StringIO()
    csv.writer(made).writerow([_cell(value) for value in values])
    return made.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
