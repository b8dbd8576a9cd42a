"""A simulated mystore behind a real server: what happens in it, what it announces, and which calls it got."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from app.sandbox.kit.faults import Fault
from app.sandbox.kit.journal import Call
from app.sandbox.kit.server import Server
from app.sandbox.mystore import Client, Mystore, MystoreConfig, PersonalToken, Shop, create_mystore
from app.sandbox.mystore.config import Clock
from tests.harness.servers import serve, server_of

SHOP = "demo"
TOKEN = "mystore-token"
CLIENT = Client("12", "client-secret", ("http://127.0.0.1:8000/oauth/mystore/callback",))
LOGIN = {"shop": SHOP, "email": "kari@example.no", "password": "hemmelig"}

Resource = dict[str, Any]


@dataclass
class SimulatedMystore:
    """`model` is the simulator's own state; the methods do to it what tests do often.

    It serves `url`, as the API and as the authorization server. It has no limit on calls and sends no webhook by itself unless
    told so: `deliver()` sends what waits.
    """

    model: Mystore
    server: Server

    @classmethod
    def open(cls, clock: Clock, **settings: Any) -> SimulatedMystore:
        """An empty shop on mystore's server, in place of the one that was there. `settings` are those of `MystoreConfig`."""
        given: dict[str, Any] = {
            "shops": (SHOP,), "clients": (CLIENT,), "personal_tokens": (PersonalToken(TOKEN),), "calls_per_minute": None,
        }  # fmt: skip
        app = create_mystore(MystoreConfig(**{**given, **settings}), clock)
        return cls(app.state.mystore, serve("mystore", app))

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def shop(self) -> Shop:
        return self.model.shop

    def credentials(self, token: str = TOKEN, **more: Any) -> dict[str, Any]:
        """A connection's `source`."""
        return {"shop": SHOP, "access_token": token, "api_url": self.url, **more}

    def token(self, *scopes: str, hidden: tuple[str, ...] = ()) -> str:
        """A personal token with these rights (without one: all)."""
        return self.model.authority.personal_token(SHOP, scopes or ("*",), hidden)

    def change(self, **settings: Any) -> None:
        """It behaves so from now on."""
        self.model.change(**settings)

    # What happens in it

    def product(self, sku: str, name: str = "Ullsokker", **more: Any) -> Resource:
        return self.shop.add_product(sku, name, **more)

    def order(self, *skus: str, status: int | str | None = None, **more: Any) -> Resource:
        """An order of one of each. Products that the shop lacks are put into it."""
        for sku in skus or ("SOKK-1",):
            if self.shop.catalogue.with_sku(sku) is None:
                self.product(sku)
        return self.shop.place_order([{"sku": sku, "quantity": 1} for sku in skus or ("SOKK-1",)], status=status, **more)

    def fail(self, kind: str, **more: Any) -> None:
        """Calls to it fail in this way from now on."""
        self.model.faults.active.append(Fault(kind, **more))

    def mend(self) -> None:
        """No more faults."""
        self.model.faults.active.clear()

    async def deliver(self) -> None:
        """Sends the webhooks that wait."""
        await self.shop.deliver()

    # What it shows and announces

    def shown(self, kind: str, record_id: int | str) -> Resource:
        """The record as it is now, as webhooks have it."""
        return self.shop.find(kind, record_id)

    def delivery(self, topic: str, document: Resource, secret: str) -> tuple[bytes, dict[str, str]]:
        """The body and the headers of one webhook delivery, signed."""
        body = orjson.dumps({"data": document})
        return body, self.shop.webhooks.headers(topic, body, secret)

    # Which calls it got

    def calls(self, path: str = "/shops", method: str | None = None) -> list[Call]:
        """The calls that reached it, from its own journal."""
        journal = self.model.journal.calls
        return [call for call in journal if call.path.startswith(path) and method in (None, call.method)]


@contextlib.contextmanager
def running(clock: Clock, **settings: Any) -> Iterator[SimulatedMystore]:
    """One on a server of its own, whose queue runs by itself: webhooks are sent as soon as something happens."""
    app = create_mystore(MystoreConfig(**{"clients": (CLIENT,), "queue_seconds": 0.01, **settings}), clock)
    with Server(app) as server:
        yield SimulatedMystore(app.state.mystore, server)


@functools.cache
def mystore_url() -> str:
    """Where `SimulatedMystore.open` serves, known before it is opened."""
    return server_of("mystore").url
