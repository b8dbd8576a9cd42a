"""One call to 24SevenOffice: written by zeep, sent over the gateway's transport, and sorted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import structlog
from lxml import etree
from zeep import AsyncClient
from zeep.proxy import AsyncServiceProxy

from app.clock import Clock
from app.errors import Malformed, Paced, Refused, TooLarge
from app.http import CallLimits
from app.integrations.protocol.account import IN_TURN
from app.integrations.sevenoffice24.soap.depths import without_depths
from app.integrations.sevenoffice24.soap.documents import NotSoap, TooDeep, TooMuch, body_of, exception_in, fault_in
from app.integrations.sevenoffice24.soap.failures import SYSTEM, reset_seconds, sort_fault, sort_other
from app.integrations.sevenoffice24.soap.services import SETTINGS, Described, Service, described
from app.integrations.sevenoffice24.soap.shapes import Wanted

log = structlog.get_logger(__name__)

COOKIE = "ASP.NET_SessionId"
SAID_CHARACTERS = 300
"""How much of the vendor's own words goes to the technical log."""

Pause = Callable[[float], Awaitable[None]]
"""Stops all calls to the address, of every connection, for so many seconds."""


@dataclass(frozen=True)
class Operation:
    """One operation. `wanted`: members that were asked for, which an answer has even where the wire leaves them out."""

    service: Service
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    wanted: Wanted = field(default_factory=dict)


@dataclass(frozen=True)
class _Sending:
    """What zeep sends through. zeep's own transport makes clients of its own, overwrites headers, and logs every message."""

    http: httpx.AsyncClient
    limits: CallLimits
    session: str | None
    heed: Callable[[httpx.Response], Awaitable[None]]

    async def post_xml(self, address: str, envelope: Any, headers: Mapping[str, str]) -> httpx.Response:
        sent = {**headers, "Accept": "text/xml"}
        if self.session is not None:
            sent["Cookie"] = f"{COOKIE}={self.session}"
        content = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
        request = self.http.build_request("POST", address, content=content, headers=sent)
        request.extensions[IN_TURN] = self._in_turn
        return await self.http.send(self.limits.on(request))

    async def _in_turn(self, send_it: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """What this call finds out of the limits is known before the next one."""
        answer = await send_it()
        await self.heed(answer)
        return answer


class Calls:
    """Calls to one company. Counts them. Raises the RemoteErrors of `app.errors`; none holds the vendor's own words."""

    def __init__(self, api_url: str, http: httpx.AsyncClient, clock: Clock, seconds: float, pause: Pause | None = None) -> None:
        self._base = api_url
        self._http = http
        self._limits = CallLimits(SYSTEM, seconds)
        self._clock = clock
        self._pause = pause
        self.count = 0

    async def ask(self, operation: Operation, session: str | None = None) -> Any:
        """The plain value of the operation's result. Raises NotAuthenticated where the session is not good."""
        service = await described(operation.service)
        sending = _Sending(self._http, self._limits, session, self._heed)
        client = AsyncClient(service.document, transport=sending, settings=SETTINGS)
        proxy = AsyncServiceProxy(client, service.binding, address=f"{self._base}{service.path}")
        arguments = service.arguments(operation.name, operation.arguments)
        self.count += 1
        answer: httpx.Response = await proxy[operation.name](**arguments)
        try:
            return await asyncio.to_thread(self._read, service, operation, answer)
        except Paced as error:
            await self._rest(error.retry_after)
            raise

    async def _heed(self, answer: httpx.Response) -> None:
        """Makes no further call before the limit is reset, where the answer says that none is left."""
        seconds = reset_seconds(answer.headers, self._clock())
        if seconds is not None:
            await self._rest(seconds)

    async def _rest(self, seconds: float) -> None:
        log.warning("soap_calls_rest", seconds=round(seconds))
        if self._pause is not None:
            await self._pause(seconds)

    def _read(self, service: Described, operation: Operation, answer: httpx.Response) -> Any:
        """In a thread: a large answer takes a second."""
        status, call, now = answer.status_code, operation.name, self._clock()
        if status == 429:
            raise sort_other(status, answer.headers, answer.content, call=call, now=now)
        try:
            try:
                element, found = _parsed(service, operation, answer.content)
            except TooDeep:
                element, found = _parsed(service, operation, without_depths(answer.content))
        except TooMuch as error:
            message = f"24SevenOffice answered {error} at once"
            raise TooLarge(message, system=SYSTEM, call=call, status=status) from error
        except NotSoap as error:
            log.warning("soap_answer_not_read", operation=call, status=status, why=str(error))
            raise sort_other(status, answer.headers, answer.content, call=call, now=now) from error
        fault = fault_in(element)
        if fault is not None:
            log.warning("soap_fault", operation=call, status=status, code=fault.code[:80], said=quoted(fault.text))
            raise sort_fault(fault, call=call, status=status, now=now)
        if not 200 <= status < 300:
            raise sort_other(status, answer.headers, answer.content, call=call, now=now)
        if etree.QName(element).localname != f"{call}Response":
            message = "24SevenOffice answered another question than it was asked"
            raise Malformed(message, system=SYSTEM, call=call, status=status)
        refused = exception_in(element, call)
        if refused is not None:
            log.warning("soap_refused", operation=call, said=quoted(refused))
            raise Refused(f"24SevenOffice refused {call}", system=SYSTEM, call=call, status=status)
        return service.result(call, element, operation.wanted) if found is None else found


def _parsed(service: Described, operation: Operation, content: bytes) -> tuple[Any, list[Any] | None]:
    """What stands in the body, and the items of a result that is a list. Raises NotSoap and TooMuch."""
    found: list[Any] = []
    listed = service.listed(operation.name, operation.wanted, found)
    return body_of(content, listed), None if listed is None else found


def quoted(text: str) -> str:
    """The beginning of the vendor's words, for the technical log: no line of a stack trace."""
    lines = [each.strip() for each in text.splitlines()]
    return " ".join(each for each in lines if each and not each.startswith("at "))[:SAID_CHARACTERS]
