"""Many remote calls within a slice: a few at a time, and what is done is given back before the time is up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from app.engine.jobs.run_part import PartRun

AT_ONCE = 4
"""Calls to one system at the same time."""
LOT_SECONDS = 1.0
"""What is done is given at least this often, to be stored."""

T = TypeVar("T")
R = TypeVar("R")


async def in_lots(
    part_run: PartRun, items: Sequence[T], do: Callable[[T], Awaitable[R]]
) -> AsyncIterator[list[tuple[T, R | Exception]]]:
    """Does `do` for the items in their order, AT_ONCE at a time, and gives what came of each, an error included.

    Ends early when the slice is over. At least AT_ONCE items are done even then, so that a slow system is gone on with too.
    """
    done: list[tuple[T, R | Exception]] = []
    began = time.monotonic()
    for start in range(0, len(items), AT_ONCE):
        done += [each async for each in at_once(items[start : start + AT_ONCE], do)]
        if part_run.time_is_up or time.monotonic() - began >= LOT_SECONDS:
            yield done
            done, began = [], time.monotonic()
        if part_run.time_is_up:
            return
    if done:
        yield done


async def at_once(items: Sequence[T], do: Callable[[T], Awaitable[R]]) -> AsyncIterator[tuple[T, R | Exception]]:
    """Does `do` for the items in their order, AT_ONCE at a time, and gives what came of each, an error included."""
    for start in range(0, len(items), AT_ONCE):
        some = items[start : start + AT_ONCE]
        for item, result in zip(some, await asyncio.gather(*map(do, some), return_exceptions=True), strict=True):
            if isinstance(result, BaseException) and not isinstance(result, Exception):
                raise result
            yield item, result
