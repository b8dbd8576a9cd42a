"""A signed delivery with odd values is held or sent, and no dead letter; the sound one behind it goes through."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from app.storage.tables import inbox, jobs
from tests.harness import Harness

NESTED = '{"a":' * 5_000 + "1" + "}" * 5_000
ENTITY = "&#" + "1" * 5_000 + ";"
ODD = {
    "quantity": ["18446744073709551616", "9223372036854775808", "1e30", "1e400", "-1", "0.5", "null", '"1e5"', "1" * 5_000],
    "sku": [r'"A\u0000B"', f'"{ENTITY}"', "5", "null", '"' + "x" * 10_000 + '"', r'"half \ud83d"', NESTED],
    "name": [f'"{ENTITY}"', r'"\u0000"', NESTED, "[]"],
    "total": ["18446744073709551616", '"1e400"', '"NaN"', "1e308", '"' + "9" * 5_000 + '"'],
}


@pytest.mark.parametrize("member", ODD)
async def test_nothing_dies_of_it(harness: Harness, member: str) -> None:
    for odd in ODD[member]:
        order = harness.shop.order("SOKK-1")
        order["line_items"][0][member] = "ODDVALUE"
        body = json.dumps(order).replace('"ODDVALUE"', odd)
        assert (await harness.post(body.encode(), "order.updated")).status_code == 200
        await harness.work()
        sound = harness.shop.order("SOKK-1")
        await harness.deliver(sound)
        assert harness.warehouse.order(str(sound["id"])) is not None, odd[:40]
    for table in (inbox, jobs):
        found = await harness.stored.rows(select(table.c.state, table.c.reason_code, table.c.reason))
        assert [each for each in found if each.state == "dead"] == []
