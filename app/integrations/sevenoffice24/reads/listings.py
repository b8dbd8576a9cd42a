"""How orders, products and suppliers are listed: what changed since a moment, all ids there are, and records by their ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from app.domain import Process
from app.errors import Malformed, Refused
from app.integrations.sevenoffice24.reads.numbers import ProductNumbers
from app.integrations.sevenoffice24.reads.records import SUPPLIERS, order_properties, product_properties, row_properties
from app.integrations.sevenoffice24.settings import OrderState, SevenOfficeAdapterSettings
from app.integrations.sevenoffice24.soap.failures import Faulted, NoRight
from app.integrations.sevenoffice24.soap.operations import LONG_AGO, Soap

Raw = Mapping[str, Any]


class Listing(Protocol):
    """One kind of record. Raises the RemoteErrors of `app.errors`."""

    process: Process

    async def changed(self, since: datetime) -> Sequence[Raw]:
        """What was changed after this moment (UTC), in one answer."""
        ...

    async def ids(self, since: datetime | None) -> Sequence[int]:
        """The ids of what was changed since then, of all there are for None; in rising order. Some may be of other records."""
        ...

    async def by_ids(self, ids: Sequence[int]) -> Sequence[Raw]:
        """The records with these ids, as far as they are wanted."""
        ...


class Orders:
    """Sales orders in these statuses; None: in any."""

    process = Process.ORDERS

    def __init__(self, soap: Soap, settings: SevenOfficeAdapterSettings, states: Sequence[OrderState] | None) -> None:
        self._soap = soap
        self._in: Mapping[str, Any] = {} if states is None else {"OrderStates": list(states)}
        self._properties = (order_properties(settings), row_properties(settings))

    async def changed(self, since: datetime) -> Sequence[Raw]:
        return await self._soap.get_invoices({"ChangedAfter": since, **self._in}, *self._properties)

    async def ids(self, since: datetime | None) -> Sequence[int]:
        """The vendor's list for a large history. An empty one proves nothing: what it is asked for was never tried.

        Then, and where there is no such list, orders in these statuses are listed without their members.
        """
        try:
            found = await self._soap.get_order_sync_list(since)
        except (Refused, Faulted, NoRight, Malformed):
            found = []
        if not found:
            search = {"ChangedAfter": since or LONG_AGO, **self._in}
            found = [each["OrderId"] for each in await self._soap.get_invoices(search, ("OrderId",)) if each.get("OrderId")]
        return sorted(set(found))

    async def by_ids(self, ids: Sequence[int]) -> Sequence[Raw]:
        return await self._soap.get_invoices({"OrderIds": list(ids), **self._in}, *self._properties)


class Products:
    """All products, active or not."""

    process = Process.ARTICLES

    def __init__(self, soap: Soap, settings: SevenOfficeAdapterSettings, numbers: ProductNumbers) -> None:
        self._soap = soap
        self._numbers = numbers
        self._properties = product_properties(settings)

    async def changed(self, since: datetime) -> Sequence[Raw]:
        return await self._soap.get_products({"DateChanged": since}, self._properties)

    async def ids(self, since: datetime | None) -> Sequence[int]:
        """Of all products category by category, so that memory stays flat."""
        if since is None:
            return (await self._numbers.census()).ids
        found = await self._soap.get_products({"DateChanged": since}, ("Id",))
        return sorted({each["Id"] for each in found if each.get("Id")})

    async def by_ids(self, ids: Sequence[int]) -> Sequence[Raw]:
        return await self._soap.get_products({"ProductIds": list(ids)}, self._properties)


class Suppliers:
    """Companies of the types that count as suppliers. The ERP cannot be asked for a type, so that others are passed over here."""

    process = Process.SUPPLIERS

    def __init__(self, soap: Soap, settings: SevenOfficeAdapterSettings) -> None:
        self._soap = soap
        self._types = frozenset(settings.supplier_types)

    async def changed(self, since: datetime) -> Sequence[Raw]:
        return await self._found({"ChangedAfter": since}, SUPPLIERS)

    async def ids(self, since: datetime | None) -> Sequence[int]:
        found = await self._found({"ChangedAfter": since or LONG_AGO}, ("Id", "Type"))
        return sorted({each["Id"] for each in found if each.get("Id")})

    async def by_ids(self, ids: Sequence[int]) -> Sequence[Raw]:
        return await self._found({"CompanyIds": list(ids)}, SUPPLIERS)

    async def _found(self, search: Mapping[str, Any], properties: Sequence[str]) -> Sequence[Raw]:
        found = await self._soap.get_companies(search, properties)
        return [each for each in found if each.get("Type") in self._types]
