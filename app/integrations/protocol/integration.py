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
from app.integrations.protocol.webhooks import IncomingWebhooks


class Integration(Protocol):
    """A system the gateway can connect to. Holds no state."""

    name: str
    settings_model: type[ConnectionSettings]
    credentials_model: type[BaseModel]
    webhooks: IncomingWebhooks | None
    """How its webhooks are taken in; None for a system that sends none."""

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
