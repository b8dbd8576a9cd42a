"""A simulated 24Nettbutikk shop behind a real server: what happens in it, and which calls it got."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from app.sandbox.kit.faults import Fault
from app.sandbox.kit.journal import Call
from app.sandbox.kit.server import Server
from app.sandbox.nettbutikk24 import NettbutikkConfig, Shop, create_nettbutikk
from app.sandbox.nettbutikk24.config import Clock
from tests.harness.servers import serve, server_of

TOKEN = "nettbutikk-token"

Row = dict[str, Any]


@dataclass
class SimulatedNettbutikk:
    """`shop` is the simulator's own state; the methods do to it what tests do often. It has no limit on calls unless told so."""

    shop: Shop
    server: Server

    @classmethod
    def open(cls, clock: Clock, **settings: Any) -> SimulatedNettbutikk:
        """An empty shop, in place of the one that was there. `settings` are those of `NettbutikkConfig`."""
        app = create_nettbutikk(NettbutikkConfig(**{"token": TOKEN, **settings}), clock)
        return cls(app.state.shop, serve("24nettbutikk", app))

    @property
    def url(self) -> str:
        """Where the API begins."""
        return f"{self.server.url}/api/v1/"

    def credentials(self, token: str | None = None, **more: Any) -> dict[str, Any]:
        """A connection's `source`; with the token that is right now."""
        return {"api_url": self.url, "api_key": token or self.shop.token, **more}

    def change(self, **settings: Any) -> None:
        """It behaves so from now on."""
        self.shop.change(**settings)

    # What happens in it

    def product(self, article_no: str, name: str = "Ullsokker", **more: Any) -> Row:
        return self.shop.add_product(article_no, name, **more)

    def order(self, *article_nos: str, **more: Any) -> Row:
        """An order of one of each. Products that the shop lacks are put into it."""
        wanted = article_nos or ("SOKK-1",)
        for article_no in wanted:
            if self.shop.catalogue.with_article_no(article_no) is None:
                self.product(article_no)
        return self.shop.place_order([{"article_no": one, "quantity": 1} for one in wanted], **more)

    def replace_token(self) -> str:
        """The shop's people make a new one; the old one is worth nothing."""
        return self.shop.replace_token()

    def fail(self, kind: str, **more: Any) -> None:
        """Calls to it fail in this way from now on."""
        self.shop.faults.active.append(Fault(kind, **more))

    def mend(self) -> None:
        """No more faults."""
        self.shop.faults.active.clear()

    # What it shows, and which calls it got

    def shown(self, order_no: int | str) -> Row:
        """The order as it is now."""
        return self.shop.order(order_no)

    def calls(self, path: str = "", method: str | None = None) -> list[Call]:
        """The calls to `/api/v1/` and this path, from its own journal."""
        journal = self.shop.journal.calls
        return [call for call in journal if call.path.startswith(f"/api/v1/{path}") and method in (None, call.method)]


@functools.cache
def nettbutikk_url() -> str:
    """Where `SimulatedNettbutikk.open` serves, known before it is opened."""
    return f"{server_of('24nettbutikk').url}/api/v1/"
