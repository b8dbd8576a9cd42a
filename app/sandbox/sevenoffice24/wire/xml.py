"""Reading a message into elements. Document types are refused, so there are no entities either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape as _escape
from xml.parsers import expat

XSI = "http://www.w3.org/2001/XMLSchema-instance"


class WrongRequest(Exception):
    """The message is not what the service's description says; the text says why."""


@dataclass
class Element:
    """`text` is what stands in it beside its children."""

    namespace: str
    name: str
    attributes: Mapping[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    @property
    def is_nil(self) -> bool:
        return self.attributes.get(f"{XSI} nil") in ("true", "1")


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        element = Element(namespace, local, attributes)
        if self._open:
            self._open[-1].children.append(element)
        elif self.root is None:
            self.root = element
        self._open.append(element)

    def end(self, name: str) -> None:
        self._open.pop()

    def text(self, text: str) -> None:
        self._open[-1].text += text

    def doctype(self, *_: object) -> None:
        raise WrongRequest("For security reasons DTD is prohibited in this XML document.")


def read_xml(raw: bytes) -> Element:
    """Raises WrongRequest for what is not XML, or has a document type."""
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise WrongRequest(f"There is an error in XML document. ---> {error}") from error
    assert builder.root is not None  # the parser refuses a document without an element
    return builder.root


def escape(text: str) -> str:
    return _escape(text, quote=False)
