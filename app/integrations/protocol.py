"""What a system may offer, and the words in which it does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

import httpx
from pydantic import BaseModel, ConfigDict, Field

from app.clock import Clock
from app.domain import Article, Order, Process, SourceRecord
from app.warehouse.settings import OngoingSettings


class ProcessSettings(BaseModel):
    """Which exchanges are on. Defaults: requirement, table "Processes"."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    articles: bool = Field(True, description="Articles from the shop to the WMS (the shop is master).")
    orders: bool = Field(True, description="Orders from the shop to the WMS.")


class BrakeSettings(BaseModel):
    """A poll that would cancel more than this is held until an operator confirms it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_count: int = Field(20, ge=0, description="Most cancellations of one run that go through without being asked for.")
    max_share: float = Field(
        0.2,
        ge=0,
        le=1,
        description="Largest share of a connection's open orders that one run may cancel (from 5 cancellations on).",
    )


class TransporterChoice(BaseModel):
    """A carrier's service in the WMS's codes; must be listed by GET /transporterContracts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    transporter_code: str = Field(min_length=1)
    transporter_service_code: str = Field(min_length=1)


class ConnectionSettings(BaseModel):
    """What every connection can set, whatever the system. An integration's settings class derives from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    processes: ProcessSettings = Field(default_factory=lambda: ProcessSettings())
    poll_interval_minutes: float = Field(15, gt=0, description="How often the shop is read as a safety net, in minutes.")
    deep_sweep_hours: float = Field(
        24, gt=0, description="How often open orders are read by id and the trash is looked through, in hours."
    )
    go_live: datetime | None = Field(
        None, description="Orders made before this moment are never transferred. Set to the moment of activation when left out."
    )
    order_number_prefix: str = Field(
        "", max_length=20, description="Put in front of the shop's order number to make the WMS order number."
    )
    default_country: str | None = Field(
        None,
        pattern="^[A-Z]{2}$",
        description="Country (ISO 3166-1 alpha-2) of addresses that name none. Without it they are held.",
    )
    article_number_replacements: dict[str, str] = Field(
        default_factory=dict,
        description="Replacement for each character that the WMS cannot have in an article number (! % _ ^ \\). "
        "Without one the record is skipped.",
    )
    transporters: dict[str, TransporterChoice] = Field(
        default_factory=dict, description="The shop's shipping method id → transporter and service code of the WMS."
    )
    extra_article_fields: dict[str, str] = Field(
        default_factory=dict,
        description="Further article fields: WMS path → path in the shop's product, with dots; a list of key and value pairs is "
        "entered by key. Example: freeText1 → meta_data.leverandor.",
    )
    extra_order_fields: dict[str, str] = Field(
        default_factory=dict, description="The same for orders. Example: consigneeOrderNumber → meta_data._innkjopsordre."
    )
    customs_required: bool = Field(
        False, description="Hold an order to a country outside `customs_home_countries` whose lines lack prices or currency."
    )
    customs_home_countries: list[str] = Field(default_factory=lambda: ["NO"], description="Countries without customs papers.")
    brake: BrakeSettings = Field(default_factory=lambda: BrakeSettings())
    warehouse: OngoingSettings = Field(default_factory=lambda: OngoingSettings())


# --- what a webhook says ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Announced:
    """The delivery holds the record itself."""

    record: SourceRecord


@dataclass(frozen=True)
class ReadNeeded:
    """The delivery names a record (moved to the trash, or too thin to map): it must be read."""

    process: Process
    source_id: str
    why: str


@dataclass(frozen=True)
class SweepNeeded:
    """Something happened and the delivery does not say to which record: look through all that are open."""

    process: Process
    why: str


@dataclass(frozen=True)
class NotOurs:
    """Nothing to do, with the reason (`code` is stable). `alert` when an operator should hear of it."""

    code: str
    why: str
    alert: bool = False


Announcement = Announced | ReadNeeded | SweepNeeded | NotOurs


# --- what a source can be asked -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """One page of changed records, oldest first, and the cursor to store once they are. `calls` counts the requests it took."""

    records: tuple[SourceRecord, ...]
    cursor: dict[str, Any]
    calls: int = 1


@dataclass(frozen=True)
class Check:
    """One finding of a connection test, in the user's words."""

    name: str
    ok: bool
    message: str
    fix: str = ""


@dataclass(frozen=True)
class TestReport:
    """`facts` are what was found out about the shop (version, currency, units …)."""

    __test__: ClassVar[bool] = False

    checks: tuple[Check, ...]
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)


class Source(Protocol):
    """An open connection to one shop. Raises the RemoteErrors of `app.errors`."""

    def changes(self, process: Process, cursor: Mapping[str, Any] | None, since: datetime | None) -> AsyncIterator[Page]:
        """Records changed since the cursor (None: since `since`, or all), oldest first, page by page."""
        ...

    async def read(self, process: Process, source_id: str) -> SourceRecord | None:
        """One record as it is now, trashed ones included; None only when the shop itself says that there is no such record."""
        ...

    async def read_many(self, process: Process, source_ids: Sequence[str]) -> Mapping[str, SourceRecord | None]:
        """Many records by id in as few calls as possible. None only where a read by that id proved that it is gone."""
        ...

    async def enrich(self, record: SourceRecord) -> SourceRecord:
        """The record with what mapping needs beside it (the customer's e-mail, a variation's parent)."""
        ...

    async def test(self) -> TestReport:
        """A real call with the credentials; says what is wrong in the user's words. Never raises RemoteError."""
        ...


class Integration(Protocol):
    """A system the gateway can connect to. Holds no state."""

    name: str
    settings_model: type[ConnectionSettings]
    credentials_model: type[BaseModel]

    def open(self, settings: ConnectionSettings, credentials: BaseModel, http: httpx.AsyncClient, clock: Clock) -> Source:
        """A client of one shop."""
        ...

    def map_article(self, record: SourceRecord, settings: ConnectionSettings) -> Article: ...

    def map_order(self, record: SourceRecord, settings: ConnectionSettings) -> Order: ...


class SendsWebhooks(Protocol):
    """A system that announces changes itself."""

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether this is the shop's unsigned greeting, to be answered 200 and otherwise ignored."""
        ...

    def topic(self, headers: Mapping[str, str]) -> str | None:
        """What the delivery says it is about, for people to read."""
        ...

    def signature_header(self) -> str:
        """Lower-case name of the header that carries the signature."""
        ...

    def verify(self, secret: str, signature: str, body: bytes) -> bool:
        """Whether the signature fits the raw body, in constant time."""
        ...

    def interpret(
        self, headers: Mapping[str, str], body: bytes, settings: ConnectionSettings, credentials: BaseModel
    ) -> Announcement:
        """What a verified delivery says. Pure; never raises on odd bodies."""
        ...
