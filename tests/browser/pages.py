"""Debian's Chromium, driven by Playwright, and the gateway behind a real server for it to look at."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from app.clock import utc_now
from app.domain import Right
from app.main import create_app
from app.records import keys
from app.sandbox.kit.server import Server
from app.settings import Settings
from app.storage.engine import Database
from tests.services import chromium

SHOTS = os.environ.get("GATEWAY_TEST_SCREENSHOTS")
"""A folder in which to keep a picture of every page that a test has named."""


@contextlib.asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """Headless, without a sandbox of its own: the tests run as root on the machines that build this."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        await browser.close()


@dataclass
class Visitor:
    """Somebody in front of a browser. `errors`: what the browser complained about, a policy that was broken for one."""

    page: Page
    errors: list[str]

    async def field(self, *parts: str) -> str:
        """The selector of the field whose name contains one of these."""
        for part in parts:
            found = self.page.locator(f'input[name*="{part}"]:not([type="hidden"])')
            if await found.count():
                return f'input[name*="{part}"]:not([type="hidden"])'
        raise AssertionError(f"no field named like {parts}: {await self.page.content()}")

    async def types(self, **typed: str) -> None:
        for name, value in typed.items():
            await self.page.fill(await self.field(name), value)

    async def presses(self, name: str) -> None:
        """Presses a button by what it says, and waits for the page that comes."""
        await self.page.get_by_role("button", name=re.compile(name)).first.click()
        await self.page.wait_for_load_state()

    async def text(self) -> str:
        return await self.page.inner_text("body")

    async def shot(self, name: str) -> None:
        if SHOTS:
            await self.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def said(message: ConsoleMessage) -> str:
    return f"{message.location['url']}: {message.text}"


@contextlib.asynccontextmanager
async def visitor(browser: Browser, **options: Any) -> AsyncIterator[Visitor]:
    """A browser of their own: no cookie is there yet."""
    context: BrowserContext = await browser.new_context(**options)
    errors: list[str] = []
    page = await context.new_page()
    page.on("console", lambda message: errors.append(said(message)) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield Visitor(page, errors)
    await context.close()


@contextlib.contextmanager
def gateway_server(settings: Settings, port: int | None = None) -> Iterator[str]:
    """The whole API on a port of its own."""
    app = create_app(settings)
    with Server(app, port) as server:
        yield server.url
        app.stop_soon()


async def admin_key(database_url: str) -> str:
    database = Database(database_url)
    async with database.begin() as db:
        _, secret = await keys.create(db, "browser", [Right.ADMIN], None, utc_now())
    await database.close()
    return secret
