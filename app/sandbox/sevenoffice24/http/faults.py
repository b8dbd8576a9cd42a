"""The faults that the services can be told to show, beside those of the kit."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from app.sandbox.kit.faults import Fault, show
from app.sandbox.sevenoffice24.model.access import NOT_AUTHENTICATED
from app.sandbox.sevenoffice24.model.office import Office
from app.sandbox.sevenoffice24.wire import envelopes
from app.sandbox.sevenoffice24.wire.xml import escape

XML = "text/xml; charset=utf-8"


@dataclass
class OperationFault(Fault):
    """`operation` narrows it down to calls with this SOAPAction.

    Further kinds: `fault` (a SOAP fault that says `text`), `no-session` (the not-authenticated fault), `quarantine` (as after
    too many calls in an hour), `raw` (200 with `text` for the XML). A `status` has `text` for its body.
    """

    operation: str | None = None

    def matches(self, request: Request) -> bool:
        named = request.headers.get("soapaction", "").strip('"').rpartition("/")[2]
        return self.operation in (None, named) and super().matches(request)


async def shown(fault: Fault, office: Office) -> Response | None:
    """The answer, after its delay; None when the call goes on as usual."""
    if fault.kind == "fault":
        return fault_response(envelopes.Fault(fault.text))
    if fault.kind == "no-session":
        return fault_response(envelopes.unprocessable(NOT_AUTHENTICATED))
    if fault.kind == "quarantine":
        return quarantine(office)
    if fault.kind == "raw":
        return Response(fault.text.encode(), 200, media_type=XML)
    if fault.kind == "status":
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        return page(fault.text or "An error has occurred.", fault.status, headers)
    return await show(fault)


def fault_response(fault: envelopes.Fault) -> Response:
    return Response(envelopes.fault_answer(fault), 500, media_type=XML)


def quarantine(office: Office) -> Response:
    """As the configuration says."""
    text = office.limits.quarantine()
    if office.config.quarantine == "fault":
        return fault_response(envelopes.Fault(text))
    if office.config.quarantine == "status":
        return page(text, 429)
    return Response(text, 200, media_type="text/plain")


def page(text: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(f"<html><body><h2>{escape(text)}</h2></body></html>", status, headers, "text/html")
