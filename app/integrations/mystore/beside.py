"""What is read beside records and remembered for a while: the shop's language, its statuses, its option values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.clock import Clock
from app.errors import Malformed, Refused
from app.integrations.kit.side_reads import FINAL_NO
from app.integrations.kit.values.path_parts import part
from app.integrations.mystore.mapping.statuses import Status, kept_statuses, statuses_of
from app.integrations.mystore.rest.calls import Calls
from app.integrations.mystore.rest.lists import everything
from app.integrations.mystore.rest.resources import attributes, resource_id, words
from app.integrations.mystore.settings import MystoreSettings
from app.json_reading import Body, section, text
from app.ttl_cache import TtlCache

_MOST = 50_000
STATUS_SECONDS = 3600.0
AGAIN = timedelta(minutes=10)
"""How soon the statuses are listed again for one that was not among them."""


class Beside:
    """What one shop's records need beside them."""

    def __init__(self, calls: Calls, settings: MystoreSettings, clock: Clock, facts: Mapping[str, Any]) -> None:
        self._calls = calls
        self._settings = settings
        self._clock = clock
        self._facts = facts
        seconds = settings.remember_hours * 3600
        self._values: TtlCache[str, str] = TtlCache(seconds, _MOST, lambda: clock().timestamp())
        self._languages: TtlCache[str, str] = TtlCache(seconds, 1, lambda: clock().timestamp())
        self._statuses: TtlCache[str, tuple[Status, ...]] = TtlCache(STATUS_SECONDS, 1, lambda: clock().timestamp())
        self._listed_at: datetime | None = None

    # the language

    async def language(self) -> str | None:
        """The language of names: the connection's, else the shop's own. None where the shop does not say."""
        if self._settings.language:
            return self._settings.language
        if known := text(self._facts, "language"):
            return known
        return await self._languages.get_or_read("own", self._read_language) or None

    async def _read_language(self) -> str:
        try:
            return language_of(await self._calls.plain("GET", "settings"))
        except FINAL_NO:
            return ""

    # statuses

    async def statuses(self) -> tuple[Status, ...]:
        """As the shop lists them now, remembered for an hour."""
        return await self._statuses.get_or_read("all", self._read_statuses)

    async def _read_statuses(self) -> tuple[Status, ...]:
        self._listed_at = self._clock()
        listed = await everything(self._calls, "order-status", self._settings.page_size)
        return statuses_of(listed, self._settings)

    async def status(self, status_id: str | None) -> dict[str, str]:
        """An order's status, with the name that it had when the connection was tested last."""
        if status_id is None:
            return {}
        kept = next((each for each in kept_statuses(self._facts) if each.id == status_id), None)
        if kept is not None:
            return {**kept.plain(), "known_as": kept.name}
        found = _of(status_id, await self.statuses())
        if found is None and (self._listed_at is None or self._clock() - self._listed_at > AGAIN):
            self._statuses.clear()
            found = _of(status_id, await self.statuses())
        return found.plain() if found is not None else {"id": status_id}

    # option values

    async def value_names(self, value_ids: Collection[str]) -> dict[str, str]:
        """The names of option values by id. Many unknown ones are listed, a few are read one by one."""
        missing = [each for each in dict.fromkeys(value_ids) if self._values.get(each) is None]
        if len(missing) > self._settings.page_size:
            for each in await everything(self._calls, "product-option-values", self._settings.page_size):
                await self._remember(each)
            missing = [each for each in missing if self._values.get(each) is None]
        for value_id in missing:
            if self._values.get(value_id) is None:
                await self._read_value(value_id)
        return {each: self._values.last(each) or "" for each in value_ids}

    async def _read_value(self, value_id: str) -> None:
        """A shop that does not give one by itself lists them all."""
        try:
            await self._remember(await self._calls.one(f"product-option-values/{part(value_id)}"))
        except (Refused, Malformed):
            for each in await everything(self._calls, "product-option-values", self._settings.page_size):
                await self._remember(each)

    async def _remember(self, value: Body) -> None:
        own = resource_id(value)
        if own is not None:
            self._values.put(own, words(attributes(value).get("name"), await self.language()))


def _of(status_id: str, statuses: tuple[Status, ...]) -> Status | None:
    return next((each for each in statuses if each.id == status_id), None)


def language_of(answer: Any) -> str:
    """The shop's own language in its settings; empty where they do not say."""
    body = answer if isinstance(answer, dict) else {}
    inside = section(section(body, "data"), "attributes")
    return (
        text(body, "default_language") or text(section(body, "data"), "default_language") or text(inside, "default_language")
    ).strip()
