"""The operations that the gateway uses, as plain Python.

Requests are dicts with the wire's member names; a list is a plain list: `{"ChangedAfter": moment, "OrderStates": ["Confirmed"]}`.
Answers are dicts with the wire's member names, and lists of them:

* decimals are Decimal, never float; whole numbers int; texts and the values of lists of names str.
* A time is a datetime as it stands on the wire: naive where no zone stands there. Every time that is sent has a zone.
* What is not set is None, whether the wire leaves it out, says nil, or says it with its smallest number or the year 1.
* A member that was asked for and left out has the wire's default: `OrderStatus` is "Web", a row's `Type` is "Normal", a text "".
  A list that was asked for and left out is empty: `order["InvoiceRows"]` is a list of rows.
* A member that was not asked for is missing.
* `APIException` of a record: `{"Type", "Message"}` where the record could not be given or saved, else missing or None. Its words
  are for the technical log only. One right under the result raises Refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import structlog

from app.integrations.sevenoffice24.credentials import SevenOfficeCredentials
from app.integrations.sevenoffice24.soap.calls import Calls, Operation, quoted
from app.integrations.sevenoffice24.soap.services import Service
from app.integrations.sevenoffice24.soap.sessions import Sessions, credential

log = structlog.get_logger(__name__)

Record = dict[str, Any]
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
MOST_IDS = 1000
"""Ids that one call may ask for."""


class Soap:
    """24SevenOffice's operations for one company, in its session. Raises the RemoteErrors of `app.errors`."""

    def __init__(self, calls: Calls, sessions: Sessions) -> None:
        self._calls = calls
        self._sessions = sessions

    @property
    def count(self) -> int:
        """Requests made so far."""
        return self._calls.count

    def begin_run(self) -> None:
        """To be called at the start of a run (`Source.changes`): the session is asked for before it is used."""
        self._sessions.begin_run()

    # products

    async def get_products(self, search: Mapping[str, Any], properties: Sequence[str]) -> list[Record]:
        """Products; all of them for an empty search. Members of a search: Id, CategoryId, No, DateChanged, ProductIds …"""
        arguments = {"searchParams": search, "returnProperties": properties}
        return await self._listed(Service.PRODUCT, "GetProducts", arguments, {"Product": frozenset(properties)})

    async def get_product_categories(self) -> list[Record]:
        """Categories of products: Id, Name, No, ParentId."""
        properties = ("Id", "Name", "No", "ParentId")
        wanted = {"Category": frozenset(properties)}
        return await self._listed(Service.PRODUCT, "GetCategories", {"returnProperties": properties}, wanted)

    async def set_stock_quantity(self, product_id: int, quantity: Decimal) -> bool:
        """Sets the number on the shelf of one product. False: the server did not take it, and does not say why."""
        arguments = {"productId": product_id, "stockQuantity": quantity}
        return await self._sessions.ask(Operation(Service.PRODUCT, "SetStockQuantity", arguments)) is True

    # orders

    async def get_invoices(
        self, search: Mapping[str, Any], properties: Sequence[str], row_properties: Sequence[str] = ()
    ) -> list[Record]:
        """Orders. Rows come where `InvoiceRows` is among the properties. At most MOST_IDS OrderIds.

        Members of a search: ChangedAfter, OrderStates, OrderIds, CustomerIds, InvoiceIds, ExternalStatus.
        """
        rows = {"rowReturnProperties": row_properties} if row_properties else {}
        arguments = {"searchParams": search, "invoiceReturnProperties": properties, **rows}
        wanted = {"InvoiceOrder": frozenset(properties), "InvoiceRow": frozenset(row_properties)}
        return await self._listed(Service.INVOICE, "GetInvoices", arguments, wanted)

    async def get_order_sync_list(self, changed_after: datetime | None = None) -> list[int]:
        """The ids of all orders, in any status, that were changed after this moment (aware); of all there are for None."""
        moment = LONG_AGO if changed_after is None else changed_after
        arguments = {"syncParams": {"ChangedAfter": moment, "RegisteredAfter": LONG_AGO}}
        return list(await self._sessions.ask(Operation(Service.INVOICE, "GetOrderSyncList", arguments)))

    async def save_invoices(self, orders: Sequence[Mapping[str, Any]]) -> list[Record]:
        """Saves orders: only the members that are given are sent. Look at `APIException` of every one that comes back.

        `IncludeVAT` is sent as nil where it is not given: the wire demands it.
        """
        given = [{"IncludeVAT": None, **each} for each in orders]
        wanted: Mapping[str, frozenset[str]] = {"InvoiceOrder": frozenset(), "InvoiceRow": frozenset()}
        return await self._listed(Service.INVOICE, "SaveInvoices", {"invoices": given}, wanted)

    async def get_delivery_methods(self) -> list[Record]:
        """Ways of delivery: Id, Description."""
        return await self._listed(Service.INVOICE, "GetDeliveryMethods", {}, {})

    # companies

    async def get_companies(self, search: Mapping[str, Any], properties: Sequence[str]) -> list[Record]:
        """Companies. At least one member of the search must be given: CompanyId, CompanyIds (MOST_IDS), ChangedAfter …"""
        arguments = {"searchParams": search, "returnProperties": properties}
        return await self._listed(Service.COMPANY, "GetCompanies", arguments, {"Company": frozenset(properties)})

    async def get_company_sync_list(self, page: int, changed_after: datetime | None = None) -> Record:
        """One page, from 1, of 1,000 companies, deleted ones too: CurrentPage, TotalPages, TotalItems and Items, each with
        CompanyId, DateChanged, Active …"""
        since = {} if changed_after is None else {"ChangedAfter": changed_after}
        arguments = {"syncSearchParameters": {"Page": page, "Active": None, **since}}
        found = await self._sessions.ask(Operation(Service.COMPANY, "GetCompanySyncList", arguments))
        return found or {}

    # who we are

    async def get_identities(self) -> list[Record]:
        """The identities of the session's user: Id, Client (its company, by Name), User, IsCurrent, IsDefault, IsDisabled."""
        return await self._listed(Service.AUTHENTICATE, "GetIdentities", {}, {})

    async def _listed(
        self, service: Service, name: str, arguments: Mapping[str, Any], wanted: Mapping[str, frozenset[str]]
    ) -> list[Record]:
        found: list[Record] = list(await self._sessions.ask(Operation(service, name, arguments, wanted)) or ())
        for each in found:
            refused = each.get("APIException")
            if refused:
                log.warning("soap_record_refused", operation=name, said=quoted(f"{refused.get('Type')} {refused.get('Message')}"))
        return found


async def identities_of(calls: Calls, credentials: SevenOfficeCredentials) -> list[Record]:
    """All identities of a user, without a session. Empty where the user or the password is wrong."""
    arguments = {"credential": credential(credentials.model_copy(update={"identity_id": None}))}
    return list(await calls.ask(Operation(Service.AUTHENTICATE, "GetIdentitiesWithCredential", arguments)) or ())
