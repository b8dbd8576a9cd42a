"""What a person can do about one record now, what each act will do, and why another is not possible.

The acts themselves refuse with the same words: page, command line and REST say one thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain import JobState, Kind, Process
from app.domain.process import CALLER
from app.domain.record import process_of
from app.engine.core.sources import reads_by_id
from app.errors import Conflict
from app.flows.rest import SHORT_SHIPMENT, RestOrder, begun, waits_for_rest
from app.records.connections import Connection
from app.records.jobs import JobFacts
from app.records.mappings import Mapping
from app.sentence import Coded, Sentence

OPEN_STATES = JobState.DONE.sources(JobState.HELD, JobState.DEAD, JobState.WAITING, JobState.PARKED)
"""The states in which an operator may resolve a record. A running job ends by itself."""

BY_HAND = frozenset({"return-line-unknown", "returned-more-than-sold", "refund-exceeds-order", "returned-fraction"})
"""Returns that must be refunded by hand."""


class Act(StrEnum):
    RESYNC = "resync"
    RELEASE = "release"
    REPLAY = "replay"
    RESOLVE = "resolve"
    CLOSE_SHORT = "close-short"
    CANCEL_REST = "cancel-rest"


@dataclass(frozen=True)
class Refusal:
    """Why something is not possible now, and what helps."""

    message: Sentence
    fix: Sentence

    def raised(self) -> Conflict:
        """For whoever tries all the same."""
        return Conflict(self.message, fix=self.fix)


@dataclass(frozen=True)
class Action:
    """One act: what it will do, or would do. `sends`: whose lane it then waits for; None: it is done at once."""

    act: Act
    will: Sentence
    sends: Process | None = None
    refusal: Refusal | None = None
    letter_id: str | None = None
    """Of the dead letter that a replay takes."""


@dataclass(frozen=True)
class Standing:
    """Where a record stands. `rest`: the WMS's orders from which the rest of an order that was sent in part may come."""

    mapping: Mapping
    connection: Connection
    jobs: Sequence[JobFacts]
    rest: Sequence[RestOrder] = ()

    @property
    def shop(self) -> str:
        is_given = self.mapping.kind == Kind.PURCHASE
        return f"the {CALLER if is_given else self.connection.system.noun}"

    def job(self, *states: JobState) -> JobFacts | None:
        """The first of its jobs that is in one of these states."""
        return next((each for each in self.jobs if each.state in states), None)

    def report_of(self, process: Process) -> JobFacts | None:
        return next((each for each in self.jobs if each.process is process), None)


def actions(standing: Standing) -> tuple[Action, ...]:
    """Every act that there is for such a record, possible or not."""
    found = [_resync(standing), _release(standing), _replay(standing), _resolve(standing)]
    if standing.mapping.kind == Kind.ORDER:
        found += [_close_short(standing), _cancel_rest(standing)]
    return tuple(found)


# --- resync ---------------------------------------------------------------------------------------------------------------


def _resync(standing: Standing) -> Action:
    will = Sentence(
        "It is read from %(shop)s now and sent if the warehouse has it otherwise. What %(shop)s could not be told is tried again",
        shop=standing.shop,
    )
    own = process_of(Kind(standing.mapping.kind))
    if own is Process.PURCHASE_ORDERS:
        return Action(Act.RESYNC, Sentence("It is compared with what the warehouse has, and sent if that differs"), own)
    if not reads_by_id(standing.connection):
        message = Sentence("%(shop)s cannot be asked for one record", shop=standing.shop[:1].upper() + standing.shop[1:])
        return Action(Act.RESYNC, will, own, Refusal(message, Sentence("Run a sync of the connection")))
    return Action(Act.RESYNC, will, own)


# --- release --------------------------------------------------------------------------------------------------------------

RELEASED: dict[str, str] = {
    "brake": "It is cancelled in the warehouse, as %(shop)s says; the run that was braked is not waited for",
    "warehouse-started": "It is sent to the warehouse as it is in %(shop)s now. The WMS may refuse that: it has begun on it",
    "customs-article-incomplete": "It is sent to the warehouse as it is. Somebody there writes what customs papers lack by hand",
    "refunded-in-part": "It is sent to the warehouse without the refunded pieces. Once it has begun, the WMS may refuse that",
    "too-late-to-cancel": "The WMS is asked once more to cancel it. It refuses that while the warehouse works on it",
    "cancelled-in-warehouse": "It is sent to the warehouse again",
    "reopened-after-cancel": "It is sent to the warehouse again",
    "vanished": "It is sent to the warehouse again",
    "unknown-elsewhere": "It is sent to the goods owner that the connection has now, whatever arrived at the former one",
    "article-missing": "The articles are looked for in the warehouse again, and it is sent if they are there",
    "receiving-begun": "The WMS is asked all the same. It refuses that once receiving has begun",
    "purchase-made-elsewhere": "It is written over the purchase order that the WMS has under this number",
    SHORT_SHIPMENT: "It is closed in %(shop)s with what was sent",
    "not-open-in-shop": "It is looked at in %(shop)s again, and reported if it is open there now",
    "refund-refused": "The refund is tried again",
}
"""The reasons for a hold that an operator can overrule, with what a release does. Any other hold is due to the record's data or
its number."""


def _release(standing: Standing) -> Action:
    held = standing.job(JobState.HELD)
    will = RELEASED.get(held.reason_code or "") if held is not None else None
    sentence = Sentence(will or "It goes on in spite of what holds it", shop=standing.shop)
    process = held.process if held is not None else None
    return Action(Act.RELEASE, sentence, process, release_refused(standing.mapping.id, held, standing.connection.system.noun))


def release_refused(mapping_id: int, held: JobFacts | None, noun: str) -> Refusal | None:
    """`held`: the record's held job, if it has one. None: a release is possible."""
    if held is None:
        message = Sentence("it is not held")
        return Refusal(message, Sentence("only a held record can be released; see what happens next with it"))
    if held.reason_code in RELEASED:
        return None
    return Refusal(
        Sentence("a release cannot help: %(reason)s", reason=Coded(held.reason, held.reason_code)),
        _instead(mapping_id, held.reason_code, noun),
    )


def _instead(mapping_id: int, code: str | None, noun: str) -> Sentence:
    if code in BY_HAND:
        words = "refund it in %(shop)s by hand, then resolve it: %(operation)s"
        return Sentence(words, shop=f"the {noun}", operation=f"POST /mappings/{mapping_id}/resolve")
    if code == "purchase-number-taken":
        return Sentence("take it back, and put it under another number")
    resync = f"POST /mappings/{mapping_id}/resync"
    if code == "number-taken":
        words = "a number cannot be given away: set settings.order_number_prefix of the connection, then resync it: %(operation)s"
        return Sentence(words, operation=resync)
    words = "correct it in %(shop)s (or in the connection's settings), then resync it: %(operation)s"
    return Sentence(words, shop=f"the {noun}", operation=resync)


# --- replay ---------------------------------------------------------------------------------------------------------------


def _replay(standing: Standing) -> Action:
    dead = standing.job(JobState.DEAD)
    will = Sentence("It is tried again as it is stored, with another round of tries")
    if dead is None:
        refusal = Refusal(Sentence("it is not among the dead letters"), Sentence("to read and send it again, resync it"))
        return Action(Act.REPLAY, will, None, refusal)
    return Action(Act.REPLAY, will, dead.process, letter_id=f"job-{dead.id}")


# --- resolve --------------------------------------------------------------------------------------------------------------


def _resolve(standing: Standing) -> Action:
    will = Sentence(
        "It counts as settled. Nothing is sent; its next change in %(shop)s is transferred as usual", shop=standing.shop
    )
    return Action(Act.RESOLVE, will, None, resolve_refused(standing.jobs))


def resolve_refused(jobs: Iterable[JobFacts]) -> Refusal | None:
    """None: something of the record is open."""
    if any(each.state in OPEN_STATES for each in jobs):
        return None
    message = Sentence("nothing of it is open")
    return Refusal(message, Sentence("what is done, or being sent just now, needs no settling"))


# --- the rest of an order that was sent in part --------------------------------------------------------------------------


def rest_refused(mapping: Mapping | None) -> Refusal | None:
    if mapping is not None and waits_for_rest(mapping.delivery, mapping.delivery_code):
        return None
    message = Sentence("it waits for no rest")
    return Refusal(message, Sentence("only an order that was sent in part is closed short; see what happens next with it"))


def reported_just_now() -> Refusal:
    return Refusal(Sentence("it is being reported just now"), Sentence("try again in a moment"))


def _close_short(standing: Standing) -> Action:
    will = Sentence(
        "It is closed in %(shop)s with what was sent. Nothing is changed in the warehouse; "
        "what it sends all the same is told as usual",
        shop=standing.shop,
    )
    job = standing.report_of(Process.SHIPMENTS)
    refusal = rest_refused(standing.mapping)
    if refusal is None and (job is None or job.state is JobState.RUNNING):
        refusal = reported_just_now()
    return Action(Act.CLOSE_SHORT, will, Process.SHIPMENTS, refusal)


def _cancel_rest(standing: Standing) -> Action:
    asked = [each.number for each in standing.rest if each.can_be_cancelled]
    named = ", ".join(asked)
    will = Sentence("The rest is cancelled in the warehouse; then it is closed in %(shop)s", shop=standing.shop)
    if asked:
        will = Sentence(
            "Order %(numbers)s, which has the rest, is cancelled in the warehouse; then it is closed in %(shop)s",
            numbers=named,
            shop=standing.shop,
        )
    elif not standing.rest:
        will = Sentence("The warehouse has no rest of it any more. It is closed in %(shop)s", shop=standing.shop)
    refusal = rest_refused(standing.mapping)
    return Action(Act.CANCEL_REST, will, Process.ACKNOWLEDGEMENTS, refusal or cancel_refused(standing.rest))


def cancel_refused(rest: Sequence[RestOrder]) -> Refusal | None:
    """None: there is a rest that can be cancelled, or none at all any more."""
    if not rest or any(each.can_be_cancelled for each in rest):
        return None
    cannot = begun(rest[0].number, rest[0].status)
    fix = Sentence(
        "%(fix)s. To close it in the shop at once, with what was sent, close it short without cancelling the rest", fix=cannot.fix
    )
    return Refusal(Sentence("%(message)s", message=cannot.message), fix)
