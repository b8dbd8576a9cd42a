"""A simulated Ongoing WMS behind a real server: what it holds, how it fails, and which calls it got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette

from app.sandbox.kit.faults import Fault
from app.sandbox.kit.journal import Call
from app.sandbox.kit.server import Server
from app.sandbox.ongoing import Warehouse, WarehouseConfig, create_warehouse
from app.sandbox.ongoing.config import User
from app.sandbox.ongoing.model.records import Order
from tests.harness.clock import Clock
from tests.harness.servers import serve

GOODS_OWNER = 77
WAREHOUSE = WarehouseConfig(users=(User("gateway", "gateway", (77, 78)), User("other", "other", (77, 78))))
"""Two goods owners and two users, so that what is counted by user differs from what is counted by goods owner."""


@dataclass
class SimulatedWarehouse:
    """`model` is the simulator's own state; the methods do to it what tests do often."""

    model: Warehouse
    app: Starlette
    server: Server

    @classmethod
    def open(cls, clock: Clock, config: WarehouseConfig = WAREHOUSE) -> SimulatedWarehouse:
        """An empty warehouse on the warehouse's server, in place of the one that was there."""
        app = create_warehouse(config, clock)
        return cls(app.state.warehouse, app, serve("warehouse", app))

    @property
    def url(self) -> str:
        """The address of its REST API."""
        return f"{self.server.url}/demo/api/v1/"

    def credentials(
        self, user: str = "gateway", goods_owner_id: int = GOODS_OWNER, webhook_secret: str | None = None
    ) -> dict[str, Any]:
        """A connection's `warehouse`; every user's password is its name."""
        return {
            "url": self.url,
            "user": user,
            "password": user,
            "goods_owner_id": goods_owner_id,
            "webhook_secret": webhook_secret,
        }

    def order(self, number: str | int, goods_owner_id: int = GOODS_OWNER) -> Order | None:
        """The goods owner's order of that number."""
        return self.model.orders.get((goods_owner_id, str(number)))

    def lists_carriers(self, *codes: str) -> None:
        """Only these, each as code and service with a blank between, are set up from now on."""
        self.model.list_carriers([(code, service) for code, service in (each.split() for each in codes)])

    def fail(self, kind: str, **more: Any) -> None:
        """Calls to it fail in this way from now on."""
        self.app.state.faults.active.append(Fault(kind, **more))

    def mend(self) -> None:
        """No more faults."""
        self.app.state.faults.active.clear()

    def calls(self) -> list[Call]:
        """The calls that reached the warehouse, from its own journal."""
        return list(self.app.state.journal.calls)

    def writes(self, method: str = "PUT", path: str = "/orders") -> list[Call]:
        """The writing calls among them."""
        return [call for call in self.calls() if call.method == method and call.path.startswith(f"/demo/api/v1{path}")]
