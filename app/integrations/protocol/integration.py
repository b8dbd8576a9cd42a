"""A system the gateway can connect to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import httpx
from pydantic import BaseModel
from pydantic_settings import BaseSettings

from app.clock import Clock
from app.domain import OUTBOUND, Kind, Process, Record, SourceRecord
from app.errors import BadInput
from app.integrations.protocol.account import Account, Pace
from app.integrations.protocol.capabilities import NEEDED, Capability, cannot
from app.integrations.protocol.reference import Reference
from app.integrations.protocol.session import Consent, SessionStore, TokenStanding
from app.integrations.protocol.settings import ConnectionSettings
from app.integrations.protocol.shipments import Untold
from app.integrations.protocol.source import Source
from app.integrations.protocol.webhooks import IncomingWebhooks


class ClientFactory(Protocol):
    """Makes clients for outside calls. Each checks the address that it connects to, whatever it is used for."""

    def __call__(self, *, own: bool = False) -> httpx.AsyncClient:
        """The client that all connections share, which keeps no cookies; with `own` one for this source alone, which keeps
        its headers and cookies to itself."""
        ...


class ArticleNumbers(Protocol):
    """What the gateway knows of one connection's articles, for systems whose order lines name a product and no article number."""

    async def numbers(self, source_ids: Collection[str]) -> Mapping[str, str]:
        """Article numbers by source id, as the system had them last. One that is not known, or has no number, is missing."""
        ...


@dataclass(frozen=True)
class Opened:
    """What a source works with.

    `facts` are those of the connection's last test: what version the system speaks, which plugins it has. `sessions`,
    `articles` and `token` are None where nothing can be kept, as in the test of a connection that is not saved. `pause` stops
    all calls that count in the account's pace for so many seconds, in every process; None where there is no pace.
    """

    settings: ConnectionSettings
    credentials: BaseModel
    client: ClientFactory
    clock: Clock
    facts: Mapping[str, Any] = field(default_factory=dict)
    sessions: SessionStore | None = None
    articles: ArticleNumbers | None = None
    pause: Callable[[float], Awaitable[None]] | None = None
    token: TokenStanding | None = None


@dataclass(frozen=True)
class StockStatuses:
    """Of orders that wait and are not sent to the warehouse: in which statuses the system has taken their goods off its stock.

    In a status of `free` it has not, or has put them back. A status of neither leaves that as it was.
    """

    taken: frozenset[str]
    free: frozenset[str]
    others_taken: bool = False
    """The statuses are the shop's own, and in any that is not `free` it has taken them."""


class Integration(Protocol):
    """A system the gateway can connect to. Holds no state."""

    name: str
    """In addresses and declarations: `mystore`."""
    title: str
    """As its makers write it: `Mystore`."""
    noun: Literal["shop", "ERP"]
    """What people call one: "the shop has no such order"."""
    settings_model: type[ConnectionSettings]
    credentials_model: type[BaseModel]
    capabilities: frozenset[Capability]
    kinds: Mapping[Process, Kind]
    """The records that it gives, by the process that carries them."""
    webhooks: IncomingWebhooks | None = None
    """How its webhooks are taken in; None when it sends none."""
    webhooks_greet: bool = False
    """Whether a webhook that was made sends a greeting at once, which names it."""
    stock_statuses: StockStatuses | None = None
    """None: an order that is not to be sent has taken nothing."""
    updates_whatever_status: bool = False
    """Whether an order that is in the warehouse is kept up to date in every status but those that cancel it. Otherwise only in
    those in which it is sent."""
    consent: Consent | None = None
    """How a person consents (Capability.OAUTH); None where credentials are given by hand only."""
    deployment_model: type[BaseSettings] | None = None
    """What a deployment sets for all connections to the system, from `GATEWAY_{NAME}_…` in the environment; None: nothing."""
    reference: Reference

    def account(self, credentials: BaseModel) -> Account:
        """Whose data it is. Pure."""
        ...

    def pace(self, credentials: BaseModel, settings: ConnectionSettings) -> Pace | None:
        """How many calls it allows; None when it says nothing of that. Pure."""
        return None

    def incoming(self, settings: ConnectionSettings) -> IncomingWebhooks | None:
        """How a connection's webhooks are taken in, where its settings have a say in that. Pure."""
        return self.webhooks

    def webhook_secrets(self, credentials: BaseModel, settings: ConnectionSettings) -> tuple[str, ...]:
        """What its webhooks may be signed with, beside the connection's own secrets. Pure."""
        return ()

    def untold(self, settings: ConnectionSettings) -> frozenset[Untold]:
        """What it cannot be told of an order that was sent, as the connection is set. Pure."""
        return frozenset()

    def open(self, opened: Opened) -> Source:
        """A client of one account. Calls nothing yet."""
        ...

    def map(self, record: SourceRecord, settings: ConnectionSettings) -> Record:
        """What the warehouse is to be sent of a record. Pure; what is wrong with it is in the record's `problems`."""
        ...


BY_CALLERS = (Process.PURCHASE_ORDERS, Process.RECEIPTS)
"""What callers of our REST API bring, whatever the system can do."""


def can(system: Integration, process: Process) -> bool:
    """Whether the system can do what the process needs."""
    needed = NEEDED.get(process)
    if process in BY_CALLERS:
        return True
    if needed is None:
        return process in OUTBOUND or process in system.kinds
    return needed in system.capabilities


def refuse(system: Integration, lacks: Capability, field: str) -> BadInput:
    """To be raised: the system cannot do what was asked for in that field."""
    return cannot(system.title, system.capabilities, lacks, field)
