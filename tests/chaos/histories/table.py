"""The crash matrix of docs/reliability.md: fault, how it is made, runs, accepted, lost, doubled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.engine.core.failpoints import NAMES
from tests.chaos.figures import Figures
from tests.chaos.histories.run import Played

FAILPOINTS = {
    "ingest-before-commit": "a webhook is understood, and its job not stored yet",
    "ingest-after-commit": "its job is stored",
    "claim-after-commit": "the job is claimed",
    "attempt-after-commit": "the call is written down, and not made yet",
    "call-after-answer": "the call is answered, and nothing of it stored yet",
    "finish-before-commit": "the outcome is about to be stored",
    "finish-after-commit": "the outcome is stored",
    "poll-after-page": "a page of a poll is stored",
}

AT_FAILPOINTS = "test_workers_killed_at_failpoints"
ALL = "each"

BY_SCRIPT = {
    "test_what_was_answered_before_the_api_was_killed_is_there_and_the_rest_is_sent_again": (
        "API killed in a burst",
        "kill -9 with 16 deliveries under way; the shop sends again what was not answered 200",
    ),
    "test_a_holder_that_was_frozen_and_thawed_after_another_took_over_writes_nothing": (
        "worker frozen, and thawed when another has taken over",
        "SIGSTOP in the middle of a call and just before one, SIGCONT after the other has written",
    ),
    "test_processes_asked_to_end_finish_what_they_have_begun_and_lose_nothing": (
        "API and worker asked to end under load",
        "SIGTERM to both in a burst",
    ),
    "test_a_redis_emptied_and_then_killed_with_everything_queued_costs_nothing": (
        "Redis emptied, then killed, with everything queued",
        "FLUSHALL, then kill -9, started again empty",
    ),
    "test_a_redis_that_is_away_when_everything_begins_is_waited_for": (
        "Redis away when everything starts",
        "killed before API and worker start, started later",
    ),
    "test_a_database_that_is_away_for_a_while_costs_nothing_and_intake_asks_to_come_again": (
        "database away",
        "PostgreSQL stopped as by `pg_ctl stop -m immediate` and started again; SQLite locked by another program",
    ),
    "test_connections_cut_again_and_again_make_no_dead_letters": (
        "connections to PostgreSQL cut",
        "`pg_terminate_backend` of all of them, nine times during transfers",
    ),
    "test_a_warehouse_that_is_gone_costs_time_only_however_long_it_takes": (
        "warehouse gone",
        "its port closed until every method has paused four times, with three tries a record",
    ),
    "test_a_warehouse_that_fails_in_every_way_costs_time_only": (
        "warehouse fails in every way",
        "hang-ups, 503, 500 and 500 at the login, one after the other, with three tries a record",
    ),
    "test_writes_whose_answer_was_lost_are_looked_up_and_not_repeated": (
        "answer lost after the write",
        "the order is made, the answer is HTML, lacks the id, or comes too late",
    ),
}
"""Tests of tests/chaos by their names."""

AT_RANDOM = {
    "webhooks lost": "the delivery does not arrive; nobody sends it again",
    "webhooks twice": "the delivery arrives twice within half a second",
    "webhooks late": "the delivery arrives up to five seconds later, after newer ones",
    "webhooks refused": "the shop gets 500 and the gateway nothing; the shop switches a webhook off after six",
    "webhooks answer-lost": "the gateway has it, the shop gets 500",
    "worker killed (kill -9)": "at any moment, started again within a second",
    "api killed (kill -9)": "at any moment, started again within a second",
    "worker frozen (SIGSTOP)": "for up to five seconds, two leases long",
    "api frozen (SIGSTOP)": "for up to 1.5 seconds",
    "Redis killed (kill -9), empty afterwards": "for up to 1.5 seconds",
    "database away": "for up to 2.5 seconds: PostgreSQL stopped at once; SQLite locked by another program",
    "order number prefix changed": "`PATCH /connections` while orders wait",
}
TROUBLE = {
    "answer lost after the write": "the write is made; a hang-up, HTML, no id, or an answer after the time-out follows",
    "slow": "0.5 to 1.8 seconds, with a time-out of 1.5",
    "hangs up": "the connection is closed without an answer",
    "HTML with 200": "a maintenance page in place of JSON",
}
HEAD = ("fault", "how it is made", "runs", "accepted", "lost", "doubled")


@dataclass
class Row:
    fault: str
    how: str
    runs: int = 0
    accepted: int = 0
    lost: int = 0
    doubled: int = 0

    @property
    def cells(self) -> list[str]:
        return [self.fault, self.how, *(f"{each:,}" for each in (self.runs, self.accepted, self.lost, self.doubled))]


def by_script(figures: Iterable[Figures]) -> list[Row]:
    rows: dict[str, Row] = {}
    for each in figures:
        fault, how = _named(each.test)
        row = rows.setdefault(fault, Row(fault, how))
        row.runs += _times(each.test)
        row.accepted += each.accepted
        row.lost += each.lost
        row.doubled += each.doubled
    return list(rows.values())


KILLS = 3
"""Workers that are killed one after the other in a test of one failpoint (tests/chaos/test_failpoints.py)."""


def _named(test: str) -> tuple[str, str]:
    name, _, given = test.partition("[")
    if name.startswith(AT_FAILPOINTS):
        point = given.rstrip("]").partition("-")[2]
        if point == ALL:
            return "worker killed at one failpoint after the other", "kill -9 at each; the next worker finds what was left"
        return f"worker killed at `{point}`", f"kill -9 where {FAILPOINTS.get(point, point)}"
    return BY_SCRIPT.get(name, (name.removeprefix("test_").replace("_", " "), "see the test of this name"))


def _times(test: str) -> int:
    """How often the fault was made in one run of the test."""
    if not test.startswith(AT_FAILPOINTS):
        return 1
    return len(NAMES) if test.endswith(f"-{ALL}]") else KILLS


def at_random(played: Sequence[Played]) -> list[Row]:
    """A fault's runs are the times it was made. What is accepted, lost and doubled is that of the histories it was made in."""
    made: dict[str, list[tuple[int, Played]]] = defaultdict(list)
    for each in played:
        for fault, times in each.faults.items():
            made[fault].append((times, each))
    rows = []
    for fault in sorted(made):
        runs = sum(times for times, _ in made[fault])
        histories = [each.verdict for _, each in made[fault]]
        lost = sum(len(each.violations) - each.count("doubled") for each in histories)
        doubled = sum(each.count("doubled") for each in histories)
        rows.append(Row(fault, _how(fault), runs, sum(each.accepted for each in histories), lost, doubled))
    return rows


def _how(fault: str) -> str:
    where, _, what = fault.partition(": ")
    if where not in ("shop", "warehouse"):
        return AT_RANDOM.get(fault, "")
    return TROUBLE.get(what, "for one to five calls" + (", with Retry-After" if "429" in what else ""))


def markdown(rows: Iterable[Row]) -> str:
    lines = [HEAD, ("---", "---", "--:", "--:", "--:", "--:"), *(row.cells for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
