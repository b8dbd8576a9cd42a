"""Places where a test may end or freeze the process, to prove that nothing is lost or doubled there. Off unless armed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

NAMES = (
    "ingest-before-commit",
    "ingest-after-commit",
    "claim-after-commit",
    "attempt-after-commit",
    "call-after-answer",
    "finish-before-commit",
    "finish-after-commit",
    "poll-after-page",
)
"""All failpoints, in the order in which an order passes them."""
OF_LOGINS = ("renew-before-call", "renew-before-commit", "renew-after-commit")
"""Those of a renewed login."""
OF_LONG_WORK = ("long-work-before-commit", "long-work-after-commit")
"""Those of a reconcile or a backfill, after each lot of its records."""

_actions: dict[str, Callable[[], None]] = {}
_armed = os.environ.get("GATEWAY_FAILPOINT")
_mark = os.environ.get("GATEWAY_FAILPOINT_MARK")
_signal = signal.Signals[os.environ.get("GATEWAY_FAILPOINT_SIGNAL", "SIGKILL")]


@contextmanager
def armed(name: str, action: Callable[[], None]) -> Iterator[None]:
    """Within the block, code that hits this failpoint runs `action`. What `action` raises is raised there."""
    assert name in (*NAMES, *OF_LOGINS, *OF_LONG_WORK), f"there is no failpoint {name!r}"
    before = _actions.get(name)
    _actions[name] = action
    try:
        yield
    finally:
        del _actions[name]
        if before is not None:
            _actions[name] = before


def hit(name: str) -> None:
    """Runs what a test has armed here; otherwise does nothing.

    GATEWAY_FAILPOINT arms a process from outside: it is killed at once unless its mark file exists, so that it is hit once. With
    GATEWAY_FAILPOINT_SIGNAL=SIGSTOP it freezes until somebody continues it, and goes on as if no time had passed.
    """
    action = _actions.get(name)
    if action is not None:
        action()
    if _armed != name or _mark is None:
        return
    mark = Path(_mark)
    if not mark.exists():
        mark.write_text(name, encoding="ascii")
        os.kill(os.getpid(), _signal)
