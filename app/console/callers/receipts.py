"""The pages of receipts: what came in on purchase orders."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints
from starlette.responses import Response

from app.api.alerts import number_of
from app.api.callers.receipts import seen
from app.api.kit.pages import NO_NUL, before_id, cut
from app.console.kit.page import Page
from app.given import Given
from app.records import mappings
from app.records.receipts import reading
from app.records.receipts.reading import Which

RECEIPTS = "/console/receipts"
PAGE = 50
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]


class Chosen(Given):
    """The filters, by the names that REST has for them."""

    purchase_order: Word | None = None
    connection: Word | None = None
    cursor: Annotated[str, StringConstraints(max_length=500)] | None = None


async def receipts_page(page: Page) -> Response:
    asked = page.filters(Chosen)
    before = before_id(asked.cursor)
    which = Which(await page.viewer.scope(asked.connection), asked.purchase_order)
    async with page.gateway.database.read() as db:
        known = await mappings.known_connections(db, page.viewer.connection_ids)
        found = await reading.search(db, which, before=before, limit=PAGE + 1)
    shown, following = cut(found, PAGE, lambda each: (each.id,))
    return page.render(
        "callers/receipts.html",
        rows=shown,
        next=following,
        names=[(name, name) for name in sorted(each.name for each in known.values())],
        is_filtered=bool(asked.model_dump(exclude_none=True, exclude={"cursor"})),
    )


async def receipt_page(page: Page) -> Response:
    return page.render("callers/receipt.html", receipt=await seen(page.viewer, number_of(page.path["receipt_id"])))
