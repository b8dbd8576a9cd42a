"""One record's way, step by step: what came in, what was sent and answered, what the warehouse did, what the shop was told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.api.mappings.views import shipped_view
from app.api.queue.jobs import CallView
from app.console.kit.wording import EVENT, Badge
from app.engine.operations.explaining.fields import Sent, sent_by
from app.engine.operations.explaining.record import Explained
from app.records.deliveries import CANCELLED, Acknowledgement, Delivery, Report
from app.records.events import ListedEvent
from app.records.mappings import StoredNote
from app.sentence import Coded
from app.web.texts import Text


@dataclass
class Entry:
    """One thing that happened. `said` are the gateway's own words, in English, or another system's."""

    at: datetime
    kind: str  # event, call, warehouse, told, note
    title: Text | str
    badge: Badge | None = None
    said: list[str] = field(default_factory=list)
    link: tuple[str, Text] | None = None
    sent: Sent | None = None
    answer: str | None = None
    status: int | None = None
    took: float | None = None


@dataclass(frozen=True)
class Step:
    """A station of the way. `at` None: not yet, or not known when. `now`: what is waited for."""

    name: Text
    is_done: bool
    at: datetime | None = None
    said: str = ""


RESULTS: dict[str, Badge] = {
    "ok": (Text("well"), "good"),
    "unavailable": (Text("no answer"), "bad"),
    "rate-limited": (Text("asked for fewer calls"), "bad"),
    "login-refused": (Text("login refused"), "bad"),
    "malformed": (Text("answer not understood"), "bad"),
    "refused": (Text("refused"), "bad"),
    "unknown": (Text("outcome not known"), "waits"),
}
UNDER_WAY: Badge = (Text("under way"), "waits")


def timeline(found: Explained, calls: list[CallView], *, is_admin: bool) -> list[Entry]:
    """Oldest first. `calls`: as the key may see them. Lines of the history stand with the event or call they are about."""
    notes = [each for each in found.history if not _is_of_call(each)]
    of_event: dict[int, list[StoredNote]] = {}
    shown_events = {each.id for each in found.came_in}
    for note in notes:
        if note.event_id in shown_events:
            of_event.setdefault(note.event_id or 0, []).append(note)
    sent = sent_by(found.calls) if is_admin else {}
    entries = [_event(each, of_event.get(each.id, []), is_admin) for each in found.came_in]
    entries += [_call(each, sent.get(each.id)) for each in calls]
    entries += [each for shipped in found.shipped for each in _shipped(shipped)]
    entries += [_told(each) for each in found.told]
    entries += _confirmed(found.confirmed)
    entries += [_note(each, is_admin) for each in notes if each.event_id not in shown_events]
    return sorted(entries, key=lambda each: each.at)


def _is_of_call(note: StoredNote) -> bool:
    """A line that only says what a call's own entry says."""
    return note.attempt_id is not None and note.code.startswith("call-")


def _words(note: StoredNote, is_admin: bool) -> list[str]:
    """Notes of the warehouse or the shop may name a customer: they are for the right admin, as over REST."""
    more: Any = (note.detail or {}).get("notes", ()) if is_admin else ()
    return [Coded(note.text, note.code), *(str(each) for each in more)]


def _event(event: ListedEvent, notes: list[StoredNote], is_admin: bool) -> Entry:
    said = [text for note in reversed(notes) for text in _words(note, is_admin)]
    if event.reason and event.reason not in said:
        said.append(Coded(event.reason, event.reason_code))
    title = Text("Webhook %(topic)s came in", topic=event.topic or "–")
    link = (f"/console/events/{event.id}", Text("Event %(id)s", id=event.id))
    return Entry(event.received_at, "event", title, EVENT[event.state], said, link)


def _call(call: CallView, sent: Sent | None) -> Entry:
    badge = UNDER_WAY if call.result is None else RESULTS.get(call.result, (Text("outcome not known"), "waits"))
    took = (call.finished_at - call.started_at).total_seconds() if call.finished_at is not None else None
    title = Text("Sent: %(call)s", call=call.call)
    return Entry(call.started_at, "call", title, badge, [], None, sent, call.answer, call.status, took)


def _shipped(delivery: Delivery) -> Iterator[Entry]:
    if delivery.shipped_at is None:
        return
    numbers = [f"{each.number} {each.url or ''}".strip() for each in shipped_view(delivery).tracking]
    yield Entry(
        delivery.shipped_at, "warehouse", Text("The warehouse has sent order %(number)s", number=delivery.number), said=numbers
    )


def _told(report: Report) -> Entry:
    badge: Badge | None = None if report.done_at is not None else UNDER_WAY
    note = (report.request or {}).get("note")
    return Entry(report.done_at or report.intended_at, "told", _title(report), badge, [str(note)] if note else [])


def _title(report: Report) -> Text:
    is_done = report.done_at is not None
    match report.kind:
        case "tracking" if is_done:
            return Text("The tracking number %(key)s was told", key=report.key)
        case "tracking":
            return Text("The tracking number %(key)s is to be told", key=report.key)
        case "refund":
            return Text("A refund was made") if is_done else Text("A refund is to be made")
        case _:
            return Text("A note was written") if is_done else Text("A note is to be written")


def _confirmed(rows: Sequence[Acknowledgement]) -> Iterator[Entry]:
    """What the WMS was told of it, together what was told in the same second."""
    told: Counter[tuple[datetime, bool]] = Counter()
    for row in rows:
        if row.acknowledged is not None:
            told[row.updated_at.replace(microsecond=0), row.kind == CANCELLED] += 1
    for (at, is_cancellation), count in told.items():
        title = Text("The cancellation of the rest was tried in the warehouse")
        if not is_cancellation:
            title = Text("Confirmed to the warehouse (lines: %(count)s)", count=count)
        yield Entry(at, "warehouse", title)


def _note(note: StoredNote, is_admin: bool) -> Entry:
    link = (f"/console/runs/{note.run_id}", Text("Run %(id)s", id=note.run_id)) if note.run_id else None
    first, *more = _words(note, is_admin)
    return Entry(note.at, "note", first, None, more, link)


def steps(found: Explained) -> list[Step]:
    """The stations of an order's or article's way, the ones to come as well."""
    mapping = found.mapping
    arrived = mapping.wms_id is not None or mapping.sent_at is not None
    way = [Step(Text("Came in"), True, mapping.created_at), Step(Text("Sent to the warehouse"), arrived, mapping.sent_at)]
    if mapping.kind != "order" or not found.connection.settings.processes.shipments:
        return way
    shipped = min((each.shipped_at for each in found.shipped if each.shipped_at is not None), default=None)
    status = mapping.warehouse_status_text or (str(mapping.warehouse_status) if mapping.warehouse_status is not None else "")
    told = max((each.done_at for each in found.told if each.done_at is not None), default=None)
    is_told = mapping.delivery == "reported"
    way.append(
        Step(Text("In the warehouse"), arrived and mapping.warehouse_status is not None, mapping.warehouse_read_at, status)
    )
    way.append(Step(Text("Sent by the warehouse"), shipped is not None, shipped))
    way.append(Step(Text("Told"), is_told, (mapping.completed_at or told) if is_told else None))
    return way
