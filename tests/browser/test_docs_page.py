"""/docs in a real browser that reaches nobody but the gateway: it shows every operation, breaks no policy, and calls the API."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Route

from tests.api.calling import settings_for
from tests.browser.pages import admin_key, gateway_server, visitor

pytestmark = pytest.mark.timeout(180)


async def test_it_works_without_the_internet_and_under_its_policy(browser: Browser, sqlite_database: str, tmp_path: Path) -> None:
    settings = settings_for(sqlite_database, tmp_path)
    elsewhere: list[str] = []
    key = await admin_key(sqlite_database)
    with gateway_server(settings) as url:
        async with visitor(browser) as somebody:
            page = somebody.page

            async def only_here(route: Route) -> None:
                if urlsplit(route.request.url).netloc == urlsplit(url).netloc:
                    await route.continue_()
                else:
                    elsewhere.append(route.request.url)
                    await route.abort()

            await page.route("**/*", only_here)
            await page.goto(f"{url}/docs#/keys/list_keys")
            await page.locator("#operations-keys-list_keys").wait_for()
            assert await page.title() == "Gateway for Ongoing WMS: REST API"
            await page.get_by_role("button", name="Authorize").first.click()
            await page.locator('.modal-ux input[type="text"], .modal-ux input[type="password"]').first.fill(key)
            await page.locator(".modal-ux button.authorize").first.click()
            await page.locator(".modal-ux button.btn-done").first.click()
            await page.locator("#operations-keys-list_keys button.execute").click()
            answer = page.locator("#operations-keys-list_keys .live-responses-table")
            await answer.wait_for()
            assert "browser" in await answer.inner_text()
            assert somebody.errors == []
            assert elsewhere == []
            await somebody.shot("docs")
