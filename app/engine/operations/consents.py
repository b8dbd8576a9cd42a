"""What a consent has given becomes a connection: a new one as a draft, or the one that is there, connected again."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.engine.core.runtime import Gateway
from app.engine.operations import connections as service
from app.engine.operations.connection_changes import note_change, note_made
from app.errors import Conflict
from app.integrations.protocol import Granted, Integration
from app.integrations.protocol.credentials import revealed
from app.integrations.registry import integration
from app.records import connection_lanes, connections, sessions
from app.records.connections import Connection, Draft, Prepared, Status, prepare
from app.records.onboarding import visits
from app.records.onboarding.visits import Visit
from app.storage.audit.changes import Change
from app.warehouse.credentials import OngoingCredentials

MOST_SHARING = 20
"""So many connections of one system at one goods owner get a prefix that was not chosen by a person."""


@dataclass(frozen=True)
class Connected:
    """`is_new`: a draft that waits to be activated. `had_ended`: it could not go on before. `shares`: another connection in
    use has the goods owner, and the settings were chosen so that the two do not clash."""

    connection: Connection
    is_new: bool
    had_ended: bool
    shares: bool = False


def missing_rights(asked: Collection[str], granted: Collection[str] | None) -> tuple[str, ...]:
    """The rights that were asked for and not granted, in the order asked. None, or `*`, stands for all."""
    if granted is None or "*" in granted:
        return ()
    return tuple(right for right in asked if right not in granted)


async def connect(gateway: Gateway, visit: Visit, name: str, warehouse: OngoingCredentials, granted: Granted) -> Connected:
    """Makes the connection with its session in one transaction, or none of it.

    The same account at the same goods owner is the same connection: it keeps its name, settings and all that waits. Raises
    BadInput and Conflict.
    """
    system = integration(visit.integration)

    async def work(db: AsyncConnection) -> Connected:
        current = await _current(db, gateway, system, visit, (warehouse, granted.source))
        draft = _draft(system, current, name, warehouse, granted.source)
        prepared = prepare(draft, gateway.settings.reach)
        if visit.connection_id is not None and current is not None and not prepared.account.is_at(current.account):
            raise Conflict(
                f"this consent is for {prepared.account.label}, and {current.name} is a connection to {current.account.label}",
                field="connection",
                fix="log in there with the account of the right one, or make a new connection",
            )
        connection_id, shares = await _saved(db, gateway, current, (draft, prepared))
        known = await sessions.find(db, gateway.vault, connection_id)
        if granted.session is None:
            await sessions.forget(db, connection_id)
        else:
            await sessions.replace(db, gateway.vault, connection_id, known, granted.session, gateway.clock())
        if not await visits.made(db, visit.id, connection_id):
            raise Conflict("this was done in another window already", fix="go on there, or begin anew")
        saved = await connections.find(db, gateway.vault, connection_id)
        consent = Change("consent", is_secret=True)
        if current is None:
            note_made(db, saved, consent)
        else:
            note_change(db, current, saved, consent)
        return Connected(saved, current is None, known.ended is not None, shares)

    done = await gateway.database.run(work)
    gateway.forget(done.connection.id)
    if done.connection.status is Status.ACTIVE:
        await service.go_on(gateway, done.connection)
    return done


async def _current(
    db: AsyncConnection,
    gateway: Gateway,
    system: Integration,
    visit: Visit,
    given: tuple[OngoingCredentials, Mapping[str, Any]],
) -> Connection | None:
    warehouse, source = given
    found = visit.connection_id
    if found is None:
        plain = {name: value for name, value in source.items() if value is not None}
        account = system.account(system.credentials_model.model_validate(plain))
        found = await visits.connection_of(db, system.name, account.key, warehouse)
    return None if found is None else await connections.find(db, gateway.vault, found, lock=True)


def _draft(
    system: Integration, current: Connection | None, name: str, warehouse: OngoingCredentials, source: Mapping[str, Any]
) -> Draft:
    kept = revealed(current.source) if current is not None else {}
    there = revealed(current.warehouse) if current is not None else {}
    return Draft(
        name=current.name if current is not None else name,
        integration=system.name,
        source={key: value for key, value in {**kept, **source}.items() if value is not None},
        warehouse={**there, **{key: value for key, value in revealed(warehouse).items() if value is not None}},
        settings=current.settings.model_dump(mode="json") if current is not None else {},
    )


async def _saved(
    db: AsyncConnection, gateway: Gateway, current: Connection | None, wanted: tuple[Draft, Prepared]
) -> tuple[str, bool]:
    """The id of the connection as it is now, and whether its settings had to make room for another one's."""
    draft, prepared = wanted
    if current is None:
        return await _created(db, gateway, draft, prepared)
    if (revealed(current.source), revealed(current.warehouse)) != (revealed(prepared.source), revealed(prepared.warehouse)):
        await connections.change(db, gateway.vault, current, prepared, gateway.clock())
    return current.id, False


async def _created(db: AsyncConnection, gateway: Gateway, draft: Draft, prepared: Prepared) -> tuple[str, bool]:
    """A goods owner's second connection begins without articles and with numbers of its own (requirement: rules for every
    connection, 8). The person sees it and can choose otherwise before anything is transferred."""
    apart = await _kept_apart(db, gateway, draft, prepared)
    return await connections.create(db, gateway.vault, apart, gateway.clock()), apart is not prepared


async def _kept_apart(db: AsyncConnection, gateway: Gateway, draft: Draft, prepared: Prepared) -> Prepared:
    """As it is where nothing is in its way, else with the first prefix that is free. Raises Conflict when none of them is."""
    try:
        await connection_lanes.refuse_clash(db, prepared)
    except Conflict as error:
        clash = error
    else:
        return prepared
    letter = integration(draft.integration).title[:1].upper()
    for number in range(1, MOST_SHARING):
        prefix = f"{letter}{number if number > 1 else ''}-"
        settings = {**draft.settings, "processes": {"articles": False}, "order_number_prefix": prefix}
        apart = prepare(draft.model_copy(update={"settings": settings}), gateway.settings.reach)
        with contextlib.suppress(Conflict):
            await connection_lanes.refuse_clash(db, apart)
            return apart
    raise clash
