"""Random histories of shop, warehouse and bad luck, played against real processes: half a minute on each database.

`make chaos` plays ten minutes on each, with new seeds.
"""

from __future__ import annotations

import pytest

from tests import services
from tests.chaos.histories.kept import after, all_kept, kept_steps
from tests.chaos.histories.plan import make_plan
from tests.chaos.histories.run import play_now

SECONDS = 12.0
SEED = 1
KINDS = ["sqlite", "postgresql"] if services.postgres_programs() else ["sqlite"]


@pytest.mark.chaos
@pytest.mark.timeout(600)
@pytest.mark.flaky(reruns=0)  # a promise that was broken once is broken
@pytest.mark.parametrize("kind", KINDS)
def test_a_random_history_keeps_every_promise_and_those_that_once_broke_one_do_too(kind: str) -> None:
    kept = kept_steps()
    first_order = max((step.order for step in kept if step.order), default=0) + 1
    left = max(SECONDS - (kept[-1].at if kept else 0), SECONDS / 2)
    played = play_now(kind, SEED, after(kept, make_plan(SEED, left, first_order)))
    assert played.verdict.orders > 0
    assert not played.verdict.violations, f"{played.line}\n{played.told}"


def test_a_plan_comes_from_its_seed_alone() -> None:
    assert make_plan(7, 60) == make_plan(7, 60)
    assert make_plan(7, 60) != make_plan(8, 60)


def test_plans_hold_all_that_may_happen() -> None:
    seen = {step.what for seed in range(1, 6) for step in make_plan(seed, 60)}
    assert seen == {
        "place", "open", "hold", "cancel", "quantity", "street", "spoil", "mend", "trash", "restore", "delete", "renumber",
        "pick", "ship", "label", "bring-back",
        "answer-lost", "kill", "freeze", "redis", "database", "weather", "warehouse", "shop", "count", "prefix",
    }  # fmt: skip


def test_what_is_kept_says_why_and_is_in_the_order_of_time() -> None:
    for kept in all_kept():
        assert kept.why
        assert list(kept.steps) == sorted(kept.steps, key=lambda step: step.at)
