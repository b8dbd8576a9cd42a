"""kill -9 of a worker at every place where an order may be caught."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from app.engine.failpoints import NAMES
from tests.chaos.conftest import Found
from tests.chaos.count import all_is_well
from tests.chaos.deliveries import busy_day, shuffled
from tests.chaos.processes import Program, until
from tests.chaos.size import LONGEST_TEST, ORDERS, ROUNDS, WORKERS

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(LONGEST_TEST)]


@pytest.mark.parametrize("name", NAMES)
async def test_a_worker_killed_at_a_failpoint_loses_nothing_and_doubles_nothing(name: str, found: Found, tmp_path: Path) -> None:
    polled = name.startswith("poll-")
    town = await found(polls=polled, poll_interval_minutes=0.05 if polled else 15)
    town.start("api")
    for number in range(ROUNDS):
        mark = tmp_path / f"hit-{number}"
        armed = [town.start_worker(failpoint=name, failpoint_mark=mark) for _ in range(WORKERS)]
        await town.deliver(shuffled(busy_day(ORDERS, first=1001 + number * ORDERS), seed=number))
        await killed(armed)
        assert mark.read_text() == name
        for worker in armed:
            worker.kill()
        fresh = town.start_worker()
        await town.settle()
        fresh.kill()
    await all_is_well(town)


async def killed(armed: list[Program]) -> None:
    """Waits until the failpoint has ended one of them."""
    await until(lambda: any(worker.code == -signal.SIGKILL for worker in armed), "a worker reached the failpoint")


def test_every_failpoint_in_the_code_is_among_those_that_are_tried() -> None:
    """One that is called but not listed would never be armed."""
    code = "".join(file.read_text() for file in (Path(__file__).parents[2] / "app").rglob("*.py"))
    called = {part.partition('"')[0] for part in code.split('failpoint("')[1:]}
    assert called == set(NAMES)
