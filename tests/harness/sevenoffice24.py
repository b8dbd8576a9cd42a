"""A simulated 24SevenOffice behind a real server: what happens in it, and which calls it got."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import Any

from app.sandbox.kit.journal import Call
from app.sandbox.kit.server import Server
from app.sandbox.sevenoffice24 import Office, SevenOfficeConfig, create_sevenoffice
from app.sandbox.sevenoffice24.config import Clock
from app.sandbox.sevenoffice24.http.faults import OperationFault
from app.sandbox.sevenoffice24.model.tenant import Tenant
from tests.harness.servers import serve, server_of

Values = dict[str, Any]

os.environ.setdefault("GATEWAY_24SEVENOFFICE_CALLS_PER_HOUR", "1000000")  # nobody wants to wait for a pace of two calls a second


@dataclass
class SimulatedSevenOffice:
    """`office` is the simulator's own state; the methods do to it what tests do often.

    `office.refused("request")` are the calls that are not what the service descriptions say: none, after any test of the gateway.
    """

    office: Office
    server: Server

    @classmethod
    def open(cls, clock: Clock, **settings: Any) -> SimulatedSevenOffice:
        """An empty office, in place of the one that was there. `settings` are those of `SevenOfficeConfig`."""
        app = create_sevenoffice(SevenOfficeConfig(**settings), clock)
        return cls(app.state.office, serve("24sevenoffice", app))

    @property
    def url(self) -> str:
        """Scheme and host; the vendor's paths come behind it."""
        return self.server.url

    @property
    def tenant(self) -> Tenant:
        """The books of the default identity's company."""
        return self.office.tenant()

    def credentials(self, **more: Any) -> Values:
        """A connection's `source`, with the credential that is right now. None takes a member out."""
        config = self.office.config
        right = {"application_id": config.application_id, "username": config.username, "password": config.password}
        source = {**right, "api_url": self.url, **more}
        return {name: value for name, value in source.items() if value is not None}

    def change(self, **settings: Any) -> None:
        """It behaves so from now on."""
        self.office.change(**settings)

    # What happens in it

    def product(self, no: str, name: str = "Ullsokker", **more: Any) -> Values:
        return self.tenant.add_product(no, name, **more)

    def order(self, *nos: str, **more: Any) -> Values:
        """A confirmed order of one of each. Products that are not there are put into it."""
        wanted = nos or ("SOKK-1",)
        for no in wanted:
            if self.tenant.catalogue.with_no(no) is None:
                self.product(no)
        return self.tenant.place_order([{"No": no, "Quantity": 1} for no in wanted], **more)

    def end_sessions(self) -> None:
        """The next call gets the not-authenticated fault."""
        self.office.end_sessions()

    def fail(self, kind: str, **more: Any) -> None:
        """Calls fail in this way from now on; `operation` narrows it down."""
        self.office.faults.active.append(OperationFault(kind, **more))

    def mend(self) -> None:
        """No more faults."""
        self.office.faults.active.clear()

    # What it shows, and which calls it got

    def shown(self, order_id: int) -> Values:
        """The order as it is now."""
        return self.tenant.order(order_id)

    def calls(self, operation: str | None = None) -> list[Call]:
        """The calls of this operation, or all, from its own journal. `body` has what the message held, where it was read."""
        journal = list(self.office.journal.calls)
        return [call for call in journal if operation in (None, _operation(call))]

    def operations(self) -> list[str]:
        """What was called, oldest first; an empty text for a call without SOAPAction."""
        return [_operation(call) for call in list(self.office.journal.calls)]


def _operation(call: Call) -> str:
    return str(call.body["operation"])


@functools.cache
def sevenoffice_url() -> str:
    """Where `SimulatedSevenOffice.open` serves, known before it is opened."""
    return server_of("24sevenoffice").url
