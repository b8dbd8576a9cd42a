"""What a connection's source can be asked for, by what its system can do.

Settings hold nothing that the system cannot do, so that these refuse only what was asked for in passing.
"""

from __future__ import annotations

from app.engine.core.runtime import Gateway
from app.integrations.protocol import MakesRefunds, ReportsShipments, WritesStock
from app.integrations.protocol.capabilities import Capability
from app.integrations.protocol.integration import refuse
from app.integrations.protocol.shipments import WritesAgain, WritesNotes
from app.integrations.protocol.source import ReadsById
from app.records.connections import Connection


def reads_by_id(connection: Connection) -> bool:
    """Whether single records can be read."""
    return Capability.READ_BY_ID in connection.system.capabilities


def record_source(gateway: Gateway, connection: Connection, field: str = "connection") -> ReadsById:
    """Raises BadInput naming `field` when the system's records cannot be read one by one."""
    source = gateway.source(connection)
    if not isinstance(source, ReadsById):
        raise refuse(connection.system, Capability.READ_BY_ID, field)
    return source


def stock_source(gateway: Gateway, connection: Connection) -> WritesStock:
    """Raises BadInput when the system takes no quantities."""
    source = gateway.source(connection)
    if not isinstance(source, WritesStock):
        raise refuse(connection.system, Capability.WRITE_STOCK, "process")
    return source


def shipment_source(gateway: Gateway, connection: Connection) -> ReportsShipments:
    """Raises BadInput when the system is not told of shipments."""
    source = gateway.source(connection)
    if not isinstance(source, ReportsShipments):
        raise refuse(connection.system, Capability.REPORT_SHIPMENTS, "process")
    return source


def refund_source(gateway: Gateway, connection: Connection) -> MakesRefunds | None:
    """None when the system makes no refunds."""
    source = gateway.source(connection)
    return source if isinstance(source, MakesRefunds) and Capability.REFUND in connection.system.capabilities else None


def note_source(gateway: Gateway, connection: Connection) -> WritesNotes | None:
    """None when the system takes no notes."""
    source = gateway.source(connection)
    return source if isinstance(source, WritesNotes) and Capability.NOTES in connection.system.capabilities else None


def given_up_seconds(gateway: Gateway, connection: Connection, otherwise: float) -> float:
    """For how long a write that was not answered may still be under way: what the system says, else the time of a call."""
    source = gateway.source(connection)
    return source.given_up_seconds if isinstance(source, WritesAgain) else otherwise
