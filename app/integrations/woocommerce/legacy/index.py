"""The index of the legacy REST API. Anybody may read it. It tells the shop's version and its units.

Source: the documentation of the legacy REST API. It was not run.
"""

from __future__ import annotations

from app.errors import RemoteError
from app.integrations.woocommerce.rest.calls import Calls, code_of
from app.integrations.woocommerce.rest.versions import Version
from app.integrations.woocommerce.settings import RestName
from app.json_reading import Body, section, text

_NEWEST_FIRST: tuple[RestName, ...] = ("wc-api/v3", "wc-api/v2")
_SWITCHED_OFF = "woocommerce_api_disabled"
_FACTS = {"wc_version": "version", "URL": "home_url"}
_META_FACTS = {"currency": "currency", "weight_unit": "weight_unit", "dimension_unit": "dimension_unit", "timezone": "time_zone"}


class LegacyIndex:
    """The legacy API's index of one shop, as a connection test reads it."""

    def __init__(self, calls: Calls, shop_url: str) -> None:
        self._calls = calls
        self._shop_url = shop_url
        self._has_said_off = False

    async def newest(self) -> RestName | None:
        """The newest legacy API that the shop offers. None when it offers none."""
        for name in _NEWEST_FIRST:
            if await self._read(name):
                return name
        return None

    async def facts(self) -> dict[str, str]:
        """What the index of the version in use says about the shop, under the names of a test's facts."""
        store = await self._read(self._calls.version.name)
        meta = section(store, "meta")
        found = {fact: text(store, name) for name, fact in _FACTS.items()}
        found |= {fact: text(meta, name) for name, fact in _META_FACTS.items()}
        return {fact: value for fact, value in found.items() if value}

    def is_switched_off(self, error: RemoteError) -> bool:
        """Whether the shop has said that its API is switched off, in this error or before."""
        return self._has_said_off or code_of(error.answer) == _SWITCHED_OFF

    async def _read(self, name: RestName) -> Body:
        try:
            answer = await self._calls.get(Version(name).base(self._shop_url))
        except RemoteError as error:
            self._has_said_off = self.is_switched_off(error)
            return {}
        return section(answer.json, "store") if isinstance(answer.json, dict) else {}
