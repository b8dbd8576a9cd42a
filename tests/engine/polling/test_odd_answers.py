"""What a badly set up server writes around the JSON of its answers: the JSON is read, and an alert says so once a day."""

from __future__ import annotations

import json

from sqlalchemy import select

from app.engine.operations.connection_test import test as connection_test
from app.storage.tables import alerts
from tests.harness import Harness
from tests.harness.shop import signature

WARNING = '<br />\n<b>Warning</b>:  Undefined array key "sone" in <b>/srv/www/rig.php</b> on line <b>29</b><br />\n'
SAID = (
    "The shop: PHP's messages stand around the JSON of its answers, which is read all the same: "
    'Warning : Undefined array key "sone" in /srv/www/rig.php on line 29. '
    "Fix: WP_DEBUG_DISPLAY is on: set it to false in the shop's wp-config.php, and the messages go to its log"
)


async def told(harness: Harness) -> list[tuple[str, int]]:
    await harness.gateway.daily.settle()
    rows = await harness.stored.rows(select(alerts).where(alerts.c.kind == "odd-answers"))
    return [(row.text, row.count) for row in rows]


async def test_polls_go_on_and_an_alert_says_so_once_a_day(bare_harness: Harness) -> None:
    harness = bare_harness
    await harness.connect()
    harness.shop.fail("messages", text=WARNING)
    order = harness.shop.order("SOKK-1")

    await harness.poll()
    await harness.poll()

    assert harness.warehouse.order(order["id"]) is not None
    assert await told(harness) == [(SAID, 1)]
    harness.tick(86_400)
    await harness.poll()
    assert await told(harness) == [(SAID, 2)]


async def test_a_delivery_with_messages_before_its_json_is_read(bare_harness: Harness) -> None:
    harness = bare_harness
    await harness.connect()
    order = harness.shop.order("SOKK-1")
    body = WARNING.encode() + json.dumps(order).encode()

    answer = await harness.post(body, "order.updated")
    await harness.work()

    assert answer.status_code == 200
    assert signature(body) != signature(json.dumps(order).encode())
    assert harness.warehouse.order(order["id"]) is not None
    assert await told(harness) == [(SAID, 1)]


async def test_a_connection_test_says_it_and_is_good(bare_harness: Harness) -> None:
    harness = bare_harness
    await harness.connect()
    harness.shop.fail("messages", text="\ufeff")

    report = await connection_test(harness.gateway, harness.connection)

    (found,) = [each for each in report.checks if each.name == "answers"]
    assert found.ok
    assert found.message == "a byte order mark stands before the JSON of its answers, which is read all the same"
    assert report.ok
