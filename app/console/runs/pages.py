"""The pages of runs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from starlette.responses import Response

from app.api.kit.pages import cut, place_of
from app.console.kit.console import Console
from app.console.kit.page import Page
from app.domain import PartState, Process, Right
from app.engine.jobs import brake
from app.engine.operations import syncs
from app.given import Given
from app.records import connections, runs
from app.web.texts import Text

RUNS = "/console/runs"
ON_A_PAGE = 25
SYNCED = ("suppliers", "articles", "orders", "shipments", "returns", "receipts", "stock")

Named = Annotated[str, StringConstraints(max_length=200)]


class Filter(Given):
    connection: Named | None = None
    cursor: Annotated[str, StringConstraints(max_length=500)] | None = None


class Sync(Given):
    """The form that begins a sync."""

    connection: Named
    process: Literal["all", "suppliers", "articles", "orders", "shipments", "returns", "receipts", "stock"] = "all"
    full: bool = Field(False)
    dry_run: bool = Field(False)


def register(console: Console) -> None:
    console.get(RUNS, runs_page)
    console.post(RUNS, start, back=RUNS)
    console.get(f"{RUNS}/{{run_id}}", run_page)
    console.post(f"{RUNS}/{{run_id}}/confirm", confirm, back=f"{RUNS}/{{run_id}}")


async def runs_page(page: Page) -> Response:
    asked = page.filters(Filter)
    place = place_of(asked.cursor, datetime, str)
    scope = await page.viewer.scope(asked.connection)
    async with page.gateway.database.read() as db:
        before = (place[0], place[1]) if place else None
        found = await runs.latest(db, connection_ids=scope, before=before, limit=ON_A_PAGE + 1)
        names = await connections.names(db)
    shown, following = cut(found, ON_A_PAGE, lambda run: (run.created_at, run.id))
    seen = sorted(name for each, name in names.items() if page.viewer.key.sees(each))
    return page.render("runs/list.html", runs=[run.of(scope) for run in shown], next=following, names=seen, processes=SYNCED)


async def start(page: Page) -> Response:
    """Begins a sync, or joins one that reads the same, and shows its run."""
    given = page.given(Sync)
    connection = await page.viewer.connection(given.connection)
    process = None if given.process == "all" else Process(given.process)
    asked = syncs.Request(connection.name, process, given.full, given.dry_run)
    run_id = await syncs.start(page.gateway, asked, syncs.Asker(page.viewer.key.id, page.viewer.connection_ids))
    said = Text("The dry run has begun. It writes nothing.") if given.dry_run else Text("The sync has begun.")
    return page.done(f"{RUNS}/{run_id}", said)


async def run_page(page: Page) -> Response:
    run = await syncs.find(page.gateway, page.path["run_id"], page.viewer.connection_ids)
    held = await syncs.held_now(page.gateway, run)
    braked = [part for part in run.parts if part.state is PartState.BRAKED]
    return page.render(
        "runs/run.html",
        run=run,
        held=held,
        kept=sum(part.counts["held"] for part in braked),
        shows_values=page.viewer.key.may(Right.ADMIN),
    )


async def confirm(page: Page) -> Response:
    run = await syncs.find(page.gateway, page.path["run_id"], page.viewer.connection_ids)
    released = await brake.confirm(page.gateway, run, page.viewer.connection_ids)
    said = Text("%(orders)s cancellations go to the warehouse now.", orders=page.reader.number(released))
    return page.done(f"{RUNS}/{run.id}", said)
