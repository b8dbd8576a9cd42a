"""Why goods come back, as each warehouse lists it, kept for a while."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.engine.core.runtime import MOST_CACHED, Gateway
from app.errors import Refused
from app.records.connections import Connection
from app.ttl_cache import TtlCache
from app.warehouse.reads.returns import ReturnCause

CAUSES_SECONDS = 300.0
"""How old a warehouse's list of causes may be."""

Causes = tuple[ReturnCause, ...]


@dataclass
class _Kept:
    by_lane: TtlCache[str, Causes] = field(default_factory=lambda: TtlCache(CAUSES_SECONDS, MOST_CACHED))


async def causes_of(gateway: Gateway, connection: Connection) -> Causes:
    """The goods owner's causes, at most CAUSES_SECONDS old. Raises RemoteError."""
    kept: _Kept = gateway.kept.setdefault(_Kept, _Kept())
    return await kept.by_lane.get_or_read(connection.lane, gateway.warehouse(connection).return_causes)


async def scrapping(gateway: Gateway, connection: Connection) -> frozenset[str]:
    """The codes for which goods are taken out of stock again; none where the WMS does not open its returns to us.

    Raises RemoteError when it cannot be asked now.
    """
    try:
        return frozenset(each.code for each in await causes_of(gateway, connection) if each.is_scrapping)
    except Refused:
        return frozenset()
