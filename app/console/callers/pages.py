"""The pages of outgoing webhooks: events, their tries, a replay; a connection's address, its secret and a test."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints
from starlette.responses import Response

from app.api.alerts import number_of
from app.api.callers.outgoing_webhooks import seen
from app.api.kit.pages import NO_NUL, before_id, cut
from app.console.callers import receipts
from app.console.kit.console import Console
from app.console.kit.page import Page
from app.domain import OutgoingType, Right
from app.engine.outgoing import asking
from app.given import Given
from app.records import mappings
from app.records.outgoing_webhooks import addresses, events
from app.records.outgoing_webhooks.addresses import OutgoingAddress
from app.records.outgoing_webhooks.events import OutgoingState, Which
from app.web.texts import Text

OUTGOING = "/console/outgoing-webhooks"
ONE = f"{OUTGOING}/{{outgoing_id}}"
ADDRESS = "/console/connections/{connection}/outgoing-webhooks"
PAGE = 50
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]

STATE: dict[OutgoingState, tuple[Text, str]] = {
    OutgoingState.WAITING: (Text("Waits to be sent"), "waits"),
    OutgoingState.SENT: (Text("Sent"), "good"),
    OutgoingState.DEAD: (Text("Given up"), "bad"),
}


class Chosen(Given):
    """The filters, by the names that REST has for them."""

    connection: Word | None = None
    type: OutgoingType | None = None
    state: OutgoingState | None = None
    cursor: Annotated[str, StringConstraints(max_length=500)] | None = None


class NewSecret(Given):
    at_once: bool = False


def register(console: Console) -> None:
    console.get(receipts.RECEIPTS, receipts.receipts_page)
    console.get(f"{receipts.RECEIPTS}/{{receipt_id}}", receipts.receipt_page)
    console.get(OUTGOING, list_page)
    console.get(ONE, one_page)
    console.post(f"{ONE}/replay", replay, back=ONE)
    console.get(ADDRESS, address_page)
    console.post(f"{ADDRESS}/secret", new_secret, right=Right.ADMIN, back=ADDRESS)
    console.post(f"{ADDRESS}/test", send_test, back=ADDRESS)


async def list_page(page: Page) -> Response:
    asked = page.filters(Chosen)
    before = before_id(asked.cursor)
    which = Which(await page.viewer.scope(asked.connection), asked.type.value if asked.type else None, asked.state)
    async with page.gateway.database.read() as db:
        known = await mappings.known_connections(db, page.viewer.connection_ids)
        found = await events.search(db, which, before=before, limit=PAGE + 1)
    shown, following = cut(found, PAGE, lambda each: (each.id,))
    return page.render(
        "callers/events.html",
        rows=[(each, STATE[each.state]) for each in shown],
        next=following,
        names=[(name, name) for name in sorted(each.name for each in known.values())],
        types=[(each.value, each.value) for each in OutgoingType],
        states=[(state.value, text.said(page.reader.language)) for state, (text, _) in STATE.items()],
        is_filtered=bool(asked.model_dump(exclude_none=True, exclude={"cursor"})),
    )


async def one_page(page: Page) -> Response:
    event = await seen(page.viewer, number_of(page.path["outgoing_id"]))
    why_not = None
    if event.state is OutgoingState.WAITING:
        why_not = Text("It waits to be sent already.")
    elif event.data is None:
        why_not = Text("Its data is not kept any more.")
    return page.render("callers/event.html", event=event, state=STATE[event.state], why_not=why_not)


async def replay(page: Page) -> Response:
    event = await seen(page.viewer, number_of(page.path["outgoing_id"]))
    await asking.replay(page.gateway, event)
    return page.done(f"{OUTGOING}/{event.id}", Text("It is sent again, with the same id."))


async def address_page(page: Page) -> Response:
    connection = await page.viewer.connection(page.path["connection"])
    async with page.gateway.database.read() as db:
        known = await addresses.of(db, [connection.id])
        counted = await events.counts(db, connection.id)
    address = known.get(connection.id, OutgoingAddress(connection.id, False))
    return page.render("callers/address.html", connection=connection, address=address, counted=counted)


async def new_secret(page: Page) -> Response:
    """The secret is on the answer and nowhere else."""
    connection = await page.viewer.connection(page.path["connection"])
    secret = await asking.new_secret(page.gateway, connection, at_once=page.given(NewSecret).at_once)
    return page.render("callers/secret.html", connection=connection, secret=secret)


async def send_test(page: Page) -> Response:
    made = await asking.send_test(page.gateway, await page.viewer.connection(page.path["connection"]))
    return page.done(f"{OUTGOING}/{made.id}", Text("A test event waits to be sent."))
