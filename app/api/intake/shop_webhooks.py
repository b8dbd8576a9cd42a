"""`POST /webhooks/{id}`: the one hot route, a plain ASGI application.

The signature is checked over the raw body, in constant time, before anything is parsed; the answer goes out after the commit.
Every refusal counts towards the shop switching its webhook off, so limits are generous and a delivery is refused only when it
must be.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import cast

import orjson
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Message, Receive, Scope, Send

from app.api.intake.signature_alerts import WrongSignatures
from app.engine.core.runtime import CACHE_SECONDS, Gateway
from app.engine.intake.inbox import Delivery, Inbox, InboxFull, NotStored
from app.errors import GatewayError
from app.integrations.protocol import SendsWebhooks
from app.logs import get_logger
from app.metrics import INTAKE, INTAKE_SECONDS
from app.records import connections

log = get_logger(__name__)

PREFIX = "/webhooks/"
MAX_CACHED = 10_000
MAX_PING_BYTES = 100
KEPT_HEADERS = ("content-type", "user-agent")
DROPPED_PREFIXES = ("x-forwarded", "x-real-ip", "x-api-key", "x-request-start")


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a webhook address belongs to."""

    connection_id: str
    name: str
    system: SendsWebhooks
    secret: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a delivery is not taken. `result` is the metric's label."""

    status: int
    result: str
    title: str
    fix: str


class Refuse(GatewayError):
    """Ends the request with this refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.title)
        self.refusal = refusal


UNKNOWN = Refusal(
    404, "unknown", "There is no such webhook address", "Copy the address from the connection: gateway connections show NAME"
)
NO_SECRET = Refusal(404, "no-secret", "This connection takes no webhooks", "Set the connection's webhook secret first")
UNSIGNED = Refusal(401, "unsigned", "The signature is missing", "Give the shop's webhook the connection's webhook secret")
BAD_SIGNATURE = Refusal(
    401, "bad-signature", "The signature does not fit the body", "Give the shop's webhook the connection's webhook secret"
)
NOT_JSON = Refusal(400, "not-json", "The body is not JSON", "Send the resource as JSON, as WooCommerce does")
WRONG_TYPE = Refusal(415, "wrong-type", "The content type is not application/json", "Send application/json")
TOO_LARGE = Refusal(413, "too-large", "The body is too large", "Raise GATEWAY_MAX_BODY_BYTES if the shop really sends that much")
TOO_SLOW = Refusal(408, "too-slow", "The body did not arrive in time", "Look at the network between the shop and the gateway")
NOT_REACHABLE = Refusal(503, "not-stored", "The delivery could not be kept just now", "Send it again")
FULL = Refusal(503, "full", "Too many deliveries wait to be kept", "Send it again")
HUNG_UP = Refusal(400, "hung-up", "The client hung up before the body had arrived", "Send it again")

RETRY_AFTER_SECONDS = b"5"
ACCEPTED = b'{"status":"accepted"}'
PONG = b'{"status":"pong"}'


@dataclass
class WebhookIntake:
    """The ASGI application for paths behind PREFIX; `open` gives it what it works with before the first request."""

    gateway: Gateway = field(init=False)
    inbox: Inbox = field(init=False)
    signatures: WrongSignatures = field(default_factory=WrongSignatures)
    _targets: dict[str, tuple[float, Target | None]] = field(default_factory=dict)
    _refreshing: dict[str, asyncio.Task[Target | None]] = field(default_factory=dict)
    _counters: dict[tuple[str, str], Counter] = field(default_factory=dict)

    def open(self, gateway: Gateway, inbox: Inbox) -> None:
        self.gateway, self.inbox = gateway, inbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        name = ""
        try:
            target = await self._target(scope["path"][len(PREFIX) :])
            name = target.name
            status, body, result = 200, *await self._take(target, scope, receive)
        except Refuse as refused:
            refusal = refused.refusal
            status, body, result = refusal.status, problem_of(refusal), refusal.result
            log.warning("webhook_refused", connection=name or None, status=status, result=result)
        headers = answer_headers(status, body)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        self._counter(name, result).inc()
        INTAKE_SECONDS.observe(time.perf_counter() - began)

    async def _target(self, webhook_id: str) -> Target:
        kept = self._targets.get(webhook_id)
        if kept is None or time.monotonic() - kept[0] > CACHE_SECONDS:
            target = await self._refreshed(webhook_id)
        else:
            target = kept[1]
        if target is None:
            raise Refuse(UNKNOWN)
        return target

    async def _refreshed(self, webhook_id: str) -> Target | None:
        """One look-up at a time for an address, however many requests ask."""
        running = self._refreshing.get(webhook_id)
        if running is None:
            running = self._refreshing[webhook_id] = asyncio.create_task(self._refresh(webhook_id))
        # Shielded: whoever hangs up does not end it for the others.
        return await asyncio.shield(running)

    async def _refresh(self, webhook_id: str) -> Target | None:
        try:
            target = await self._look_up(webhook_id)
            if len(self._targets) >= MAX_CACHED:
                self._targets.clear()
            self._targets[webhook_id] = (time.monotonic(), target)
            return target
        finally:
            del self._refreshing[webhook_id]

    def _counter(self, name: str, result: str) -> Counter:
        counter = self._counters.get((name, result))
        if counter is None:
            counter = self._counters[(name, result)] = INTAKE.labels(name, result)
        return counter

    async def _look_up(self, webhook_id: str) -> Target | None:
        try:
            async with self.gateway.database.read() as db:
                found = await connections.by_webhook_id(db, self.gateway.vault, webhook_id)
        except (SQLAlchemyError, OSError) as error:
            # The database is away: a target known from before still tells whose secret to check, and the inbox decides about the
            # rest.
            kept = self._targets.get(webhook_id)
            if kept and kept[1]:
                return kept[1]
            raise Refuse(NOT_REACHABLE) from error
        if found is None:
            return None
        return Target(found.id, found.name, cast(SendsWebhooks, found.system), found.webhook_secret)

    async def _take(self, target: Target, scope: Scope, receive: Receive) -> tuple[bytes, str]:
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        if not target.secret:
            raise Refuse(NO_SECRET)
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > self.gateway.settings.max_body_bytes:
            raise Refuse(TOO_LARGE)
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        signature = headers.get(target.system.signature_header())
        if signature is None and content_type == "application/x-www-form-urlencoded":
            await self._expect_ping(target, headers, receive)
            return PONG, "ping"
        if content_type != "application/json":
            raise Refuse(WRONG_TYPE)
        if signature is None:
            raise Refuse(UNSIGNED)
        settings = self.gateway.settings
        body = await read_body(receive, settings.max_body_bytes, settings.body_timeout_seconds)
        if not target.system.verify(target.secret, signature, body):
            self.signatures.wrong(self.gateway, target.connection_id)
            raise Refuse(BAD_SIGNATURE)
        try:
            orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Refuse(NOT_JSON) from error
        await self._keep(target, headers, body)
        return ACCEPTED, "accepted"

    async def _expect_ping(self, target: Target, headers: dict[str, str], receive: Receive) -> None:
        """The only body that is looked at without a signature, so no more of it is read than a ping can have."""
        try:
            body = await read_body(receive, MAX_PING_BYTES, self.gateway.settings.body_timeout_seconds)
        except Refuse as refused:
            raise Refuse(UNSIGNED) from refused
        if not target.system.is_ping(headers, body):
            raise Refuse(UNSIGNED)

    async def _keep(self, target: Target, headers: dict[str, str], body: bytes) -> None:
        kept = {
            key: value
            for key, value in headers.items()
            if (key.startswith("x-") and not key.startswith(DROPPED_PREFIXES) and key != target.system.signature_header())
            or key in KEPT_HEADERS
        }
        delivery = Delivery(target.connection_id, self.gateway.clock(), target.system.topic(headers), kept, body)
        try:
            done = self.inbox.store(delivery)
        except InboxFull as error:
            raise Refuse(FULL) from error
        patience = asyncio.get_running_loop().call_later(self.gateway.settings.commit_timeout_seconds, _give_up, done)
        try:
            await done
        except NotStored as error:
            raise Refuse(NOT_REACHABLE) from error
        finally:
            patience.cancel()


def _give_up(done: asyncio.Future[None]) -> None:
    """The delivery may still be stored after this; a shop that sends it again is recognised by the record's own state."""
    if not done.done():
        done.set_exception(NotStored("the commit took too long"))


async def read_body(receive: Receive, limit: int, seconds: float) -> bytes:
    """Raises Refuse for one that is longer than `limit` bytes, or takes longer than `seconds` to arrive."""
    try:
        async with asyncio.timeout(seconds):
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                return _checked(cast(bytes, message.get("body", b"")), limit)
            return await _rest(message, receive, limit)
    except TimeoutError as error:
        raise Refuse(TOO_SLOW) from error


async def _rest(message: Message, receive: Receive, limit: int) -> bytes:
    parts = bytearray()
    while True:
        if message["type"] == "http.disconnect":
            raise Refuse(HUNG_UP)
        parts += message.get("body", b"")
        if len(parts) > limit:
            raise Refuse(TOO_LARGE)
        if not message.get("more_body"):
            return bytes(parts)
        message = await receive()


def _checked(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise Refuse(TOO_LARGE)
    return body


def answer_headers(status: int, body: bytes) -> list[tuple[bytes, bytes]]:
    kind = b"application/json" if status == 200 else b"application/problem+json"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    if status == 503:
        headers.append((b"retry-after", RETRY_AFTER_SECONDS))
    return headers


def problem_of(refusal: Refusal) -> bytes:
    return orjson.dumps(
        {"type": f"urn:gateway:problem:{refusal.result}", "title": refusal.title, "status": refusal.status, "detail": refusal.fix}
    )
