"""A system the gateway can connect to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import httpx
from pydantic import BaseModel

from app.clock import Clock
from app.domain import Kind, Process, Record, SourceRecord
from app.errors import BadInput
from app.integrations.protocol.account import Account, Pace
from app.integrations.protocol.capabilities import NEEDED, Capability, cannot
from app.integrations.protocol.reference import Reference
from app.integrations.protocol.session import SessionStore
from app.integrations.protocol.settings import ConnectionSettings
from app.integrations.protocol.source import Source
from app.integrations.protocol.webhooks import IncomingWebhooks


class ClientFactory(Protocol):
    """Clients for outside calls: whatever they are used for, where they may connect to is guarded."""

    def __call__(self, *, own: bool = False) -> httpx.AsyncClient:
        """The client that all connections share, which keeps no cookies; with `own` one for this source alone, which keeps
        its headers and cookies to itself."""
        ...


@dataclass(frozen=True)
class Opened:
    """What a source works with.

    `facts` are those of the connection's last test: what version the system speaks, which plugins it has. `sessions` is None
    where nothing can be kept, as in the test of a connection that is not saved.
    """

    settings: ConnectionSettings
    credentials: BaseModel
    client: ClientFactory
    clock: Clock
    facts: Mapping[str, Any] = field(default_factory=dict)
    sessions: SessionStore | None = None


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
    reference: Reference

    def account(self, credentials: BaseModel) -> Account:
        """Whose data it is. Pure."""
        ...

    def pace(self, credentials: BaseModel) -> Pace | None:
        """How many calls it allows; None when it says nothing of that. Pure."""
        return None

    def open(self, opened: Opened) -> Source:
        """A client of one account. Calls nothing yet."""
        ...

    def map(self, record: SourceRecord, settings: ConnectionSettings) -> Record:
        """What the warehouse is to be sent of a record. Pure; what is wrong with it is in the record's `problems`."""
        ...


def can(system: Integration, process: Process) -> bool:
    """Whether the system can do what the process needs."""
    needed = NEEDED.get(process)
    return process in system.kinds if needed is None else needed in system.capabilities


def refuse(system: Integration, lacks: Capability, field: str) -> BadInput:
    """To be raised: the system cannot do what was asked for in that field."""
    return cannot(system.title, system.capabilities, lacks, field)
