"""Connections: one shop or ERP company, tied to one goods owner in one WMS."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, cast

from pydantic import BaseModel, SecretStr, ValidationError
from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import BadInput, Conflict, NotFound
from app.ids import new_id, unguessable
from app.integrations.kit.mistakes import said
from app.integrations.protocol import ConnectionSettings, Integration
from app.integrations.protocol.account import Account
from app.integrations.protocol.capabilities import impossible_switches, without_impossible
from app.integrations.protocol.credentials import revealed, secrets_in, sent_credentials
from app.integrations.protocol.integration import refuse
from app.integrations.registry import RESERVED_NAMES
from app.integrations.registry import integration as find_integration
from app.integrations.stored_settings import stored_settings, why_unreadable
from app.outgoing.addresses import Reach, check_address
from app.records.connection_lanes import Move, draft_lane, ensure_lane, lane_of, move, one_at_a_time, refuse_clash, shop_lane
from app.storage.secrets import Vault
from app.storage.tables import connections
from app.warehouse.credentials import OngoingCredentials
from app.warehouse.writes.writable import ARTICLE_EXTRAS, LINE_EXTRAS, ORDER_EXTRAS, extra_path_problems

NAME_PATTERN = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")


OUTDATED = "is_outdated"
"""In a stored test: the login at the WMS has changed since, and no test has passed with it."""


class Status(StrEnum):
    DRAFT = "draft"
    """Saved, not yet tested with a real call. Nothing is taken in or sent."""
    ACTIVE = "active"
    PAUSED = "paused"
    """Webhooks are kept. Nothing is polled or sent."""


@dataclass(frozen=True)
class Connection:
    """One connection with its secrets readable. Never log or show `source` and `warehouse` as they are.

    `lane`: its goods owner's. Of a draft that was not tested there: its own."""

    id: str
    name: str
    integration: str
    webhook_id: str
    status: Status
    account: Account
    lane: str
    settings: ConnectionSettings
    settings_version: int
    source: BaseModel
    warehouse: OngoingCredentials
    facts: dict[str, Any]
    test: dict[str, Any] | None
    tested_at: datetime | None
    activated_at: datetime | None
    created_at: datetime
    updated_at: datetime
    adjusted: tuple[str, ...] = ()
    """Which of its saved settings do not hold as they were saved, in words."""

    @property
    def is_in_use(self) -> bool:
        """A draft counts for nothing: what it may do, and with whose account, is not known before its test."""
        return self.status is not Status.DRAFT

    @property
    def is_proven(self) -> bool:
        """Whether a test has passed with the login at the WMS that it has now."""
        return self.is_in_use and not (self.test or {}).get(OUTDATED)

    @property
    def system(self) -> Integration:
        return find_integration(self.integration)

    @property
    def webhook_secret(self) -> str | None:
        secret: SecretStr | None = getattr(self.source, "webhook_secret", None)
        return secret.get_secret_value() if secret else None

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """All secrets that its deliveries may be signed with: its own, one a line, and those that the system names."""
        others = self.system.webhook_secrets(self.source, self.settings)
        return tuple(dict.fromkeys((*secrets_in(self.webhook_secret or ""), *others)))


class Draft(BaseModel):
    """A connection as a person gives it: checked as a whole by `prepare`."""

    name: str
    integration: str
    source: dict[str, Any]
    warehouse: dict[str, Any]
    settings: dict[str, Any] = {}


@dataclass(frozen=True)
class Prepared:
    """A draft that has passed every check that needs no call."""

    name: str
    integration: str
    source: BaseModel
    warehouse: OngoingCredentials
    settings: ConnectionSettings
    account: Account


def prepare(draft: Draft, reach: Reach) -> Prepared:
    """Checks names, settings, credentials and addresses. Raises BadInput naming the field and the fix."""
    if not NAME_PATTERN.fullmatch(draft.name):
        fix = "use up to 63 lower-case letters, digits, - and _, beginning with a letter or digit"
        raise BadInput(f"{draft.name!r} cannot be a connection's name", field="name", fix=fix)
    system = find_integration(draft.integration)
    if draft.name in RESERVED_NAMES and draft.name != draft.integration:
        raise BadInput(f"{draft.name!r} is the name of another integration", field="name", fix="choose another name")
    source = _parse(system.credentials_model, draft.source, "source")
    warehouse = cast(OngoingCredentials, _parse(OngoingCredentials, draft.warehouse, "warehouse"))
    settings = _settings(system, draft.settings)
    account = system.account(source)
    called = {f"source.{account.base_url_field}": account.base_url, "warehouse.url": warehouse.url}
    for field, url in {**called, "settings.outgoing_webhooks.url": settings.outgoing_webhooks.url}.items():
        if url is not None:
            check_address(url, reach, field)
    _check_extra_fields(settings)
    return Prepared(draft.name, draft.integration, source, warehouse, settings, account)


def _settings(system: Integration, given: dict[str, Any]) -> ConnectionSettings:
    """Reads the settings. A process that the system cannot do is off by default. Raises BadInput when it is switched on."""
    possible = without_impossible(given, system.capabilities)
    settings = cast(ConnectionSettings, _parse(system.settings_model, possible, "settings"))
    for name, needed in impossible_switches(system.capabilities).items():
        if attrgetter(name)(settings):
            raise refuse(system, needed, f"settings.{name}")
    return settings


def _check_extra_fields(settings: ConnectionSettings) -> None:
    """Requirement: rules for every connection, 11. Raises BadInput for a path that the WMS does not have."""
    found = (
        *extra_path_problems(settings.extra_article_fields, ARTICLE_EXTRAS, "settings.extra_article_fields"),
        *extra_path_problems(settings.extra_order_fields, ORDER_EXTRAS, "settings.extra_order_fields"),
        *extra_path_problems(settings.extra_line_fields, LINE_EXTRAS, "settings.extra_line_fields"),
    )
    for problem in found:
        raise BadInput(problem.message, field=problem.field, fix=problem.fix)


def _parse(model: type[BaseModel], value: dict[str, Any], field: str) -> BaseModel:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        wrong = said(error, model, field)
        retired = model.retired if issubclass(model, ConnectionSettings) else {}
        if (instead := retired.get(wrong.field or "")) is not None:
            words = f"{wrong.field} is not a setting any more"
            raise BadInput(words, field=wrong.field, fix=f"set {instead} instead") from error
        raise wrong from error


async def _refuse_taken_name(db: AsyncConnection, name: str, own_id: str = "") -> None:
    if await db.scalar(select(connections.c.id).where(connections.c.name == name, connections.c.id != own_id)):
        raise Conflict(f"there is a connection {name!r} already", field="name", fix="choose another name, or change that one")


async def create(db: AsyncConnection, vault: Vault, prepared: Prepared, now: datetime) -> str:
    """Saves a new connection as a draft; returns its id. Raises Conflict when its name is taken."""
    await one_at_a_time(db)
    await _refuse_taken_name(db, prepared.name)
    connection_id = new_id("con")
    lane = draft_lane(connection_id, prepared.warehouse.goods_owner_id)
    await db.execute(
        insert(connections).values(
            id=connection_id,
            name=prepared.name,
            integration=prepared.integration,
            webhook_id=unguessable(),
            status=Status.DRAFT,
            settings_version=1,
            created_at=now,
            lane=lane,
            **_columns(vault, prepared, now),
        )
    )
    await ensure_lane(db, lane)
    await ensure_lane(db, shop_lane(connection_id))
    return connection_id


def _columns(vault: Vault, prepared: Prepared, now: datetime) -> dict[str, Any]:
    return {
        "account_key": prepared.account.key,
        "warehouse_url": prepared.warehouse.url,
        "goods_owner_id": prepared.warehouse.goods_owner_id,
        "settings": prepared.settings.model_dump(mode="json"),
        "secrets": vault.seal({"shop": revealed(prepared.source), "warehouse": revealed(prepared.warehouse)}),
        "updated_at": now,
    }


async def change(db: AsyncConnection, vault: Vault, current: Connection, prepared: Prepared, now: datetime) -> None:
    """Saves a changed connection. Its settings version goes up, so that waiting jobs are mapped again; not for a note for people.

    A connection that points elsewhere (account, warehouse or goods owner) becomes a draft again: it is tested before it is used.
    It leaves the lane of its goods owner when that changes (`draft_lane`).
    Raises Conflict when somebody has changed it since `current` was read, when one in use cannot share its goods owner any more,
    and when its records are in another goods owner's stock: they could no longer be changed or found there.
    """
    await one_at_a_time(db)
    await _refuse_taken_name(db, prepared.name, current.id)
    lane = current.lane
    if lane_of(prepared.warehouse) != lane_of(current.warehouse):
        lane = draft_lane(current.id, prepared.warehouse.goods_owner_id)
    version = current.settings_version + (0 if _differs_for_people_only(current, prepared) else 1)
    values: dict[str, Any] = {"name": prepared.name, "settings_version": version, "lane": lane}
    if points_elsewhere(current, prepared):
        values["status"] = Status.DRAFT
    elif current.is_in_use:
        await refuse_clash(db, prepared, current.id)
    if current.is_in_use and sent_credentials(current.warehouse) != sent_credentials(prepared.warehouse):
        values["test"] = {"ok": False, "checks": [], **(current.test or {}), OUTDATED: True}
    unchanged = (connections.c.id == current.id, connections.c.settings_version == current.settings_version)
    done = await db.execute(update(connections).where(*unchanged).values(**values, **_columns(vault, prepared, now)))
    if done.rowcount == 0:
        raise changed_meanwhile(current.name)
    if lane != current.lane:
        await move(db, Move(current.id, current.name, current.lane, lane))


def _differs_for_people_only(current: Connection, prepared: Prepared) -> bool:
    notes = prepared.settings.model_dump(include=set(prepared.settings.for_people))
    same = (current.name, current.source, current.warehouse, current.settings.model_copy(update=notes))
    return same == (prepared.name, prepared.source, prepared.warehouse, prepared.settings)


def changed_meanwhile(name: str, field: str | None = None) -> Conflict:
    return Conflict(
        f"{name} was changed by somebody else meanwhile", field=field, fix="read it again, then send the change again"
    )


def points_elsewhere(current: Connection, prepared: Prepared) -> bool:
    return (
        not prepared.account.is_at(current.account)
        or current.warehouse.url != prepared.warehouse.url
        or current.warehouse.goods_owner_id != prepared.warehouse.goods_owner_id
    )


async def set_status(db: AsyncConnection, connection_id: str, status: Status, now: datetime) -> None:
    values: dict[str, Any] = {"status": status, "updated_at": now}
    await db.execute(update(connections).where(connections.c.id == connection_id).values(**values))


async def activate(db: AsyncConnection, current: Connection, now: datetime) -> None:
    """Makes it active. Without a go-live date of its own, this moment is the go-live date: nothing older is transferred.

    `current` is the connection as it is stored, read under lock in the same transaction. Raises Conflict when it cannot share its
    goods owner with those that are in use (requirement: rules for every connection, 8).
    """
    await one_at_a_time(db)
    await refuse_clash(db, current, current.id)
    lane = lane_of(current.warehouse)
    values: dict[str, Any] = {"status": Status.ACTIVE, "updated_at": now, "lane": lane}
    if current.activated_at is None:
        values["activated_at"] = now
    if current.settings.go_live is None:
        settings = current.settings.model_copy(update={"go_live": now.replace(microsecond=0)})
        values |= {"settings": settings.model_dump(mode="json"), "settings_version": current.settings_version + 1}
    unchanged = (connections.c.id == current.id, connections.c.settings_version == current.settings_version)
    done = await db.execute(update(connections).where(*unchanged).values(**values))
    if done.rowcount == 0:
        raise changed_meanwhile(current.name)
    if lane != current.lane:
        await move(db, Move(current.id, current.name, current.lane, lane))


async def save_test(
    db: AsyncConnection, connection_id: str, report: dict[str, Any], facts: dict[str, Any], now: datetime
) -> None:
    await db.execute(update(connections).where(connections.c.id == connection_id).values(test=report, facts=facts, tested_at=now))


async def settings_version(db: AsyncConnection, connection_id: str) -> int | None:
    """As it is stored now."""
    found: int | None = await db.scalar(select(connections.c.settings_version).where(connections.c.id == connection_id))
    return found


def opened(row: Row[Any], vault: Vault) -> Connection:
    """A row of the table, its secrets decrypted. Raises BadInput when no key fits, and when it is none that we can read."""
    try:
        return _opened(row, vault)
    except (BadInput, ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
        fix = error.fix if isinstance(error, BadInput) else "a newer gateway may have saved it: run that one"
        raise BadInput(f"{row.name} cannot be read: {why_unreadable(error)}", field="connection", fix=fix) from error


def _opened(row: Row[Any], vault: Vault) -> Connection:
    system = find_integration(row.integration)
    secrets = vault.open(row.secrets)
    source = system.credentials_model.model_validate(secrets["shop"])
    stored = stored_settings(system, row.settings)
    return Connection(
        id=row.id,
        name=row.name,
        integration=row.integration,
        webhook_id=row.webhook_id,
        status=Status(row.status),
        account=system.account(source),
        lane=row.lane,
        settings=stored.settings,
        adjusted=stored.adjusted,
        settings_version=row.settings_version,
        source=source,
        warehouse=OngoingCredentials.model_validate(secrets["warehouse"]),
        facts=row.facts or {},
        test=row.test,
        tested_at=row.tested_at,
        activated_at=row.activated_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def find(db: AsyncConnection, vault: Vault, id_or_name: str, *, lock: bool = False) -> Connection:
    """`lock`: nobody else changes it until the transaction ends. Raises NotFound."""
    query = select(connections).where((connections.c.id == id_or_name) | (connections.c.name == id_or_name))
    row = (await db.execute(query.with_for_update(key_share=True) if lock else query)).first()
    if row is None:
        raise NotFound(
            f"there is no connection {id_or_name!r}", field="connection", fix="list them with: gateway connections list"
        )
    return opened(row, vault)


async def names(db: AsyncConnection) -> dict[str, str]:
    """Every connection's name by its id."""
    return {row.id: row.name for row in await db.execute(select(connections.c.id, connections.c.name))}


async def every(
    db: AsyncConnection, vault: Vault, *, ids: Sequence[str] | None = None, status: Status | None = None
) -> list[Connection]:
    """All connections by name, or only those with these ids or of a status. Those that cannot be opened are left out: the sweeper
    alerts about each, and they stop no other."""
    return (await opened_and_closed(db, vault, ids=ids, status=status))[0]


async def opened_and_closed(
    db: AsyncConnection, vault: Vault, *, ids: Sequence[str] | None = None, status: Status | None = None
) -> tuple[list[Connection], dict[str, BadInput]]:
    """The same, and by their ids why others cannot be opened."""
    query = select(connections).order_by(connections.c.name)
    if ids is not None:
        query = query.where(connections.c.id.in_(ids))
    if status is not None:
        query = query.where(connections.c.status == status)
    return await _each(db, vault, query)


async def on_lane(db: AsyncConnection, vault: Vault, lane: str) -> tuple[list[Connection], frozenset[str]]:
    """The goods owner's connections by name, and the ids of those that cannot be opened."""
    found, closed = await _each(db, vault, select(connections).where(connections.c.lane == lane).order_by(connections.c.name))
    return found, frozenset(closed)


async def _each(db: AsyncConnection, vault: Vault, query: Select[Any]) -> tuple[list[Connection], dict[str, BadInput]]:
    found, closed = list[Connection](), dict[str, BadInput]()
    try:
        rows = list(await db.execute(query))
    except ValueError:  # a value that is no JSON at all: which row's it is, is found one by one
        ids = list(await db.scalars(query.with_only_columns(connections.c.id)))
        if len(ids) == 1:
            return [], {ids[0]: BadInput("it holds something that is no JSON", field="connection")}
        parts = [await _each(db, vault, query.where(connections.c.id == each)) for each in ids]
        return [one for part in parts for one in part[0]], {key: why for part in parts for key, why in part[1].items()}
    for row in rows:
        try:
            found.append(opened(row, vault))
        except BadInput as error:
            closed[row.id] = error
    return found, closed
