"""The connection test against the simulator: what stands in the way of a shop, and what it says about it."""

from __future__ import annotations

from typing import Any

import pytest

from app.integrations.protocol import Check
from tests.integrations.woocommerce.writes.test_writing_to_the_simulator import Open


async def failures(opened: Open, key: str = "1", **settings: Any) -> list[Check]:
    report = await opened.client(key, **settings).test()
    await opened.http.aclose()
    return [check for check in report.checks if not check.ok]


@pytest.mark.parametrize(
    ("config", "name", "words"),
    [
        ({"permalinks": "plain"}, "orders", "any other kind than Plain"),
        ({"permalinks": "plain-nginx"}, "orders", "any other kind than Plain"),
        ({"rest_api": "forbidden"}, "orders", "security plugin or firewall"),
        ({"maintenance": True}, "orders", "try again later"),
        ({"version": "2.4.13", "legacy_api": False}, "orders", "switch the REST API on"),
        ({"weight_unit": "g"}, "weight_unit", "set weight_unit to g"),
    ],
)
async def test_what_is_wrong_is_said_with_what_to_do(config: dict[str, Any], name: str, words: str) -> None:
    (check,) = await failures(Open(**config))
    assert check.name == name
    assert words in check.fix


async def test_a_plugin_that_asks_for_a_login_lets_good_keys_through() -> None:
    assert await failures(Open(rest_api="members-only")) == []


async def test_a_read_only_key() -> None:
    (check,) = await failures(Open(), "2")
    assert check.name == "writing"
    assert "the keys cannot write, and stock, shipments must" in check.message


async def test_an_old_shop_that_is_to_refund() -> None:
    (check,) = await failures(Open(version="2.6.14"), processes={"returns": True})
    assert check.name == "returns"


async def test_the_client_itself_goes_on_with_what_was_found() -> None:
    opened = Open(plugins=["advanced-shipment-tracking"])
    client = opened.client()
    assert client.tracking_via.value == "note"
    assert (await client.test()).ok
    assert client.tracking_via.value == "advanced-shipment-tracking"
    await opened.http.aclose()
