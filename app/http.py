"""Outgoing HTTP. Addresses are resolved and checked, connections go to the address that was checked, answers are bounded.

There are no redirects, and no proxies from the environment. What the network does is sorted here. What a status means is each
client's business.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import ssl
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import orjson

from app import json_answers
from app.errors import Malformed, RateLimited, TooLarge, Unavailable
from app.outgoing.addresses import Reach, is_public
from app.outgoing.names import NAMES
from app.tracing import spans
from app.tracing.origin import CURRENT, TRACEPARENT_HEADER

C = TypeVar("C", bound=httpx.AsyncClient)

MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""More than a page of any list has. A list whose page is larger is read in smaller ones."""
PIECES_IN_A_ROW = 64
"""So many pieces of an answer are read before it is others' turn. Thousands of a byte each may be there at once."""
MAX_RETRY_AFTER_SECONDS = 3_600.0
"""Longest pause that a Retry-After can ask for: an hour. Whoever means more says so again then."""
MOST_APART = timedelta(days=1)
"""How far another's clock may be from ours: one that is hours wrong is still the one that its records go by."""
USER_AGENT = "ongoing-gateway"


@dataclass(frozen=True)
class Answer:
    """One answer. `json` is None when the body is not JSON; `is_json` tells `null` and no JSON apart. `junk` is what a badly set
    up server wrote around the JSON (PHP's messages, a byte order mark)."""

    status: int
    headers: httpx.Headers
    content: bytes
    json: Any
    is_json: bool
    junk: str = ""

    def text(self, limit: int = 2000) -> str:
        """The beginning of the body; of its JSON where something stands around that."""
        content = orjson.dumps(self.json) if self.junk else self.content
        return content[:limit].decode("utf-8", errors="replace")


CERTIFICATE = "certificate is not one that the gateway trusts"
"""In the message when the other side's certificate cannot be checked."""


@functools.cache
def tls_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """What certificates are checked against: the usual authorities, and those in the file (PEM). Raises OSError, ssl.SSLError.

    One for the process, because reading the list of authorities takes as long as several calls.
    """
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


class GuardedTransport(httpx.AsyncBaseTransport):
    """Resolves the host itself, refuses addresses that are out of reach, and connects to the address it has checked.

    Each host has connections of its own. Kept by address they would be shared by all shops of one hosting company, and a request
    to one would go over a connection whose certificate was checked for another.
    """

    def __init__(self, reach: Reach, inner: httpx.AsyncBaseTransport | None = None) -> None:
        self._reach = reach
        self._given = inner
        self._by_host: dict[str, httpx.AsyncBaseTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        if request.url.scheme == "http" and not self._reach.plain_http:
            raise httpx.UnsupportedProtocol("plain http is not allowed (GATEWAY_ALLOW_PLAIN_HTTP)", request=request)
        address = await self._resolve(host, request)
        request.headers.setdefault("Host", request.url.netloc.decode("ascii"))
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)
        return await self._connections(host).handle_async_request(request)

    def _connections(self, host: str) -> httpx.AsyncBaseTransport:
        if self._given is not None:
            return self._given
        if host not in self._by_host:
            limits = httpx.Limits(max_connections=50, max_keepalive_connections=10, keepalive_expiry=15)
            self._by_host[host] = httpx.AsyncHTTPTransport(
                retries=0, trust_env=False, verify=tls_context(self._reach.ca_file), limits=limits
            )
        return self._by_host[host]

    async def _resolve(self, host: str, request: httpx.Request) -> str:
        try:
            addresses = await NAMES.addresses(host)
        except OSError as error:
            raise httpx.ConnectError(f"{host} cannot be resolved", request=request) from error
        for address in addresses:
            if not self._reach.private_addresses and not is_public(ipaddress.ip_address(address.split("%")[0])):
                raise httpx.ConnectError(f"{host} leads to an address inside a private network", request=request)
        return addresses[0]

    async def aclose(self) -> None:
        for transport in [self._given, *self._by_host.values()]:
            if transport is not None:
                await transport.aclose()


@dataclass(frozen=True)
class CallLimits:
    """What one call may cost. A request carries it under `extensions["limits"]`; without one the defaults hold."""

    system: str
    """Name of the called system in messages: "the shop", "Ongoing WMS"."""
    seconds: float = 60.0
    """Time-out of the whole call: connecting, sending, and the last byte of the answer."""
    most_bytes: int | None = None
    """Most that is read of the answer, unpacked; None: MAX_ANSWER_BYTES."""

    @classmethod
    def of(cls, request: httpx.Request) -> CallLimits:
        given = request.extensions.get("limits")
        return given if isinstance(given, cls) else cls(request.url.host)

    def on(self, request: httpx.Request) -> httpx.Request:
        request.extensions = {**request.extensions, "limits": self}
        return request


around_call: ContextVar[Callable[[], AbstractContextManager[None]]] = ContextVar("around_call", default=nullcontext)
"""What the running task puts around each of its calls."""


class BoundedTransport(httpx.AsyncBaseTransport):
    """Reads every answer whole, within its time and size, and sorts what the network did. Whatever sends over it (our clients,
    zeep, an OAuth library) gets the same limits and the same errors.

    Raises Unavailable (network, time-out; `sent` is False when no byte of the request can have arrived) and Malformed (too
    large, or packed in a way that was not asked for).
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        limits, call = CallLimits.of(request), f"{request.method} {request.url.path}"
        request.headers["Accept-Encoding"] = "gzip"
        if origin := CURRENT.get():
            request.headers.setdefault(TRACEPARENT_HEADER, origin.traceparent)
        try:
            with around_call.get()():
                async with asyncio.timeout(limits.seconds):
                    response = await self._inner.handle_async_request(request)
                    try:
                        content = await _read(response, limits, call)
                    finally:
                        await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            message = f"{limits.system} cannot be reached: {_untrusted(error) or error}"
            raise Unavailable(message, system=limits.system, call=call, sent=False) from error
        except TimeoutError as error:
            message = f"{limits.system} did not answer within {limits.seconds:g} s"
            raise Unavailable(message, system=limits.system, call=call) from error
        except httpx.HTTPError as error:
            message = f"the connection to {limits.system} broke: {str(error) or type(error).__name__}"
            raise Unavailable(message, system=limits.system, call=call) from error
        kept = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in _ABOUT_THE_TRANSFER]
        return httpx.Response(response.status_code, headers=kept, content=content, extensions=response.extensions)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _untrusted(error: httpx.HTTPError) -> str | None:
    """What is said of a certificate that fits no authority we know, or not the host; None for any other failure."""
    if "CERTIFICATE_VERIFY_FAILED" not in str(error):
        return None
    why = str(error).partition("certificate verify failed: ")[2].partition(" (_ssl")[0] or str(error)
    return f"its {CERTIFICATE}: {why}. If an authority of your own made it, set GATEWAY_CA_FILE to that authority's PEM file"


_ABOUT_THE_TRANSFER = ("content-encoding", "content-length", "transfer-encoding")


async def _read(response: httpx.Response, limits: CallLimits, call: str) -> bytes:
    """The answer's body, unpacked piece by piece: a small answer that unpacks to a huge one is cut off while it does."""
    system, most = limits.system, limits.most_bytes or MAX_ANSWER_BYTES

    def malformed(message: str) -> Malformed:
        return Malformed(message, system=system, call=call, status=response.status_code)

    coding = response.headers.get("Content-Encoding", "").strip().lower() or "identity"
    if coding not in ("identity", "gzip"):
        raise malformed(f"{system} packed its answer as {coding[:40]!r}, which was not asked for")
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16) if coding == "gzip" else None
    content, pieces = bytearray(), 0
    assert isinstance(response.stream, httpx.AsyncByteStream)
    try:
        async for part in response.stream:
            content += unpacking.decompress(part, most + 1 - len(content)) if unpacking else part
            if len(content) > most:
                message = f"{system} answered more than {most} bytes"
                raise TooLarge(message, system=system, call=call, status=response.status_code)
            pieces += 1
            if unpacking and unpacking.eof:  # what still comes would be kept, and counts for nothing
                break
            if pieces % PIECES_IN_A_ROW == 0:
                await asyncio.sleep(0)
    except zlib.error as error:
        raise malformed(f"{system} answered something that is not gzip") from error
    if unpacking and pieces and not unpacking.eof:
        raise malformed(f"{system} answered only a part of what it had packed")
    return bytes(content)


class _Borrowed(httpx.AsyncBaseTransport):
    """Another client's transport: closing a client on it closes nothing."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._inner.handle_async_request(request)


def client_on(transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    """The client that all connections of a process share. It keeps no cookies: one shop's would be sent to another."""
    return _client(transport, CookieJar(policy=DefaultCookiePolicy(allowed_domains=())), httpx.AsyncClient)


def account_client(transport: httpx.AsyncBaseTransport, kind: type[C] = httpx.AsyncClient) -> C:  # type: ignore[assignment]
    """A client for one account of a system whose session is a cookie or a header of the client: it keeps its own. Closing it
    leaves the transport open."""
    return _client(_Borrowed(transport), CookieJar(), kind)


def open_client(reach: Reach) -> httpx.AsyncClient:
    """A shared client with a transport of its own."""
    return client_on(GuardedTransport(reach))


def _watched(transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    """With a span for each call, where traces are switched on."""
    telemetry = spans.telemetry()
    return transport if telemetry is None else telemetry.watch_calls(transport)


def _client(transport: httpx.AsyncBaseTransport, cookies: CookieJar, kind: type[C]) -> C:
    return kind(
        cookies=cookies,
        transport=_watched(BoundedTransport(transport)),
        follow_redirects=False,
        trust_env=False,
        timeout=httpx.Timeout(30, connect=10),
        headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
    )


class ListeningClient(httpx.AsyncClient):
    """A client that tells its owner what stood around the JSON of an answer. It sends through another one where one is given."""

    heard: Callable[[str], None] = staticmethod(lambda junk: None)
    through: Callable[[], httpx.AsyncClient] | None = None

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        return await (self.through().send if self.through is not None else super().send)(request, **options)


async def send(
    client: httpx.AsyncClient,
    request: httpx.Request,
    *,
    timeout: float,  # noqa: ASYNC109 - the transport times the whole call, and every caller has a limit of its own
    system: str,
) -> Answer:
    """Sends over a bounded transport and reads the JSON. Raises what BoundedTransport raises."""
    response = await client.send(CallLimits(system, timeout).on(request))
    # The client binds it to its stream and back: such a circle would keep a large answer until somebody looks for circles.
    response.stream = httpx.ByteStream(b"")
    try:
        parsed, junk = await json_answers.read(response.content)
    except json_answers.TooMuch as error:
        if response.is_success:
            call = f"{request.method} {request.url.path}"
            raise TooLarge(f"{system} answered with {error}", system=system, call=call, status=response.status_code) from error
        return Answer(response.status_code, response.headers, response.content, None, False)
    except json_answers.NotJson:
        return Answer(response.status_code, response.headers, response.content, None, False)
    if junk and isinstance(client, ListeningClient):
        client.heard(junk)
    return Answer(response.status_code, response.headers, response.content, parsed, True, junk)


async def fetch(client: httpx.AsyncClient, request: httpx.Request, limits: CallLimits) -> Answer:
    """Sends over a bounded transport for something that is no JSON: what is in it is given as it is, and not looked into."""
    response = await client.send(limits.on(request))
    response.stream = httpx.ByteStream(b"")
    return Answer(response.status_code, response.headers, response.content, None, False)


def http_date(value: str | None) -> datetime | None:
    """The moment that a `Date` header, or the like, names, in UTC; None when it names none that can be counted with."""
    try:
        found = parsedate_to_datetime(value or "")
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """The Retry-After header in seconds from `now` (UTC), in both its forms; None when it is missing or unreadable."""
    value = headers.get("Retry-After")
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return min(float(value.strip()), MAX_RETRY_AFTER_SECONDS)
    moment = http_date(value)
    return None if moment is None else min(max(0.0, (moment - now).total_seconds()), MAX_RETRY_AFTER_SECONDS)


def raise_passing(answer: Answer, *, system: str, call: str, now: datetime) -> None:
    """Raises RateLimited or Unavailable for the statuses that mean so everywhere: 429, 408, 5xx."""
    if answer.status == 429:
        raise RateLimited(
            f"{system} has had too many calls for now (429)",
            system=system,
            call=call,
            retry_after=retry_after_seconds(answer.headers, now),
            answer=answer.text(),
        )
    if answer.status == 408 or answer.status >= 500:
        raise Unavailable(
            f"{system} answered {answer.status}", system=system, call=call, status=answer.status, answer=answer.text()
        )


def encode_query(params: Sequence[tuple[str, str]]) -> str:
    """RFC 3986 percent-encoding (space is %20), the order kept: what OAuth 1.0a signs is what is sent."""
    return "&".join(f"{quote(key, safe='-._~')}={quote(value, safe='-._~')}" for key, value in params)
