"""Spans around what the gateway does, when traces are switched on (`GATEWAY_TRACES_TO`); otherwise only the ids are passed on.

OpenTelemetry's SDK is imported when it is switched on, and not before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.tracing.origin import CURRENT, Origin, fresh
from app.tracing.work import Attribute, Work

if TYPE_CHECKING:
    from app.tracing.telemetry import Telemetry

_telemetry: Telemetry | None = None


def switch_on(endpoint: str, share: float, process: str) -> Telemetry:
    """Sends this process's spans to an OTLP/HTTP receiver. `share` of the traces that begin here are recorded."""
    global _telemetry
    from app.tracing.telemetry import Telemetry

    _telemetry = Telemetry.to(endpoint, share, process)
    return _telemetry


def switch_off() -> None:
    """Sends what is still to be sent."""
    global _telemetry
    telemetry, _telemetry = _telemetry, None
    if telemetry is not None:
        telemetry.close()


def telemetry() -> Telemetry | None:
    """None when traces are switched off."""
    return _telemetry


def begin(name: str, origin: Origin | None, **attributes: Attribute) -> Work:
    """A piece of work whose end is told with `Work.end`. None: it begins a trace."""
    if _telemetry is None:
        return Work(origin or fresh())
    return _telemetry.begin(name, origin, attributes)


@contextmanager
def work(name: str, origin: Origin | None = None, **attributes: Attribute) -> Iterator[Work]:
    """What is done inside belongs to this piece of work: its lines in the log, its calls, its statements."""
    if _telemetry is None:
        begun = Work(origin or fresh())
        before = CURRENT.set(begun.origin)
        try:
            yield begun
        finally:
            CURRENT.reset(before)
    else:
        with _telemetry.work(name, origin, attributes) as traced:
            yield traced
