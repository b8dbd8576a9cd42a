"""Alerts in a browser: the open ones with their order, closed with a reason, muted, and kept apart by customer."""

from __future__ import annotations

from app.records import alerts
from tests.browser.console.world import World


async def test_an_open_alert_leads_to_its_order_and_is_muted_and_closed(console: World) -> None:
    async with console.person() as somebody:
        await console.opens(somebody, "/console/alerts?kind=held")
        row = somebody.page.locator("tbody tr").first
        assert "A record waits for a person" in await row.inner_text()
        assert "Order" in await row.inner_text()
        await row.get_by_role("link", name="A record waits for a person").click()
        assert "when the record is held no more" in await somebody.text()
        assert "docs/runbooks.md#held" in await somebody.text()
        await somebody.page.locator("#mute > summary").click()
        await somebody.page.get_by_label("For how long").select_option("8")
        await somebody.presses("Mute the alert")
        assert "Nobody is told of this alert until then." in await somebody.page.inner_text("[role=status]")
        await somebody.page.locator("#unmute > summary").click()
        await somebody.presses("End the mute")
        assert "People are told of this alert again." in await somebody.page.inner_text("[role=status]")
        await console.shot(somebody, "alert-muted-and-back")
        await somebody.page.locator("main").get_by_role("link", name="Order").click()
        assert "/console/orders/" in somebody.page.url
        assert somebody.errors == []


async def test_one_is_closed_with_a_reason_and_stands_among_the_closed(console: World) -> None:
    async with console.site.gateway.database.begin() as db:
        await alerts.raise_alert(db, "warning", console.shop.id, "orders:none", "Look here", console.site.clock())
    async with console.person() as somebody:
        await console.opens(somebody, "/console/alerts?kind=warning")
        await somebody.page.get_by_role("link", name="Something in the shop should be looked at").click()
        await somebody.page.locator("#close > summary").click()
        await somebody.page.get_by_label("Reason").fill("paid by hand")
        await somebody.presses("Close the alert")
        assert "The alert is closed." in await somebody.page.inner_text("[role=status]")
        assert "paid by hand" in await somebody.text()
        assert await somebody.page.get_by_role("button", name="Close").is_disabled()
        await console.opens(somebody, "/console/alerts?kind=warning")
        assert "Nothing is the matter, as far as the gateway knows." in await somebody.text()
    (row,) = (await console.site.client.get("/audit", params={"route": "POST /console/alerts/{alert_id}/close"})).json()["items"]
    assert (row["way"], [each["new"] for each in row["changes"]]) == ("page", ["closed", "paid by hand"])


async def test_a_kind_is_muted_for_one_connection_and_heard_again(console: World) -> None:
    async with console.person(scripts=False) as somebody:
        await console.opens(somebody, "/console/alerts")
        await somebody.page.locator("#mute-kind > summary").click()
        await somebody.page.select_option("#m-kind", "silent")
        await somebody.page.select_option("#m-connection", "annen-butikk")
        await somebody.presses("Mute")
        card = somebody.page.locator("article", has_text="No orders where there should be: annen-butikk")
        assert await card.count() == 1
        await card.locator("summary").click()
        await card.get_by_role("button", name="End the mute").click()
        assert "Nothing is muted." in await somebody.text()


async def test_a_limited_key_sees_its_own_and_why_it_may_not_act(console: World) -> None:
    alert = (await console.site.client.get("/alerts", params={"connection": "nettbutikk", "limit": 1})).json()["items"][0]
    async with console.person(console.limited) as somebody:
        await console.opens(somebody, "/console/alerts?state=all")
        assert "nettbutikk" not in await somebody.text()
        assert "This needs a key with the right sync." in await somebody.text()
        answer = await somebody.page.goto(f"{console.url}/console/alerts/{alert['id']}")
        assert answer is not None
        assert answer.status == 404
