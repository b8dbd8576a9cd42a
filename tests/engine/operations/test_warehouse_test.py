"""Tests of drafts never lock out the WMS's user with whom live connections work."""

from __future__ import annotations

import re

from app.engine.core import circuit
from app.engine.operations import connection_test, connections, lanes
from app.engine.operations.connection_test import Finding
from app.records.connections import Draft, Status
from tests.harness import Harness


async def draft(harness: Harness, name: str, goods_owner_id: int) -> None:
    """A connection with the same login that was never tested."""
    wanted = Draft(
        name=name,
        integration="woocommerce",
        source=harness.shop.credentials(),
        warehouse=harness.warehouse.credentials("gateway", goods_owner_id),
    )
    harness.connections[name] = await connections.make(harness.gateway, wanted)


async def findings_of(harness: Harness, name: str) -> list[Finding]:
    """What the test says of the warehouse."""
    report = await connection_test.test(harness.gateway, harness.connections[name])
    return [each for each in report.checks if each.system == "warehouse"]


async def test_wrong_goods_owners_stop_after_a_few_and_the_live_connection_goes_on(sqlite_harness: Harness) -> None:
    for number in range(5):
        await draft(sqlite_harness, f"draft{number}", goods_owner_id=900 + number)
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
    await draft(sqlite_harness, "draft", goods_owner_id=900)
    await draft(sqlite_harness, "other", goods_owner_id=901)
    for _ in range(4):
        await findings_of(sqlite_harness, "draft")
    before = len(sqlite_harness.warehouse.calls())
    (not_tried,) = await findings_of(sqlite_harness, "other")
    assert not_tried.message.endswith(" UTC; connections in use go on meanwhile")
    assert len(sqlite_harness.warehouse.calls()) == before
    sqlite_harness.tick(301)
    assert len(await findings_of(sqlite_harness, "other")) == 3


async def test_a_connection_in_use_is_tested_whatever_drafts_with_its_user_have_failed(harness: Harness) -> None:
    await draft(harness, "draft", goods_owner_id=900)
    for _ in range(4):
        await findings_of(harness, "draft")
    assert all(each.ok for each in await findings_of(harness, "shop"))
    assert (await connections.activate(harness.gateway, harness.connections["shop"])).ok


async def test_a_wrong_password_of_one_costs_another_with_the_same_user_nothing(harness: Harness) -> None:
    other = await harness.connect("other", goods_owner_id=78)
    assert (await connection_test.test(harness.gateway, harness.connections["shop"])).ok
    assert (await connection_test.test(harness.gateway, other)).ok
    saved = await connections.patch(harness.gateway, other, {"warehouse": {"password": "made up"}})
    assert saved.connection.status is Status.ACTIVE
    harness.connections["other"] = saved.connection
    for _ in range(4):
        await findings_of(harness, "other")
    await harness.deliver(harness.shop.order("SOKK-1"), connection=saved.connection)
    async with harness.gateway.database.read() as db:
        (paused,) = await lanes.paused_calls(db, saved.connection, harness.clock())
        assert await lanes.paused_calls(db, harness.connections["shop"], harness.clock()) == ()
    assert paused.call in ("PUT /articles", "PUT /orders", "GET /orders")
    await harness.deliver(harness.shop.order("SOKK-1"))
    assert [call.status for call in harness.warehouse.writes()][-1] in (200, 201)


async def test_a_passed_test_counts_its_user_with_the_others_again(sqlite_harness: Harness) -> None:
    shop = sqlite_harness.connections["shop"]
    assert circuit.of_warehouse(shop) == f"{shop.warehouse.url}|gateway"
    change = {"warehouse": {"user": "other", "password": "made up"}}
    changed = (await connections.patch(sqlite_harness.gateway, shop, change)).connection
    assert circuit.of_warehouse(changed) == f"{shop.warehouse.url}|other|{shop.id}"
    await connection_test.test(sqlite_harness.gateway, changed)
    assert not (await sqlite_harness.gateway.connection_now(shop.id)).is_proven
    back = {"warehouse": {"user": "gateway", "password": "gateway"}}
    changed = (await connections.patch(sqlite_harness.gateway, changed, back)).connection
    assert (await connection_test.test(sqlite_harness.gateway, changed)).ok
    assert circuit.of_warehouse(await sqlite_harness.gateway.connection_now(shop.id)) == f"{shop.warehouse.url}|gateway"


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
