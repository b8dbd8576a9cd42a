"""The page of one record: where it stands, what happens next, what can be done about it, and its way so far."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints
from starlette.responses import Response

from app.api.kit.pages import NO_NUL
from app.api.mappings.labels import state_of
from app.api.mappings.views import line_view, shipped_view
from app.api.queue.jobs import calls_shown
from app.console.kit.page import Page
from app.console.kit.wording import ACT, JOB, PROCESS, RECORD, told
from app.console.orders.addresses import address_of, list_of
from app.console.orders.purchases import content_of
from app.console.orders.timeline import steps, timeline
from app.domain import JobState, Kind, Right
from app.domain.record import process_of
from app.engine.jobs.enqueue import Verdict
from app.engine.operations import records, replay
from app.engine.operations.explaining.fields import spread
from app.engine.operations.explaining.record import MOST_LINES, MOST_SHOWN, Possible, explain
from app.engine.operations.purchases import orders as purchase_orders
from app.errors import Conflict
from app.given import Given
from app.records import jobs
from app.records.mappings import Mapping
from app.sentence import Sentence
from app.web.texts import Text

GRAVE = frozenset({"resolve", "close-short", "cancel-rest"})
"""Acts that are shown as such: they end something."""


class Resolving(Given):
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=NO_NUL)] = Field()


async def record_page(page: Page) -> Response:
    mapping = await seen(page)
    found = await explain(page.gateway, mapping)
    is_admin = page.viewer.key.may(Right.ADMIN)
    language = page.reader.language
    lines = found.history[:MOST_LINES]
    return page.render(
        "orders/one.html",
        found=found,
        mapping=mapping,
        state=RECORD[state_of(mapping)],
        steps=steps(found),
        next=told(found.next.said, language),
        actions=sorted((_action(each, language) for each in found.actions), key=lambda each: each["why_not"] is not None),
        jobs=[(each, JOB[each.state], PROCESS.get(each.process)) for each in found.jobs],
        entries=timeline(found, calls_shown(page.viewer, found.calls), is_admin=is_admin),
        is_cut=len(found.history) > len(lines) or MOST_SHOWN in (len(found.calls), len(found.came_in)),
        shipped=[shipped_view(each) for each in found.shipped],
        lines=[line_view(each) for each in found.lines],
        not_told=[told(each.said, language) for each in found.not_told],
        is_admin=is_admin,
        purchase=await content_of(page, mapping),
        list=list_of(mapping.kind),
        address=address_of(mapping),
    )


def _action(possible: Possible, language: str) -> dict[str, Any]:
    action, refusal = possible.action, possible.action.refusal
    return {
        "name": action.act.value,
        "title": ACT[action.act.value].said(language),
        "what": told(action.will, language),
        "when": told(possible.when.said, language),
        "at": possible.when.at,
        "why_not": _sentences(refusal.message, refusal.fix, language) if refusal is not None else None,
        "is_grave": action.act.value in GRAVE,
    }


def _sentences(message: Sentence, fix: Sentence, language: str) -> str:
    both = (told(message, language), told(fix, language))
    return " ".join(f"{each[:1].upper()}{each[1:]}." for each in both)


async def content_page(page: Page) -> Response:
    """The record as it came last, and as it was mapped. It names people: only for the right admin, as over REST."""
    mapping = await seen(page)
    async with page.gateway.database.read() as db:
        job = await jobs.of_record(db, mapping.connection_id, process_of(Kind(mapping.kind)), mapping.source_id)
    return page.render(
        "orders/content.html",
        mapping=mapping,
        came=_filled(job.source) if job is not None else {},
        mapped=_filled(job.payload) if job is not None else {},
        address=address_of(mapping),
    )


def _filled(record: dict[str, Any] | None) -> dict[str, str]:
    """The fields that hold something."""
    return {path: text for path, text in spread(record or {}).items() if text}


async def act(page: Page) -> Response:
    """Does one of the acts. What it cannot do is a notice, in the engine's words."""
    mapping = await seen(page)
    gateway, address = page.gateway, address_of(mapping)
    match page.path["act"]:
        case "resync":
            done = await records.resync(gateway, mapping.id)
            return page.done(address, _resynced(done.verdict))
        case "release":
            await records.release(gateway, mapping.id)
            return page.done(address, Text("It is released, and goes on as soon as its turn comes in the lane."))
        case "replay":
            await _replay(page, mapping)
            return page.done(address, Text("It is tried again as soon as its turn comes in the lane."))
        case "resolve":
            await records.resolve(gateway, mapping.id, page.given(Resolving).reason)
            return page.done(address, Text("It counts as settled. Its next change is transferred as usual."))
        case "take-back" if mapping.kind == Kind.PURCHASE:
            connection = await gateway.connection(mapping.connection_id)
            await purchase_orders.take_back(gateway, connection, mapping.source_id)
            return page.done(address, Text("It is taken back. The warehouse is told when its turn comes in the lane."))
        case "close-short":
            await records.close_short(gateway, mapping.id)
            return page.done(address, Text("It is being closed with what was sent."))
        case "cancel-rest":
            rest = await records.close_short(gateway, mapping.id, cancel_rest=True)
            asked = ", ".join(each.number for each in rest if each.can_be_cancelled)
            if not asked:
                return page.done(address, Text("It is being closed with what was sent."))
            return page.done(address, Text("The rest is being cancelled in the warehouse: order %(numbers)s.", numbers=asked))
        case _:
            raise records.no_mapping(mapping.id)


def _resynced(verdict: Verdict) -> Text:
    match verdict:
        case Verdict.QUEUED:
            return Text("It was read again, and is sent as soon as its turn comes in the lane.")
        case Verdict.NOT_WANTED:
            return Text("It was read again, and is not to be in the warehouse.")
        case _:
            return Text("It was read again: nothing has changed.")


async def _replay(page: Page, mapping: Mapping) -> None:
    async with page.gateway.database.read() as db:
        found = await jobs.of_mapping(db, mapping.id)
    dead = next((each for each in found if each.state is JobState.DEAD), None)
    if dead is None or not await replay.replay_job(page.gateway, dead.id):
        raise Conflict("it is not among the dead letters any more", fix="somebody has just tried it again, or it has changed")


async def seen(page: Page) -> Mapping:
    """Raises NotFound, also for a record of a connection that the key may not see."""
    given = page.path["mapping_id"]
    mapping_id = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    mapping = await records.mapping_of(page.gateway, mapping_id)
    if not page.viewer.key.sees(mapping.connection_id):
        raise records.no_mapping(mapping_id)
    return mapping
