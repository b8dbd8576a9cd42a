"""The page of returns: what came back, what is announced, and what a person has to refund by hand."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.responses import Response

from app.api.kit.pages import LARGEST_ID, before_id, cut
from app.console.kit.console import Console
from app.console.kit.page import Page
from app.engine.returning import announcements
from app.given import Given
from app.records import connections
from app.records.returned import listing
from app.records.returned.keeping import Refund
from app.records.returned.listing import ReturnWay
from app.web.texts import Text

RETURNS = "/console/returns"
ON_A_PAGE = 50

Named = Annotated[str, StringConstraints(max_length=200)]


class Filter(Given):
    connection: Named | None = None
    order: Named | None = None
    number: Named | None = None
    way: ReturnWay | None = None
    refund: Refund | None = None
    cursor: Annotated[str, StringConstraints(max_length=500)] | None = None


class Settling(Given):
    connection: Named
    number: Named
    way: ReturnWay
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)] = Field(...)


def register(console: Console) -> None:
    console.get(RETURNS, list_page)
    console.post(f"{RETURNS}/settle", settle, back=RETURNS)


async def list_page(page: Page) -> Response:
    asked = page.filters(Filter)
    before = before_id(asked.cursor) if asked.cursor else LARGEST_ID
    chosen = listing.Filter(await page.viewer.scope(asked.connection), asked.number, asked.order, asked.way, asked.refund)
    async with page.gateway.database.read() as db:
        found = await listing.search(db, chosen, before=before, limit=ON_A_PAGE + 1)
        names = await connections.names(db)
    shown, following = cut(found, ON_A_PAGE, lambda each: (each.record.id,))
    seen = sorted(name for each, name in names.items() if page.viewer.key.sees(each))
    return page.render("returns/list.html", returns=shown, names=seen, next=following)


async def settle(page: Page) -> Response:
    given = page.given(Settling)
    connection = await page.viewer.connection(given.connection)
    await announcements.settle(page.gateway, connection, given.number, given.way.value, given.reason)
    return page.done(f"{RETURNS}?refund=by-hand", Text("The return is settled. Nothing is sent to anybody."))
