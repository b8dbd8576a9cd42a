"""What a measurement says: the figure, the one that is wanted, and the command that measures it again."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """From the command line; None: as each measurement has it."""

    rounds: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Figure:
    """`reached` is None when nothing is wanted (it is only reported), or when it could not be measured here."""

    bench: str
    name: str
    found: str
    wanted: str = ""
    reached: bool | None = None
    notes: tuple[str, ...] = ()
    left_out: bool = False

    @property
    def command(self) -> str:
        return f"make bench ARGS={self.bench}"

    @property
    def verdict(self) -> str:
        return "LEFT OUT" if self.left_out else {True: "reached", False: "MISSED", None: "reported"}[self.reached]

    def lines(self) -> list[str]:
        if self.left_out:
            return [f"{self.name}: {self.found}"]
        wanted = f" (wanted: {self.wanted}; {self.verdict})" if self.wanted else " (reported only)"
        return [f"{self.name}: {self.found}{wanted}", *(f"  {note}" for note in self.notes)]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them are, 0 to 1."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median_and_p95(seconds: Sequence[float]) -> str:
    return f"median {statistics.median(seconds) * 1000:.1f} ms, p95 {percentile(seconds, 0.95) * 1000:.1f} ms"
