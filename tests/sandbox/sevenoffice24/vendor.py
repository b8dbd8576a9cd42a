"""The vendor's service descriptions, where they lie beside this copy: as tables, and as schemas that judge a message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from lxml import etree

WSDLS = Path(__file__).parents[4] / "shared/upstream/24sevenoffice/wsdl"
ARE_HERE = WSDLS.is_dir()
WHY_NOT = "the vendor's WSDLs are not beside this copy"
FILES = {
    "authenticate": "AuthenticateService", "product": "ProductService", "invoice": "InvoiceService", "company": "CompanyService",
}  # fmt: skip
XS = "{http://www.w3.org/2001/XMLSchema}"
SENTINELS = {
    "", "-2147483648", "-32768", "-79228162514264337593543950335", "-1.7976931348623157E+308", "0001-01-01T00:00:00",
    "00000000-0000-0000-0000-000000000000",
}  # fmt: skip
"""Defaults that mean "not set"."""

Member = tuple[str, str, bool, bool, str | None]
"""Name, type, whether it must be there, whether it may be nil, and the default that means something."""


def schemas(service: str) -> list[Any]:
    root = etree.parse(WSDLS / f"{FILES[service]}.wsdl").getroot()
    return list(root.find("{http://schemas.xmlsoap.org/wsdl/}types"))


def local(name: str) -> str:
    return name.rpartition(":")[2]


def members(holder: Any) -> list[Member]:
    return [
        (
            one.get("name"),
            local(one.get("type", "anyType")),
            one.get("minOccurs") == "1",
            one.get("nillable") == "true",
            None if one.get("default") in SENTINELS else one.get("default"),
        )
        for one in holder.iterfind(f".//{XS}sequence/{XS}element")
    ]


def types(service: str) -> dict[str, list[Member]]:
    """Messages and complex types by name."""
    found = [one for schema in schemas(service) for one in schema]
    return {one.get("name"): members(one) for one in found if one.tag in (f"{XS}element", f"{XS}complexType")}


def words(service: str) -> dict[str, list[str]]:
    found = [one for schema in schemas(service) for one in schema.iterfind(f"{XS}simpleType")]
    return {one.get("name"): [value.get("value") for value in one.iter(f"{XS}enumeration")] for one in found}


def schema_of(service: str, folder: Path) -> Any:
    """The vendor's schema for the service's messages; its parts are written into the folder."""
    parts = schemas(service)
    for number, part in enumerate(parts):
        for one in part.iterfind(f"{XS}import"):
            target = next(index for index, each in enumerate(parts) if each.get("targetNamespace") == one.get("namespace"))
            one.set("schemaLocation", f"{target}.xsd")
        (folder / f"{number}.xsd").write_bytes(etree.tostring(part))
    return etree.XMLSchema(etree.parse(folder / "0.xsd"))


def message_of(answer: httpx.Response) -> Any:
    return etree.fromstring(answer.content)[0][0]
