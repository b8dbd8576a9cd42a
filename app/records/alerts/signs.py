"""What is stored that shows whether the trouble of alerts is over: each question once for many alerts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState, JobState
from app.records.webhooks.proofs import Proof, opened
from app.storage.outbound_tables import hooks, stock_levels
from app.storage.tables import budgets, connections, inbox, jobs, run_items, run_parts, sessions


async def dead_events(db: AsyncConnection, ids: Collection[int]) -> set[int]:
    """Those of these events that are dead letters."""
    return set(await db.scalars(select(inbox.c.id).where(inbox.c.id.in_(ids), inbox.c.state == EventState.DEAD)))


async def passed_tests(db: AsyncConnection, connection_ids: Collection[str]) -> dict[str, datetime]:
    """When the last test of each was made, if all was well in it."""
    query = select(connections.c.id, connections.c.test, connections.c.tested_at).where(connections.c.id.in_(connection_ids))
    return {row.id: row.tested_at for row in await db.execute(query) if row.tested_at is not None and (row.test or {}).get("ok")}


async def last_success(db: AsyncConnection, keys: Collection[str]) -> datetime | None:
    """When the last of these counters of failed calls was set back to zero."""
    at_zero = (budgets.c.key.in_(keys), budgets.c.failures == 0, budgets.c.blocked_until.is_(None))
    return max(await db.scalars(select(budgets.c.updated_at).where(*at_zero)), default=None)


async def ended_consents(db: AsyncConnection, connection_ids: Collection[str]) -> set[str]:
    """Those of these connections that a person must allow again."""
    ended = (sessions.c.connection_id.in_(connection_ids), sessions.c.ended_at.is_not(None))
    return set(await db.scalars(select(sessions.c.connection_id).where(*ended)))


async def braked(db: AsyncConnection, run_ids: Collection[str]) -> set[tuple[str, str]]:
    """Of these runs, those (run id, connection id) of which the brake still holds something."""
    query = (
        select(run_parts.c.run_id, run_parts.c.connection_id)
        .join(run_items, run_items.c.part_id == run_parts.c.id)
        .join(jobs, jobs.c.id == run_items.c.job_id)
        .where(run_parts.c.run_id.in_(run_ids), jobs.c.state == JobState.HELD, jobs.c.reason_code == "brake")
        .distinct()
    )
    return {(row.run_id, row.connection_id) for row in await db.execute(query)}


async def stock_problems(db: AsyncConnection, asked: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these (connection id, problem code) that some article still has."""
    columns = (stock_levels.c.connection_id, stock_levels.c.problem_code)
    query = select(*columns).where(stock_levels.c.problem_code.is_not(None), tuple_(*columns).in_(asked)).distinct()
    return {(row.connection_id, row.problem_code) for row in await db.execute(query)}


@dataclass(frozen=True)
class WebhooksState:
    """How the last check of a connection's webhooks ended, when it began (UTC), and which webhooks have rung."""

    state: str
    checked_at: datetime | None
    proofs: dict[str, Proof]

    def last_ring(self) -> datetime | None:
        return max((each.proven_at for each in self.proofs.values() if each.proven_at is not None), default=None)


async def webhooks_of(db: AsyncConnection, connection_ids: Collection[str]) -> dict[str, WebhooksState]:
    query = select(hooks.c.connection_id, hooks.c.state, hooks.c.checked_at, hooks.c.proofs)
    found = await db.execute(query.where(hooks.c.connection_id.in_(connection_ids)))
    return {row.connection_id: WebhooksState(row.state, row.checked_at, opened(row.proofs)) for row in found}
