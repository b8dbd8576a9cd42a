"""The page of the audit. As over REST it takes a key with the right read; who and from where is for the right admin."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated

from pydantic import StringConstraints
from starlette.responses import Response

from app.api import audit as over_rest
from app.api.kit.pages import before_id, cut
from app.console.kit.console import Console
from app.console.kit.page import Page
from app.domain import Right
from app.given import Given
from app.records.audit import trail

AUDIT = "/console/audit"
ON_A_PAGE = 50

Named = Annotated[str, StringConstraints(max_length=200)]


class Filter(Given):
    """`since` and `until` are days in the reader's zone, both included."""

    connection: Named | None = None
    key: Named | None = None
    route: Named | None = None
    since: date | None = None
    until: date | None = None
    cursor: Annotated[str, StringConstraints(max_length=500)] | None = None


def register(console: Console) -> None:
    console.get(AUDIT, audit_page)


async def audit_page(page: Page) -> Response:
    asked = page.filters(Filter)
    behind = before_id(asked.cursor)
    ids, gone = await over_rest.scope_of(page.viewer, asked.connection)
    until = None if asked.until is None else _begins(page, asked.until) + timedelta(days=1)
    since = None if asked.since is None else _begins(page, asked.since)
    chosen = trail.Filter(ids, gone, asked.key, asked.route, since, until)
    async with page.gateway.database.read() as db:
        found = await trail.search(db, chosen, before=behind, limit=ON_A_PAGE + 1)
    shown, following = cut(found, ON_A_PAGE, lambda entry: (entry.id,))
    return page.render("audit/list.html", entries=shown, next=following, shows_who=page.viewer.key.may(Right.ADMIN))


def _begins(page: Page, day: date) -> datetime:
    return datetime.combine(day, time.min, page.reader.zone)
