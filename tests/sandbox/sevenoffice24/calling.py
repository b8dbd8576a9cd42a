"""A caller of the simulated 24SevenOffice that sends messages as they stand in the contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from lxml import etree
from starlette.applications import Starlette

from app.sandbox.sevenoffice24 import Office, SevenOfficeConfig, create_sevenoffice
from app.sandbox.sevenoffice24.http.faults import OperationFault
from app.sandbox.sevenoffice24.model.tenant import Tenant

NAMESPACE = "http://24sevenOffice.com/webservices"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
PATHS = {
    "authenticate": "/authenticate/v001/authenticate.asmx",
    "product": "/Logistics/Product/V001/ProductService.asmx",
    "invoice": "/Economy/InvoiceOrder/V001/InvoiceService.asmx",
    "company": "/CRM/Company/V001/CompanyService.asmx",
}
SERVICE_OF = {
    "Login": "authenticate", "HasSession": "authenticate", "GetIdentity": "authenticate", "GetIdentities": "authenticate",
    "GetIdentitiesWithCredential": "authenticate", "SetIdentityById": "authenticate", "GetProducts": "product",
    "SetStockQuantity": "product", "GetCategories": "product", "GetInvoices": "invoice", "SaveInvoices": "invoice",
    "GetDeliveryMethods": "invoice", "GetOrderSyncList": "invoice", "GetCompanies": "company", "GetCompanySyncList": "company",
}  # fmt: skip
MORNING = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
IDENTITY = "99999999-8888-7777-6666-555555555555"


@dataclass
class StoppedClock:
    """A clock that stands until it is moved."""

    at: datetime = MORNING

    def __call__(self) -> datetime:
        return self.at


def envelope(message: str) -> str:
    return (
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soap:Body>{message}</soap:Body></soap:Envelope>"
    )


def credential(
    password: str = "s3cret",
    application: str = "11111111-2222-3333-4444-555555555555",
    identity: str | None = IDENTITY,
) -> str:
    chosen = "" if identity is None else f"<IdentityId>{identity}</IdentityId>"
    return (
        f"<credential><ApplicationId>{application}</ApplicationId>{chosen}"
        f"<Password>{password}</Password><Username>api@warehouse.example</Username></credential>"
    )


def names(element: str, *texts: str) -> str:
    """`<returnProperties><string>Id</string>…</returnProperties>`"""
    return f"<{element}>{''.join(f'<string>{one}</string>' for one in texts)}</{element}>"


@dataclass
class Site:
    """One simulated office and a caller of its services."""

    app: Starlette
    clock: StoppedClock
    http: httpx.AsyncClient

    @property
    def office(self) -> Office:
        found: Office = self.app.state.office
        return found

    @property
    def tenant(self) -> Tenant:
        return self.office.tenant()

    def fail(self, kind: str, **more: Any) -> None:
        self.office.faults.active.append(OperationFault(kind, **more))

    async def post(self, path: str, body: str | bytes, action: str | None, **headers: str) -> httpx.Response:
        """Any text, with this SOAPAction or without."""
        sent = {"Content-Type": "text/xml; charset=utf-8", **headers, **({} if action is None else {"SOAPAction": action})}
        return await self.http.post(path, content=body, headers=sent)

    async def call(self, operation: str, content: str = "") -> httpx.Response:
        """The operation's element around the content, at the service that has it."""
        message = envelope(f'<{operation} xmlns="{NAMESPACE}">{content}</{operation}>')
        return await self.post(PATHS[SERVICE_OF[operation]], message, f'"{NAMESPACE}/{operation}"')

    async def result(self, operation: str, content: str = "") -> Any:
        """What the result holds: a text, None, a dict for a record, a list for a list."""
        answer = await self.call(operation, content)
        assert answer.status_code == 200, answer.text
        return simple(result_of(answer))

    async def fault(self, operation: str, content: str = "") -> str:
        """What the SOAP fault says."""
        return fault_of(await self.call(operation, content))

    async def log_in(self) -> None:
        assert await self.result("Login", credential())


def result_of(answer: httpx.Response) -> Any:
    """The element in the response's element; None without one."""
    response = etree.fromstring(answer.content)[0][0]
    assert etree.QName(response).namespace == NAMESPACE
    return response[0] if len(response) else None


def fault_of(answer: httpx.Response) -> str:
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/xml; charset=utf-8")
    fault = etree.fromstring(answer.content)[0][0]
    assert fault.tag == "{http://schemas.xmlsoap.org/soap/envelope/}Fault"
    return f"{fault.findtext('faultcode')}: {fault.findtext('faultstring')}"


def simple(element: Any) -> Any:
    """Texts, dicts by the elements' names, and lists where an element holds several of one name, or an array's items."""
    if element is None or element.get(NIL) == "true":
        return None
    if not len(element):
        return element.text
    children = [(etree.QName(one).localname, simple(one)) for one in element]
    tags = {name for name, _ in children}
    is_list = len(tags) == 1 and tags <= {"Product", "Category", "InvoiceOrder", "InvoiceRow", "Company", "Identity", "int",
                                          "DeliveryMethod", "SyncCompany"}  # fmt: skip
    if is_list and etree.QName(element).localname != "InvoiceOrder":
        return [value for _, value in children]
    return dict(children)


def build(**settings: Any) -> Site:
    clock = StoppedClock()
    app = create_sevenoffice(SevenOfficeConfig(**settings), clock)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://office.test")
    return Site(app, clock, client)
