"""How a call is taken in: how often, what for, who calls, and how it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from app.sandbox.kit import faults
from app.sandbox.kit.faults import HangUp
from app.sandbox.kit.journal import decoded
from app.sandbox.kit.requests import METHODS
from app.sandbox.sevenoffice24.http import companies, logging_in, orders, products
from app.sandbox.sevenoffice24.http.calls import Call, Handler
from app.sandbox.sevenoffice24.http.faults import XML, fault_response, page, quarantine, shown
from app.sandbox.sevenoffice24.model.access import NOT_AUTHENTICATED, Session
from app.sandbox.sevenoffice24.model.limits import TooManyAnHour, TooManyASecond
from app.sandbox.sevenoffice24.model.office import Office, Refusal
from app.sandbox.sevenoffice24.wire.common import Operation
from app.sandbox.sevenoffice24.wire.envelopes import Fault, answered, body_of, unprocessable
from app.sandbox.sevenoffice24.wire.services import SERVICES
from app.sandbox.sevenoffice24.wire.tables import NAMESPACE
from app.sandbox.sevenoffice24.wire.xml import Element, WrongRequest, read_xml

_HANDLERS: Mapping[str, Handler] = {
    **logging_in.HANDLERS, **products.HANDLERS, **orders.HANDLERS, **companies.HANDLERS,
}  # fmt: skip


@dataclass
class _Heard:
    """A call as the journal keeps it: the operation and what it holds, and what came back in few words.

    What could not be read, or was not, stands there as text with the operation that the SOAPAction names.
    """

    operation: str = ""
    body: Any = None
    answer: Any = None


class Soap:
    """The four services."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[Route]:
        """Any path is journaled, also one that there is not."""
        return [Route("/{rest:path}", self._answer, methods=[*METHODS, "HEAD"])]

    async def _answer(self, request: Request) -> Response:
        raw = await request.body()
        heard = _Heard(_named(request))
        heard.body = {"operation": heard.operation, "text": raw.decode(errors="replace")}
        fault = self._office.faults.take(request)
        session = self._begin(request)
        try:
            response = await self._respond(request, raw, heard, fault)
        except BaseException:
            _end(session)
            raise
        if self._office.config.limit_headers and (left := self._office.limits.remaining) is not None:
            response.headers["APILimitRemaining"] = str(left)
            response.headers["APILimitReset"] = self._office.limits.reset
        status = 0 if isinstance(response, HangUp) else response.status_code
        with self._office.lock:
            said = _words(response) if heard.answer is None else heard.answer
            self._office.journal.add(request, heard.body, status, said, fault.kind if fault else None)
        return _InParts(response, self._office.config.body_seconds, session)

    async def _respond(self, request: Request, raw: bytes, heard: _Heard, fault: faults.Fault | None) -> Response:
        """A fault with `after_write` is shown when the call has done its work; a refusal is shown in spite of it."""
        if self._office.config.call_seconds:
            await asyncio.sleep(self._office.config.call_seconds)
        try:
            self._office.limits.take()
        except (TooManyASecond, TooManyAnHour) as error:
            return self._too_many(error, heard.operation)
        if fault is not None and not fault.after_write and (instead := await shown(fault, self._office)) is not None:
            return instead
        with self._office.lock:
            response = self._work(request, raw, heard)
        if fault is not None and fault.after_write and response.status_code == 200:
            return await shown(fault, self._office) or response
        return response

    def _begin(self, request: Request) -> Session | None:
        """A call of this session is in progress until the last byte of its answer is sent."""
        session = self._office.access.find(request.cookies.get(logging_in.COOKIE))
        if session is not None:
            session.in_progress += 1
            session.most_at_once = max(session.most_at_once, session.in_progress)
        return session

    def _work(self, request: Request, raw: bytes, heard: _Heard) -> Response:
        service = SERVICES.get(request.url.path)
        if service is None or request.method != "POST":
            status = 404 if service is None else 405
            self._refuse("request", heard.operation, f"{request.method} {request.url.path}")
            return page("The resource cannot be found." if status == 404 else "Only POST is taken.", status)
        if not _is_xml(request):
            self._refuse("request", heard.operation, f"media type {request.headers.get('content-type')}")
            return page("The server cannot service the request because the media type is unsupported.", 415)
        try:
            operation, message = self._read(request, raw, {one.name: one for one in service.operations})
            heard.operation = operation.name
            return self._carry_out(request, operation, message, heard)
        except WrongRequest as error:
            self._refuse("request", heard.operation, str(error))
            return fault_response(Fault(f"Server was unable to read request. ---> {error}", "Client"))
        except Fault as error:
            kind = "request" if error.code == "Client" else "session" if NOT_AUTHENTICATED in error.text else "fault"
            self._refuse(kind, heard.operation, error.text)
            return fault_response(error)
        except TooManyASecond as error:
            return self._too_many(error, heard.operation)

    def _read(self, request: Request, raw: bytes, known: Mapping[str, Operation]) -> tuple[Operation, Element]:
        """Raises WrongRequest or Fault. Without strictness a call that has no SOAPAction goes where its body says."""
        action = request.headers.get("soapaction")
        message = body_of(read_xml(raw), self._office.config)
        if action is None and not self._office.config.strict:
            action = f"{NAMESPACE}/{message.name}"
        operation = known.get((action or "").strip('"').removeprefix(f"{NAMESPACE}/"))
        if operation is None or (action or "").strip('"') != f"{NAMESPACE}/{operation.name}":
            raise Fault(f"Server did not recognize the value of HTTP Header SOAPAction: {action or ''}.", "Client")
        if (message.namespace, message.name) != (NAMESPACE, operation.name):
            raise WrongRequest(f"<{message.name} xmlns='{message.namespace}'> was not expected.")
        return operation, message

    def _carry_out(self, request: Request, operation: Operation, message: Element, heard: _Heard) -> Response:
        config = self._office.config
        values = operation.request.read(message, config, operation.name)
        heard.body = {"operation": operation.name, **values}
        session_id = request.cookies.get(logging_in.COOKIE)
        call = Call(self._office, values, session_id, self._office.access.find(session_id))
        if operation.name in config.denied:
            call.need_session()
            raise unprocessable(f"The user has no access to {operation.name}")
        result = _HANDLERS[operation.name](call)
        shape = Operation(operation.name, operation.request, result.kind or operation.result)
        heard.answer = {"records": len(result.value)} if isinstance(result.value, list) else {"value": result.value}
        return Response(answered(shape, result.value, config), 200, dict(result.headers), XML)

    def _too_many(self, error: TooManyASecond | TooManyAnHour, operation: str) -> Response:
        self._refuse("limit", operation, str(error))
        return quarantine(self._office) if isinstance(error, TooManyAnHour) else page(str(error), 429)

    def _refuse(self, kind: Any, operation: str, reason: str) -> None:
        self._office.refusals.append(Refusal(kind, operation, reason))


class _InParts(Response):
    """An answer whose second half comes later than its first. Behind it the call is no more in progress."""

    def __init__(self, answer: Response, seconds: float, session: Session | None) -> None:
        self.status_code, self.background, self.body, self.raw_headers = answer.status_code, None, b"", answer.raw_headers
        self._answer = answer
        self._seconds = seconds
        self._session = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def in_parts(message: Message) -> None:
            body = message.get("body", b"")
            if not self._seconds or len(body) < 2:
                return await send(message)
            half = len(body) // 2
            await send({**message, "body": body[:half], "more_body": True})
            await asyncio.sleep(self._seconds)
            return await send({**message, "body": body[half:]})

        try:
            await self._answer(scope, receive, in_parts)
        finally:
            _end(self._session)


def _end(session: Session | None) -> None:
    if session is not None:
        session.in_progress -= 1


def _named(request: Request) -> str:
    """The operation that the SOAPAction names, whether there is one or not."""
    return request.headers.get("soapaction", "").strip('"').rpartition("/")[2]


def _is_xml(request: Request) -> bool:
    """SOAP 1.1 in UTF-8."""
    media_type = request.headers.get("content-type", "").replace(" ", "").replace('"', "").lower()
    return media_type in ("text/xml", "text/xml;charset=utf-8")


def _words(response: Response) -> Any:
    return None if isinstance(response, HangUp) else decoded(bytes(response.body), response.charset)
