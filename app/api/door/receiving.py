"""One budget for the bodies that are being received, before anybody knows who sends them; and one for each address.

Bodies up to SMALL are not counted: they never wait for large ones. There is one for each connection at most, so that
GATEWAY_MAX_CONNECTIONS bounds them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType

from app.errors import GatewayError
from app.metrics import TURNED_AWAY
from app.settings.limits import Limits

SMALL = 64 * 1024


class TooMuchAtOnce(GatewayError):
    """What is being received already leaves no room for this body."""


@dataclass
class Receiving:
    """Of one process."""

    _bytes: int = 0
    _of: dict[str, int] = field(default_factory=dict)

    def share(self, caller: str, limits: Limits) -> Share:
        """For one body: a context that gives back what it took."""
        return Share(self, caller, limits)

    def fits(self, caller: str, size: int, limits: Limits) -> bool:
        """Whether so many bytes more may be held for the caller. One largest body always may, whatever the limits are."""
        of_all, of_caller = self._bytes + size, self._of.get(caller, 0) + size
        return of_all <= max(limits.max_receiving_bytes, limits.max_body_bytes) and of_caller <= max(
            limits.max_receiving_bytes_of_address, limits.max_body_bytes
        )

    def hold(self, caller: str, size: int) -> None:
        """`size`: negative to give back."""
        self._bytes += size
        self._of[caller] = self._of.get(caller, 0) + size
        if self._of[caller] <= 0:
            del self._of[caller]


class Share:
    """What one body holds."""

    __slots__ = ("_caller", "_held", "_limits", "_receiving")

    def __init__(self, receiving: Receiving, caller: str, limits: Limits) -> None:
        self._receiving, self._caller, self._limits = receiving, caller, limits
        self._held = 0

    def __enter__(self) -> Share:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._held:
            self._receiving.hold(self._caller, -self._held)
            self._held = 0

    def announced(self, size: int) -> None:
        """Raises TooMuchAtOnce when a body of that size would not fit now: then none of it need be read."""
        if size > SMALL:
            self._check(size)

    def has(self, size: int) -> None:
        """So many bytes of the body are there. Raises TooMuchAtOnce."""
        if size > SMALL and size > self._held:
            self._check(size - self._held)
            self._receiving.hold(self._caller, size - self._held)
            self._held = size

    def _check(self, more: int) -> None:
        if not self._receiving.fits(self._caller, more, self._limits):
            TURNED_AWAY.labels("busy").inc()
            raise TooMuchAtOnce
