"""Deliveries that come again and again, word for word. Whoever has seen one that is signed can send it as often as they like.

The first ENOUGH are kept like any other: a shop may send one twice, and the second time finds nothing to do. After them the same
is answered like them and not kept: it is there already. A delivery that could not be kept is not counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.integrations.protocol import IncomingWebhooks, WebhookRequest

ENOUGH = 10
SECONDS = 3600.0
SMALL = 4096
"""Bytes. A smaller body may be a mere hint, the same each time: it is a repetition only with the same id of its delivery."""
MOST_REMEMBERED = 10_000

Key = tuple[str, ...]


@dataclass
class Repeats:
    """Counts in memory, each process for itself: those of the last while, and those of the one before it.

    Every delivery comes by here, so it is two dictionaries and no more. A count lasts for SECONDS at least, or for the last
    MOST_REMEMBERED deliveries, and for twice of it at most.
    """

    now: Callable[[], float] = time.monotonic
    _recent: dict[Key, int] = field(default_factory=dict)
    _before: dict[Key, int] = field(default_factory=dict)
    _began: float = 0.0

    def are_enough(self, key: Key | None) -> bool:
        """Whether the same delivery has been kept often enough."""
        if key is None or self._count(key) < ENOUGH:
            return False
        self._turn()
        return self._count(key) >= ENOUGH

    def kept(self, key: Key | None) -> None:
        """It was committed."""
        if key is not None:
            self._turn()
            self._recent[key] = self._count(key) + 1

    def _count(self, key: Key) -> int:
        return self._recent.get(key) or self._before.get(key, 0)

    def _turn(self) -> None:
        now = self.now()
        if now - self._began >= SECONDS or len(self._recent) >= MOST_REMEMBERED:
            is_old = now - self._began >= 2 * SECONDS
            self._recent, self._before, self._began = {}, {} if is_old else self._recent, now


def key_of(connection_id: str, webhooks: IncomingWebhooks, request: WebhookRequest) -> Key | None:
    """What a delivery is known again by, once its sender is proven. None: it is like no other.

    Only the body is signed. So a large one is known by its body, whatever headers stand before it.
    """
    proof = webhooks.proof(request.headers)
    if len(request.body) > SMALL:
        return connection_id, proof
    delivery_id = webhooks.delivery_id(request.headers)
    return None if delivery_id is None else (connection_id, proof, delivery_id)
