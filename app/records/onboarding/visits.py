"""Visits: a person's way through the pages that connect a system, in one browser, with a key or a one-time link.

What goes out (the link, the browser's cookie, `state`) is kept as a hash only. What the person typed is sealed, and gone when the
connection is made.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.ids import new_id
from app.storage.secrets import Vault
from app.storage.side_tables import visits
from app.storage.tables import connections
from app.warehouse.credentials import OngoingCredentials

MOST_BEGUN = 20
"""So many of one key are listed."""


class Stage(StrEnum):
    OPEN = "open"
    """The person fills the page in."""
    ASKED = "asked"
    """The person is at the system's consent page, or never came back."""
    MADE = "made"
    """The connection is made, or connected again."""


@dataclass(frozen=True)
class Visit:
    """`typed`: what the person typed, secrets included. `connection_id`: to be connected again, or made by this visit."""

    id: str
    integration: str
    browser: str | None
    is_by_link: bool
    key_id: str | None
    connection_id: str | None
    stage: Stage
    state_until: datetime | None
    typed: dict[str, Any]
    expires_at: datetime


def hashed(secret: str) -> str:
    """What is kept of a link, a cookie or a `state`. They are 192 random bits: a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _open(row: Row[Any], vault: Vault) -> Visit:
    return Visit(
        id=row.id,
        integration=row.integration,
        browser=row.browser,
        is_by_link=row.link is not None,
        key_id=row.key_id,
        connection_id=row.connection_id,
        stage=Stage(row.stage),
        state_until=row.state_until,
        typed=vault.open(row.sealed) if row.sealed is not None else {},
        expires_at=row.expires_at,
    )


@dataclass(frozen=True)
class NewVisit:
    """`browser` and `link` are the secrets themselves; a link has no browser yet."""

    integration: str
    browser: str | None
    link: str | None
    key_id: str | None
    connection_id: str | None
    expires_at: datetime


async def create(db: AsyncConnection, vault: Vault, new: NewVisit, now: datetime) -> Visit:
    visit_id = new_id("vis")
    await db.execute(
        insert(visits).values(
            id=visit_id,
            integration=new.integration,
            browser=hashed(new.browser) if new.browser else None,
            link=hashed(new.link) if new.link else None,
            key_id=new.key_id,
            connection_id=new.connection_id,
            stage=Stage.OPEN,
            created_at=now,
            expires_at=new.expires_at,
        )
    )
    return _open((await db.execute(select(visits).where(visits.c.id == visit_id))).one(), vault)


async def of_browser(db: AsyncConnection, vault: Vault, integration: str, browser: str, now: datetime) -> Visit | None:
    """The newest visit of that browser that is not over."""
    mine = (visits.c.browser == hashed(browser), visits.c.integration == integration, visits.c.expires_at > now)
    row = (await db.execute(select(visits).where(*mine).order_by(visits.c.created_at.desc(), visits.c.id).limit(1))).first()
    return _open(row, vault) if row is not None else None


async def find(db: AsyncConnection, vault: Vault, visit_id: str, browser: str, now: datetime) -> Visit | None:
    """The visit, if it is that browser's and not over."""
    mine = (visits.c.id == visit_id, visits.c.browser == hashed(browser), visits.c.expires_at > now)
    row = (await db.execute(select(visits).where(*mine))).first()
    return _open(row, vault) if row is not None else None


async def begun(db: AsyncConnection, vault: Vault, key_id: str, now: datetime) -> list[Visit]:
    """The visits to new connections that somebody with that key has begun and not ended: the newest first."""
    rows = await db.execute(_begun(key_id, now).order_by(visits.c.created_at.desc(), visits.c.id).limit(MOST_BEGUN))
    return [_open(row, vault) for row in rows]


async def go_on(db: AsyncConnection, vault: Vault, visit_id: str, key_id: str, browser: str, now: datetime) -> Visit | None:
    """One of those, which from now on is that browser's; None when it is none of them."""
    row = (await db.execute(_begun(key_id, now).where(visits.c.id == visit_id))).first()
    if row is None:
        return None
    if row.browser != hashed(browser):
        await db.execute(update(visits).where(visits.c.id == visit_id).values(browser=hashed(browser)))
    return _open(row, vault)


def _begun(key_id: str, now: datetime) -> Select[Any]:
    mine = (visits.c.key_id == key_id, visits.c.expires_at > now, visits.c.link.is_(None))
    is_new = (visits.c.stage != Stage.MADE, visits.c.connection_id.is_(None), visits.c.sealed.is_not(None))
    return select(visits).where(*mine, *is_new)


async def by_link(db: AsyncConnection, vault: Vault, integration: str, link: str, now: datetime) -> Visit | None:
    """The visit that a one-time link stands for; None when there is none, or it is over."""
    mine = (visits.c.link == hashed(link), visits.c.integration == integration, visits.c.expires_at > now)
    row = (await db.execute(select(visits).where(*mine))).first()
    return _open(row, vault) if row is not None else None


async def take_link(db: AsyncConnection, visit_id: str, browser: str) -> bool:
    """Gives the link's visit to the browser that comes first. Returns whether it is that browser's now."""
    free = or_(visits.c.browser.is_(None), visits.c.browser == hashed(browser))
    done = await db.execute(update(visits).where(visits.c.id == visit_id, free).values(browser=hashed(browser)))
    return done.rowcount == 1


async def keep_typed(db: AsyncConnection, vault: Vault, visit_id: str, typed: dict[str, Any]) -> None:
    await db.execute(update(visits).where(visits.c.id == visit_id).values(sealed=vault.seal(typed)))


async def ask(db: AsyncConnection, visit_id: str, state: str, until: datetime) -> None:
    """Notes the `state` that goes out. The one before, from another window, is good no more."""
    values = {"stage": Stage.ASKED, "state": hashed(state), "state_until": until}
    await db.execute(update(visits).where(visits.c.id == visit_id).values(**values))


async def take_back(db: AsyncConnection, vault: Vault, integration: str, state: str, browser: str) -> Visit | None:
    """The visit that a `state` comes back to, once and in the same browser. None for any other, or the second time."""
    mine = (visits.c.state == hashed(state), visits.c.browser == hashed(browser), visits.c.integration == integration)
    taken = update(visits).where(*mine, visits.c.stage == Stage.ASKED).values(stage=Stage.OPEN)
    if (await db.execute(taken)).rowcount != 1:
        return None
    return _open((await db.execute(select(visits).where(*mine))).one(), vault)


async def made(db: AsyncConnection, visit_id: str, connection_id: str) -> bool:
    """The connection is there: what was typed goes. Returns False when another window was first."""
    values = {"stage": Stage.MADE, "connection_id": connection_id, "sealed": None}
    done = await db.execute(update(visits).where(visits.c.id == visit_id, visits.c.stage != Stage.MADE).values(**values))
    return done.rowcount == 1


async def prune(db: AsyncConnection, now: datetime) -> bool:
    """Deletes what is over, with what was typed: nobody comes back to it. All at once, as there are few; returns False."""
    await db.execute(delete(visits).where(visits.c.expires_at < now))
    return False


async def connection_of(db: AsyncConnection, integration: str, account_key: str, warehouse: OngoingCredentials) -> str | None:
    """The id of the connection of that account to that goods owner."""
    same = (
        connections.c.integration == integration,
        connections.c.account_key == account_key,
        func.lower(connections.c.warehouse_url) == warehouse.url.lower(),
        connections.c.goods_owner_id == warehouse.goods_owner_id,
    )
    return await db.scalar(select(connections.c.id).where(*same).order_by(connections.c.created_at).limit(1))
