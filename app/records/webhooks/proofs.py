"""What proves that a webhook in the shop reaches the gateway: its greeting, or a delivery of it.

A webhook that the gateway has made is unproven until then. One that others have made is not judged: nobody knows since when it
could have rung.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.outbound_tables import hooks
from app.storage.upserts import insert_missing

MOST_KEPT = 50
"""So many webhooks that the gateway did not make are remembered: a greeting bears no signature, anybody may send one."""


@dataclass(frozen=True)
class Proof:
    """Times in UTC. `made_at`: when the gateway made it or gave it its address. `told`: an alert has said that it never rang."""

    made_at: datetime | None = None
    proven_at: datetime | None = None
    told: bool = False

    @property
    def is_proven(self) -> bool | None:
        """None: it is not known. A greeting that came before it was given its address proves nothing."""
        if self.made_at is None:
            return True if self.proven_at is not None else None
        return self.proven_at is not None and self.proven_at >= self.made_at


Proofs = Mapping[str, Proof]
"""By the webhook's id in the shop."""


def opened(stored: Mapping[str, Any] | None) -> dict[str, Proof]:
    return {
        webhook_id: Proof(_moment(each.get("made_at")), _moment(each.get("proven_at")), bool(each.get("told")))
        for webhook_id, each in (stored or {}).items()
    }


def _moment(stored: str | None) -> datetime | None:
    return datetime.fromisoformat(stored) if stored else None


def closed(proofs: Proofs) -> dict[str, Any]:
    """As it is stored."""
    return {
        webhook_id: {
            "made_at": each.made_at.isoformat() if each.made_at else None,
            "proven_at": each.proven_at.isoformat() if each.proven_at else None,
            "told": each.told,
        }
        for webhook_id, each in proofs.items()
    }


def made(proofs: Proofs, ids: Iterable[str], at: datetime) -> dict[str, Proof]:
    """The same, with webhooks that the gateway has made, or given another address."""
    fresh = {each: replace(proofs.get(each, Proof()), made_at=at, told=False) for each in ids}
    return {**proofs, **fresh}


def proven(proofs: Proofs, ids: Iterable[str], at: datetime) -> dict[str, Proof]:
    return {**proofs, **{each: replace(proofs.get(each, Proof()), proven_at=at) for each in ids}}


def overdue(proofs: Proofs, ids: Collection[str], made_before: datetime) -> list[str]:
    """Those of these webhooks that the gateway had made by then, and that have not rung."""
    return [
        webhook_id
        for webhook_id, each in proofs.items()
        if webhook_id in ids and each.is_proven is False and each.made_at is not None and each.made_at <= made_before
    ]


async def greeted(db: AsyncConnection, connection_id: str, webhook_id: str, now: datetime) -> None:
    """A webhook has greeted. The shop sends that while it makes the webhook, so the gateway may not know it yet."""
    mine = hooks.c.connection_id == connection_id
    fresh = {"state": "unknown", "next_check_at": now, "proofs": closed(proven({}, [webhook_id], now))}
    if await insert_missing(db, hooks, connection_id=connection_id, **fresh):
        return
    stored = opened(await db.scalar(select(hooks.c.proofs).where(mine).with_for_update()))
    strangers = [each for each, proof in stored.items() if proof.made_at is None and each != webhook_id]
    for stranger in strangers[: max(0, len(strangers) - MOST_KEPT + 1)]:
        del stored[stranger]
    await db.execute(update(hooks).where(mine).values(proofs=closed(proven(stored, [webhook_id], now))))
