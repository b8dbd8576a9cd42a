"""A system the gateway can connect to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import httpx
from pydantic import BaseModel

from app.clock import Clock
from app.domain import Article, Order, SourceRecord
from app.integrations.protocol.settings import ConnectionSettings
from app.integrations.protocol.source import Source
from app.integrations.protocol.webhooks import Announcement


class Integration(Protocol):
    """A system the gateway can connect to. Holds no state."""

    name: str
    settings_model: type[ConnectionSettings]
    credentials_model: type[BaseModel]

    def open(
        self,
        settings: ConnectionSettings,
        credentials: BaseModel,
        http: httpx.AsyncClient,
        clock: Clock,
        facts: Mapping[str, Any] | None = None,
    ) -> Source:
        """A client of one shop. `facts` are those of its last connection test: what version it speaks, which plugins it has."""
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
