"""One shop's settings, access and calls: the base of every part of its client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.integrations.mystore.beside import Beside
from app.integrations.mystore.credentials import own_credentials
from app.integrations.mystore.rest.calls import Calls
from app.integrations.mystore.settings import own_settings
from app.integrations.mystore.tokens import AccessToken
from app.integrations.protocol.integration import Opened


class Shop:
    """One shop: its settings, the way to call it, and what its last connection test found out."""

    def __init__(self, opened: Opened, token: AccessToken) -> None:
        self._settings = own_settings(opened.settings)
        self._credentials = own_credentials(opened.credentials)
        self._clock = opened.clock
        self._facts: dict[str, Any] = dict(opened.facts)
        self._calls = Calls(self._settings, self._credentials, opened.client(), opened.clock, token)
        self._beside = Beside(self._calls, self._settings, opened.clock, self._facts)

    @property
    def calls(self) -> int:
        """Requests made so far."""
        return self._calls.count

    @property
    def facts(self) -> Mapping[str, Any]:
        return self._facts
