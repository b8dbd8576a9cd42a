"""Whether anything waited on purpose."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock


@contextlib.contextmanager
def counted() -> Iterator[list[float]]:
    """The seconds of every `asyncio.sleep` begun in this thread's event loop within the block; yielding (0 seconds) is none."""
    loop, original, found = asyncio.get_running_loop(), asyncio.sleep, list[float]()

    async def sleep(delay: float, result: Any = None) -> Any:
        if delay > 0 and asyncio.get_running_loop() is loop:  # the simulators' servers sleep in threads of their own
            found.append(delay)
        return await original(delay, result)

    with mock.patch("asyncio.sleep", sleep):
        yield found
