"""kill -9 of a worker at every place where an order may be caught."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from app.engine.core.failpoints import NAMES, OF_LOGINS, OF_LONG_WORK
from tests.chaos.conftest import StartCluster
from tests.chaos.count import all_is_well
from tests.chaos.deliveries import busy_day, shuffled
from tests.chaos.processes import Program, until
from tests.chaos.size import FULL, LONGEST_TEST, ORDERS, WORKERS

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(LONGEST_TEST)]

DAYS = [*((name, name, name) for name in NAMES), NAMES] if FULL else [NAMES]
"""Where workers are killed, one after the other."""


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day[0] if len(set(day)) == 1 else "each")
async def test_workers_killed_at_failpoints_lose_nothing_and_double_nothing(
    day: tuple[str, ...], start_cluster: StartCluster, tmp_path: Path
) -> None:
    """Each worker finds what the one before it left behind, and is killed itself."""
    cluster = await start_cluster()
    cluster.start_api()
    for number, name in enumerate(day):
        mark = tmp_path / f"hit-{number}"
        armed = [cluster.start_worker(failpoint=name, failpoint_mark=mark) for _ in range(WORKERS)]
        await cluster.deliver(shuffled(busy_day(ORDERS, first=1001 + number * ORDERS), seed=number))
        if name == "poll-after-page":
            await cluster.poll_now()
        await _killed(armed, name)
        assert mark.read_text() == name
        for worker in armed:
            worker.kill()
    cluster.start_worker()
    await all_is_well(cluster)


async def _killed(armed: list[Program], name: str) -> None:
    """Waits until the failpoint has ended one of them."""
    await until(lambda: any(worker.code == -signal.SIGKILL for worker in armed), f"a worker came to {name}")


def test_every_failpoint_in_the_code_is_among_those_that_are_tried() -> None:
    """One that is called but not listed would never be armed."""
    code = "".join(file.read_text() for file in (Path(__file__).parents[2] / "app").rglob("*.py"))
    called = {part.partition('"')[0] for part in code.split('failpoints.hit("')[1:]}
    assert called == {*NAMES, *OF_LOGINS, *OF_LONG_WORK}
