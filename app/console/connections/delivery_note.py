"""What the WMS's delivery notes can print, and which of it a connection fills."""

from __future__ import annotations

from starlette.responses import Response

from app.console.connections.one import address_of, named
from app.console.kit.page import Page
from app.engine.operations.explaining.delivery_note import delivery_note
from app.web.texts import Text

SECTIONS = {
    "order": Text("The order"),
    "customer": Text("Whom it goes to"),
    "invoice": Text("The invoice address"),
    "line": Text("Its lines"),
    "article": Text("The articles"),
}
FILLED_BY = {
    "system": Text("the shop's or ERP's own fields"),
    "setting": Text("an extra field mapping"),
    "warehouse": Text("the warehouse, when it picks"),
}


async def delivery_note_page(page: Page) -> Response:
    connection = await named(page)
    found = delivery_note(connection)
    return page.render(
        "connections/delivery_note.html",
        connection=connection,
        address=address_of(connection),
        parts=[(words, [each for each in found if each.printed.section == section]) for section, words in SECTIONS.items()],
        filled_by=FILLED_BY,
        many_filled=sum(1 for each in found if each.by is not None),
        many=len(found),
    )
