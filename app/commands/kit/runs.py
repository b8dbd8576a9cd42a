"""Following a run of the gateway to its end."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app.commands.kit.remote import Remote, segment
from app.commands.kit.terminal import err
from app.domain import RunState

COUNTS = ("read", "created", "updated", "cancelled", "unchanged", "skipped", "held", "failed", "waiting")
ENDED = (RunState.DONE, RunState.FAILED, RunState.BRAKED)
FIRST_LOOK_SECONDS = 0.2
LOOK_SECONDS = 2.0


def start(remote: Remote, name: str, body: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Starts a sync and follows it for so long."""
    # The gateway starts it and answers at once: we follow the run ourselves, to show how far it is, and judge it at its end.
    wanted = {**body, "wait": 0, "fail_on": ["none"]}
    # The key makes the call safe to repeat by whatever stands between.
    run = remote.call("POST", f"/sync/{segment(name)}", json=wanted, headers={"Idempotency-Key": str(uuid.uuid4())})
    return follow(remote, run, seconds)


def follow(remote: Remote, run: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Looks at the run until it has ended or the time is over; shows how far it is."""
    ends, pause = time.monotonic() + seconds, FIRST_LOOK_SECONDS
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err(), transient=True, disable=not err().is_terminal) as progress:
        task = progress.add_task(_so_far(run), total=None)
        while run["state"] not in ENDED and (left := ends - time.monotonic()) > 0:
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, LOOK_SECONDS)
            run = remote.get(f"/runs/{segment(run['id'])}")
            progress.update(task, description=_so_far(run))
    return run


def _so_far(run: dict[str, Any]) -> str:
    counted = [f"{run['counts'][name]} {name}" for name in COUNTS if run.get("counts", {}).get(name)]
    words = [f"{run.get('target', '')} {run['state']}: {', '.join(counted) or 'nothing read yet'}"]
    return "; ".join([*words, *(how_long(part) for part in run.get("parts", []) if how_long(part))])


def how_long(part: Mapping[str, Any]) -> str:
    """What the gateway says of how long a part will be read. Empty when it says nothing."""
    left, seconds, goes_on = (part.get(name) for name in ("left", "seconds_left", "goes_on_at"))
    words = [f"about {left} left"] if left else []
    words += [f"about {math.ceil(seconds / 60)} min"] if left and seconds else []
    if goes_on:
        words.append(
            f"goes on at {datetime.fromisoformat(goes_on).astimezone(UTC):%H:%M:%S} UTC, no more calls are allowed before"
        )
    return f"{part['process']}: {', '.join(words)}" if words else ""
