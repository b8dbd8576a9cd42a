"""What has changed is asked for by the WMS's own clock, where ours is ahead of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import respx

from app.warehouse.rest.client import OngoingClient
from tests.warehouse.conftest import clock


@pytest.mark.parametrize(
    ("said", "minutes_earlier"),
    [
        ("Sat, 21 Nov 2026 11:50:00 GMT", 10),
        ("Sat, 21 Nov 2026 12:10:00 GMT", 0),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 0),
        ("Sat, 14 Nov 2026 12:00:00 GMT", 0),
        ("soon", 0),
    ],
)
async def test_a_clock_of_ours_that_is_ahead_misses_no_change(
    wms: respx.MockRouter, client: OngoingClient, said: str, minutes_earlier: int
) -> None:
    wms.get("orders").respond(200, json=[], headers={"Date": said})
    await client.get_orders(["W-1"])
    assert client.by_its_clock(clock()) == clock() - timedelta(minutes=minutes_earlier)
