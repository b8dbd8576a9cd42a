"""Histories that once broke a promise. Each is kept as the steps that did it, so that it stays the same when plans change."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from tests.chaos.histories.plan import Step

FOLDER = Path(__file__).parent / "broken_once"
PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Kept:
    """`why`: what went wrong, in a sentence. `seed`: where it came from."""

    name: str
    why: str
    seed: int
    steps: tuple[Step, ...]


def all_kept() -> list[Kept]:
    return [_read(file) for file in sorted(FOLDER.glob("*.json"))]


def kept_steps() -> list[Step]:
    """All of them from the beginning of a history on, each a little later than the one before. Each has orders of its own."""
    found: list[Step] = []
    begins, orders = 0.5, 0
    for kept in all_kept():
        first = kept.steps[0].at
        numbers = {order: orders + place for place, order in enumerate(sorted({s.order for s in kept.steps if s.order}), 1)}
        orders += len(numbers)
        found += [
            replace(step, at=round(step.at - first + begins, 2), order=numbers[step.order] if step.order else None)
            for step in kept.steps
        ]
        begins += PAUSE_SECONDS
    return sorted(found, key=lambda step: step.at)


def after(kept: list[Step], steps: list[Step]) -> list[Step]:
    """The kept steps, and then the others, whose orders must have been numbered from behind those of the kept ones."""
    begins = kept[-1].at if kept else 0.0
    return [*kept, *(replace(step, at=round(step.at + begins, 2)) for step in steps)]


def _read(file: Path) -> Kept:
    told = json.loads(file.read_text(encoding="utf-8"))
    steps = tuple(Step(each["at"], each["what"], each.get("order"), each.get("more", {})) for each in told["steps"])
    return Kept(file.stem, told["why"], told["seed"], steps)
