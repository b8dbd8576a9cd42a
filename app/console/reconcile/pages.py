"""The pages of reconciles."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from starlette.responses import Response, StreamingResponse

from app.api.kit.pages import before_id, cut
from app.api.longwork.reconcile import LineKind, csv_of, json_of
from app.api.longwork.views import shown_fields
from app.console.kit.console import Console
from app.console.kit.page import Page
from app.domain import Process, Right
from app.engine.longwork import asking
from app.engine.longwork.fixes import fix_of
from app.engine.longwork.progress import found_by
from app.engine.longwork.reconcile.findings import Action
from app.engine.operations import records, syncs
from app.errors import NotFound
from app.given import Given
from app.records import connections
from app.records.longwork import lines, works
from app.records.longwork.lines import KINDS, StoredLine
from app.records.longwork.works import Work, WorkKind
from app.web.texts import Text

RECONCILE = "/console/reconcile"
ON_A_PAGE = 25
DAYS = 7
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
    """The form. Days are those of the reader's zone, `until` included."""

    connection: Named
    since: date
    until: date | None = None
    late_minutes: int = Field(asking.LATE_MINUTES, ge=0, le=asking.MOST_LATE_MINUTES)


def register(console: Console) -> None:
    one = f"{RECONCILE}/{{work_id:int}}"
    console.get(RECONCILE, list_page)
    console.post(RECONCILE, begin, back=RECONCILE)
    console.get(one, work_page)
    console.get(f"{one}/lines.csv", download_csv)
    console.get(f"{one}/lines.json", download_json)
    console.post(f"{one}/stop", stop, back=f"{RECONCILE}/{{work_id}}")
    console.post(f"{one}/lines/{{line_id:int}}/mend", mend, back=f"{RECONCILE}/{{work_id}}")


async def list_page(page: Page) -> Response:
    asked = page.filters(Filter)
    scope = await page.viewer.scope(asked.connection)
    async with page.gateway.database.read() as db:
        found = await works.latest(db, WorkKind.RECONCILE, scope, before=before_id(asked.cursor), limit=ON_A_PAGE + 1)
        names = await connections.names(db)
    shown, following = cut(found, ON_A_PAGE, lambda work: (work.id,))
    return page.render(
        "reconcile/list.html",
        works=[(work, sum(found_by(work).lines.values())) for work in shown],
        next=following,
        names=sorted(name for each, name in names.items() if page.viewer.key.sees(each)),
        since=(page.reader.today(page.gateway.clock()) - timedelta(days=DAYS)).date(),
        late_minutes=asking.LATE_MINUTES,
    )


def day_of(page: Page, day: date, at: time = time.min) -> datetime:
    return datetime.combine(day, at, page.reader.zone)


async def begin(page: Page) -> Response:
    given = page.given(Begin)
    connection = await page.viewer.connection(given.connection)
    until = None if given.until is None else day_of(page, given.until, time.max)
    period = asking.Period(day_of(page, given.since), until)
    work = await asking.reconcile(page.gateway, connection, period, given.late_minutes)
    return page.done(f"{RECONCILE}/{work.id}", Text("The comparison has begun. It writes nothing, to neither side."))


async def _seen(page: Page) -> Work:
    return await asking.find(page.gateway, WorkKind.RECONCILE, page.path["work_id"], page.viewer.connection_ids)


async def work_page(page: Page) -> Response:
    asked, work = page.filters(LineFilter), await _seen(page)
    async with page.gateway.database.read() as db:
        found = await lines.listed(db, work.id, kind=asked.kind, after=before_id(asked.cursor), limit=ON_A_PAGE + 1)
    shown, following = cut(found, ON_A_PAGE, lambda line: (line.id,))
    return page.render(
        "reconcile/work.html",
        work=work,
        found=found_by(work),
        kinds=KINDS,
        lines=[_shown(page, work, line) for line in shown],
        next=following,
        shows_values=page.viewer.key.may(Right.ADMIN),
        since=datetime.fromisoformat(work.options["since"]),
        until=datetime.fromisoformat(work.options["until"]),
    )


def _shown(page: Page, work: Work, line: StoredLine) -> dict[str, Any]:
    return {"line": line, "fields": shown_fields(page.viewer, line), "fix": fix_of(line, work.connection)}


async def download_csv(page: Page) -> Response:
    return csv_of(page.viewer, await _seen(page), page.filters(LineFilter).kind)


async def download_json(page: Page) -> Response:
    work = await _seen(page)
    name = f'attachment; filename="{work.kind.value}-{work.id}.json"'
    rows = json_of(page.viewer, work, page.filters(LineFilter).kind)
    return StreamingResponse(rows, media_type="application/json", headers={"Content-Disposition": name})


async def stop(page: Page) -> Response:
    work = await asking.stop(page.gateway, await _seen(page))
    return page.done(f"{RECONCILE}/{work.id}", Text("It is stopped. What it has found so far stays."))


async def mend(page: Page) -> Response:
    """Does what mends one line."""
    work = await _seen(page)
    address = f"{RECONCILE}/{work.id}"
    async with page.gateway.database.read() as db:
        found = await lines.listed(db, work.id, after=page.path["line_id"] - 1, limit=1)
    line = next((each for each in found if each.id == page.path["line_id"]), None)
    match line.action if line is not None else None:
        case Action.RESYNC if line is not None and line.mapping_id is not None:
            await records.resync(page.gateway, line.mapping_id)
            said = Text("%(number)s is read again, and sent if it is otherwise in the warehouse.", number=line.number)
        case Action.RELEASE if line is not None and line.mapping_id is not None:
            await records.release(page.gateway, line.mapping_id)
            said = Text("%(number)s is released, and goes on as soon as its turn comes in the lane.", number=line.number)
        case Action.SYNC_ORDERS | Action.SYNC_ARTICLES | Action.SYNC_STOCK as action:
            process = Process(action.removeprefix("sync-"))
            asked = syncs.Request(work.connection, process, full=True)
            asker = syncs.Asker(page.viewer.key.id, page.viewer.connection_ids)
            run_id = await syncs.start(page.gateway, asked, asker)
            return page.done(f"/console/runs/{run_id}", Text("The sync has begun."))
        case _:
            raise NotFound("there is no such line to mend", field="line_id", fix="load the page again")
    return page.done(address, said)
