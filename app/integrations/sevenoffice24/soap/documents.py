"""XML from outside: read without DTD, entities and outside files, bounded in size and depth, and never mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lxml import etree

from app.integrations.sevenoffice24.soap.shapes import NAMESPACE

MOST_ELEMENTS = 200_000
"""So many may be in memory at a time: an element takes up to forty times its bytes. What was taken of a list does not count."""
MOST_QUOTES = 800_000
"""Every attribute has two. Texts have some too."""
MOST_VALUES = 1_000_000
"""So many values a list may have in all: those that were left out and have a default cost no bytes on the wire."""
ENVELOPES = ("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")
PIECE = 64 * 1024
NOTHING = "{nothing}nothing"
"""The tag of no element."""
EXCEPTION = f"{{{NAMESPACE}}}APIException"


class NotSoap(ValueError):
    """It is no SOAP envelope, or not one that may be read."""


class TooDeep(NotSoap):
    """It is nested deeper than it is read. Without that it may be read."""


class TooMuch(ValueError):
    """It is more than fits into memory beside other answers."""


@dataclass(frozen=True)
class Fault:
    """What the server says of a call that failed. Neither is for people to read."""

    code: str
    text: str


@dataclass(frozen=True)
class Listed:
    """A result that is a list: its tag, that of its items, and what takes each item's element. What it took is gone from the
    document: a long list is never there as a whole."""

    result: str
    item: str
    take: Callable[[Any], None]


def body_of(content: bytes, listed: Listed | None = None) -> Any:
    """What stands in the envelope's body: an answer's element, or the fault's. Raises NotSoap and TooMuch: nothing that was taken
    counts then.

    Without huge_tree, libxml2 reads 256 levels and 10 MB of text at most.
    """
    if content.count(b'"') + content.count(b"'") > MOST_QUOTES:
        raise TooMuch("too many attributes")
    parser = etree.XMLPullParser(
        events=("end",),
        tag=listed.item if listed is not None else NOTHING,
        recover=False,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = _read(parser, content, listed)
    except TooMuch:
        raise
    except etree.XMLSyntaxError as error:
        kind = TooDeep if "depth" in str(error) else NotSoap
        raise kind(f"no XML: {type(error).__name__}") from error
    except ValueError as error:
        raise NotSoap(f"no XML: {type(error).__name__}") from error
    if root.getroottree().docinfo.doctype:
        raise NotSoap("a DOCTYPE")
    for namespace in ENVELOPES:
        body = root.find(f"{{{namespace}}}Body") if root.tag == f"{{{namespace}}}Envelope" else None
        if body is not None and len(body):
            return body[0]
    raise NotSoap("no envelope with a body")


def _read(parser: Any, content: bytes, listed: Listed | None) -> Any:
    """The document's first element. Raises XMLSyntaxError and ValueError."""
    elements = 0
    for start in range(0, len(content), PIECE):
        piece = content[start : start + PIECE]
        elements += piece.count(b"<") - piece.count(b"</")
        parser.feed(piece)
        for _, element in parser.read_events():
            above = element.getparent()
            if listed is not None and above is not None and above.tag == listed.result:
                listed.take(element)
                elements -= sum(1 for _ in element.iter())
                element.clear()
                taken = element.getprevious()
                if taken is not None and taken.tag == listed.item:
                    above.remove(taken)  # what else stands there is looked at afterwards
        if elements > MOST_ELEMENTS:
            raise TooMuch("too many elements")
    return parser.close()


def fault_in(element: Any) -> Fault | None:
    """The fault that stands in the body, of SOAP 1.1 or 1.2; None for an answer. Its detail is not read."""
    if etree.QName(element).localname != "Fault" or etree.QName(element).namespace not in ENVELOPES:
        return None
    said = {
        etree.QName(each).localname: each.text or ""
        for each in element.iter("{*}faultcode", "{*}faultstring", "{*}Value", "{*}Text")
    }
    return Fault(said.get("faultcode") or said.get("Value", ""), said.get("faultstring") or said.get("Text", ""))


def exception_in(answer: Any, operation: str) -> str | None:
    """The text of an APIException right under the result, where the description has none; None where there is none."""
    result = answer.find(f"{{{NAMESPACE}}}{operation}Result")
    found = None if result is None else result.find(EXCEPTION)
    if found is None or not len(found):
        return None
    return " ".join(found.findtext(f"{{{NAMESPACE}}}{name}") or "" for name in ("Type", "Message"))
