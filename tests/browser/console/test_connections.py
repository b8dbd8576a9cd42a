"""Connections in a browser: a new one all the way into use, settings tried before they are saved, secrets that nobody sees."""

from __future__ import annotations

import re

import httpx
import pytest

from app.integrations.protocol.credentials import secret_fields
from app.integrations.registry import INTEGRATIONS
from tests.browser.console.world import World, barriers, csrf_of
from tests.browser.pages import Visitor
from tests.harness import KEY, LONG_AGO, SECRET

LIST = "/console/connections"
STEPS = {
    "settings": "<h1>Innstillinger som betyr noe</h1>",
    "test": "Den er aldri testet.",
    "preview": "<h1>Prøv det på ekte data</h1>",
    "activate": "<h2>Hva som vil skje</h2>",
}


async def pressed(somebody: Visitor, summary: str, button: str) -> None:
    """Opens an action, which says what it will do, and does it."""
    action = somebody.page.locator("details.action", has=somebody.page.locator("summary", has_text=re.compile(f"^{summary}$")))
    await action.locator("summary").click()
    await action.get_by_role("button", name=button).click()
    await somebody.page.wait_for_load_state()


async def notice(somebody: Visitor) -> str:
    return await somebody.page.locator(".box[role]").first.inner_text()


async def posted(client: httpx.AsyncClient, path: str, **form: str) -> httpx.Response:
    csrf = csrf_of((await client.get(LIST)).text)
    return await client.post(path, data={"csrf": csrf, **form})


async def draft(console: World, name: str) -> None:
    site = console.site
    given = {**site.given(name), "settings": {"go_live": LONG_AGO}}
    given["warehouse"]["goods_owner_id"] = 78
    answer = await site.client.post("/connections", json=given)
    assert answer.status_code == 201, answer.text


async def test_a_new_connection_goes_all_the_way_into_use(console: World) -> None:
    site = console.site
    async with console.person() as somebody:
        page = somebody.page
        await console.opens(somebody, LIST)
        await page.get_by_role("link", name="Connect a shop or an ERP").click()
        await page.get_by_label("WooCommerce").check()
        await page.fill("#name", "nettbutikk")
        await somebody.presses("Go on")
        assert "This name is taken" in await somebody.text()
        await page.fill("#name", "ny-butikk")
        await somebody.presses("Go on")

        for selector, value in (
            ("#url", site.warehouse.url),
            ("#user", "gateway"),
            ("#password", "wrong"),
            ("#goods_owner", "78"),
        ):
            await page.fill(selector, value)
        await somebody.presses("Check, and go on")
        assert "The warehouse does not accept this user name with this password" in await somebody.text()
        await console.opens(somebody, "/console/connect")
        await page.get_by_role("link", name="ny-butikk").click()
        assert await barriers(somebody) == []
        assert await page.input_value("#user") == "gateway"
        await page.fill("#password", "gateway")
        await somebody.presses("Check, and go on")

        await somebody.presses("Save the draft, and go on")
        assert "source.shop_url" in await page.inner_text('[id="source.shop_url-fault"]')
        assert await barriers(somebody) == []
        for name, value in (("shop_url", site.shop.url), ("consumer_key", KEY), ("consumer_secret", "cs_wrong")):
            await page.fill(f'[id="source.{name}"]', value)
        await somebody.presses("Save the draft, and go on")
        assert "The draft ny-butikk is saved" in await notice(somebody)

        await page.fill('[id="settings.order_number_prefix"]', "far too long to be a prefix")
        await page.fill('[id="settings.plugins"]', "Gift wrap adds a line")
        await page.uncheck('[id="settings.processes.articles"]')
        await somebody.presses("Save, and go on")
        assert "at most 20 characters" in await page.inner_text('[id="settings.order_number_prefix-fault"]')
        assert await page.input_value('[id="settings.plugins"]') == "Gift wrap adds a line"
        assert await barriers(somebody) == []
        await page.fill('[id="settings.order_number_prefix"]', "NY-")
        await somebody.presses("Save, and go on")

        await somebody.presses("Test now")
        checks = await page.inner_text("ul.checks")
        assert "fails Shop" in checks
        assert "What to do:" in checks
        assert await barriers(somebody) == []
        await console.shot(somebody, "connect-test")
        await page.get_by_role("link", name="Replace credentials").click()
        await page.fill('[id="source.consumer_secret"]', SECRET)
        await somebody.presses("Save these credentials")
        await page.get_by_role("link", name="Go on setting it up").click()
        await somebody.presses("Save, and go on")
        await somebody.presses("Test now")
        assert "fails" not in await page.inner_text("ul.checks")
        await page.get_by_role("link", name="Go on").click()

        await somebody.presses("Try it")
        assert "NY-" in await page.inner_text("#tried")
        assert await barriers(somebody) == []
        await page.get_by_role("link", name="Go on").click()
        await page.fill('[id="settings.go_live"]', "2031-02-30")
        await somebody.presses("Test, and activate")
        assert "give a date and time with its zone" in await page.inner_text('[id="settings.go_live-fault"]')
        await page.fill('[id="settings.go_live"]', "2031-05-17 08:00")
        assert await barriers(somebody) == []
        await console.shot(somebody, "connect-activate")
        await somebody.presses("Test, and activate")
        assert "ny-butikk is active" in await notice(somebody)
        assert "Quantities are only compared" in await page.inner_text("#health")
        assert "Gift wrap adds a line" in await somebody.text()
        await console.shot(somebody, "connection-new")

        await pressed(somebody, "Write quantities", "Write quantities")
        assert "Quantities are written from now on" in await notice(somebody)
        await pressed(somebody, "Pause", "Pause")
        assert "ny-butikk is paused" in await notice(somebody)
        assert await page.get_by_role("button", name="Read now").first.is_disabled()
        assert "It is paused: resume it first." in await somebody.text()
        await pressed(somebody, "Resume", "Resume")
        assert "ny-butikk goes on" in await notice(somebody)
        await pressed(somebody, "Pause", "Pause")
        assert [each for each in somebody.errors if "status of 422" not in each] == []
    async with console.client() as client:
        for part in ("", "/settings", "/credentials"):
            page_of_it = (await client.get(f"{LIST}/ny-butikk{part}")).text
            assert not any(secret in page_of_it for secret in (SECRET, KEY, "cs_wrong")), part
    saved = (await site.client.get("/connections/ny-butikk")).json()
    assert saved["settings"]["go_live"] == "2031-05-17T06:00:00Z"
    assert (saved["status"], saved["settings"]["order_number_prefix"]) == ("paused", "NY-")


@pytest.mark.parametrize("name", sorted(INTEGRATIONS))
async def test_every_system_is_connected_by_what_it_declares(console: World, name: str) -> None:
    """A draft is made without a call to the outside system; its test is what calls it."""
    system, url = INTEGRATIONS[name], console.site.warehouse.url
    async with console.client() as client:
        begun = await posted(client, "/console/connect", integration=name, name=f"ny-{name}")
        warehouse = {"url": url, "user": "gateway", "password": "gateway", "goods_owner": "78"}
        source = await posted(client, begun.url.path, **warehouse)
        assert source.url.path.endswith("/source"), source.text
        if system.consent is not None:
            (link,) = re.findall(rf'href="(/oauth/{name}/start)"', source.text)
            assert f'value="{url}"' in (await client.get(link)).text, "what was typed stands there already"
            return
        given = {f"source.{field}": str(value) for field, value in system.reference.credentials.items()}
        if "api_url" in system.credentials_model.model_fields:
            given["source.api_url"] = "http://127.0.0.1:9"  # nobody answers there
        secrets = {f"source.{field}": "hush-1234" for field in secret_fields(system.credentials_model)}
        assert all(f'name="{field}"' in source.text for field in (*given, *secrets))
        asked = await posted(client, source.url.path, **{**given, **secrets})
        assert asked.url.path == f"{LIST}/ny-{name}/setup/settings", re.findall('class="fault".*', asked.text)
        settings = ["processes.orders", "order_number_prefix", "plugins", *system.reference.settings]
        assert [each for each in settings if f'name="settings.{each}' not in asked.text] == []
        assert "hush-1234" not in asked.text
        assert "is deleted" in (await posted(client, f"{LIST}/ny-{name}/delete")).text


async def test_settings_are_tried_on_real_orders_and_saved_only_then(console: World) -> None:
    async with console.person(scripts=False, locale="nb-NO") as somebody:
        page = somebody.page
        await console.opens(somebody, f"{LIST}/annen-butikk/settings")
        await page.fill('[id="settings.order_number_prefix"]', "W-")
        await somebody.presses("Prøv det")
        assert "Med disse innstillingene" in await page.inner_text("#tried")
        assert re.search(r"orderNumber\s+\d+\s+W-\d+", await page.inner_text("#tried"))
        await console.shot(somebody, "settings-tried")
        assert await page.input_value('[id="settings.order_number_prefix"]') == "W-"
        await page.fill('[id="settings.order_number_prefix"]', "")
        floor = page.locator('[id="settings.stock.floor"]')
        await page.locator("details.part", has=floor).locator("summary").click()
        await floor.fill("-4")
        await page.fill('[id="settings.plugins"]', "Pakkeløsning")
        await somebody.presses("Lagre innstillingene")
        assert "Oppgi et tall fra 0 til 1000000" in await page.inner_text('[id="settings.stock.floor-fault"]')
        await floor.fill("0")
        await somebody.presses("Lagre innstillingene")
        assert "Innstillingene er lagret. Endret: plugins." in await notice(somebody)
        assert "Pakkeløsning" in await somebody.text()
    saved = (await console.site.client.get("/connections/annen-butikk")).json()
    assert (saved["settings"]["plugins"], saved["settings_version"]) == ("Pakkeløsning", console.other.settings_version)
    await console.site.client.patch("/connections/annen-butikk", json={"settings": {"plugins": None}})


async def test_settings_that_somebody_else_has_changed_meanwhile_are_not_overwritten(console: World) -> None:
    async with console.client() as client:
        path = f"{LIST}/annen-butikk/settings"
        seen = re.search(r'name="seen" value="(\w+)"', (await client.get(path)).text)
        assert seen is not None
        await console.site.client.patch("/connections/annen-butikk", json={"settings": {"plugins": "theirs"}})
        answer = await posted(client, path, seen=seen[1], action="save", **{"settings.plugins": "mine"})
        assert answer.status_code == 422
        assert "were changed by somebody else meanwhile" in answer.text
    await console.site.client.patch("/connections/annen-butikk", json={"settings": {"plugins": None}})


async def test_the_way_of_a_new_connection_in_norwegian(console: World) -> None:
    await draft(console, "utkast-paa-norsk")
    async with console.client(language="nb") as client:
        pages = {step: (await client.get(f"{LIST}/utkast-paa-norsk/setup/{step}")).text for step in STEPS}
        assert {step: STEPS[step] in page for step, page in pages.items()} == dict.fromkeys(STEPS, True)
        answer = await posted(client, f"{LIST}/utkast-paa-norsk/delete")
        assert "Utkastet utkast-paa-norsk er slettet" in answer.text


async def test_a_new_webhook_secret_is_shown_once_and_is_nowhere_else(console: World) -> None:
    await draft(console, "utkast")
    async with console.person() as somebody:
        await console.opens(somebody, f"{LIST}/utkast")
        await pressed(somebody, "Make a new webhook secret", "Make a new webhook secret")
        secret = await somebody.page.inner_text("#new-secret")
        assert "The old one is taken for 24 h more." in await somebody.text()
        assert await barriers(somebody) == []
        await somebody.page.get_by_role("link", name="To the connection").click()
        assert secret not in await somebody.page.content()
        await somebody.page.goto(f"{console.url}{LIST}/utkast/credentials")
        assert secret not in await somebody.page.content()
        trail = (await console.site.client.get("/audit", params={"limit": 50})).text
        assert "source.webhook_secret" in trail
        assert secret not in trail
        await somebody.page.goto(f"{console.url}{LIST}/utkast")
        await pressed(somebody, "Delete the draft", "Delete the draft")
        assert "The draft utkast is deleted" in await notice(somebody)


async def test_what_cannot_be_done_is_said_and_nothing_happens(console: World) -> None:
    async with console.client() as client:
        answer = await posted(client, f"{LIST}/nettbutikk/delete")
        assert "nettbutikk has been in use" in answer.text
        answer = await posted(client, f"{LIST}/nettbutikk/check-webhooks")
        assert "the gateway does not know its own address" in answer.text
        elsewhere = {"warehouse.url": "https://a.example/b/", "warehouse.user": "gateway", "warehouse.goods_owner_id": "77"}
        answer = await posted(client, f"{LIST}/nettbutikk/credentials", part="warehouse", **elsewhere)
        assert "the address changes, so warehouse.password must be given again" in answer.text


async def test_a_sync_leads_to_its_run(console: World) -> None:
    async with console.client() as client:
        client.follow_redirects = False
        answer = await posted(client, f"{LIST}/nettbutikk/sync", process="articles", dry_run="true")
        assert answer.status_code == 303, answer.text
        run = (await console.site.client.get(answer.headers["location"].removeprefix("/console"))).json()
    assert (run["target"], run["dry_run"], [each["process"] for each in run["parts"]]) == ("nettbutikk", True, ["articles"])
    async with console.site.worker():
        await console.site.work()


async def test_a_limited_key_sees_its_own_connection_and_changes_nothing(console: World) -> None:
    async with console.client(console.limited) as client:
        listed = (await client.get(LIST)).text
        assert "annen-butikk" in listed
        assert "nettbutikk" not in listed
        assert "/console/connect" not in re.sub("/console/connections", "", listed)
        assert (await client.get(f"{LIST}/nettbutikk")).status_code == 404
        own = (await client.get(f"{LIST}/annen-butikk")).text
        assert "Your key may not do this: it needs the right admin." in own
        for path in ("/settings", "/credentials", "/setup/test"):
            assert (await client.get(f"{LIST}/annen-butikk{path}")).status_code == 403
        assert (await client.get("/console/connect")).status_code == 403
        assert (await client.post(f"{LIST}/annen-butikk/pause", data={"csrf": csrf_of(own)})).status_code == 403
    async with console.client(await console.site.door.key("admin", only=[console.other])) as client:
        assert (await client.get(f"{LIST}/nettbutikk/settings")).status_code == 404
        assert (await posted(client, f"{LIST}/nettbutikk/pause")).status_code == 404
        assert (await client.get("/console/connect")).status_code == 403
