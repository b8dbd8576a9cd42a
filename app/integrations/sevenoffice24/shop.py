"""One company's settings, access and calls: the base of every part of its client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.integrations.protocol.integration import Opened
from app.integrations.sevenoffice24.credentials import own_credentials
from app.integrations.sevenoffice24.settings import own_settings
from app.integrations.sevenoffice24.soap.calls import Calls
from app.integrations.sevenoffice24.soap.operations import Soap
from app.integrations.sevenoffice24.soap.sessions import Sessions


class Shop:
    """One company: its settings, the way to call it, and what its last connection test found out."""

    def __init__(self, opened: Opened) -> None:
        self._settings = own_settings(opened.settings)
        self._credentials = own_credentials(opened.credentials)
        self._clock = opened.clock
        self._facts: dict[str, Any] = dict(opened.facts)
        self._articles = opened.articles
        seconds = self._settings.call_timeout_seconds
        self._calls = Calls(self._credentials.api_url, opened.client(own=True), opened.clock, seconds, opened.pause)
        self._soap = Soap(self._calls, Sessions(self._calls, self._credentials, opened.sessions, opened.clock))

    @property
    def calls(self) -> int:
        """Requests made so far."""
        return self._calls.count

    @property
    def facts(self) -> Mapping[str, Any]:
        return self._facts
