"""Who tries wrong keys waits, longer each time, and never longer than was promised."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from app.api.door import sparing
from app.api.door.sparing import SparingLog
from app.api.door.throttle import MOST_CALLERS, Throttle


@dataclass
class Seconds:
    """A clock that stands still until it is moved."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Stranger:
    clock: Seconds = field(default_factory=Seconds)
    throttle: Throttle = field(init=False)

    def __post_init__(self) -> None:
        self.throttle = Throttle(self.clock)

    def tries(self, times: int, caller: str = "a", allowed: int = 10, longest: float = 60) -> list[bool]:
        return [self.throttle.wrong(caller, allowed, longest) for _ in range(times)]


def test_a_few_slips_cost_nothing_and_the_tenth_within_a_minute_does() -> None:
    stranger = Stranger()
    assert stranger.tries(9) == [False] * 9
    assert stranger.throttle.wait("a") == 0
    assert stranger.tries(1) == [True]
    assert stranger.throttle.wait("a") == 5
    assert stranger.throttle.wait("b") == 0


def test_slips_that_are_far_apart_are_never_counted_together() -> None:
    stranger = Stranger()
    for _ in range(40):
        assert stranger.tries(1) == [False]
        stranger.clock.at += 10
    assert stranger.throttle.wait("a") == 0


def test_each_wrong_try_after_a_pause_makes_the_next_one_longer_up_to_the_longest() -> None:
    stranger = Stranger()
    stranger.tries(10)
    pauses = []
    for _ in range(6):
        pauses.append(stranger.throttle.wait("a"))
        stranger.clock.at += pauses[-1]
        assert stranger.throttle.wait("a") == 0
        stranger.tries(1)
    assert pauses == [5, 10, 20, 40, 60, 60]


def test_tries_within_a_pause_do_not_make_it_longer() -> None:
    stranger = Stranger()
    stranger.tries(10)
    stranger.clock.at += 2
    assert stranger.tries(500) == [False] * 500
    assert stranger.throttle.wait("a") == 3


def test_who_stops_is_forgotten() -> None:
    stranger = Stranger()
    stranger.tries(10)
    stranger.clock.at += 301
    assert stranger.tries(9) == [False] * 9
    assert stranger.throttle.wait("a") == 0


def test_memory_is_bounded_and_the_busiest_stay_in_it() -> None:
    stranger = Stranger()
    stranger.tries(10, "busy")
    for number in range(MOST_CALLERS):
        stranger.tries(1, f"one of many {number}")
        if number % 1000 == 0:
            stranger.tries(1, "busy")
    assert len(stranger.throttle._callers) == MOST_CALLERS
    assert stranger.throttle.wait("busy") > 0


def test_a_flood_of_lines_is_cut_and_the_next_minute_says_by_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[dict[str, Any]] = []

    class Log:
        def warning(self, event: str, **said: Any) -> None:
            written.append(said)

    monkeypatch.setattr(sparing, "log", Log())
    clock = Seconds()
    lines = SparingLog(clock)
    for number in range(500):
        lines.warning("refused", "one kind", number=number)
    lines.warning("refused", "another kind", number=0)
    clock.at += 61
    lines.warning("refused", "one kind", number=500)
    assert [each["number"] for each in written] == [*range(20), 0, 500]
    assert written[-1]["left_out"] == 480
