"""API keys over the REST API. Only a key with the right admin that is not limited to some connections may use it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.kit.auth import Admin
from app.api.kit.pages import NO_NUL, Moment, Name, Word
from app.api.kit.responses import problems
from app.domain import Right
from app.records import connections, keys
from app.records.keys import ApiKey

router = APIRouter(prefix="/keys", tags=["keys"])


class KeyView(BaseModel):
    """One key; the key itself is not kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "key_Jq2mX8bTz0aK4cVd",
                "name": "smoke test",
                "rights": ["read", "sync"],
                "connections": ["nettbutikk"],
                "created_at": "2026-11-21T09:00:00Z",
                "expires_at": "2027-11-21T09:00:00Z",
                "addresses": ["203.0.113.7/32"],
                "last_used_at": "2026-11-21T09:30:00Z",
                "revoked_at": None,
            }
        }
    )

    id: str
    name: str
    rights: list[Right]
    connections: list[str] | None = Field(description="The connections it may see, by name; null: all, also those made later.")
    created_at: datetime
    expires_at: datetime | None = Field(description="From then on it opens nothing. Null: it does not expire.")
    addresses: list[str] | None = Field(description="The addresses and ranges from which it may be used; null: from anywhere.")
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey, names: dict[str, str]) -> KeyView:
        limited = key.connection_ids
        return cls(
            id=key.id,
            name=key.name,
            rights=sorted(key.rights),
            connections=None if limited is None else [names.get(each, each) for each in limited],
            created_at=key.created_at,
            expires_at=key.expires_at,
            addresses=None if key.addresses is None else list(key.addresses),
            last_used_at=key.last_used_at,
            revoked_at=key.revoked_at,
        )


class NewKey(BaseModel):
    """`admin` includes `sync`, which includes `read`."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"name": "smoke test", "rights": ["sync"], "connections": ["nettbutikk"]}}
    )

    name: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=NO_NUL)]
    rights: list[Right] = Field(min_length=1, max_length=3)
    connections: list[Word] | None = Field(
        None, description="Names or ids of the connections it may see; null: all.", min_length=1
    )
    expires_at: Moment | None = Field(None, description="When it expires; null: never.")
    addresses: list[Word] | None = Field(
        None,
        description="Addresses (203.0.113.7) and ranges (10.0.0.0/8) from which alone it may be used; null: from anywhere.",
        min_length=1,
        max_length=50,
    )


class MadeKey(BaseModel):
    """The key, shown this once."""

    model_config = ConfigDict(json_schema_extra={"example": {"id": "key_Jq2mX8bTz0aK4cVd", "name": "smoke test", "key": "gw_…"}})

    id: str
    name: str
    key: str


class KeyList(BaseModel):
    """All keys, oldest first."""

    items: list[KeyView]
    next_cursor: None = None


@router.get("", summary="List keys", responses=problems())
async def list_keys(caller: Admin) -> KeyList:
    caller.must_see_all("keys")
    async with caller.gateway.database.read() as db:
        names = await connections.names(db)
        return KeyList(items=[KeyView.of(key, names) for key in await keys.every(db)])


@router.post("", summary="Make a key", status_code=201, responses=problems(404))
async def make_key(caller: Admin, body: NewKey) -> MadeKey:
    caller.must_see_all("keys")
    limited = None if body.connections is None else [(await caller.connection(each)).id for each in body.connections]
    now = caller.gateway.clock()
    limits = keys.Limits.of(body.expires_at, body.addresses, now)
    async with caller.gateway.database.begin() as db:
        key_id, secret = await keys.create(db, body.name, body.rights, limited, now, limits)
    return MadeKey(id=key_id, name=body.name, key=secret)


@router.delete("/{key_id}", summary="Revoke a key", status_code=204, responses=problems(404))
async def revoke_key(caller: Admin, request: Request, key_id: Name) -> Response:
    """Takes effect at once in this process, and within seconds in others."""
    caller.must_see_all("keys")
    async with caller.gateway.database.begin() as db:
        await keys.revoke(db, key_id, caller.gateway.clock())
    request.app.state.keys.forget()
    return Response(status_code=204)
