"""Tests of drafts never lock out the WMS's user with whom live connections work."""

from __future__ import annotations

import re

from app.engine.operations import connection_test, lanes
from app.engine.operations.connection_test import Finding
from tests.harness import Harness


async def findings_of(harness: Harness, name: str) -> list[Finding]:
    """What the test says of the warehouse."""
    report = await connection_test.test(harness.gateway, harness.connections[name])
    return [each for each in report.checks if each.system == "warehouse"]


async def test_wrong_goods_owners_stop_after_a_few_and_the_live_connection_goes_on(sqlite_harness: Harness) -> None:
    for number in range(5):
        await sqlite_harness.connect(f"draft{number}", goods_owner_id=900 + number)
    found = [(await findings_of(sqlite_harness, f"draft{number}"))[-1] for number in range(5)]
    assert [each.ok for each in found] == [False] * 5
    asked = [call for call in sqlite_harness.warehouse.calls() if call.path.endswith("/articles")]
    assert len(asked) == 3
    assert found[-1].name == "goods-owner"
    assert found[-1].message.startswith("not tried: too many tests of the user gateway were refused (3 refused calls in a row")
    assert " UTC" in found[-1].message
    await sqlite_harness.deliver(sqlite_harness.shop.order("SOKK-1"))
    assert 429 not in {call.status for call in sqlite_harness.warehouse.calls()}


async def test_after_the_pause_it_is_tried_again(sqlite_harness: Harness) -> None:
    await sqlite_harness.connect("draft", goods_owner_id=900)
    for _ in range(4):
        await findings_of(sqlite_harness, "draft")
    before = len(sqlite_harness.warehouse.calls())
    await findings_of(sqlite_harness, "shop")
    assert len(sqlite_harness.warehouse.calls()) == before
    sqlite_harness.tick(301)
    assert all(each.ok for each in await findings_of(sqlite_harness, "shop"))
    assert len(await findings_of(sqlite_harness, "draft")) == 3


async def test_a_lock_out_is_said_with_its_end_and_not_tried_before(sqlite_harness: Harness) -> None:
    draft = await sqlite_harness.connect("draft", goods_owner_id=900)
    for _ in range(5):
        await sqlite_harness.gateway.warehouse(draft).test()  # as another program with the same user would
    (locked_out,) = [each for each in await findings_of(sqlite_harness, "shop") if not each.ok]
    words = r"Ongoing WMS has locked this user out after failed calls \(429\)\. Next try at \d\d:\d\d UTC"
    assert re.fullmatch(words + r"\.", locked_out.message)
    before = len(sqlite_harness.warehouse.calls())
    (not_tried,) = await findings_of(sqlite_harness, "shop")
    assert re.search(words, not_tried.message)
    assert len(sqlite_harness.warehouse.calls()) == before


async def test_a_lock_out_of_a_poll_is_shown_in_lane_connection_and_alert(sqlite_harness: Harness) -> None:
    draft = await sqlite_harness.connect("draft", goods_owner_id=900)
    for _ in range(5):
        await sqlite_harness.gateway.warehouse(draft).test()
    shop = await sqlite_harness.change_settings(
        sqlite_harness.connections["shop"], processes={"stock": True, "shipments": False, "returns": False}
    )
    await sqlite_harness.poll("stock", shop)
    words = "Ongoing WMS has locked this user out after failed calls (429). Next try at "
    seen = [lane for lane in await lanes.every(sqlite_harness.gateway) if lane.key == shop.lane]
    (blocked,) = seen[0].blocked
    assert (blocked.call, (blocked.error or "").startswith(words)) == ("reads of the WMS", True)
    async with sqlite_harness.gateway.database.read() as db:
        (paused,) = await lanes.paused_calls(db, shop, sqlite_harness.clock())
    assert (paused.until, paused.error) == (blocked.until, blocked.error)
    assert await sqlite_harness.stored.alerts() == ["login-refused"]
    sqlite_harness.tick(601)
    assert not [each for lane in await lanes.every(sqlite_harness.gateway) for each in lane.blocked]
