"""Reconcile and backfill in a browser: begun, followed, acted on, and stopped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from playwright.async_api import expect

from tests.browser.console.world import World


async def third(console: World) -> None:
    """A connection of the test's own, to which nothing was transferred yet."""
    if "tredje" not in console.site.connections:
        go_live = (console.site.clock() + timedelta(hours=1)).isoformat()
        processes: dict[str, Any] = {"articles": False}
        await console.site.connect("tredje", goods_owner_id=78, go_live=go_live, order_number_prefix="T-", processes=processes)


async def test_a_comparison_is_begun_followed_and_its_line_mended(console: World) -> None:
    async with console.person() as somebody:
        await console.opens(somebody, "/console/reconcile")
        await somebody.page.locator("#begin > summary").click()
        await somebody.page.select_option("#r-connection", "nettbutikk")
        await somebody.page.get_by_label("Stuck after so many minutes").fill("0")
        await somebody.presses("Compare")
        assert "It writes nothing, to neither side." in await somebody.page.inner_text("[role=status]")
        state = somebody.page.locator("#work dd .badge").first
        assert await state.inner_text() == "waiting"
        await console.site.work()
        await expect(state).to_have_text("done", timeout=20_000)
        await somebody.page.locator("#work a.figure", has_text="stuck").click()
        held = somebody.page.locator("#lines tr", has_text="The delivery address has no city")
        await held.locator("summary").click()
        assert "The record is read in the shop now." in await held.inner_text()
        await held.get_by_role("button", name="Read again and send").click()
        assert "is read again, and sent if it is otherwise" in await somebody.page.inner_text("[role=status]")
        async with somebody.page.expect_download() as file:
            await somebody.page.get_by_role("link", name="CSV").click()
        assert (await file.value).suggested_filename.startswith("reconcile-")
        assert somebody.errors == []
    listed = (await console.site.client.get("/audit", params={"limit": 5})).json()["items"]
    assert {each["way"] for each in listed[:1]} == {"page"}
    await console.site.work()


async def test_a_backfill_is_previewed_begun_paused_and_stopped(console: World) -> None:
    await third(console)
    async with console.person(locale="nb-NO") as somebody:
        await console.opens(somebody, "/console/backfill")
        await somebody.page.locator("#begin > summary").click()
        await somebody.page.select_option("#b-connection", "tredje")
        await somebody.page.get_by_label("Ordrer lagt fra").fill((console.site.clock() - timedelta(days=2)).date().isoformat())
        await somebody.presses("Forhåndsvis")
        await console.site.work()
        state = somebody.page.locator("#work dd .badge").first
        await expect(state).to_have_text("ferdig", timeout=20_000)
        await somebody.page.locator("#earnest > summary").click()
        await somebody.presses("Begynn for alvor")
        assert "Etterføringen er i gang." in await somebody.page.inner_text("[role=status]")
        await somebody.page.locator("#pause > summary").click()
        await somebody.page.locator("#pause button").click()
        assert await state.inner_text() == "på pause"
        await console.shot(somebody, "backfill-paused")
        await somebody.page.locator("#resume > summary").click()
        await somebody.page.locator("#resume button").click()
        await somebody.page.locator("#stop > summary").click()
        await somebody.page.locator("#stop button").click()
        assert await state.inner_text() == "stoppet"
        assert somebody.errors == []
    console.site.wake_ups.waiting.clear()


async def test_a_limited_key_sees_its_own_alone(console: World) -> None:
    async with console.client(console.limited) as client:
        for path in ("/console/reconcile", "/console/backfill"):
            assert "nettbutikk" not in (await client.get(path)).text
        for path in (
            "/console/reconcile/{reconcile}",
            "/console/reconcile/{reconcile}/lines.csv",
            "/console/backfill/{backfill}",
        ):
            assert (await client.get(console.at(path))).status_code == 404, path
    async with console.client() as client:
        found = (await client.get(console.at("/console/reconcile/{reconcile}/lines.json"))).json()
        assert {each["kind"] for each in found} >= {"stuck"}
        answer = await client.get(console.at("/console/reconcile/{reconcile}?kind=lost"))
        assert answer.status_code == 422
