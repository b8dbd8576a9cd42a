"""The pages of backfills."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.responses import Response

from app.api.kit.pages import before_id, cut
from app.api.longwork.views import shown_fields
from app.console.kit.console import Console
from app.console.kit.page import Page
from app.domain import Right
from app.engine.longwork import asking
from app.engine.longwork.progress import transferred
from app.errors import BadInput
from app.given import Given, Instant
from app.records import connections
from app.records.longwork import lines, works
from app.records.longwork.works import Work, WorkKind
from app.web.texts import Text

BACKFILL = "/console/backfill"
ON_A_PAGE = 25

Named = Annotated[str, StringConstraints(max_length=200)]
Place = Annotated[str, StringConstraints(max_length=500)]


class Filter(Given):
    connection: Named | None = None
    cursor: Place | None = None


class LineFilter(Given):
    cursor: Place | None = None


class Begin(Given):
    """The form: a day in the reader's zone, or the very moment of a dry run that is begun in earnest."""

    connection: Named
    since: date | None = None
    moment: Instant | None = None
    dry_run: bool = Field(False)


def register(console: Console) -> None:
    one = f"{BACKFILL}/{{work_id:int}}"
    back = f"{BACKFILL}/{{work_id}}"
    console.get(BACKFILL, list_page)
    console.post(BACKFILL, begin, back=BACKFILL)
    console.get(one, work_page)
    console.post(f"{one}/pause", pause, back=back)
    console.post(f"{one}/resume", resume, back=back)
    console.post(f"{one}/stop", stop, back=back)


async def list_page(page: Page) -> Response:
    asked = page.filters(Filter)
    scope = await page.viewer.scope(asked.connection)
    async with page.gateway.database.read() as db:
        found = await works.latest(db, WorkKind.BACKFILL, scope, before=before_id(asked.cursor), limit=ON_A_PAGE + 1)
        came_to = await transferred(db, found)
        names = await connections.names(db)
    shown, following = cut(list(zip(found, came_to, strict=True)), ON_A_PAGE, lambda each: (each[0].id,))
    seen = sorted(name for each, name in names.items() if page.viewer.key.sees(each))
    return page.render("backfill/list.html", works=shown, next=following, names=seen)


async def begin(page: Page) -> Response:
    given = page.given(Begin)
    connection = await page.viewer.connection(given.connection)
    if given.since is None and given.moment is None:
        raise BadInput("since: this is missing", field="since", fix="give the day from which on orders are to come")
    since = given.moment or datetime.combine(given.since or date.min, time.min, page.reader.zone)
    work = await asking.start_backfill(page.gateway, connection, since, dry_run=given.dry_run)
    said = Text("The preview has begun. It writes nothing.") if given.dry_run else Text("The backfill has begun.")
    return page.done(f"{BACKFILL}/{work.id}", said)


async def _seen(page: Page) -> Work:
    return await asking.find(page.gateway, WorkKind.BACKFILL, page.path["work_id"], page.viewer.connection_ids)


async def work_page(page: Page) -> Response:
    asked, work = page.filters(LineFilter), await _seen(page)
    async with page.gateway.database.read() as db:
        found = await lines.listed(db, work.id, after=before_id(asked.cursor), limit=ON_A_PAGE + 1)
        (came_to,) = await transferred(db, [work])
    shown, following = cut(found, ON_A_PAGE, lambda line: (line.id,))
    return page.render(
        "backfill/work.html",
        work=work,
        found=came_to,
        lines=[{"line": each, "fields": shown_fields(page.viewer, each)} for each in shown],
        next=following,
        shows_values=page.viewer.key.may(Right.ADMIN),
        since=datetime.fromisoformat(work.options["since"]),
        dry_run=work.options["dry_run"],
    )


async def pause(page: Page) -> Response:
    work = await asking.pause(page.gateway, await _seen(page))
    return page.done(f"{BACKFILL}/{work.id}", Text("It is paused. The few orders that are queued already still go."))


async def resume(page: Page) -> Response:
    work = await asking.resume(page.gateway, await _seen(page))
    return page.done(f"{BACKFILL}/{work.id}", Text("It goes on where it was."))


async def stop(page: Page) -> Response:
    work = await asking.stop(page.gateway, await _seen(page))
    return page.done(f"{BACKFILL}/{work.id}", Text("It is stopped. What it has transferred stays in the warehouse."))
