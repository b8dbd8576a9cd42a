"""The list of purchase orders, and what one of them holds."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints
from starlette.responses import Response

from app.api.kit.pages import NO_NUL, before_id, cut
from app.console.kit.page import Page
from app.console.orders.addresses import address_of
from app.domain import Kind, PurchaseOrder
from app.given import Given
from app.records import mappings
from app.records.mappings import Known, Mapping
from app.records.purchases import orders
from app.records.purchases.orders import PurchaseState
from app.web.texts import Text

PAGE = 50
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]

STATE: dict[PurchaseState, tuple[Text, str]] = {
    PurchaseState.WAITING: (Text("Waits to be sent"), "waits"),
    PurchaseState.TRANSFERRED: (Text("In the warehouse"), "good"),
    PurchaseState.HELD: (Text("Held"), "bad"),
    PurchaseState.REFUSED: (Text("Refused or given up"), "bad"),
    PurchaseState.CANCELLED: (Text("Cancelled"), ""),
    PurchaseState.RESOLVED: (Text("Settled, never sent"), ""),
}


class Chosen(Given):
    """The filters, by the names that REST has for them."""

    number: Word | None = None
    connection: Word | None = None
    state: PurchaseState | None = None
    cursor: Annotated[str, StringConstraints(max_length=500)] | None = None


async def purchase_orders_page(page: Page) -> Response:
    asked = page.filters(Chosen)
    before = before_id(asked.cursor)
    chosen = orders.Filter(await page.viewer.scope(asked.connection), asked.state, asked.number)
    async with page.gateway.database.read() as db:
        known = await mappings.known_connections(db, page.viewer.connection_ids)
        found = await orders.search(db, chosen, before=before, limit=PAGE + 1)
    shown, next_cursor = cut(found, PAGE, lambda each: (each.job.id,))
    language = page.reader.language
    return page.render(
        "orders/purchases.html",
        rows=[
            (each, known.get(each.mapping.connection_id, Known(each.mapping.connection_id)), STATE[each.state]) for each in shown
        ],
        address_of=address_of,
        next_cursor=next_cursor,
        names=[(name, name) for name in sorted(each.name for each in known.values())],
        states=[(state.value, text.said(language)) for state, (text, _) in STATE.items()],
        is_filtered=bool(asked.model_dump(exclude_none=True, exclude={"cursor"})),
    )


async def content_of(page: Page, mapping: Mapping) -> PurchaseOrder | None:
    """What a purchase order holds; None for any other record."""
    if mapping.kind != Kind.PURCHASE:
        return None
    async with page.gateway.database.read() as db:
        found = await orders.find(db, mapping.connection_id, mapping.source_id)
    return found.content if found is not None else None
