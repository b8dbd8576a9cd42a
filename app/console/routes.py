"""The console as a whole: every group of pages."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import Response

from app.console.keys import pages as keys
from app.console.kit import login, navigation
from app.console.kit.console import Console, not_found
from app.console.kit.live import LIVE, Live
from app.console.kit.page import Page

GROUPS = (keys,)


def install(app: FastAPI) -> Live:
    """Adds the pages. Gives what keeps open pages fresh, to be ended before the process stops."""
    console, live = Console(app), Live()
    login.register(console)
    for group in GROUPS:
        group.register(console)
    console.get(LIVE, live.page)
    console.get("/console", _first_page)
    console.get("/console/{rest:path}", not_found)
    return live


async def _first_page(page: Page) -> Response:
    """Until there is an overview: the first page of the menu."""
    found = navigation.menu(page.viewer.key, page.paths - {navigation.HOME})
    return page.back(found[0].path) if found else await not_found(page)
