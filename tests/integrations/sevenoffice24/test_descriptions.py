"""Our descriptions of 24SevenOffice's services: what they declare, and that the vendor's own descriptions say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from app.integrations.sevenoffice24 import soap

OURS = Path(next(iter(soap.__path__))) / "descriptions"
THEIRS = Path(__file__).parents[4] / "shared/upstream/24sevenoffice/wsdl"
FILES = {
    "authenticate": "AuthenticateService",
    "product": "ProductService",
    "invoice": "InvoiceService",
    "company": "CompanyService",
}
USED = {
    "authenticate": {"Login", "HasSession", "GetIdentities", "GetIdentitiesWithCredential"},
    "product": {"GetProducts", "GetCategories", "SetStockQuantity"},
    "invoice": {"GetInvoices", "GetOrderSyncList", "SaveInvoices", "GetDeliveryMethods"},
    "company": {"GetCompanies", "GetCompanySyncList"},
}
NEVER = {"StackTrace", "PaymentAmount", "Servers"}
"""Members that the vendor has and we leave out on purpose: they are not to be read, or not to be sent."""
XS = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"


def read(path: Path) -> Any:
    return etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()


def kind(element: Any) -> str:
    """A member's type with its namespace: prefixes are each file's own."""
    prefix, _, name = element.get("type", "").rpartition(":")
    return f"{{{element.nsmap.get(prefix or None)}}}{name}"


def members(holder: Any) -> list[tuple[str, ...]]:
    """Name, type, occurrences, whether it may be nil, and default, in the order of the wire."""
    found = holder.findall(f".//{XS}sequence/{XS}element")
    keys = ("minOccurs", "maxOccurs", "nillable", "default")
    return [(each.get("name"), kind(each), *(each.get(key, "-") for key in keys)) for each in found]


def declared(root: Any) -> dict[str, list[tuple[str, ...]]]:
    """Elements and complex types by name."""
    schema = root.find(f"{WSDL}types/{XS}schema")
    return {f"{etree.QName(each).localname} {each.get('name')}": members(each) for each in schema if each.get("name")}


def values(root: Any) -> dict[str, list[str]]:
    found = root.iter(f"{XS}simpleType")
    return {each.get("name"): [value.get("value") for value in each.iter(f"{XS}enumeration")] for each in found}


def actions(root: Any) -> dict[str, str]:
    """The SOAP 1.1 binding: SOAPAction by operation."""
    return {each.getparent().get("name"): each.get("soapAction") for each in root.iter(f"{SOAP}operation")}


def address(root: Any) -> str:
    return next(iter(root.iter(f"{SOAP}address"))).get("location")


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_description_holds_the_operations_that_are_used_and_no_other(name: str) -> None:
    root = read(OURS / f"{name}.wsdl")
    assert actions(root) == {each: f"http://24sevenOffice.com/webservices/{each}" for each in USED[name]}
    assert not NEVER & {member[0] for each in declared(root).values() for member in each}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_description_uses_every_type_that_it_declares(name: str) -> None:
    ours = declared(read(OURS / f"{name}.wsdl"))
    used = {member[1].partition("}")[2] for each in ours.values() for member in each}
    assert {each.split()[1] for each in ours if not each.startswith("element ")} <= used


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_vendor_describes_the_same(name: str) -> None:
    if not THEIRS.is_dir():
        pytest.skip("the vendor's WSDLs are not beside this copy")
    ours, theirs = read(OURS / f"{name}.wsdl"), read(THEIRS / f"{FILES[name]}.wsdl")
    assert address(ours) == address(theirs)
    assert actions(ours).items() <= actions(theirs).items()
    listed = values(theirs)
    assert {each: listed.get(each) for each in values(ours)} == values(ours)
    wire = declared(theirs)
    for each, mine in declared(ours).items():
        if each.startswith("simpleType"):
            continue
        assert each in wire
        names = [member[0] for member in mine]
        assert mine == [member for member in wire[each] if member[0] in names], each
