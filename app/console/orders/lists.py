"""The lists of orders and of articles, with their filters."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.api.kit.pages import NO_NUL, before_id, cut
from app.api.mappings.labels import state_of
from app.api.mappings.views import TransferState
from app.console.kit.page import Page
from app.console.kit.places import FOUND_BY, LATE_AFTER, PLACES, STEPS, Place, at_place
from app.console.kit.wording import RECORD
from app.console.orders.addresses import ARTICLES, OF_KIND, ORDERS, address_of
from app.domain import Kind
from app.given import Given, Instant
from app.records import connections, mappings
from app.records.console import flow
from app.records.console.flow import Step
from app.records.mappings import Filter, Known, Mapping
from app.web.texts import Text

Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
PAGE = 50


class Chosen(Given):
    """The filters of both lists, by the names that REST has for them."""

    number: Word | None = None
    connection: Word | None = None
    transfer: TransferState | None = None
    wanted: Literal["present", "absent"] | None = None
    delivery: Literal["none", "waiting", "partly", "reported", "held"] | None = None
    reason_code: Word | None = None
    step: Step | None = None
    """Orders that have taken it since `since`, and were found in the way `found_by`; as the overview counts them."""
    since: Instant | None = None
    found_by: Word | None = None
    place: Place | None = None
    """Orders that are not done and stand there now; with `late` those that came in some time ago."""
    late: Literal["1"] | None = None
    cursor: Annotated[str, StringConstraints(max_length=500)] | None = Field(None)

    @property
    def is_of_overview(self) -> bool:
        return self.step is not None or self.place is not None

    async def filter(self, page: Page, kind: Kind | None) -> Filter:
        """Raises NotFound for a connection that the key may not see."""
        scope = await page.viewer.scope(self.connection)
        return Filter(scope, self.number, kind, self.transfer, self.wanted, self.delivery, self.reason_code)

    @property
    def narrows(self) -> bool:
        """Whether it leaves what few records are in, so that all of it can be acted on."""
        if self.is_of_overview:
            return False
        return bool(self.number or self.reason_code or self.delivery or self.transfer not in (None, "sent"))


TRANSFER = (
    ("pending", Text("Waits to be sent")),
    ("held", Text("Held")),
    ("refused", Text("Refused or given up")),
    ("unknown", Text("Outcome not known yet")),
    ("sent", Text("In the warehouse")),
    ("none", Text("Not transferred")),
)
DELIVERY = (
    ("waiting", Text("Tracking number or pick-up awaited")),
    ("partly", Text("Sent in part")),
    ("reported", Text("Sent and told")),
    ("held", Text("Sent, but could not be told")),
    ("none", Text("Nothing sent yet")),
)


async def orders_page(page: Page) -> Response:
    return await _listed(page, ORDERS)


async def articles_page(page: Page) -> Response:
    return await _listed(page, ARTICLES)


async def _of_overview(page: Page, db: AsyncConnection, asked: Chosen, part: flow.Page) -> list[Mapping]:
    """The orders behind one of the overview's figures, counted and listed by the same rules."""
    every = await connections.every(db, page.gateway.vault, ids=await page.viewer.scope(asked.connection))
    ids, now = [each.id for each in every], page.gateway.clock()
    if asked.step is not None:
        since = asked.since or page.reader.today(now)
        return await mappings.of_ids(db, await flow.of_step(db, ids, asked.step, since, asked.found_by, part))
    assert asked.place is not None
    late_before = now - LATE_AFTER
    stand = at_place(every, await flow.open_orders(db, ids, late_before), asked.place)
    return await mappings.of_ids(db, await flow.of_places(db, stand, late_before if asked.late else None, part))


def _said(asked: Chosen) -> Text | None:
    """What the list is limited to beside its filters."""
    if asked.step is not None:
        return STEPS[asked.step]
    return PLACES[asked.place] if asked.place is not None else None


async def _listed(page: Page, path: str) -> Response:
    """A number is looked for among records of every kind: whoever has one may not know what it is of."""
    asked = page.filters(Chosen)
    before = before_id(asked.cursor)
    chosen = await asked.filter(page, None if asked.number else OF_KIND[path])
    async with page.gateway.database.read() as db:
        known = await mappings.known_connections(db, page.viewer.connection_ids)
        if asked.is_of_overview and path == ORDERS:
            found = await _of_overview(page, db, asked, flow.Page(before, PAGE + 1))
        else:
            found = await mappings.search(db, chosen, before=before, limit=PAGE + 1)
    if asked.number and len(found) == 1 and before is None:
        return page.back(address_of(found[0]))
    shown, next_cursor = cut(found, PAGE, lambda mapping: (mapping.id,))
    return page.render(
        "orders/list.html",
        kind=OF_KIND[path].value,
        rows=[(each, known.get(each.connection_id, Known(each.connection_id)), RECORD[state_of(each)]) for each in shown],
        address_of=address_of,
        next_cursor=next_cursor,
        names=[(name, name) for name in sorted(each.name for each in known.values())],
        bulk=lambda act: f"{path}/bulk?{urlencode({'act': act, **asked.model_dump(exclude_none=True, exclude={'cursor'})})}",
        transfers=[(value, text.said(page.reader.language)) for value, text in TRANSFER],
        deliveries=[(value, text.said(page.reader.language)) for value, text in DELIVERY],
        narrows=asked.narrows,
        only=_said(asked),
        way=FOUND_BY.get(asked.found_by or ""),
        since=(asked.since or page.reader.today(page.gateway.clock())) if asked.step is not None else None,
        is_late=asked.late is not None,
        is_filtered=bool(asked.model_dump(exclude_none=True, exclude={"cursor"})),
    )
