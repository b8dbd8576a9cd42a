"""Places where a test may end or freeze the process, to prove that nothing is lost or doubled there. Off unless one is armed."""

from __future__ import annotations

import os
import signal
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
"""Every failpoint there is, in the order in which an order passes them."""

_armed = os.environ.get("GATEWAY_FAILPOINT")
_mark = os.environ.get("GATEWAY_FAILPOINT_MARK")
_signal = signal.Signals[os.environ.get("GATEWAY_FAILPOINT_SIGNAL", "SIGKILL")]


def failpoint(name: str) -> None:
    """Kills this process without further ado when `name` is armed and its mark file does not exist yet (so that it is hit once).

    With GATEWAY_FAILPOINT_SIGNAL=SIGSTOP it freezes until somebody thaws it, and then goes on as if no time had passed.
    """
    if _armed != name or _mark is None:
        return
    mark = Path(_mark)
    if not mark.exists():
        mark.write_text(name, encoding="ascii")
        os.kill(os.getpid(), _signal)
