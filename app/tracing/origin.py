"""The two ids that a piece of work carries from the webhook to the call of the WMS.

The request id is for people: a caller may give it, every answer and problem document names it. The trace id is for machines: it
is the gateway's own (W3C Trace Context), and every line of the log and every outgoing call has it. Both are stored with the event
and the job, so that another process goes on with them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

REQUEST_ID_HEADER = "X-Request-Id"
TRACEPARENT_HEADER = "traceparent"
LONGEST_REQUEST_ID = 64

_REQUEST_ID = re.compile(rf"[A-Za-z0-9._:-]{{1,{LONGEST_REQUEST_ID}}}")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]")
Headers = Iterable[tuple[bytes, bytes]]


class Origin(NamedTuple):
    """`request_id` is None for what no request began: a poll, a sweep. `traceparent`: trace id, span id and flags."""

    request_id: str | None
    traceparent: str

    @property
    def trace_id(self) -> str:
        return self.traceparent[3:35]

    @property
    def is_alone(self) -> bool:
        """Whether no span stands behind it: `fresh` has made it."""
        return self.traceparent[36:52] == self.traceparent[3:19]


CURRENT: ContextVar[Origin | None] = ContextVar("origin", default=None)
"""Of the work that is being done."""


def fresh(request_id: str | None = None) -> Origin:
    """A trace of its own, known from logs only. Its span is nobody's: it is named by the trace's first half."""
    trace_id = os.urandom(16).hex()
    return Origin(request_id, f"00-{trace_id}-{trace_id[:16]}-00")


def of_request(headers: Headers, *, with_trace: bool) -> Origin:
    """What a request's headers say. What is not well-formed is as if it were not there.

    `with_trace`: the caller's trace goes on. A stranger must not choose the ids by which our work is found.
    """
    request_id, traceparent = None, None
    for name, value in headers:
        if name == b"x-request-id":
            request_id = value.decode("latin-1")
        elif with_trace and name == b"traceparent":
            traceparent = value.decode("latin-1")
    if request_id is None or not _REQUEST_ID.fullmatch(request_id):
        request_id = f"req_{os.urandom(8).hex()}"
    return (stored(request_id, traceparent) if traceparent else None) or fresh(request_id)


def stored(request_id: str | None, traceparent: str | None) -> Origin | None:
    """What is kept with an event or a job; None where an older version has kept nothing."""
    return Origin(request_id, traceparent) if traceparent and _TRACEPARENT.fullmatch(traceparent) else None


def current_or_fresh() -> Origin:
    """Of the work that is being done."""
    return CURRENT.get() or fresh()


@contextmanager
def bound(origin: Origin) -> Iterator[None]:
    """What is done inside has this origin."""
    before = CURRENT.set(origin)
    try:
        yield
    finally:
        CURRENT.reset(before)


def name_ids(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Puts the ids into a line of the log (a processor of structlog)."""
    origin = CURRENT.get()
    if origin is not None:
        event.setdefault("trace_id", origin.trace_id)
        if origin.request_id is not None:
            event.setdefault("request_id", origin.request_id)
    return event
