"""Steers what happens at one place on the way: a worker ends at a failpoint, or something else is done while a call is made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import pytest

from app.engine.core import failpoints
from tests.harness import Harness


class Ended(BaseException):
    """A worker that ends here, as with kill -9: not an Exception, so that nothing on the way can make something of it."""


def ended_at(name: str, time: int = 1) -> AbstractContextManager[None]:
    """Within the block, the worker that hits the failpoint for the `time`-th time ends there; those after it go on."""
    passes = 0

    def end() -> None:
        nonlocal passes
        passes += 1
        if passes == time:
            raise Ended

    return failpoints.armed(name, end)


@contextmanager
def beside_call(
    harness: Harness,
    method: str,
    path: str,
    *,
    before: Callable[[], Awaitable[object]] | None = None,
    after: Callable[[], Awaitable[object]] | None = None,
) -> Iterator[list[str]]:
    """Does something else once, just before the first such call is sent, or when its answer is there and not yet looked at.

    `path` is the end of the call's path. Gives the paths of the calls that it was done beside.
    """
    send, done = harness.gateway.http.send, list[str]()

    async def sent(request: httpx.Request, **named: object) -> httpx.Response:
        first = not done and request.method == method and request.url.path.endswith(path)
        if first:
            done.append(request.url.path)
        if first and before is not None:
            await before()
        response = await send(request, **named)  # type: ignore[arg-type]  # passed on as it came
        if first and after is not None:
            await response.aread()
            await after()
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(harness.gateway.http, "send", sent)
        yield done
