"""The pages of adoptions."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.responses import Response

from app.api.kit.pages import before_id, cut
from app.api.longwork.adopt import LineKind
from app.api.longwork.reconcile import csv_of
from app.api.longwork.views import shown_fields
from app.console.kit.console import Console
from app.console.kit.page import Page
from app.domain import Right
from app.engine.longwork import asking
from app.engine.longwork.progress import taken_over
from app.errors import BadInput
from app.given import Given, Instant
from app.records import connections
from app.records.longwork import lines, works
from app.records.longwork.lines import ADOPTED
from app.records.longwork.works import Work, WorkKind
from app.web.texts import Text

ADOPT = "/console/adopt"
ON_A_PAGE = 25
DAYS = 90
"""A new one goes back so far, unless somebody says otherwise."""

Named = Annotated[str, StringConstraints(max_length=200)]
Place = Annotated[str, StringConstraints(max_length=500)]


class Filter(Given):
    connection: Named | None = None
    cursor: Place | None = None


class LineFilter(Given):
    kind: LineKind | None = None
    cursor: Place | None = None


class Begin(Given):
    """The form: a day in the reader's zone, or the very moment of a preview that is applied."""

    connection: Named
    since: date | None = None
    moment: Instant | None = None
    trust_numbers: bool = Field(False)
    apply: bool = Field(False)


def register(console: Console) -> None:
    one = f"{ADOPT}/{{work_id:int}}"
    console.get(ADOPT, list_page)
    console.post(ADOPT, begin, back=ADOPT)
    console.get(one, work_page)
    console.get(f"{one}/lines.csv", download_csv)
    console.post(f"{one}/stop", stop, back=f"{ADOPT}/{{work_id}}")


async def list_page(page: Page) -> Response:
    asked = page.filters(Filter)
    scope = await page.viewer.scope(asked.connection)
    async with page.gateway.database.read() as db:
        found = await works.latest(db, WorkKind.ADOPT, scope, before=before_id(asked.cursor), limit=ON_A_PAGE + 1)
        names = await connections.names(db)
    shown, following = cut(found, ON_A_PAGE, lambda work: (work.id,))
    return page.render(
        "adopt/list.html",
        works=[(work, taken_over(work)) for work in shown],
        next=following,
        names=sorted(name for each, name in names.items() if page.viewer.key.sees(each)),
        since=(page.reader.today(page.gateway.clock()) - timedelta(days=DAYS)).date(),
    )


async def begin(page: Page) -> Response:
    given = page.given(Begin)
    connection = await page.viewer.connection(given.connection)
    if given.since is None and given.moment is None:
        raise BadInput("since: this is missing", field="since", fix="give the day from which on orders are looked at")
    since = given.moment or datetime.combine(given.since or date.min, time.min, page.reader.zone)
    asked = asking.Adoption(since, apply=given.apply, trust_numbers=given.trust_numbers)
    work = await asking.adopt(page.gateway, connection, asked)
    said = Text("They are being taken over. Neither side is written to.")
    return page.done(f"{ADOPT}/{work.id}", said if given.apply else Text("The preview has begun. It takes nothing over."))


async def _seen(page: Page) -> Work:
    return await asking.find(page.gateway, WorkKind.ADOPT, page.path["work_id"], page.viewer.connection_ids)


async def work_page(page: Page) -> Response:
    asked, work = page.filters(LineFilter), await _seen(page)
    async with page.gateway.database.read() as db:
        found = await lines.listed(db, work.id, kind=asked.kind, after=before_id(asked.cursor), limit=ON_A_PAGE + 1)
    shown, following = cut(found, ON_A_PAGE, lambda line: (line.id,))
    return page.render(
        "adopt/work.html",
        work=work,
        found=taken_over(work),
        kinds=ADOPTED,
        lines=[{"line": each, "fields": shown_fields(page.viewer, each)} for each in shown],
        next=following,
        shows_values=page.viewer.key.may(Right.ADMIN),
        since=datetime.fromisoformat(work.options["since"]),
        applied=work.options["apply"],
        trusts=work.options["trust_numbers"],
    )


async def download_csv(page: Page) -> Response:
    return csv_of(page.viewer, await _seen(page), page.filters(LineFilter).kind)


async def stop(page: Page) -> Response:
    work = await asking.stop(page.gateway, await _seen(page))
    return page.done(f"{ADOPT}/{work.id}", Text("It is stopped. What it has taken over so far stays so."))
