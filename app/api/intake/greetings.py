"""Notes the greetings of webhooks: each proves that its webhook reaches the gateway."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.engine.core.runtime import Gateway
from app.records.webhooks import proofs
from app.ttl_cache import TtlCache

MOST = 50
WITHIN = timedelta(minutes=1)
"""A greeting bears no signature: anybody who knows the address may send one. Of a flood, MOST are noted WITHIN this time."""


@dataclass
class Greetings:
    """Counts in memory, for each connection."""

    _noted: TtlCache[str, deque[datetime]] = field(default_factory=lambda: TtlCache(3600, 10_000))

    async def note(self, gateway: Gateway, connection_id: str, webhook_id: str) -> None:
        """Raises what the database raises when it is away."""
        now = gateway.clock()
        noted = self._noted.get(connection_id) or self._noted.put(connection_id, deque(maxlen=MOST))
        if len(noted) == MOST and now - noted[0] < WITHIN:
            return
        noted.append(now)
        async with gateway.database.begin() as db:
            await proofs.greeted(db, connection_id, webhook_id, now)
