"""A carrier that the warehouse lists no longer is told of once a day (requirement: Ongoing, orders)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.storage.tables import alerts
from tests.harness import Harness

KNOWN = {"transporter_code": "BRING", "transporter_service_code": "PA_DOREN"}
GONE = {"transporter_code": "HELTHJEM", "transporter_service_code": "X"}


async def told(harness: Harness) -> list[Any]:
    return await harness.stored.rows(select(alerts.c.subject, alerts.c.text, alerts.c.count).order_by(alerts.c.id))


async def test_each_method_with_one_is_named(bare_harness: Harness) -> None:
    await bare_harness.connect(transporters={"flat_rate": KNOWN, "express": GONE})
    await bare_harness.poll()
    assert await told(bare_harness) == []
    await bare_harness.poll(sweep=True)
    (alert,) = await told(bare_harness)
    assert (alert.subject, alert.count) == ("transporters.express", 1)
    assert alert.text.startswith("transporters.express: the warehouse lists no transporter 'HELTHJEM'. Fix: use one of BRING, ")
    bare_harness.tick(86_400)
    await bare_harness.poll(sweep=True)
    assert [each.count for each in await told(bare_harness)] == [2]


async def test_so_is_each_rule_with_one(bare_harness: Harness) -> None:
    await bare_harness.connect(transporter_rules=[KNOWN, {**GONE, "method": "*hjem*"}])
    await bare_harness.poll(sweep=True)
    assert [each.subject for each in await told(bare_harness)] == ["transporter_rules.1"]


async def test_a_warehouse_that_does_not_answer_is_asked_at_the_next_sweep(bare_harness: Harness) -> None:
    await bare_harness.connect(transporters={"express": GONE})
    bare_harness.warehouse.fail("status", status=503, times=1)
    await bare_harness.poll(sweep=True)
    assert await told(bare_harness) == []
    await bare_harness.poll(sweep=True)
    assert len(await told(bare_harness)) == 1


async def test_without_such_a_table_nothing_is_asked(bare_harness: Harness) -> None:
    await bare_harness.connect()
    await bare_harness.poll(sweep=True)
    assert bare_harness.warehouse.calls() == []
