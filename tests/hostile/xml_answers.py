"""The same in XML, as 24SevenOffice answers."""

from __future__ import annotations

from collections.abc import Callable

from app.integrations.sevenoffice24.soap.documents import Listed
from app.integrations.sevenoffice24.soap.services import Service, read_description
from tests.hostile.answers import SIZE, filled

BEGIN = (
    b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    b'<GetInvoicesResponse xmlns="http://24sevenOffice.com/webservices"><GetInvoicesResult>'
)
END = b"</GetInvoicesResult></GetInvoicesResponse></soap:Body></soap:Envelope>"
DTD = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
ORDER = b"<InvoiceOrder><OrderId>1</OrderId></InvoiceOrder>"
WANTED = {"InvoiceOrder": frozenset({"OrderId"})}


def listed() -> Listed | None:
    """As an answer to GetInvoices is read, with every member asked for."""
    return read_description(Service.INVOICE).listed("GetInvoices", {}, [])


def attributes() -> bytes:
    return BEGIN + b"<a " + b" ".join(b'a%d="x"' % number for number in range(SIZE // 12)) + b"/>" + END


XML: dict[str, Callable[[], bytes]] = {
    "elements": lambda: filled(BEGIN, b"<a/>", END),
    "elements with texts": lambda: filled(BEGIN, b"<a>x</a>y", END),
    "orders of one value": lambda: filled(BEGIN, ORDER, END),
    "elements within orders": lambda: filled(BEGIN + b"<InvoiceOrder>", b"<a/>", b"</InvoiceOrder>" + END),
    "elements between orders": lambda: filled(BEGIN, ORDER + b"<a/>" * 100, END),
    "deep elements": lambda: BEGIN + b"<a>" * (SIZE // 7) + b"</a>" * (SIZE // 7) + END,
    "attributes": attributes,
    "characters by number": lambda: filled(BEGIN + b"<a>", b"&#65;", b"</a>" + END),
    "entities of a DTD": lambda: DTD + filled(BEGIN, b"&b;", END),
    "one text": lambda: filled(BEGIN + b"<a>", b"x", b"</a>" + END),
}
