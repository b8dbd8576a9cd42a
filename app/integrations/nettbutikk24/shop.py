"""One shop's settings, access and calls: the base of every part of its client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.integrations.nettbutikk24.credentials import own_credentials
from app.integrations.nettbutikk24.rest.calls import Calls
from app.integrations.nettbutikk24.rest.lists import Lists
from app.integrations.nettbutikk24.settings import own_settings
from app.integrations.protocol.integration import Opened


class Shop:
    """One shop: its settings, the way to call it, and what its last connection test found out."""

    def __init__(self, opened: Opened) -> None:
        self._settings = own_settings(opened.settings)
        self._clock = opened.clock
        self._facts: dict[str, Any] = dict(opened.facts)
        self._articles = opened.articles
        credentials = own_credentials(opened.credentials)
        self._calls = Calls(self._settings, credentials, opened.client(), opened.clock, opened.facts, opened.token)
        self._lists = Lists(self._calls, self._settings)

    @property
    def calls(self) -> int:
        """Requests made so far."""
        return self._calls.count

    @property
    def facts(self) -> Mapping[str, Any]:
        return self._facts
