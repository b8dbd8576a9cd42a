"""Everything that is known of one record, in few statements: the same for the page, the command line and REST."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain import Kind
from app.domain.record import process_of
from app.domain.shipment import Shipment
from app.engine.core.runtime import Gateway
from app.engine.dispatch.reports import shipments_of
from app.engine.operations.explaining.lines import NotTold, SentLine, not_told, sent_lines
from app.engine.operations.explaining.possible import Action, Standing, actions
from app.engine.operations.explaining.upcoming import Next, Stops, read_stops, what_next
from app.flows.rest import rest_of, waits_for_rest
from app.records import deliveries, events, jobs, mappings
from app.records.connections import Connection
from app.records.deliveries import Acknowledgement, Delivery, Report
from app.records.events import ListedEvent
from app.records.jobs import Call, ListedJob
from app.records.mappings import Mapping, StoredNote
from app.sentence import Sentence

MOST_SHOWN = 20
MOST_LINES = 50


@dataclass(frozen=True)
class Possible:
    """One act, and when it takes place."""

    action: Action
    when: Next


AT_ONCE = Next("at-once", Sentence("At once"))
IN_TURN = Next("turn", Sentence("As soon as its turn comes in the lane"))


@dataclass(frozen=True)
class Explained:
    """One record. Lists are newest first but for jobs and what is in the warehouse; each holds the newest only.

    `history` has up to MOST_LINES + 1 lines: the last says that there are more.
    """

    mapping: Mapping
    connection: Connection
    next: Next
    actions: tuple[Possible, ...]
    jobs: Sequence[ListedJob]
    came_in: Sequence[ListedEvent]
    calls: Sequence[Call]
    shipped: Sequence[Delivery]
    told: Sequence[Report]
    confirmed: Sequence[Acknowledgement]
    history: Sequence[StoredNote]
    lines: tuple[SentLine, ...] = ()
    not_told: tuple[NotTold, ...] = ()

    @property
    def job(self) -> ListedJob | None:
        """The job that transfers it to the warehouse."""
        process = process_of(Kind(self.mapping.kind))
        return next((each for each in self.jobs if each.process is process), None)


async def explain(gateway: Gateway, mapping: Mapping) -> Explained:
    """Nine statements, each by an index, however long the record's history is."""
    connection = await gateway.connection(mapping.connection_id)
    async with gateway.database.read() as db:
        found = await jobs.of_mapping(db, mapping.id)
        shipped = await deliveries.of_mapping(db, mapping.id)
        stops = await read_stops(db, gateway, connection)
        confirmed, shipments = await deliveries.acknowledgements_of(db, mapping.id), shipments_of(shipped, connection)
        lines = sent_lines(shipments, connection, confirmed)
        return Explained(
            mapping,
            connection,
            what_next(mapping, stops, found),
            _actions(mapping, stops, found, shipments),
            found,
            await events.of_record(db, mapping.connection_id, process_of(Kind(mapping.kind)), mapping.source_id, MOST_SHOWN),
            await jobs.calls_of_mapping(db, mapping.id, MOST_SHOWN),
            shipped,
            await deliveries.reported(db, mapping.id),
            confirmed,
            await mappings.history_of(db, mapping.id, limit=MOST_LINES + 1),
            lines,
            not_told(shipments, lines, connection),
        )


def _actions(mapping: Mapping, stops: Stops, found: Sequence[ListedJob], shipments: Sequence[Shipment]) -> tuple[Possible, ...]:
    connection = stops.connection
    is_short = waits_for_rest(mapping.delivery, mapping.delivery_code)
    rest = rest_of(shipments, connection.settings.warehouse) if is_short else ()
    return tuple(Possible(each, _when(each, stops)) for each in actions(Standing(mapping, connection, found, rest)))


def _when(action: Action, stops: Stops) -> Next:
    return AT_ONCE if action.sends is None else stops.of(action.sends) or IN_TURN
