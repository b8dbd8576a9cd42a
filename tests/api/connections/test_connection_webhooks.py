"""The shop's webhooks of a connection: shown as they were seen, looked after on demand, registered at activation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.calling import Site, open_site

TOPICS = {f"{kind}.{event}" for kind in ("order", "product") for event in ("created", "updated", "deleted", "restored")}
PUBLIC = "https://gateway.example"


@pytest.fixture
async def public_site(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Site]:
    """A gateway that knows its own address, and no connection yet."""
    async with open_site(sqlite_database, tmp_path, public_url=PUBLIC) as opened:
        yield opened


async def activated(site: Site) -> dict[str, Any]:
    """Connected as a person would, and worked until all is quiet."""
    made = await site.client.post("/connections", json=site.given(name="shop"))
    assert made.status_code == 201, made.text
    answer = await site.client.post("/connections/shop/activate")
    assert answer.status_code == 200, answer.text
    await site.work()
    found: dict[str, Any] = answer.json()
    return found


def in_shop(site: Site) -> dict[str, str]:
    """Addresses of the shop's webhooks by topic."""
    return {hook.topic: hook.delivery_url for hook in site.shop.model.webhooks.by_id.values()}


async def test_activation_registers_them_at_the_gateways_own_address(public_site: Site) -> None:
    connection = await activated(public_site)
    assert in_shop(public_site) == dict.fromkeys(TOPICS, connection["webhook_url"])
    assert connection["webhook_url"].startswith(f"{PUBLIC}/webhooks/")
    shown = (await public_site.client.get("/connections/shop/webhooks")).json()
    assert (shown["state"], shown["repairs"], shown["last_error"], shown["missing"]) == ("fine", 0, None, [])
    assert {each["topic"]: each["status"] for each in shown["webhooks"]} == dict.fromkeys(TOPICS, "active")
    assert shown["checked_at"] < shown["next_check_at"]


async def test_a_check_puts_right_what_is_gone_and_counts_it(public_site: Site) -> None:
    connection = await activated(public_site)
    gone = next(iter(public_site.shop.model.webhooks.by_id))
    public_site.shop.model.webhooks.remove(gone)
    shown = (await public_site.client.post("/connections/shop/webhooks/check")).json()
    assert (shown["state"], shown["repairs"]) == ("repaired", 1)
    assert shown["last_repair_at"] == shown["checked_at"]
    assert in_shop(public_site) == dict.fromkeys(TOPICS, connection["webhook_url"])
    again = (await public_site.client.post("/connections/shop/webhooks/check")).json()
    assert (again["state"], again["repairs"]) == ("fine", 1)


async def test_a_shop_that_cannot_be_asked_is_told_of(public_site: Site) -> None:
    await activated(public_site)
    public_site.shop.fail("status", status=503, path="/wp-json/wc/v3/webhooks")
    shown = (await public_site.client.post("/connections/shop/webhooks/check")).json()
    assert shown["state"] == "failed"
    assert "503" in shown["last_error"]


async def test_what_is_missing_is_said_with_the_fix_and_nothing_is_looked_after(lite_site: Site) -> None:
    shown = (await lite_site.client.get("/connections/shop/webhooks")).json()
    assert (shown["state"], shown["address"]) == ("unknown", None)
    assert [each["code"] for each in shown["missing"]] == ["no-public-url"]
    answer = await lite_site.client.post("/connections/shop/webhooks/check")
    assert answer.status_code == 409
    assert answer.json()["detail"] == "the webhooks cannot be looked after: the gateway does not know its own address"
    assert answer.json()["fix"].startswith("set GATEWAY_PUBLIC_URL")


async def test_webhooks_made_by_hand_are_left_alone(public_site: Site) -> None:
    await activated(public_site)
    await public_site.client.patch("/connections/shop", json={"settings": {"webhooks": {"managed": False}}})
    public_site.shop.model.webhooks.by_id.clear()
    assert (await public_site.client.post("/connections/shop/webhooks/check")).status_code == 409
    shown = (await public_site.client.get("/connections/shop/webhooks")).json()
    assert (shown["managed"], [each["code"] for each in shown["missing"]]) == (False, ["not-managed"])
    assert public_site.shop.model.webhooks.by_id == {}


async def test_a_connection_that_is_not_in_use_says_so(public_site: Site) -> None:
    await activated(public_site)
    await public_site.client.post("/connections/shop/pause")
    answer = await public_site.client.post("/connections/shop/webhooks/check")
    assert (answer.status_code, answer.json()["fix"]) == (409, "POST /connections/shop/resume")


async def test_webhooks_of_others_are_not_shown(public_site: Site) -> None:
    await activated(public_site)
    ours = next(iter(public_site.shop.model.webhooks.by_id.values()))
    other = "https://accounting.example/secret-path"
    body = {"name": "Theirs", "topic": ours.topic, "delivery_url": other, "secret": "x", "status": "active"}
    public_site.shop.model.webhooks.add(body, public_site.clock())
    shown = (await public_site.client.post("/connections/shop/webhooks/check")).json()
    assert other not in {each["delivery_url"] for each in shown["webhooks"]}
    assert len(shown["webhooks"]) == len(TOPICS)


async def test_rights_and_limits_hold_here_as_everywhere(public_site: Site) -> None:
    await activated(public_site)
    reader = await public_site.door.caller("read")
    assert (await reader.get("/connections/shop/webhooks")).status_code == 200
    assert (await reader.post("/connections/shop/webhooks/check")).status_code == 403
    theirs = await public_site.connect("theirs", goods_owner_id=78)
    guest = await public_site.door.caller("admin", only=[theirs])
    assert (await guest.get("/connections/shop/webhooks")).status_code == 404
    assert (await guest.post("/connections/shop/webhooks/check")).status_code == 404
