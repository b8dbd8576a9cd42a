"""The four services as our own descriptions have them. A description is read once in a process, in a thread."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from zeep import Settings
from zeep.wsdl import Document

from app.integrations.sevenoffice24.soap.documents import MOST_VALUES, Listed, TooMuch
from app.integrations.sevenoffice24.soap.shapes import NAMESPACE, Shape, Wanted, shape_of

DESCRIPTIONS = Path(__file__).parent / "descriptions"
# strict=False and xsd_ignore_sequence_order: an element that the vendor adds must not make an answer unreadable.
# raw_response: an answer is read by `documents`, which takes no broken XML, and not by zeep, which mends it.
SETTINGS = Settings(
    strict=False,
    raw_response=True,
    xsd_ignore_sequence_order=True,
    forbid_dtd=True,
    forbid_entities=True,
    forbid_external=True,
    xml_huge_tree=False,
)


class Service(StrEnum):
    """One service. The value is the name of its description."""

    AUTHENTICATE = "authenticate"
    PRODUCT = "product"
    INVOICE = "invoice"
    COMPANY = "company"


class _Nothing:
    """Loads nothing: a description stands alone."""

    def load(self, url: str) -> bytes:
        raise ValueError(f"a description asks for {url}")


@dataclass(frozen=True)
class Described:
    """A service: its document and SOAP 1.1 binding for zeep, its path, and its requests and results by operation."""

    document: Any
    binding: Any
    path: str
    requests: Mapping[str, Shape]
    results: Mapping[str, Shape]

    def arguments(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """A request's members as zeep takes them. Raises TypeError and ValueError for what must not be sent."""
        written: dict[str, Any] = self.requests[operation].written(given)
        return written

    def listed(self, operation: str, wanted: Wanted, found: list[Any]) -> Listed | None:
        """Puts the plain items of a result that is a list into `found`; None where it is none."""
        name = f"{operation}Result"
        shape = self.results[operation].members[name].shape
        item = shape.item if shape is not None else None
        if item is None:
            return None

        left = MOST_VALUES

        def take(element: Any) -> None:
            nonlocal left
            value = item.read(element, wanted)
            if value is None:
                return
            found.append(value)
            left -= _values(value)
            if left < 0:
                raise TooMuch("too many values")

        return Listed(f"{{{NAMESPACE}}}{name}", f"{{{NAMESPACE}}}{item.name}", take)

    def result(self, operation: str, answer: Any, wanted: Wanted) -> Any:
        """The plain value of a result that is no list, in an answer's element; None for none."""
        name = f"{operation}Result"
        member, element = self.results[operation].members[name], answer.find(f"{{{NAMESPACE}}}{name}")
        found = None if element is None else member.read(element, wanted)
        return member.left_out() if found is None else found


def _values(value: Any) -> int:
    """How many values a plain value holds."""
    if isinstance(value, dict):
        return 1 + sum(_values(each) if isinstance(each, dict | list) else 1 for each in value.values())
    return 1 + sum(_values(each) for each in value) if isinstance(value, list) else 1


async def described(service: Service) -> Described:
    """The service's description."""
    return await asyncio.to_thread(read_description, service)


@functools.cache
def read_description(service: Service) -> Described:
    with (DESCRIPTIONS / f"{service.value}.wsdl").open("rb") as file:
        document = Document(file, _Nothing(), settings=SETTINGS)  # type: ignore[arg-type]  # it wants the class
    [binding] = document.bindings.values()
    [port] = [port for each in document.services.values() for port in each.ports.values()]
    known: dict[str, Shape] = {}
    requests, results = {}, {}
    for name, operation in binding.all().items():
        requests[name] = _shape(operation.input.body.type, known)
        results[name] = _shape(operation.output.body.type, known)
    return Described(document, binding, urlsplit(port.binding_options["address"]).path, requests, results)


def _shape(xsd_type: Any, known: dict[str, Shape]) -> Shape:
    found = shape_of(xsd_type, known)
    assert found is not None, "a request and an answer have members"
    return found
