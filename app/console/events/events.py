"""Events: the list, and one of them raw."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints
from starlette.responses import Response

from app.api.kit.pages import NO_NUL, before_id, cut
from app.console.kit.page import Page
from app.console.kit.wording import EVENT, PROCESS, told
from app.domain import EventState, Process, Right
from app.domain.record import RECORD_TYPES, kind_of
from app.engine.operations import replay
from app.errors import NotFound
from app.given import Given
from app.records import events, jobs, mappings
from app.records.events import Filter, ListedEvent
from app.records.mappings import Mapping
from app.web.texts import Text

Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
PAGE = 50
MOST_CALLS = 20


class Chosen(Given):
    connection: Word | None = None
    state: EventState | None = None
    process: Process | None = None
    record: Word | None = None
    reason_code: Word | None = None
    cursor: Annotated[str, StringConstraints(max_length=500)] | None = None


async def events_page(page: Page) -> Response:
    asked, language = page.filters(Chosen), page.reader.language
    before = before_id(asked.cursor)
    scope = await page.viewer.scope(asked.connection)
    chosen = Filter(scope, asked.state, asked.process, source_id=asked.record, reason_code=asked.reason_code)
    async with page.gateway.database.read() as db:
        known = await mappings.known_connections(db, page.viewer.connection_ids)
        found = await events.search(db, chosen, before=before, limit=PAGE + 1)
    shown, next_cursor = cut(found, PAGE, lambda event: (event.id,))
    return page.render(
        "events/list.html",
        rows=[(each, EVENT[each.state]) for each in shown],
        next_cursor=next_cursor,
        names=[(name, name) for name in sorted(each.name for each in known.values())],
        states=[(state, text.said(language)) for state, (text, _) in EVENT.items()],
        processes=[(process, text.said(language)) for process, text in PROCESS.items() if process in ("orders", "articles")],
        is_filtered=bool(asked.model_dump(exclude_none=True, exclude={"cursor"})),
    )


async def event_page(page: Page) -> Response:
    event = await _seen(page)
    language = page.reader.language
    is_admin = page.viewer.key.may(Right.ADMIN)
    async with page.gateway.database.read() as db:
        body = await events.body(db, event.id) if is_admin else None
        job = await jobs.find(db, event.job_id) if event.job_id is not None else None
        calls = await jobs.calls_of_job(db, job.id, MOST_CALLS) if job is not None else []
        mapping = await _mapping(page, event)
    is_of_letter = event.state is EventState.DEAD and job is not None
    refusal = None if is_of_letter else replay.replay_refused(event.state, is_empty=not event.has_body)
    return page.render(
        "events/one.html",
        event=event,
        state=EVENT[event.state],
        body=body.decode("utf-8", errors="replace") if body is not None else None,
        is_admin=is_admin,
        job=job,
        calls=calls,
        mapping=mapping,
        record="" if mapping is None else f"/console/{'orders' if mapping.kind == 'order' else 'articles'}/{mapping.id}",
        letter=f"job-{job.id}" if is_of_letter and job is not None else f"event-{event.id}",
        why_not=f"{told(refusal.message, language)}. {told(refusal.fix, language)}" if refusal is not None else None,
    )


async def _mapping(page: Page, event: ListedEvent) -> Mapping | None:
    """The record that it is about, if that is stored."""
    if event.process not in RECORD_TYPES or event.source_id is None:
        return None
    async with page.gateway.database.read() as db:
        return await mappings.by_source(db, event.connection_id, kind_of(Process(event.process)), event.source_id)


async def replay_event(page: Page) -> Response:
    event = await _seen(page)
    await replay.replay_event(page.gateway, event.id)
    text = Text("It is looked at again. What is stored already, or is newer, is not sent again.")
    return page.done(f"/console/events/{event.id}", text)


async def _seen(page: Page) -> ListedEvent:
    """Raises NotFound, also for an event of a connection that the key may not see."""
    given = page.path["event_id"]
    event_id = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    async with page.gateway.database.read() as db:
        event = await events.find(db, event_id)
    if event is None or not page.viewer.key.sees(event.connection_id):
        raise NotFound(f"there is no event {given[:40]}", field="event_id", fix="find it in the list of events")
    return event
