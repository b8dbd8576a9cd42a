"""Following a long work with a bar that shows its share and the time left."""

from __future__ import annotations

import math
import time
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

from app.commands.kit.remote import Remote
from app.commands.kit.terminal import err, fail

ENDED = ("done", "failed", "stopped")
FIRST_LOOK_SECONDS = 0.2
LOOK_SECONDS = 2.0

WorkId = Annotated[int, typer.Argument(metavar="ID", min=1, help="Its id, as the list shows it.")]
Work = dict[str, Any]


def instant(text: str, option: str) -> str:
    """A day as this machine's zone has it, or a time with its zone, as the gateway takes it. Ends the command for neither."""
    try:
        if len(text) == len("2026-11-01"):
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day).astimezone().isoformat()
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is not None else moment.astimezone()).isoformat()
    except ValueError:
        fail(f"{option}: {text!r} is no day and no time", "give a day like 2026-11-01, or a time like 2026-11-01T08:00")


def follow(remote: Remote, path: str, work: Work, seconds: float) -> Work:
    """Looks at it until it has ended, or the time is over. Ctrl-C stops looking; the work goes on."""
    ends, pause = time.monotonic() + seconds, FIRST_LOOK_SECONDS
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err(), transient=True, disable=not err().is_terminal) as progress:
        task = progress.add_task(_so_far(work), total=1.0)
        while work["state"] not in ENDED and (left := ends - time.monotonic()) > 0:
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, LOOK_SECONDS)
            work = remote.get(f"{path}/{work['id']}")
            progress.update(task, description=_so_far(work), completed=work["progress"]["share"])
    return work


def _so_far(work: Work) -> str:
    progress = work["progress"]
    words = [f"{work['connection']} {work['state']}: {progress['seen']} read"]
    words += [progress["step"]] if progress["step"] else []
    words += [f"{progress['left']} left"] if progress["left"] else []
    words += [f"about {math.ceil(progress['seconds_left'] / 60)} min"] if progress["left"] and progress["seconds_left"] else []
    return ", ".join(words)


def all_lines(remote: Remote, path: str, work: Work, limit: int, **params: Any) -> list[dict[str, Any]]:
    return remote.items(f"{path}/{work['id']}/lines", limit, **params)


def save(remote: Remote, address: str, file: Path, **params: Any) -> None:
    """Writes what the gateway gives at this address into the file."""
    answer = remote.send("GET", address, params={name: value for name, value in params.items() if value is not None})
    if answer.status_code != 200:
        fail(f"the gateway answered {answer.status_code} for {address}", "try again, or take --json")
    file.write_text(answer.text, encoding="utf-8", newline="")


def say_rest(work: Work) -> None:
    """What was left out, why it failed, and that it goes on."""
    for note in work["notes"]:
        err().print(note, style="yellow", markup=False)
    if work["error"]:
        err().print(work["error"], style="red", markup=False)
