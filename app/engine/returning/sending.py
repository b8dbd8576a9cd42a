"""The job of an announced return: into the WMS, or out of it again."""

from __future__ import annotations

from app.engine.core.runtime import Gateway
from app.flows.outcomes import Outcome, Result, WarehousePort
from app.flows.returning.announced import ToAnnounce, send_return, withdraw_return
from app.records import deliveries
from app.records.connections import Connection
from app.records.mappings import Mapping
from app.records.returned import announced
from app.warehouse.adopted import adopted_rows


async def send_announced(gateway: Gateway, connection: Connection, mapping: Mapping, number: str, port: WarehousePort) -> Result:
    """Sends or withdraws the return of this number, as it is announced now. Raises RemoteError for what is worth another try."""
    async with gateway.database.read() as db:
        record = await announced.by_number(db, connection.lane, number)
        shipped = await deliveries.of_mapping(db, mapping.id)
    if record is None or record.announced is None or record.connection_id != connection.id:
        return Result(Outcome.UNCHANGED, None)
    own = (mapping.wms_id,) if mapping.wms_id is not None else ()
    orders = tuple(dict.fromkeys([*own, *(row.wms_order_id for row in shipped)]))
    numbers = dict.fromkeys([*([mapping.number] if mapping.number else []), *(row.number for row in shipped)])
    order_number = mapping.source_number or mapping.number or mapping.source_id
    wanted = ToAnnounce(
        number,
        record.way,
        record.record_id,
        order_number,
        orders,
        tuple(numbers),
        record.announced,
        adopted_rows(mapping.adopted),
    )
    if record.wanted == "absent":
        result = await withdraw_return(wanted, port)
        if result.outcome is Outcome.CANCELLED:
            async with gateway.database.begin() as db:
                await announced.withdrawn(db, record.id, gateway.clock())
        return result
    result, wms_id = await send_return(wanted, port)
    if wms_id is not None:
        async with gateway.database.begin() as db:
            await announced.sent(db, record.id, wms_id, record.announced, gateway.clock())
    return result
