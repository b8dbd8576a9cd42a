"""Each kind of alert has what closes it: the walk below shows for all of them when they stay open, and when they close."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.engine.core import circuit
from app.engine.polling.side_reads import LATER
from app.engine.upkeep.alerting import notify
from app.engine.upkeep.alerting.kinds import KINDS
from app.records import alerts as records
from app.records import cursors as cursor_records
from app.records.alerts import closing
from app.storage.callers.tables import outgoing_addresses, outgoing_webhooks
from app.storage.outbound_tables import hooks, stock_levels
from app.storage.tables import alerts, budgets, connections, cursors, inbox, jobs, mappings, run_items, run_parts, runs, sessions
from tests.harness import Harness, open_harness

Step = Callable[[Harness], Awaitable[None]]


@pytest.fixture
async def harness(database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(database_url, tmp_path) as opened:
        await opened.connect(processes={"stock": True, "shipments": True, "returns": True})
        await opened.deliver(opened.shop.order("SOKK-1"))
        async with opened.gateway.database.begin() as db:
            await cursor_records.make(db, await cursor_records.missing(db, [opened.connection]), opened.clock())
        yield opened


async def nothing(_: Harness) -> None:
    """The trouble is there without more."""


def setting(table: Any, *where: Any, **values: Any) -> Step:
    """Changes stored state as the gateway does when it finds that out. Values that are functions are given the time."""

    async def step(harness: Harness) -> None:
        made = {name: value(harness.clock()) if callable(value) else value for name, value in values.items()}
        async with harness.gateway.database.begin() as db:
            await db.execute(update(table).where(*where).values(**made))

    return step


def putting(table: Any, **values: Any) -> Step:
    async def step(harness: Harness) -> None:
        made = {name: value(harness) if callable(value) else value for name, value in values.items()}
        async with harness.gateway.database.begin() as db:
            await db.execute(insert(table).values(**made))

    return step


def of_connection(harness: Harness) -> str:
    return harness.connection.id


def days(count: float) -> Step:
    async def step(harness: Harness) -> None:
        harness.tick(count * 86_400)

    return step


@dataclass(frozen=True)
class Scene:
    """`begins`: how the trouble is stored; `stays`: what does not end it; `ends`: what does."""

    subject: str
    ends: Step
    why: str
    begins: Step = nothing
    stays: Step = nothing


QUIET = {1: "it has not come again for a day", 2: "it has not come again for 2 days", 7: "it has not come again for 7 days"}


def quiet(subject: str, for_days: int = 1) -> Scene:
    words = QUIET.get(for_days, f"it has not come again for {for_days} days")
    return Scene(subject, days(0.1), words, stays=days(for_days - 0.05))


def job(state: str) -> Step:
    return setting(jobs, jobs.c.process == "orders", state=state)


def cursor(process: str, **values: Any) -> Step:
    return setting(cursors, cursors.c.process == process, **values)


ORDER = "orders:5002"
"""The order that the harness has taken in."""


async def a_run_is_braked(harness: Harness) -> None:
    now, connection = harness.clock(), harness.connection
    async with harness.gateway.database.begin() as db:
        await db.execute(insert(runs).values(id="run_1", trigger="schedule", target="shop", options={}, created_at=now))
        part = {"id": 901, "run_id": "run_1", "connection_id": connection.id, "process": "orders", "full": False}
        await db.execute(insert(run_parts).values(**part, dry_run=False, state="braked"))
        job_id = await db.scalar(select(jobs.c.id).where(jobs.c.process == "orders"))
        await db.execute(insert(run_items).values(part_id=901, job_id=job_id, generation=1, source_id="5002"))
        await db.execute(update(jobs).where(jobs.c.id == job_id).values(state="held", reason_code="brake"))


async def an_order_comes(harness: Harness) -> None:
    harness.tick(60)
    await harness.deliver(harness.shop.order("SOKK-1"))


async def the_wms_takes_a_write(harness: Harness) -> None:
    key = circuit.key_for(circuit.of_warehouse(harness.connection), "PUT /orders")
    async with harness.gateway.database.begin() as db:
        values = {"failures": 0, "pauses": 0, "blocked_until": None, "updated_at": harness.clock()}
        await db.execute(insert(budgets).values(key=key, **values))


def proofs(proven: str | None) -> dict[str, Any]:
    return {"wh_1": {"made_at": "2026-11-21T00:00:00+00:00", "proven_at": proven, "told": True}}


SCENES: dict[str, list[Scene]] = {
    "held": [Scene(ORDER, job("done"), "the record is held no more", begins=job("held"))],
    "dead-letter": [
        Scene(ORDER, job("waiting"), "the record is a dead letter no more", begins=job("dead")),
        Scene(
            "event:901",
            setting(inbox, inbox.c.id == 901, state="received"),
            "the event is a dead letter no more",
            begins=putting(
                inbox, id=901, connection_id=of_connection, received_at=lambda h: h.clock(), headers={}, size=0, state="dead"
            ),
        ),
    ],
    "rest-missing": [
        Scene(
            ORDER,
            setting(mappings, mappings.c.source_id == "5002", delivery="reported"),
            "the order waits for no rest any more",
            begins=setting(mappings, mappings.c.source_id == "5002", delivery="partly"),
        )
    ],
    "not-stored": [
        Scene(ORDER, setting(jobs, jobs.c.process == "orders", updated_at=lambda now: now), "the record was stored"),
        quiet("shipments:WMS order 7", 7),
    ],
    "login-refused": [
        Scene("WooCommerce", cursor("orders", polled_at=lambda now: now, failures=0), "the login is accepted again",
              stays=cursor("shipments", polled_at=lambda now: now, failures=0)),
        Scene("Ongoing WMS", cursor("shipments", polled_at=lambda now: now, failures=0), "the login is accepted again",
              stays=cursor("orders", polled_at=lambda now: now, failures=0)),
        Scene("Ongoing WMS", the_wms_takes_a_write, "the login is accepted again"),
        Scene("WooCommerce", setting(connections, test={"ok": True, "checks": []}, tested_at=lambda now: now),
              "the login is accepted again"),
    ],
    "consent-ended": [
        Scene(
            "consent",
            setting(sessions, ended_at=None),
            "it was allowed again; what waited goes on",
            begins=putting(
                sessions, connection_id=of_connection, sealed=b"", version=1,
                updated_at=lambda h: h.clock(), ended_at=lambda h: h.clock(),
            ),
        )
    ],
    "failing": [
        Scene("orders", cursor("orders", failures=0), "orders were polled again; what was missed has been read",
              begins=cursor("orders", failures=3)),
        Scene("articles waiting", cursor("articles", cursor={}), "what belongs beside the records has been read",
              begins=cursor("articles", cursor={LATER: ["7"]})),
        quiet("stock of variations", 2),
        Scene("cannot be opened", setting(connections, settings={}), "the connection can be opened again",
              begins=setting(connections, settings={"no_such": 1})),
    ],
    "silent": [Scene("since Friday 12:00", an_order_comes, "orders come again; there had been none since Friday 12:00 UTC")],
    "brake": [Scene("run_1", job("waiting"), "the run was confirmed", begins=a_run_is_braked)],
    "stock": [
        Scene(
            "stock-refused",
            setting(stock_levels, problem_code=None),
            "no article has this problem any more",
            begins=putting(
                stock_levels, connection_id=of_connection, source_id="7", number="SOKK-1", state="problem",
                problem_code="stock-refused", updated_at=lambda h: h.clock(),
            ),
        )
    ],
    "webhooks": [
        Scene("disabled", setting(hooks, state="fine", checked_at=lambda now: now), "a later check found the webhooks in order",
              begins=putting(hooks, connection_id=of_connection, next_check_at=lambda h: h.clock(), state="repaired")),
        Scene("failed", setting(hooks, state="repaired", checked_at=lambda now: now), "a later check found the webhooks in order",
              begins=setting(hooks, state="failed", checked_at=lambda now: now),
              stays=setting(hooks, state="failed", checked_at=lambda now: now)),
        Scene("unproven", setting(hooks, proofs=lambda now: proofs(now.isoformat())), "the webhooks have rung",
              begins=setting(hooks, proofs=proofs(None))),
        Scene("webhook-port", setting(hooks, proofs=lambda now: proofs(now.isoformat())), "a webhook has rung"),
        quiet("no-right"),
    ],
    "outgoing-webhooks": [
        Scene("address", setting(outgoing_addresses, last_sent_at=lambda now: now), "the address takes events again",
              begins=putting(outgoing_addresses, connection_id=of_connection, updated_at=lambda h: h.clock())),
        Scene(
            "dead",
            setting(outgoing_webhooks, state="sent"),
            "no event of the connection is dead any more",
            begins=putting(
                outgoing_webhooks, connection_id=of_connection, message_id="msg_1", type="receipt.created", key="7", state="dead",
                asked_at=lambda h: h.clock(), created_at=lambda h: h.clock(),
            ),
            stays=setting(outgoing_addresses, last_sent_at=lambda now: now),
        ),
    ],
    "transporter-gone": [quiet("transporters.flat_rate", 3)],
    **{kind: [quiet(ORDER, 14)] for kind in ("warning", "articles")},
    **{kind: [quiet("what it is about")] for kind in ("other-shop", "not-json", "no-record", "task-timed-out")},
    **{kind: [quiet("the door")] for kind in ("signatures", "wrong-keys", "wrong-secrets")},
    **{kind: [quiet("orders", 2)] for kind in ("future-record", "clock-went-back", "odd-answers")},
}  # fmt: skip


async def test_every_kind_closes_when_its_trouble_is_over_and_not_before(harness: Harness) -> None:
    assert set(SCENES) == set(KINDS)
    for kind, scenes in SCENES.items():
        for scene in scenes:
            await _walk(harness, kind, scene)


async def _walk(harness: Harness, kind: str, scene: Scene) -> None:
    await scene.begins(harness)
    async with harness.gateway.database.begin() as db:
        await records.raise_alert(db, kind, harness.connection.id, scene.subject, "trouble", harness.clock())
    harness.tick(1)
    await scene.stays(harness)
    assert (await _look(harness, kind, scene)).closed_at is None, f"{kind} {scene.subject} closed too early"
    harness.tick(1)
    await scene.ends(harness)
    closed = await _look(harness, kind, scene)
    assert (closed.closed_why, closed.closed_by) == (scene.why, None), f"{kind} {scene.subject} did not close"


async def _look(harness: Harness, kind: str, scene: Scene) -> Any:
    assert await notify.look(harness.gateway, 0, harness.clock()) == 0
    mine = (alerts.c.kind == kind, alerts.c.subject == scene.subject)
    (row,) = await harness.stored.rows(select(alerts).where(*mine))
    return row


async def test_a_carrier_that_the_wms_lists_again_closes_its_alert_at_the_next_look(harness: Harness) -> None:
    now = harness.clock()
    async with harness.gateway.database.begin() as db:
        for field in ("transporters.flat_rate", "transporters.express"):
            await records.raise_alert(db, "transporter-gone", harness.connection.id, field, "gone", now)
        of = ("transporter-gone", harness.connection.id)
        await closing.close_others(db, of, ["transporters.express"], "the warehouse lists it again", now + timedelta(days=1))

    rows = await harness.stored.rows(select(alerts).order_by(alerts.c.id))
    assert [(row.subject, row.closed_why) for row in rows] == [
        ("transporters.flat_rate", "the warehouse lists it again"),
        ("transporters.express", None),
    ]
