"""`POST /webhooks/ongoing/{webhook_id}`: the WMS's own webhooks. A plain ASGI application.

The WMS sends a fixed secret, which is compared in constant time before anything is parsed. Its webhooks are a hint: what they
name is read in the WMS. If one gets lost, a poll finds the change.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Receive, Scope, Send

from app.api.door.receiving import Receiving, Share
from app.api.door.sparing import SparingLog
from app.api.door.wrong_tries import WrongTries
from app.api.intake.bodies import announced, read_body
from app.api.intake.refusals import (
    FAILED,
    HUNG_UP,
    JSON,
    NEVER_OURS,
    NOT_REACHABLE,
    UNKNOWN,
    Answer,
    Refusal,
    Refuse,
    answer_headers,
)
from app.api.intake.warehouse_hints import EarlyNews, GatheredWakeUps, is_early
from app.api.kit.addresses import caller_address, neighbourhood
from app.engine.core.queue import (
    Task,
    refresh_all_key,
    refresh_article_key,
    refresh_order_id_key,
    refresh_order_key,
)
from app.engine.core.runtime import CACHE_SECONDS, Gateway
from app.ids import may_be_unguessable
from app.metrics import INTAKE
from app.records.connections import Connection, Status
from app.records.webhooks import former_secrets
from app.records.webhooks.former_secrets import Addressed
from app.tracing.origin import Origin, bound, of_request
from app.ttl_cache import TtlCache
from app.warehouse.reads.webhooks import WarehouseNews, interpret, is_genuine

PREFIX = "/webhooks/ongoing/"
MAX_BYTES = 256 * 1024
"""The vendor's own sample has one."""
REMEMBERED_SECONDS = 300.0
"""How long a repeated event is recognised. The WMS repeats an event without an answer after 1, 5, 15 and 30 minutes."""
MOST_REMEMBERED = 10_000
MOST_NAMED = 5
"""With more articles than this, the list of changed stock is read: one call instead of many."""

NO_SECRET = Refusal(
    404, "no-secret", "This connection takes no webhooks of the WMS", "Set warehouse.webhook_secret, and the same in the WMS"
)
WRONG_SECRET = Refusal(401, "wrong-secret", "The secret is missing or wrong", "Give the WMS's webhook the connection's secret")
SLOWED = Refusal(429, "slowed", "Too many wrong secrets came from this address", "Send it again, with the right secret")
TOO_LARGE = Refusal(413, "too-large", "The body is too large", "Let the WMS send its own templates, which are small")
ACCEPTED = Answer(200, b'{"status":"accepted"}', JSON, "from-warehouse")


@dataclass
class WarehouseWebhooks:
    """The ASGI application for paths behind PREFIX; `open` gives it what it works with before the first request."""

    gateway: Gateway = field(init=False)
    wake_ups: GatheredWakeUps = field(init=False)
    early: EarlyNews = field(init=False)
    receiving: Receiving = field(default_factory=Receiving)
    tries: WrongTries = field(default_factory=lambda: WrongTries("warehouse", "secret of the WMS's webhook", "wrong-secrets"))
    lines: SparingLog = field(default_factory=SparingLog)
    _known: TtlCache[str, Addressed | Refusal] = field(default_factory=lambda: TtlCache(CACHE_SECONDS, MOST_REMEMBERED))
    _doubted: TtlCache[str, bool] = field(default_factory=lambda: TtlCache(CACHE_SECONDS, MOST_REMEMBERED))
    _events: TtlCache[str, bool] = field(init=False)

    def open(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.wake_ups = GatheredWakeUps(gateway.wake_ups)
        self.early = EarlyNews(gateway, self._send)
        self._events = TtlCache(REMEMBERED_SECONDS, MOST_REMEMBERED, lambda: gateway.clock().timestamp())

    async def close(self) -> None:
        await self.early.close()
        await self.wake_ups.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = of_request(scope["headers"], with_trace=self.gateway.settings.traces_from_callers)
        with bound(origin):
            await self._serve(scope, receive, send, origin)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, origin: Origin) -> None:
        name = ""
        try:
            addressed = await self._addressed(scope["path"][len(PREFIX) :])
            name = addressed.connection.name
            await self._take(addressed, scope, receive)
            answer = ACCEPTED
        except Refuse as refused:
            answer = refused.answer
            if refused.refusal is not NEVER_OURS:
                of, said = f"{name} {answer.result}", {"status": answer.status, "result": answer.result}
                self.lines.warning("warehouse_webhook_refused", of, connection=name or None, **said)
        headers = answer_headers(answer._replace(request_id=origin.request_id))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})
        INTAKE.labels(name, answer.result).inc()

    async def _addressed(self, webhook_id: str) -> Addressed:
        if not may_be_unguessable(webhook_id):
            raise Refuse(NEVER_OURS)
        kept = self._known.get(webhook_id)
        if kept is None:
            try:
                async with self.gateway.database.read() as db:
                    found = await former_secrets.by_webhook_id(db, self.gateway.vault, webhook_id)
            except (SQLAlchemyError, OSError) as error:
                raise Refuse(NOT_REACHABLE) from error
            kept = self._known.put(webhook_id, found or UNKNOWN)
        if isinstance(kept, Refusal):
            raise Refuse(kept)
        return kept

    def _is_genuine(self, addressed: Addressed, headers: dict[str, str]) -> bool:
        """By the connection's secret, or by one that it has replaced lately."""
        secret, settings = addressed.connection.warehouse.webhook_secret, addressed.connection.settings.warehouse
        own = [secret.get_secret_value()] if secret is not None else []
        former = former_secrets.in_force(addressed.former.get(former_secrets.WAREHOUSE, ()), self.gateway.clock())
        return any([is_genuine(headers, each, settings) for each in (*own, *former)])  # noqa: C419 - all are compared

    async def _is_genuine_anew(self, before: Addressed, headers: dict[str, str]) -> bool:
        """Another process may have replaced the secret since this one read it. That is looked for once in a while only."""
        webhook_id = before.connection.webhook_id
        if self._doubted.get(webhook_id):
            return False
        self._doubted.put(webhook_id, True)
        self._known.forget(webhook_id)
        return self._is_genuine(await self._addressed(webhook_id), headers)

    async def _take(self, addressed: Addressed, scope: Scope, receive: Receive) -> None:
        connection, settings = addressed.connection, addressed.connection.settings.warehouse
        if connection.warehouse.webhook_secret is None:
            raise Refuse(NO_SECRET)
        caller = neighbourhood(caller_address(scope, self.gateway.settings.trusted_networks))
        if seconds := self.tries.wait(caller, connection.id):
            raise Refuse(SLOWED, seconds)
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        if not self._is_genuine(addressed, headers) and not await self._is_genuine_anew(addressed, headers):
            self.tries.wrong(self.gateway, caller, connection.id)
            raise Refuse(WRONG_SECRET)
        share = self.receiving.share(caller, self.gateway.settings)
        body = await _body(receive, headers, self.gateway.settings.body_timeout_seconds, share)
        news = interpret(body)
        if connection.status is not Status.ACTIVE or not self._is_new(connection, news):
            return
        if is_early(news, settings):
            self.early.add(connection, news)
        else:
            self._send(connection, news)

    def _is_new(self, connection: Connection, news: WarehouseNews) -> bool:
        """Whether the event is for this goods owner and was not seen a moment ago. An event without a key is always new."""
        if news.goods_owner_id not in (None, connection.warehouse.goods_owner_id):
            return False
        if news.key is None:
            return True
        key = f"{connection.id} {news.key}"
        is_new = self._events.get(key) is None
        self._events.put(key, True)
        return is_new

    def _send(self, connection: Connection, news: WarehouseNews) -> None:
        named = [refresh_order_id_key(connection.id, order_id) for order_id in news.order_ids]
        named = named or [refresh_order_key(connection.id, number) for number in news.order_numbers]
        if len(news.article_numbers) <= MOST_NAMED:
            named += [refresh_article_key(connection.id, number) for number in news.article_numbers]
        elif not named:
            named = [refresh_all_key(connection.id)]
        for key in named or ([refresh_all_key(connection.id)] if _is_vague(news) else []):
            self.wake_ups.send_soon(Task.REFRESH, key)


def _is_vague(news: WarehouseNews) -> bool:
    """Whether it says that something happened, and not to what we could read. A purchase order is nothing to read at once."""
    return news.names_nothing or (news.is_about_stock and not news.article_numbers)


async def _body(receive: Receive, headers: dict[str, str], seconds: float, share: Share) -> bytes:
    try:
        announced(headers, MAX_BYTES, share)
        return await read_body(receive, MAX_BYTES, seconds, share)
    except Refuse as refused:
        raise Refuse(TOO_LARGE if refused.refusal.status == 413 else refused.refusal) from refused


REFUSALS = (HUNG_UP, WRONG_SECRET, UNKNOWN, TOO_LARGE, SLOWED, FAILED, NOT_REACHABLE)
