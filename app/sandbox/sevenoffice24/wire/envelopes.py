"""SOAP 1.1 around a message: what a call's body holds, and what is put around an answer."""

from __future__ import annotations

from typing import Any

from app.sandbox.sevenoffice24.config import SevenOfficeConfig
from app.sandbox.sevenoffice24.wire.common import Operation
from app.sandbox.sevenoffice24.wire.scalars import Scalar
from app.sandbox.sevenoffice24.wire.tables import NAMESPACE, ListOf
from app.sandbox.sevenoffice24.wire.xml import XSI, Element, WrongRequest, escape

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_XSD = "http://www.w3.org/2001/XMLSchema"
_OPEN = (
    f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}" xmlns:xsi="{XSI}" xmlns:xsd="{_XSD}"><soap:Body>'
)
_CLOSE = "</soap:Body></soap:Envelope>"


class Fault(Exception):
    """The whole call fails. `code` is Client or Server."""

    def __init__(self, text: str, code: str = "Server") -> None:
        super().__init__(text)
        self.text = text
        self.code = code


def unprocessable(reason: str) -> Fault:
    """What .NET answers when something goes wrong while a call is worked on."""
    return Fault(f"Server was unable to process request. ---> {reason}")


def body_of(envelope: Element, config: SevenOfficeConfig) -> Element:
    """The one element in the body. Raises WrongRequest."""
    if (envelope.namespace, envelope.name) != (SOAP, "Envelope"):
        raise WrongRequest("Request format is invalid: the envelope is not one of SOAP 1.1.")
    parts = {child.name: child for child in envelope.children if child.namespace == SOAP}
    body = parts.get("Body")
    if body is None or len(body.children) != 1:
        raise WrongRequest("Request format is invalid: Missing required soap:Body element, or it does not hold one element.")
    if config.strict and (list(parts) != ["Body"] or len(envelope.children) != 1):
        raise WrongRequest("Request format is invalid: the description has nothing beside the body.")
    return body.children[0]


def answered(operation: Operation, result: Any, config: SevenOfficeConfig) -> bytes:
    """None leaves the result's element out; an empty list does so when the configuration says it."""
    out = [_OPEN, f'<{operation.name}Response xmlns="{NAMESPACE}">']
    name, kind = f"{operation.name}Result", operation.result
    is_missing = result is None or (isinstance(kind, ListOf) and not result and config.empty_result == "absent")
    if not is_missing and isinstance(kind, Scalar):
        out.append(f"<{name}>{kind.write(result, config)}</{name}>")
    elif not is_missing and not isinstance(kind, Scalar):
        kind.write(name, result, config, out)
    out += [f"</{operation.name}Response>", _CLOSE]
    return "".join(out).encode()


def fault_answer(fault: Fault) -> bytes:
    said = f"<faultcode>soap:{fault.code}</faultcode><faultstring>{escape(fault.text)}</faultstring><detail />"
    return f"{_OPEN}<soap:Fault>{said}</soap:Fault>{_CLOSE}".encode()
