"""How a connection stands, in words: what is wrong first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.engine.core import circuit
from app.engine.core.circuit import OF_SHOPS, OF_WAREHOUSES, Paused, key_for
from app.integrations.protocol.account import Pace
from app.records.connections import Connection, Status
from app.records.console.connection_standing import Standing
from app.web.texts import Text

ORDER = {"bad": 0, "waits": 1, "good": 2}


@dataclass(frozen=True)
class Line:
    """`kind`: bad, waits or good. `detail` and `fix` are the gateway's or the other system's own words."""

    kind: str
    text: Text
    detail: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Health:
    """`lines`: the worst first; never empty. `locked_until`: when the last of the calls that rest is tried again (UTC)."""

    lines: tuple[Line, ...]
    locked_until: datetime | None = None

    @property
    def kind(self) -> str:
        return self.lines[0].kind

    @property
    def rank(self) -> int:
        return ORDER[self.kind]


def counters_of(connection: Connection) -> dict[str, str]:
    """The counters of the calls that it makes, with the call of each."""
    of_shop = {key_for(circuit.of_source(connection), call): call for call in OF_SHOPS}
    return of_shop | {key_for(circuit.of_warehouse(connection), call): call for call in OF_WAREHOUSES}


def health_of(connection: Connection, standing: Standing, paused: Mapping[str, Paused]) -> Health:
    """`paused`: the calls that rest, by their counters; those of other connections may be among them."""
    counters = counters_of(connection)
    rest = {counters[key]: each for key, each in paused.items() if key in counters}
    found = [
        *_login(connection, standing),
        *(Line("bad", Text("Calls rest"), each.said(call, connection.system.noun)) for call, each in rest.items()),
        *_test(connection),
        *_polls(connection, standing),
        *_webhooks(connection, standing),
        *_alerts(standing),
        *(Line("waits", Text("A setting is not as it was saved"), words) for words in connection.adjusted),
        *_status(connection),
    ]
    lines = sorted(found, key=lambda line: ORDER[line.kind]) or [Line("good", Text("Everything works, as far as is known."))]
    return Health(tuple(lines), max((each.until for each in rest.values()), default=None))


def _login(connection: Connection, standing: Standing) -> list[Line]:
    ended = standing.ended
    if ended is None:
        return []
    if connection.system.consent is not None:
        text = Text("The consent has ended: a person must allow it again. What waits is kept.")
    else:
        text = Text("The login is good no more: give other credentials. What waits is kept.")
    return [Line("bad", text, ended.words)]


def _test(connection: Connection) -> list[Line]:
    if connection.test is None:
        return [Line("waits", Text("It was never tested."))]
    failed = [check for check in connection.test.get("checks", ()) if not check["ok"]]
    if failed:
        first = failed[0]
        return [Line("bad", Text("The last test failed"), f"{first['system']}: {first['message']}", first["fix"])]
    return (
        [] if connection.is_proven or not connection.is_in_use else [Line("waits", Text("The login was changed since its test."))]
    )


def _polls(connection: Connection, standing: Standing) -> list[Line]:
    if connection.status is not Status.ACTIVE:
        return []
    return [
        Line("bad", Text("Reading fails: %(process)s", process=each.process.value), each.error or "")
        for each in standing.polls
        if each.failures
    ]


def _webhooks(connection: Connection, standing: Standing) -> list[Line]:
    if connection.system.webhooks is None or not connection.is_in_use:
        return []
    if standing.webhooks == "failed":
        text = Text("The shop's webhooks could not be checked. What changes is found by polls, some minutes later.")
        return [Line("waits", text, standing.webhooks_error or "")]
    return []


def _alerts(standing: Standing) -> list[Line]:
    if standing.open_alerts == 0:
        return []
    return [Line("waits", Text("Open alerts: %(count)s. The page Alerts says what to do.", count=standing.open_alerts))]


def _status(connection: Connection) -> list[Line]:
    if connection.status is Status.DRAFT:
        return [Line("waits", Text("It is a draft: nothing is transferred before it is activated."))]
    if connection.status is Status.PAUSED:
        return [Line("waits", Text("It is paused: webhooks are kept, nothing is read or sent."))]
    if connection.settings.processes.stock and connection.settings.stock.look_only:
        return [Line("waits", Text("Quantities are only compared: none is written to the shop."))]
    return []


def pace_of(connection: Connection) -> Pace | None:
    return connection.system.pace(connection.source, connection.settings)


def by_counter(paused: Sequence[Paused]) -> dict[str, Paused]:
    return {each.key: each for each in paused}
