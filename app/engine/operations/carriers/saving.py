"""A mapping to a carrier that the WMS does not list is refused when it is saved. Requirement: Ongoing WMS, orders."""

from __future__ import annotations

from collections.abc import Sequence

from app.engine.core import circuit
from app.engine.core.runtime import Gateway
from app.errors import BadInput, NotChecked, RateLimited, RemoteError
from app.integrations.protocol.carriers import TransporterChoice, carrier_choices
from app.integrations.protocol.credentials import sent_credentials
from app.records.connection_lanes import lane_of
from app.records.connections import Connection, Prepared
from app.warehouse.reads.resources import TransporterContract
from app.warehouse.rest.client import OngoingClient
from app.warehouse.writes.transporters import transporter_problems

FIELD = "settings.transporters"


async def refuse_unlisted(gateway: Gateway, wanted: Prepared, current: Connection | None = None) -> None:
    """Raises BadInput for a carrier that was not there before and that the WMS does not list; NotChecked when the WMS, or its
    login, does not let it be asked. Nothing is asked where no new carrier is named.

    A carrier that was there before stays, also when the WMS lists it no longer: the daily look alerts about it.
    """
    there = _there_before(wanted, current)
    new = {name: choice for name, choice in carrier_choices(wanted.settings).items() if _codes(choice) not in there}
    if not new:
        return
    contracts = await _asked(gateway, wanted, current, next(iter(new)))
    for problem in transporter_problems(new, contracts)[:1]:
        raise BadInput(problem.message, field=f"settings.{problem.field}", fix=problem.fix)


def _codes(choice: TransporterChoice) -> tuple[str, str]:
    return choice.transporter_code, choice.transporter_service_code


def _there_before(wanted: Prepared, current: Connection | None) -> set[tuple[str, str]]:
    """Another WMS, or another goods owner there, has other carriers."""
    if current is None or lane_of(current.warehouse) != lane_of(wanted.warehouse):
        return set()
    return {_codes(choice) for choice in carrier_choices(current.settings).values()}


async def _asked(gateway: Gateway, wanted: Prepared, current: Connection | None, first: str) -> Sequence[TransporterContract]:
    """One call. Refused calls of a login that no test has proven are counted apart, so that they lock no live connection out."""
    is_proven = current is not None and current.is_proven and _has_login_of(wanted, current)
    user = f"{wanted.warehouse.url}|{wanted.warehouse.user}"
    key = circuit.key_for(f"{user}|{current.id}" if is_proven and current else user, "test transporters")
    async with gateway.database.read() as db:
        paused = await circuit.longest_pause(db, [key], gateway.clock())
    if paused is not None:
        raise _not_checked(f"too many calls were refused lately (the last: {paused.error})", first)
    client = OngoingClient(wanted.warehouse, gateway.http, gateway.clock, wanted.settings.warehouse)
    try:
        found = await client.transporter_contracts()
    except RemoteError as error:
        await _count(gateway, key, lane_of(wanted.warehouse), error)
        raise _not_checked(error.message, first) from error
    return found


async def _count(gateway: Gateway, key: str, lane: str, error: RemoteError) -> None:
    now = gateway.clock()
    async with gateway.database.begin() as db:
        if isinstance(error, RateLimited):
            await circuit.count_failure(db, key, lane, error, now, gateway.settings)
        elif error.status is not None and error.status not in circuit.ON_THE_WAY:
            await circuit.failed(db, key, lane, error, now, gateway.settings)


def _has_login_of(wanted: Prepared, current: Connection) -> bool:
    return sent_credentials(wanted.warehouse) == sent_credentials(current.warehouse)


def _not_checked(why: str, first: str) -> NotChecked:
    return NotChecked(
        f"nothing was saved: it cannot be checked whether the warehouse lists these carriers, because {why}",
        field=f"settings.{first}",
        fix="try again when the warehouse answers; or save without carriers, test the connection, and add them then",
    )
