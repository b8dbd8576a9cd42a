"""Signatures that do not fit: a few are a slip, many within an hour are told of, off the path of what is genuine."""

from __future__ import annotations

import json

from sqlalchemy import select

from app.api.intake.signature_alerts import WrongSignatures
from app.storage.tables import alerts
from tests.harness import Harness

PLAIN = {"stock": False, "shipments": False, "returns": False}


async def wrong(harness: Harness, times: int, seconds: float = 1) -> None:
    """All from one address, which is not slowed down here: by the hour is counted what comes through."""
    harness.gateway.settings.wrong_tries = 1000
    for _ in range(times):
        harness.tick(seconds)
        answer = await harness.post(b"{}", "order.updated", secret="not the connection's")
        assert answer.status_code == 401
    await harness.intake.signatures.settle()


async def test_many_within_an_hour_are_told_of_once(bare_harness: Harness) -> None:
    await bare_harness.connect(processes=PLAIN)

    await wrong(bare_harness, 3)
    assert await bare_harness.stored.alerts() == []
    await wrong(bare_harness, 30)

    (alert,) = await bare_harness.stored.rows(select(alerts))
    assert (alert.kind, alert.connection_id, alert.count) == ("signatures", bare_harness.connection.id, 1)
    assert alert.text.startswith("At least 4 deliveries within an hour had a signature that does not fit.")


async def test_it_says_what_to_do_where_the_webhooks_are_made_by_hand(bare_harness: Harness) -> None:
    await bare_harness.connect(processes=PLAIN)
    await wrong(bare_harness, 4)
    (alert,) = await bare_harness.stored.rows(select(alerts))
    assert "Enter the connection's secret in the webhooks in the shop again." in alert.text
    assert "gateway connections rotate-secret shop" in alert.text


async def test_another_process_does_not_tell_of_the_same(bare_harness: Harness) -> None:
    await bare_harness.connect(processes=PLAIN)
    await wrong(bare_harness, 4)
    bare_harness.intake.signatures = WrongSignatures()  # as after a restart, or in another process
    await wrong(bare_harness, 4)
    (alert,) = await bare_harness.stored.rows(select(alerts))
    assert alert.count == 1


async def test_and_again_in_the_next_hour(bare_harness: Harness) -> None:
    await bare_harness.connect(processes=PLAIN)
    await wrong(bare_harness, 10)
    bare_harness.tick(3601)
    await wrong(bare_harness, 10)

    (alert,) = await bare_harness.stored.rows(select(alerts))
    assert alert.count == 2


async def test_a_few_over_days_are_nothing_to_hear_of(bare_harness: Harness) -> None:
    await bare_harness.connect(processes=PLAIN)
    await wrong(bare_harness, 30, seconds=3600)

    assert await bare_harness.stored.alerts() == []


async def test_each_connection_is_counted_by_itself_and_what_is_genuine_goes_on(bare_harness: Harness) -> None:
    first = await bare_harness.connect("first", processes=PLAIN, order_number_prefix="A-")
    second = await bare_harness.connect("second", processes={**PLAIN, "articles": False}, order_number_prefix="B-")
    for connection in (first, second) * 3:
        await bare_harness.post(b"{}", "order.updated", connection=connection, secret="wrong")
    order = bare_harness.shop.order("SOKK-1")

    answer = await bare_harness.post(json.dumps(order).encode(), "order.created", connection=first)

    await bare_harness.intake.signatures.settle()
    assert answer.status_code == 200
    assert await bare_harness.stored.alerts() == []
