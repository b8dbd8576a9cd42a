"""What `gateway doctor` finds: one thing looked at, with what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `fix` says what to do when it is not ok."""

    check: str
    state: State
    finding: str
    fix: str = ""

    @property
    def is_failure(self) -> bool:
        return self.state is State.FAIL

    def row(self) -> dict[str, Any]:
        return asdict(self)


def ok(check: str, finding: str) -> Finding:
    return Finding(check, State.OK, finding)


def warn(check: str, finding: str, fix: str) -> Finding:
    return Finding(check, State.WARN, finding, fix)


def fail(check: str, finding: str, fix: str) -> Finding:
    return Finding(check, State.FAIL, finding, fix)
