"""`make chaos`: random histories of shop, warehouse and bad luck, played against the gateway's real processes and judged.

`make chaos` plays ten minutes on each database, in rounds of a minute. `make chaos ARGS="--minutes 2 --seed 7"` plays two minutes
on each from seed 7 on. The seeds are printed: `--seed N --minutes 1` plays the round of seed N again.
`--crashes` runs the bad days that are played by script instead, at full length, and `--table` both, and prints the crash matrix
of docs/reliability.md. Exits with 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import services
from tests.chaos import figures
from tests.chaos.figures import Figures
from tests.chaos.histories import table
from tests.chaos.histories.kept import kept_steps
from tests.chaos.histories.plan import make_plan
from tests.chaos.histories.run import Played, play_now

ROUND_SECONDS = 60.0
MINUTES = 10.0
KEPT = 0
"""The seed that stands for the histories that once broke a promise. They are played first, unless a seed is given."""
ROOT = Path(__file__).parents[3]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="how long it is played on each database (default: 10)")
    parser.add_argument("--seed", type=int, help="the first round's seed; the next ones follow (default: a new one)")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--crashes", action="store_true", help="the bad days by script instead, at full length")
    parser.add_argument("--table", action="store_true", help="both, and the crash matrix as Markdown at the end")
    options = parser.parse_args()
    code, scripted = crashes("full" if options.crashes else "table") if options.crashes or options.table else (0, [])
    if options.crashes and not options.table:
        return code
    played = histories(options)
    if options.table:
        print(f"\nBy script:\n\n{table.markdown(table.by_script(scripted))}")
        print(f"\nAt random:\n\n{table.markdown(table.at_random(played))}")
    return 1 if code or any(each.verdict.violations for each in played) else 0


def crashes(size: str) -> tuple[int, list[Figures]]:
    """At one of the sizes of tests/chaos/size.py. pytest's exit code, and what each of the bad days came to."""
    with tempfile.TemporaryDirectory() as directory:
        collected = Path(directory) / "figures"
        command = [sys.executable, "-m", "pytest", "-m", "chaos", "-n0", "tests/chaos", "--ignore=tests/chaos/test_histories.py"]
        environment = {**os.environ, "GATEWAY_CHAOS": size, figures.VARIABLE: str(collected)}
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        return code, figures.read(collected)


def histories(options: argparse.Namespace) -> list[Played]:
    first = options.seed if options.seed is not None else random.SystemRandom().randrange(1, 1_000_000)
    rounds = max(math.ceil(options.minutes * 60 / ROUND_SECONDS), 1)
    seconds = min(options.minutes * 60, ROUND_SECONDS)
    kinds = ["sqlite", "postgresql"] if options.database == "both" else [options.database]
    if "postgresql" in kinds and services.postgres_programs() is None:
        print("This machine has no PostgreSQL server: only SQLite is played.", file=sys.stderr)
        kinds.remove("postgresql")
    seeds = range(first, first + rounds)
    print(f"seeds {seeds[0]} to {seeds[-1]}, {seconds:g} s each, on {' and '.join(kinds)}", flush=True)
    played = [_shown(play_now(kind, KEPT, kept_steps()), seconds) for kind in kinds if options.seed is None]
    for seed in seeds:
        played += [_shown(play_now(kind, seed, make_plan(seed, seconds)), seconds) for kind in kinds]
    failed = [f"{each.seed} on {each.kind}" for each in played if each.verdict.violations]
    print(f"seeds {seeds[0]} to {seeds[-1]}: {'FAILED: ' + ', '.join(failed) if failed else 'every promise was kept'}")
    return played


def _shown(played: Played, seconds: float) -> Played:
    print(played.line, flush=True)
    if played.told:
        print(f"{played.told}\nagain: {again(played.seed, seconds, played.kind)}", flush=True)
    return played


def again(seed: int, seconds: float, kind: str) -> str:
    return f'make chaos ARGS="--seed {seed} --minutes {seconds / 60:g} --database {kind}"'


if __name__ == "__main__":
    sys.exit(main())
