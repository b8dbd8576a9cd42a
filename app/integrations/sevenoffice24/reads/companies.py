"""Companies beside orders: their phone numbers and e-mail addresses, read at most once in a poll."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.clock import Clock
from app.errors import Malformed, Refused
from app.integrations.sevenoffice24.mapping.members import REFUSED
from app.integrations.sevenoffice24.reads.records import as_json, blocks, wire_ids
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.integrations.sevenoffice24.soap.failures import NoRight
from app.integrations.sevenoffice24.soap.operations import Soap
from app.ttl_cache import TtlCache

PROPERTIES = ("Id", "PhoneNumbers", "EmailAddresses")
MOST_KEPT = 20_000
KEPT_SECONDS = 24 * 3600.0
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class _Read:
    """A company as JSON, empty where the ERP has none, and when it was read (UTC, our clock). A tenth of the memory of a dict."""

    company: str
    at: datetime


@dataclass(frozen=True)
class Wanted:
    """A company that an order needs, and when the order was changed."""

    id: str
    changed: datetime | None


class Companies:
    """A company is read once, and in a later poll again for an order that has changed since."""

    def __init__(self, soap: Soap, settings: SevenOfficeAdapterSettings, clock: Clock) -> None:
        self._soap = soap
        self._settings = settings
        self._clock = clock
        self._kept: TtlCache[str, _Read] = TtlCache(KEPT_SECONDS, MOST_KEPT)
        self._began = clock()

    def begin(self) -> None:
        """A poll begins."""
        self._began = self._clock()

    async def find(self, wanted: Wanted) -> dict[str, Any]:
        """Phone numbers and e-mail addresses; empty for a company that there is not, `refused` for one that is not given."""
        await self.read([wanted])
        kept = self._kept.get(wanted.id)
        found: dict[str, Any] = json.loads(kept.company) if kept is not None else {}
        return found

    async def read(self, wanted: Iterable[Wanted]) -> None:
        """Reads those that are needed, as many together as one call takes."""
        for some in blocks(wire_ids({each.id for each in wanted if not self._is_fresh(each)}), self._settings.ids_per_call):
            await self._read(some)

    def _is_fresh(self, wanted: Wanted) -> bool:
        """Whether it was read after the order's last change, or in this poll: an order may bear a time that is still to come."""
        kept = self._kept.get(wanted.id)
        return kept is not None and kept.at >= min(wanted.changed or _LONG_AGO, self._began)

    async def _read(self, ids: Collection[int]) -> None:
        now, found = self._clock(), {str(each): dict[str, Any]() for each in ids}
        try:
            answered = await self._soap.get_companies({"CompanyIds": sorted(ids)}, PROPERTIES)
        except (Refused, Malformed, NoRight) as error:
            found = {key: {REFUSED: error.message} for key in found}
        else:
            for each in answered:
                if str(each.get("Id")) in found:
                    found[str(each["Id"])] = {name: value for name, value in as_json(each).items() if name in PROPERTIES[1:]}
        for key, company in found.items():
            self._kept.put(key, _Read(json.dumps(company), now))
