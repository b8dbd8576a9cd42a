"""`make bench`: measures the figures the gateway promises, as ratios within one run.

`make bench` measures all, `make bench ARGS=poll` one, `make bench ARGS="intake-sqlite --rounds 3 --seconds 2"` shorter.
Exits with 1 when a wanted figure is missed.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from app import logs
from app.integrations.registry import secret_names
from app.settings import Settings
from tests import services
from tests.bench.figure import Figure, Options
from tests.bench.measurements import (
    claims,
    coalescing,
    idle,
    intake,
    lanes,
    latency,
    poll,
    poll_large,
    processes,
    start,
    stock,
    throughput,
)
from tests.bench.pages import figures as pages
from tests.bench.volume import figures as volume

Measure = Callable[[Options], list[Figure]]


@dataclass(frozen=True)
class Bench:
    about: str
    measure: Measure
    needs_postgresql: bool = False


BENCHES = {
    "intake-sqlite": Bench("webhooks taken in, on SQLite", intake.sqlite),
    "intake-postgresql": Bench("webhooks taken in, on PostgreSQL", intake.postgresql, needs_postgresql=True),
    "coalescing": Bench("many changes of one order, few writes", coalescing.measure),
    "poll": Bench("polls of what has not changed", poll.measure),
    "poll-large": Bench("polls of a shop with 50,000 orders and 50,000 products", poll_large.measure),
    "volume": Bench("polled shops with 50,000 products and 20,000 orders", volume.measure),
    "stock": Bench("quantities of 10,000 articles to the shop", stock.measure),
    "latency": Bench("from a webhook's commit to the warehouse", latency.measure),
    "claims-sqlite": Bench("what a claim reads, on SQLite", claims.sqlite),
    "claims-postgresql": Bench("what a claim reads, on PostgreSQL", claims.postgresql, needs_postgresql=True),
    "throughput-sqlite": Bench("computing of an order, beside a bare loop, on SQLite", throughput.sqlite),
    "throughput-postgresql": Bench("the same on PostgreSQL", throughput.postgresql, needs_postgresql=True),
    "lanes-sqlite": Bench("orders per second in one lane and in fifty, on SQLite", lanes.sqlite),
    "lanes-postgresql": Bench("the same on PostgreSQL, with one worker and two", lanes.postgresql, needs_postgresql=True),
    "two-workers": Bench("two workers beside one, with a slow WMS", lanes.two_workers, needs_postgresql=True),
    "processes-sqlite": Bench("an order with real processes, beside a bare loop, on SQLite", processes.sqlite),
    "processes-postgresql": Bench("the same on PostgreSQL", processes.postgresql, needs_postgresql=True),
    "idle-sqlite": Bench("what idle connections cost a worker, on SQLite", idle.sqlite),
    "idle-postgresql": Bench("the same on PostgreSQL", idle.postgresql, needs_postgresql=True),
    "console-sqlite": Bench("the console's pages beside 200,000 orders, on SQLite", pages.sqlite),
    "console-postgresql": Bench("the same on PostgreSQL", pages.postgresql, needs_postgresql=True),
    "start": Bench("how long a command and the API take to start", start.measure),
}


def machine() -> list[str]:
    """What is measured on, and whether it is busy with other things: a rate that shares the cores with others says little."""
    postgresql, cores, load = services.postgres_programs(), os.cpu_count() or 1, os.getloadavg()[0]
    busy = ["BUSY: other programs have the cores already, so rates and times are worth little; measure again."]
    return [
        f"{cores} cores, {platform.system()} {platform.machine()}, load {load:.1f} at the start",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"PostgreSQL {postgresql.parent.name if postgresql else 'not here'}",
        *(busy if load > cores / 2 else []),
    ]


def measured(name: str, bench: Bench, options: Options) -> list[Figure]:
    if bench.needs_postgresql and not services.postgres_is_there():
        why = f"no PostgreSQL server here: apt-get install postgresql, or set {services.URL_VARIABLE}"
        return [Figure(name, bench.about, f"LEFT OUT, {why}", left_out=True)]
    return bench.measure(options)


def table(figures: Sequence[Figure]) -> Table:
    shown = Table(title="Figures", title_justify="left")
    for heading in ("command", "figure", "found", "wanted", ""):
        shown.add_column(heading, overflow="fold")
    for each in figures:
        style = "red" if each.reached is False else "yellow" if each.left_out else None
        shown.add_row(each.command, each.name, each.found, each.wanted or "-", each.verdict, style=style)
    return shown


def named(word: str) -> list[str]:
    """A bench by its name, or all whose names begin with the word (`intake`)."""
    found = [name for name in BENCHES if name == word or name.startswith(f"{word}-")]
    if not found:
        raise argparse.ArgumentTypeError(f"there is no bench {word!r}; there are: {', '.join(BENCHES)}")
    return found


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make bench", description="Measures the figures the gateway promises.")
    parser.add_argument("benches", nargs="*", metavar="BENCH", type=named, help=f"of: {', '.join(BENCHES)}; default: all")
    parser.add_argument("--rounds", type=int, help="interleaved runs of the intake figures")
    parser.add_argument("--seconds", type=float, help="length of one run of the intake figures, in seconds")
    asked = parser.parse_args(arguments)
    options = Options(asked.rounds, asked.seconds)
    logs.configure(Settings(log_level="error"), secret_names())
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    for line in machine():
        console.print(line, style="dim")
    figures: list[Figure] = []
    for name in [name for names in asked.benches for name in names] or BENCHES:
        console.print(f"\nmake bench ARGS={name}", style="bold")
        for each in measured(name, BENCHES[name], options):
            figures.append(each)
            for line in each.lines():
                console.print(line, soft_wrap=True)
    console.print()
    console.print(table(figures))
    console.print(summary(figures))
    return 1 if any(each.reached is False for each in figures) else 0


def summary(figures: Sequence[Figure]) -> str:
    wanted = [each for each in figures if each.reached is not None]
    missed = [each for each in wanted if not each.reached]
    left_out = [each for each in figures if each.left_out]
    words = (
        f"{len(missed)} of {len(wanted)} wanted figures missed."
        if missed
        else "Every wanted figure that was measured is reached."
    )
    return f"{words} {len(left_out)} LEFT OUT: this machine has no PostgreSQL server." if left_out else words


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
