"""Signatures that do not fit: a few are a slip, many within an hour are told of, off the path of what is genuine."""

from __future__ import annotations

import json

from sqlalchemy import select

from app.storage.tables import alerts
from tests.house import House

PLAIN = {"stock": False, "shipments": False, "returns": False}


async def wrong(house: House, times: int, seconds: float = 1) -> None:
    for _ in range(times):
        house.tick(seconds)
        answer = await house.post(b"{}", "order.updated", secret="not the connection's")
        assert answer.status_code == 401
    await house.intake.signatures.settle()


async def test_many_within_an_hour_are_told_of_once(house: House) -> None:
    await house.connect(processes=PLAIN)

    await wrong(house, 9)
    assert await house.alerts() == []
    await wrong(house, 30)

    (alert,) = await house.rows(select(alerts))
    assert (alert.kind, alert.connection_id, alert.count) == ("signatures", house.connection.id, 1)
    assert alert.text.startswith("At least 10 deliveries within an hour had a signature that does not fit.")


async def test_and_again_in_the_next_hour(house: House) -> None:
    await house.connect(processes=PLAIN)
    await wrong(house, 10)
    house.tick(3601)
    await wrong(house, 10)

    (alert,) = await house.rows(select(alerts))
    assert alert.count == 2


async def test_a_few_over_days_are_nothing_to_hear_of(house: House) -> None:
    await house.connect(processes=PLAIN)
    await wrong(house, 30, seconds=3600)

    assert await house.alerts() == []


async def test_each_connection_is_counted_by_itself_and_what_is_genuine_goes_on(house: House) -> None:
    first = await house.connect("first", processes=PLAIN, order_number_prefix="A-")
    second = await house.connect("second", processes={**PLAIN, "articles": False}, order_number_prefix="B-")
    for connection in (first, second) * 6:
        await house.post(b"{}", "order.updated", connection=connection, secret="wrong")
    order = house.order("SOKK-1")

    answer = await house.post(json.dumps(order).encode(), "order.created", connection=first)

    await house.intake.signatures.settle()
    assert answer.status_code == 200
    assert await house.alerts() == []
