"""One act for all that a list shows: first how many there are, then the act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlencode

from starlette.responses import Response

from app.console.kit.page import Page
from app.console.orders.addresses import OF_KIND, address_of
from app.console.orders.lists import Chosen
from app.engine.operations import records
from app.engine.operations.explaining.possible import RELEASED
from app.errors import BadInput, Conflict, RemoteError
from app.records import mappings
from app.records.mappings import Known, Mapping
from app.web.texts import Text

MOST = {"release": 200, "resync": 25}
"""At one go. A resync reads each record from its shop while the person waits."""
MOST_SHOWN = 10


class Asked(Chosen):
    act: Literal["release", "resync"]


async def bulk_page(page: Page) -> Response:
    """How many it would be for, the first of them, and what will happen. Nothing is done yet."""
    asked = page.filters(Asked)
    found, path = await _found(page, asked)
    rows = found[: MOST[asked.act]]
    async with page.gateway.database.read() as db:
        known = await mappings.known_connections(db, page.viewer.connection_ids)
    return page.render(
        "orders/bulk.html",
        act=asked.act,
        count=len(rows),
        is_more=len(found) > len(rows),
        can=len([each for each in rows if _is_for(asked.act, each)]),
        reasons=Counter(each.reason_code or each.delivery_code for each in rows).most_common(MOST_SHOWN),
        rows=[(each, known.get(each.connection_id, Known(each.connection_id))) for each in rows[:MOST_SHOWN]],
        address_of=address_of,
        list=path,
        given=asked.model_dump(exclude_none=True),
        back=_with(path, asked),
    )


async def bulk(page: Page) -> Response:
    asked = page.given(Asked)
    found, path = await _found(page, asked)
    rows = [each for each in found[: MOST[asked.act]] if _is_for(asked.act, each)]
    done = 0
    for mapping in rows:
        try:
            await (records.release if asked.act == "release" else records.resync)(page.gateway, mapping.id)
        except Conflict:
            continue  # somebody has just done it, or it has changed
        except RemoteError as error:
            said = Text("%(done)s of %(count)s records were read again, then a shop did not answer.", done=done, count=len(rows))
            return page.refused(_with(path, asked), error, said)
        done += 1
    if asked.act == "resync":
        return page.done(
            _with(path, asked),
            Text("%(done)s of %(count)s records were read again. What has changed is sent.", done=done, count=len(rows)),
        )
    return page.done(
        _with(path, asked),
        Text(
            "%(done)s of %(count)s records are released. They are sent as soon as their turn comes in the lane.",
            done=done,
            count=len(rows),
        ),
    )


async def _found(page: Page, asked: Asked) -> tuple[Sequence[Mapping], str]:
    path = page.request.url.path.removesuffix("/bulk")
    if not asked.narrows:
        raise BadInput(
            "this would be for every record there is", field="filter", fix="filter the list first, by a state or a reason"
        )
    chosen = await asked.filter(page, None if asked.number else OF_KIND[path])
    async with page.gateway.database.read() as db:
        return await mappings.search(db, chosen, limit=MOST[asked.act] + 1), path


def _is_for(act: str, mapping: Mapping) -> bool:
    """Whether it is worth a try. The act itself looks again."""
    if act == "resync":
        return True
    codes = {mapping.reason_code} if mapping.transfer == "held" else set()
    codes |= {mapping.delivery_code} if mapping.delivery == "held" else set()
    return not codes.isdisjoint(RELEASED)


def _with(path: str, asked: Asked) -> str:
    query = urlencode(asked.model_dump(exclude_none=True, exclude={"act", "cursor"}))
    return f"{path}?{query}" if query else path
