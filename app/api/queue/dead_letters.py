"""Dead letters over the REST API: what was refused or given up, and its replay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.api.kit.auth import Caller, Reader, Syncer
from app.api.kit.pages import Cursor, Limit, Moment, Name, Page, Word, cut, place_of
from app.api.kit.responses import problems
from app.engine.operations.replay import replay_filtered, replay_letters
from app.errors import Conflict, NotFound
from app.given import Flag
from app.records import dead_letters
from app.records.dead_letters import DeadLetter, Filter

router = APIRouter(prefix="/dead-letters", tags=["dead letters"])

MOST_IDS = 500
MOST_SHOWN = 100

_LETTER: dict[str, Any] = {
    "id": "job-3120",
    "kind": "job",
    "connection": "nettbutikk",
    "process": "orders",
    "record": "5093",
    "mapping_id": 412,
    "reason_code": "refused",
    "reason": "The WMS refused the order: Article is inactive",
    "died_at": "2026-11-21T09:30:00Z",
}


class DeadLetterView(BaseModel):
    """A job that was refused or given up, or an event of which no job could be made."""

    model_config = ConfigDict(json_schema_extra={"example": _LETTER})

    id: str
    kind: str
    connection: str
    process: str | None
    record: str | None
    mapping_id: int | None
    reason_code: str | None
    reason: str | None
    died_at: datetime

    @classmethod
    def of(cls, letter: DeadLetter) -> DeadLetterView:
        return cls(
            id=letter.key,
            kind=letter.kind,
            connection=letter.connection,
            process=letter.process,
            record=letter.source_id,
            mapping_id=letter.mapping_id,
            reason_code=letter.reason_code,
            reason=letter.reason,
            died_at=letter.at,
        )


class ReplayFilter(BaseModel):
    """Chooses dead letters. A member that is left out does not narrow the choice."""

    model_config = ConfigDict(extra="forbid")

    connection: Word | None = None
    process: Word | None = None
    reason_code: Word | None = None
    before: Moment | None = Field(None, description="Only those that died before this moment.")


class Replay(BaseModel):
    """Give `ids` or a `filter` (an empty filter means all). Without `dry_run: false` nothing is replayed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"filter": {"connection": "nettbutikk", "reason_code": "given-up"}, "dry_run": True}},
    )

    ids: list[Word] | None = Field(None, min_length=1, max_length=MOST_IDS)
    filter: ReplayFilter | None = None
    dry_run: Flag = True

    @model_validator(mode="after")
    def _one_of_both(self) -> Replay:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("give either ids or a filter")
        return self


class Replayed(BaseModel):
    """`matched` and `replayed` are counts; `items` shows the first of those that matched."""

    model_config = ConfigDict(json_schema_extra={"example": {"dry_run": True, "matched": 1, "replayed": 0, "items": [_LETTER]}})

    dry_run: bool
    matched: int
    replayed: int
    items: list[DeadLetterView]


@router.get("", summary="List dead letters, newest first", responses=problems(404))
async def list_dead_letters(
    caller: Reader,
    connection: Annotated[Word | None, Query(description="Only this connection's (name or id).")] = None,
    process: Annotated[Word | None, Query()] = None,
    reason_code: Annotated[Word | None, Query()] = None,
    before: Annotated[Moment | None, Query(description="Only those that died before this moment.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DeadLetterView]:
    place = place_of(cursor, datetime, str, int)
    chosen = Filter(await caller.scope(connection), process, reason_code, before)
    async with caller.gateway.database.read() as db:
        after = (place[0], place[1], place[2]) if place else None
        found = await dead_letters.search(db, chosen, after=after, limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda letter: letter.position)
    return Page(items=[DeadLetterView.of(letter) for letter in shown], next_cursor=next_cursor)


@router.post("/replay", summary="Replay dead letters by ids or filter", responses=problems(404))
async def replay(caller: Syncer, body: Replay) -> Replayed:
    """Tries each again. With `dry_run` (the default) it only lists them. Replaying twice doubles nothing."""
    if body.ids is not None:
        letters = [await _seen(caller, key) for key in dict.fromkeys(body.ids)]
        replayed = 0 if body.dry_run else await replay_letters(caller.gateway, letters)
        return _answer(body.dry_run, len(letters), replayed, letters)
    assert body.filter is not None
    asked = body.filter
    chosen = Filter(await caller.scope(asked.connection), asked.process, asked.reason_code, asked.before)
    async with caller.gateway.database.read() as db:
        matched = await dead_letters.count(db, chosen)
        letters = await dead_letters.search(db, chosen, limit=MOST_SHOWN)
    replayed = 0 if body.dry_run else await replay_filtered(caller.gateway, chosen)
    return _answer(body.dry_run, matched, replayed, letters)


def _answer(dry_run: bool, matched: int, replayed: int, letters: Sequence[DeadLetter]) -> Replayed:
    items = [DeadLetterView.of(letter) for letter in letters[:MOST_SHOWN]]
    return Replayed(dry_run=dry_run, matched=matched, replayed=replayed, items=items)


@router.post("/{letter_id}/replay", summary="Replay one dead letter", responses=problems(404, 409))
async def replay_one(caller: Syncer, letter_id: Name) -> Replayed:
    letter = await _seen(caller, letter_id)
    replayed = await replay_letters(caller.gateway, [letter])
    if not replayed:
        raise Conflict(f"{letter_id} is no dead letter any more", fix="somebody has just replayed it")
    return _answer(False, 1, replayed, [letter])


async def _seen(caller: Caller, key: str) -> DeadLetter:
    kind, number = dead_letters.parse(key)
    async with caller.gateway.database.read() as db:
        letter = await dead_letters.find(db, kind, number)
    if letter is None or not caller.key.sees(letter.connection_id):
        raise NotFound(f"there is no dead letter {key!r}", field="id", fix="list them with GET /dead-letters")
    return letter
