"""`POST /webhooks/{id}`: the one hot route, a plain ASGI application.

The integration says who sent a webhook (`IncomingWebhooks`). This module reads the body, keeps it and answers. The answer goes
out after the commit. A shop counts every refusal and switches its webhook off after some, so limits are generous.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Receive, Scope, Send

from app.api.door.receiving import Receiving
from app.api.door.sparing import SparingLog
from app.api.door.wrong_tries import WrongTries
from app.api.intake.bodies import announced, read_body
from app.api.intake.greetings import Greetings
from app.api.intake.refusals import (
    FULL,
    JSON,
    NEVER_OURS,
    NO_SECRET,
    NOT_REACHABLE,
    SLOWED,
    UNKNOWN,
    UNSIGNED,
    Answer,
    Refusal,
    Refuse,
    answer_headers,
    answer_to,
    refusal_of,
)
from app.api.intake.repeats import Key, Repeats, key_of
from app.api.intake.signature_alerts import WrongSignatures
from app.api.kit.addresses import caller_address, neighbourhood
from app.engine.core.runtime import CACHE_SECONDS, Gateway
from app.engine.intake.inbox import Delivery, Inbox, InboxFull, NotStored
from app.ids import may_be_unguessable
from app.integrations.protocol import Accepted, Greeting, IncomingWebhooks, Refused, WebhookRequest, WhyRefused
from app.integrations.protocol.credentials import secrets_in
from app.integrations.protocol.webhooks import by_any
from app.metrics import INTAKE, INTAKE_SECONDS
from app.records.webhooks import former_secrets
from app.records.webhooks.former_secrets import FormerSecret
from app.tracing import spans
from app.tracing.origin import Origin, bound, current_or_fresh, of_request
from app.ttl_cache import TtlCache

PREFIX = "/webhooks/"
MAX_CACHED = 10_000
KEPT_HEADERS = frozenset({"content-type", "user-agent"})
"""Kept of every delivery, beside those that the system names as its own. What proxies add is not kept."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a webhook address belongs to."""

    connection_id: str
    name: str
    webhooks: IncomingWebhooks
    secrets: tuple[str, ...]
    former: tuple[FormerSecret, ...] = ()


ACCEPTED = Answer(200, b'{"status":"accepted"}', JSON, "accepted")
REPEATED = ACCEPTED._replace(result="repeated")


class Kept(NamedTuple):
    """A delivery on its way into the inbox, of the connection `name`."""

    name: str
    done: asyncio.Future[None]
    origin: Origin

    def answer(self) -> Answer:
        """To be asked once it is done."""
        if self.done.cancelled() or self.done.exception() is not None:
            with bound(self.origin):
                return answer_to(NOT_REACHABLE)
        return Answer(ACCEPTED.status, ACCEPTED.body, JSON, ACCEPTED.result, request_id=self.origin.request_id)


@dataclass
class WebhookIntake:
    """The ASGI application for paths behind PREFIX; `open` gives it what it works with before the first request."""

    gateway: Gateway = field(init=False)
    inbox: Inbox = field(init=False)
    signatures: WrongSignatures = field(default_factory=WrongSignatures)
    repeats: Repeats = field(default_factory=Repeats)
    receiving: Receiving = field(default_factory=Receiving)
    tries: WrongTries = field(default_factory=lambda: WrongTries("shop", "signature"))
    lines: SparingLog = field(default_factory=SparingLog)
    greetings: Greetings = field(default_factory=Greetings)
    _targets: TtlCache[str, Target | Refusal] = field(default_factory=lambda: TtlCache(CACHE_SECONDS, MAX_CACHED))
    _refreshing: dict[str, asyncio.Task[Target | Refusal]] = field(default_factory=dict)
    _doubted: TtlCache[str, bool] = field(default_factory=lambda: TtlCache(CACHE_SECONDS, MAX_CACHED))
    _counters: dict[tuple[str, str], Counter] = field(default_factory=dict)

    def open(self, gateway: Gateway, inbox: Inbox) -> None:
        self.gateway, self.inbox = gateway, inbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = of_request(scope["headers"], with_trace=self.gateway.settings.traces_from_callers)
        with bound(origin):
            await self._serve(scope, receive, send, origin)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, origin: Origin) -> None:
        began = time.perf_counter()
        name = ""
        try:
            target = await self._target(scope["path"][len(PREFIX) :])
            name = target.name
            answer = await self._take(target, scope, receive)
        except Refuse as refused:
            answer = refused.answer
            if refused.refusal is not NEVER_OURS:
                of = f"{name} {answer.result}"
                self.lines.warning("webhook_refused", of, connection=name or None, status=answer.status, result=answer.result)
        headers = answer_headers(answer._replace(request_id=origin.request_id))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})
        self.count(name, answer.result, began)

    def count(self, name: str, result: str, began: float) -> None:
        """Counts an answer to the connection of that name. `began` is of `time.perf_counter`."""
        self._counter(name, result).inc()
        INTAKE_SECONDS.observe(time.perf_counter() - began)

    def take_whole(self, scope: Mapping[str, Any], body: bytes) -> Kept | None:
        """Keeps a delivery whose body is there, if nothing about it needs a second look.

        None: nothing was kept, and the request goes through `__call__`.
        """
        target = self._targets.get(scope["path"][len(PREFIX) :])
        if not isinstance(target, Target) or not target.secrets:
            return None
        headers = decoded(scope["headers"])
        limit = target.webhooks.body_limit(headers, self.gateway.settings.max_body_bytes)
        if isinstance(limit, Refused) or len(body) > limit:
            return None
        request = WebhookRequest(headers, scope["query_string"], body)
        if not isinstance(self._authenticated(target, request), Accepted):
            return None
        key = key_of(target.connection_id, target.webhooks, request)
        if self.repeats.are_enough(key):
            return None
        try:
            origin = of_request(scope["headers"], with_trace=self.gateway.settings.traces_from_callers)
            return Kept(target.name, self._store(target, request, key, origin), origin)
        except InboxFull:
            return None

    async def _target(self, webhook_id: str) -> Target:
        if not may_be_unguessable(webhook_id):
            raise Refuse(NEVER_OURS)
        target = self._targets.get(webhook_id) or await self._refreshed(webhook_id)
        if isinstance(target, Refusal):
            raise Refuse(target)
        return target

    async def _refreshed(self, webhook_id: str) -> Target | Refusal:
        """Looks an address up once at a time, however many requests ask."""
        running = self._refreshing.get(webhook_id)
        if running is None:
            running = self._refreshing[webhook_id] = asyncio.create_task(self._refresh(webhook_id))
        # Shielded: whoever hangs up does not end it for the others.
        return await asyncio.shield(running)

    async def _refresh(self, webhook_id: str) -> Target | Refusal:
        try:
            return self._targets.put(webhook_id, await self._look_up(webhook_id))
        finally:
            del self._refreshing[webhook_id]

    def _counter(self, name: str, result: str) -> Counter:
        counter = self._counters.get((name, result))
        if counter is None:
            counter = self._counters[(name, result)] = INTAKE.labels(name, result)
        return counter

    async def _look_up(self, webhook_id: str) -> Target | Refusal:
        try:
            async with self.gateway.database.read() as db:
                addressed = await former_secrets.by_webhook_id(db, self.gateway.vault, webhook_id)
        except (SQLAlchemyError, OSError) as error:
            # The database is away: a target known from before still tells whose secret to check, and the inbox decides about the
            # rest.
            kept = self._targets.last(webhook_id)
            if isinstance(kept, Target):
                return kept
            raise Refuse(NOT_REACHABLE) from error
        if addressed is None:
            return UNKNOWN
        found, former = addressed.connection, addressed.former.get(former_secrets.SOURCE, ())
        webhooks = found.system.incoming(found.settings)
        if webhooks is None:
            return UNKNOWN
        return Target(found.id, found.name, webhooks, found.webhook_secrets, former)

    def _authenticated(self, target: Target, request: WebhookRequest) -> Accepted | Greeting | Refused:
        """By the connection's secret, or by one that it has replaced lately: the shop may not have the new one yet."""
        known = by_any(target.webhooks, request, target.secrets)
        if not target.former or not is_badly_signed(known):
            return known
        former = former_secrets.in_force(target.former, self.gateway.clock())
        signed_with = tuple(secret for each in former for secret in secrets_in(each))
        before = by_any(target.webhooks, request, signed_with) if signed_with else known
        return known if is_badly_signed(before) else before

    async def _authenticated_anew(
        self, before: Target, webhook_id: str, request: WebhookRequest
    ) -> Accepted | Greeting | Refused | None:
        """Another process may have replaced the secret since this one read it. None: nothing is new, or it was read just now."""
        if self._doubted.get(webhook_id):
            return None
        self._doubted.put(webhook_id, True)
        target = await self._refreshed(webhook_id)
        if not isinstance(target, Target) or not target.secrets or target.secrets == before.secrets:
            return None
        return self._authenticated(target, request)

    async def _take(self, target: Target, scope: Scope, receive: Receive) -> Answer:
        headers = decoded(scope["headers"])
        if not target.secrets:
            raise Refuse(NO_SECRET)
        settings = self.gateway.settings
        most = settings.max_body_bytes
        share = self.receiving.share(self._caller(scope), settings)
        announced(headers, most, share)
        limit = target.webhooks.body_limit(headers, most)
        if isinstance(limit, Refused):
            raise Refuse(refusal_of(limit))
        try:
            body = await read_body(receive, limit, settings.body_timeout_seconds, share)
        except Refuse as refused:
            if limit == most:
                raise
            # The system expected a greeting, which is short and comes in one piece.
            raise Refuse(UNSIGNED) from refused
        request = WebhookRequest(headers, scope.get("query_string", b""), body)
        known = self._authenticated(target, request)
        if is_badly_signed(known):
            known = await self._authenticated_anew(target, scope["path"][len(PREFIX) :], request) or known
        match known:
            case Accepted():
                return await self._keep(target, request)
            case Greeting():
                if known.webhook_id is not None:
                    await self._note_greeting(target, known.webhook_id)
                return Answer(200, known.answer, known.media_type, "ping")
            case Refused():
                if is_badly_signed(known):
                    self._count_wrong(target, scope)
                raise Refuse(refusal_of(known))

    def _count_wrong(self, target: Target, scope: Scope) -> None:
        """Raises Refuse for an address that has sent too many wrong ones. What is signed as it should be never comes here."""
        self.signatures.wrong(self.gateway, target.connection_id)
        caller = self._caller(scope)
        if seconds := self.tries.wait(caller, target.connection_id):
            raise Refuse(SLOWED, seconds)
        self.tries.wrong(self.gateway, caller, target.connection_id)

    def _caller(self, scope: Scope) -> str:
        return neighbourhood(caller_address(scope, self.gateway.settings.trusted_networks))

    async def _note_greeting(self, target: Target, webhook_id: str) -> None:
        try:
            await self.greetings.note(self.gateway, target.connection_id, webhook_id)
        except (SQLAlchemyError, OSError) as error:
            raise Refuse(NOT_REACHABLE) from error  # the shop greets again later

    async def _keep(self, target: Target, request: WebhookRequest) -> Answer:
        key = key_of(target.connection_id, target.webhooks, request)
        if self.repeats.are_enough(key):
            return REPEATED
        try:
            await self._store(target, request, key, current_or_fresh())
        except InboxFull as error:
            raise Refuse(FULL) from error
        except NotStored as error:
            raise Refuse(NOT_REACHABLE) from error
        return ACCEPTED

    def _store(self, target: Target, request: WebhookRequest, key: Key | None, origin: Origin) -> asyncio.Future[None]:
        """Raises InboxFull. The future raises NotStored when the commit fails or takes too long."""
        own = target.webhooks.kept_headers
        kept = {key: value for key, value in request.headers.items() if key in own or key in KEPT_HEADERS}
        topic = target.webhooks.topic(request)
        work = spans.begin("intake", origin, connection=target.connection_id)
        delivery = Delivery(target.connection_id, self.gateway.clock(), topic, kept, request.body, work.origin)
        done = self.inbox.store(delivery)
        patience = done.get_loop().call_later(self.gateway.settings.commit_timeout_seconds, _give_up, done)

        def settled(_: object) -> None:
            patience.cancel()
            work.end()
            if not done.cancelled() and done.exception() is None:
                self.repeats.kept(key)

        done.add_done_callback(settled)
        return done


def is_badly_signed(known: Accepted | Greeting | Refused) -> bool:
    return isinstance(known, Refused) and known.reason is WhyRefused.BAD_SIGNATURE


def decoded(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """ASGI's headers as text."""
    return {key.decode("latin-1"): value.decode("latin-1") for key, value in headers}


def _give_up(done: asyncio.Future[None]) -> None:
    """The delivery may still be stored after this; a shop that sends it again is recognised by the record's own state."""
    if not done.done():
        done.set_exception(NotStored("the commit took too long"))
