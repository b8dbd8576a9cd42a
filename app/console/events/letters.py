"""Dead letters: the list, one of them, and trying again one or all that a filter shows, after a dry run."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from pydantic import StringConstraints
from starlette.responses import Response

from app.api.kit.pages import NO_NUL, cut, place_of
from app.api.queue.jobs import calls_shown
from app.console.kit.page import Page
from app.console.kit.wording import PROCESS
from app.domain import Process
from app.engine.operations.replay import replay_filtered, replay_letters
from app.errors import Conflict, NotFound
from app.given import Given
from app.records import dead_letters, jobs, mappings
from app.records.dead_letters import DeadLetter, Filter
from app.web.texts import Text

Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
LETTERS = "/console/dead-letters"
PAGE = 50
FIRST = 10
MOST_CALLS = 20


class Chosen(Given):
    connection: Word | None = None
    process: Process | None = None
    reason_code: Word | None = None
    cursor: Annotated[str, StringConstraints(max_length=500)] | None = None

    async def filter(self, page: Page) -> Filter:
        return Filter(await page.viewer.scope(self.connection), self.process, self.reason_code)

    @property
    def query(self) -> str:
        """The filters as a query; empty for none."""
        given = urlencode(self.model_dump(exclude_none=True, exclude={"cursor"}))
        return f"?{given}" if given else ""


async def letters_page(page: Page) -> Response:
    asked = page.filters(Chosen)
    place = place_of(asked.cursor, datetime, str, int)
    chosen = await asked.filter(page)
    async with page.gateway.database.read() as db:
        known = await mappings.known_connections(db, page.viewer.connection_ids)
        after = (place[0], place[1], place[2]) if place else None
        found = await dead_letters.search(db, chosen, after=after, limit=PAGE + 1)
    shown, next_cursor = cut(found, PAGE, lambda letter: letter.position)
    return page.render(
        "events/letters.html",
        rows=shown,
        next_cursor=next_cursor,
        names=[(name, name) for name in sorted(each.name for each in known.values())],
        processes=[(process, text.said(page.reader.language)) for process, text in PROCESS.items()],
        trial=f"{LETTERS}/replay{asked.query}",
        is_filtered=bool(asked.query),
    )


async def letter_page(page: Page) -> Response:
    letter = await _seen(page)
    async with page.gateway.database.read() as db:
        calls = await jobs.calls_of_job(db, letter.number, MOST_CALLS) if letter.kind == "job" else []
    return page.render(
        "events/letter.html",
        letter=letter,
        process=PROCESS.get(letter.process or ""),
        calls=calls_shown(page.viewer, calls),
    )


async def trial_page(page: Page) -> Response:
    """The dry run: how many the filter shows, and the first of them. Nothing is tried yet."""
    asked = page.filters(Chosen)
    chosen = await asked.filter(page)
    async with page.gateway.database.read() as db:
        count = await dead_letters.count(db, chosen)
        first = await dead_letters.search(db, chosen, limit=FIRST)
    given = asked.model_dump(exclude_none=True, exclude={"cursor"})
    return page.render("events/trial.html", count=count, first=first, given=given, back=f"{LETTERS}{asked.query}")


async def replay_all(page: Page) -> Response:
    asked = page.given(Chosen)
    count = await replay_filtered(page.gateway, await asked.filter(page))
    text = Text("%(count)s dead letters are tried again, as soon as their turn comes in the lane.", count=count)
    return page.done(f"{LETTERS}{asked.query}", text)


async def replay_one(page: Page) -> Response:
    letter = await _seen(page)
    if not await replay_letters(page.gateway, [letter]):
        raise Conflict(f"{letter.key} is no dead letter any more", fix="somebody has just tried it again")
    return page.done(_record_of(letter), Text("It is tried again as soon as its turn comes in the lane."))


def _record_of(letter: DeadLetter) -> str:
    """Where one sees what becomes of it."""
    if letter.kind == "event":
        return f"/console/events/{letter.number}"
    lists = {Process.ARTICLES.value: "articles", Process.PURCHASE_ORDERS.value: "purchase-orders"}
    return f"/console/{lists.get(letter.process or '', 'orders')}/{letter.mapping_id}"


async def _seen(page: Page) -> DeadLetter:
    """Raises NotFound, also for a letter of a connection that the key may not see."""
    kind, number = dead_letters.parse(page.path["letter_id"])
    async with page.gateway.database.read() as db:
        letter = await dead_letters.find(db, kind, number)
    if letter is None or not page.viewer.key.sees(letter.connection_id):
        key = f"{kind}-{number}"
        raise NotFound(f"there is no dead letter {key}", field="id", fix="it was tried again, or has changed since; see the list")
    return letter
