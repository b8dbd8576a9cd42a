"""Lanes, runs, stock and the audit in a browser: what can be done there, and what a limited key sees of it."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.console.world import World


async def test_a_lane_is_paused_with_a_reason_and_resumed(console: World) -> None:
    async with console.person() as somebody:
        await console.opens(somebody, "/console/lanes")
        lane = somebody.page.locator("article", has_text="To the warehouse: annen-butikk")
        await lane.locator("summary").click()
        assert "nothing new is sent until the lane is resumed" in await lane.inner_text()
        await lane.get_by_label("Reason").fill("stock-taking")
        await lane.get_by_role("button", name="Pause the lane").click()
        assert "The lane is paused." in await somebody.page.inner_text("[role=status]")
        assert "stock-taking" in await lane.inner_text()
        await console.shot(somebody, "lanes-paused")
        await lane.locator("summary").click()
        await lane.get_by_role("button", name="Resume the lane").click()
        assert "The lane goes on." in await somebody.page.inner_text("[role=status]")
        assert "stock-taking" not in await lane.inner_text()
    listed = (await console.site.client.get("/audit", params={"route": "POST /console/lanes/{lane_id}/pause"})).json()["items"]
    assert [change["new"] for change in listed[0]["changes"]] == [True, "stock-taking"]
    assert listed[0]["way"] == "page"


async def test_a_dry_run_is_started_and_its_page_follows_it(console: World) -> None:
    """The page shows the end by itself: nobody loads it again."""
    async with console.person() as somebody:
        await console.opens(somebody, "/console/runs")
        await somebody.page.locator("#start > summary").click()
        await somebody.page.select_option("#s-connection", "nettbutikk")
        await somebody.page.select_option("#s-process", "orders")
        await somebody.page.get_by_label("Dry run: write nothing").check()
        await somebody.presses("Start")
        assert "The dry run has begun. It writes nothing." in await somebody.page.inner_text("[role=status]")
        state = somebody.page.locator("#run dd .badge").first
        assert await state.inner_text() == "waiting"
        await console.site.work()
        await expect(state).to_have_text("done", timeout=20_000)
        assert somebody.errors == []


async def test_what_cannot_be_begun_is_said_where_it_was_asked(console: World) -> None:
    async with console.person(scripts=False) as somebody:
        await console.opens(somebody, "/console/runs")
        await somebody.page.locator("#start > summary").click()
        await somebody.page.select_option("#s-connection", "annen-butikk")
        await somebody.page.select_option("#s-process", "returns")
        await somebody.presses("Start")
        said = await somebody.page.inner_text("[role=alert]")
        assert "returns is switched off for annen-butikk" in said
        assert "set settings.processes.returns to true" in said
        assert somebody.page.url.endswith("/console/runs")


async def test_a_limited_key_sees_its_own_and_why_it_may_not_act(console: World) -> None:
    async with console.person(console.limited) as somebody:
        for path in ("/console", "/console/runs", "/console/stock", "/console/lanes", "/console/audit"):
            await console.opens(somebody, path)
            assert "nettbutikk" not in await somebody.text(), path
        await console.opens(somebody, "/console/lanes")
        pause = somebody.page.get_by_role("button", name="Pause").first
        assert await pause.is_disabled()
        assert "This needs a key with the right admin." in await somebody.text()
        assert await somebody.page.get_by_role("link", name="Keys").count() == 0
        for path in ("/console/stock?connection=nettbutikk", console.at("/console/runs/{run}"), "/console?connection=nettbutikk"):
            answer = await somebody.page.goto(f"{console.url}{path}")
            assert answer is not None
            assert answer.status == 404, path


async def test_a_wrong_filter_is_named_with_its_fix(console: World) -> None:
    async with console.client() as client:
        answer = await client.get("/console/stock?stat=waiting")
        assert (answer.status_code, "did you mean state?" in answer.text) == (422, True)
        answer = await client.get("/console/audit?since=yesterday")
        assert (answer.status_code, "give a date, like 2026-12-01" in answer.text) == (422, True)


async def test_the_audit_is_filtered_by_key_and_day(console: World) -> None:
    async with console.client() as client:
        some = (await client.get("/console/audit?key=test&route=POST%20/console/login")).text
        assert some.count("console_session") >= 1
        none = (await client.get("/console/audit?until=2020-01-01")).text
        assert "Nothing was changed, or nothing like that." in none
