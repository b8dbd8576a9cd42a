"""The audit over the REST API: who changed what, when and from where."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.auth import Caller, Reader
from app.api.kit.pages import Cursor, Limit, Moment, Page, Word, before_id, cut
from app.api.kit.responses import problems
from app.domain import Right
from app.errors import NotFound
from app.records.audit import trail
from app.records.audit.trail import Entry, Filter

router = APIRouter(prefix="/audit", tags=["audit"])

_ENTRY: dict[str, Any] = {
    "id": 812,
    "at": "2026-11-21T09:30:00Z",
    "way": "api",
    "key": {"id": "key_Jq2mX8bTz0aK4cVd", "name": "admin"},
    "actor": None,
    "address": "203.0.113.7",
    "route": "PATCH /connections/{connection}",
    "connection": "nettbutikk",
    "subject": "connection nettbutikk",
    "changes": [
        {"path": "settings.stock.floor", "old": 0, "new": 2, "is_secret": False},
        {"path": "warehouse.password", "old": None, "new": None, "is_secret": True},
    ],
}


class AuditKey(BaseModel):
    """The API key with which it was done; its name as it was."""

    id: str
    name: str | None


class ChangeView(BaseModel):
    """One value before and after. Of a secret it is only said that it changed."""

    path: str = Field(description="What was changed, as a dotted path.")
    old: Any = Field(description="The value before. Null: there was none, or it is a secret.")
    new: Any = Field(description="The value after. Null: there is none, or it is a secret.")
    is_secret: bool = Field(description="True: it was changed, and its values are not kept here.")


class EntryView(BaseModel):
    """One change, kept in the same transaction as the change itself."""

    model_config = ConfigDict(json_schema_extra={"example": _ENTRY})

    id: int
    at: datetime
    way: str = Field(description="api: over REST. page: on a page of the gateway. cli: by a command on the gateway's machine.")
    key: AuditKey | None = Field(description="Null for a command on the gateway's own machine.")
    actor: str | None = Field(description="The machine's user for a command, the visit for a page. Null without the right admin.")
    address: str | None = Field(
        description="Where it came from: behind trusted proxies the caller's address. Null without the right admin."
    )
    route: str = Field(description="Method and path of the operation, or the command.")
    connection: str | None = Field(description="Null: it belongs to no single connection.")
    subject: str = Field(description="What was changed: a connection, a key, a lane, an order.")
    changes: list[ChangeView]

    @classmethod
    def of(cls, entry: Entry, caller: Caller) -> EntryView:
        is_admin = caller.key.may(Right.ADMIN)
        return cls(
            id=entry.id,
            at=entry.at,
            way=entry.way,
            key=AuditKey(id=entry.key_id, name=entry.key_name) if entry.key_id is not None else None,
            actor=entry.actor if is_admin else None,
            address=entry.address if is_admin else None,
            route=entry.route,
            connection=entry.connection,
            subject=entry.subject,
            changes=[ChangeView.model_validate(each) for each in entry.changes],
        )


@router.get("", summary="List changes, newest first", responses=problems(404))
async def list_audit(
    caller: Reader,
    connection: Annotated[
        Word | None, Query(description="Only this connection's (name or id), also one that was deleted.")
    ] = None,
    key: Annotated[Word | None, Query(description="Only those made with this API key (id or name).")] = None,
    route: Annotated[
        Word | None, Query(description="Only those of this operation, like `/keys` or `PATCH /connections/{connection}`.")
    ] = None,
    since: Annotated[Moment | None, Query(description="Only those made at or after this moment.")] = None,
    before: Annotated[Moment | None, Query(description="Only those made before this moment.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[EntryView]:
    """Every change made over REST, on the gateway's pages and by commands on its machine. A key that is limited to some
    connections sees their changes only. Kept for `GATEWAY_AUDIT_DAYS`."""
    behind = before_id(cursor)
    ids, gone = await scope_of(caller, connection)
    chosen = Filter(ids, gone, key, route, since, before)
    async with caller.gateway.database.read() as db:
        found = await trail.search(db, chosen, before=behind, limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda entry: (entry.id,))
    return Page(items=[EntryView.of(entry, caller) for entry in shown], next_cursor=next_cursor)


async def scope_of(caller: Caller, connection: str | None) -> tuple[list[str] | None, str | None]:
    """The connections that may be seen, and the name of one that is gone. Raises NotFound."""
    try:
        return await caller.scope(connection), None
    except NotFound:
        if connection is None or caller.connection_ids is not None:
            raise
        async with caller.gateway.database.read() as db:
            if not await trail.knows_gone(db, connection):
                raise
        return None, connection
