"""How the server takes deliveries of shops: one that came whole goes into the inbox at once, without a task and an ASGI scope.

uvicorn's task and messages cost as much as everything else that intake does. Whatever is out of the ordinary (an unknown
address, a refusal, a greeting, a body in several pieces) goes the way of every other request, through `WebhookIntake` as an ASGI
application.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from app.api.intake.guard import GuardedProtocol
from app.api.intake.refusals import Answer
from app.api.intake.shop_webhooks import PREFIX, WebhookIntake
from app.api.intake.wms_webhooks import PREFIX as FROM_WAREHOUSE
from app.settings.limits import Limits


def protocol_for(intake: WebhookIntake) -> type[asyncio.Protocol]:
    """The class that uvicorn makes for each connection, for `uvicorn.Config(http=...)`."""
    return type("BoundIntakeProtocol", (IntakeProtocol,), {"intake": intake})


class IntakeProtocol(GuardedProtocol):
    """One connection. A delivery is held back from its task until its chunk of bytes has been parsed."""

    intake: ClassVar[WebhookIntake]
    _held: tuple[RequestResponseCycle, Any] | None = None

    @property
    def limits(self) -> Limits:
        return self.intake.gateway.settings

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_over:
            self._held = None
        elif self._held is not None:  # the rest of the body is still to come
            super()._start_asgi_task(*self._let_go())

    def connection_lost(self, exc: Exception | None) -> None:
        self._held = None
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if not _is_delivery(cycle):
            super()._start_asgi_task(cycle, app)
        elif cycle.more_body:
            self._held = (cycle, app)
        else:
            self._take(cycle, app)  # it was pipelined, and has come whole meanwhile

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self._held is not None and self._held[0] is self.cycle:
            self._take(*self._let_go())

    def _let_go(self) -> tuple[RequestResponseCycle, Any]:
        assert self._held is not None
        held, self._held = self._held, None
        return held

    def _take(self, cycle: RequestResponseCycle, app: Any) -> None:
        began = time.perf_counter()
        # A client that does not read its answers gets them one by one.
        kept = None if self.flow.write_paused else self.intake.take_whole(cycle.scope, bytes(cycle.body))
        if kept is None:
            super()._start_asgi_task(cycle, app)
            return

        def answer(_: object) -> None:
            said = kept.answer()
            if not cycle.disconnected:
                self._send(cycle, said)
            self.intake.count(kept.name, said.result, began)

        kept.done.add_done_callback(answer)

    def _send(self, cycle: RequestResponseCycle, answer: Answer) -> None:
        cycle.response_started = cycle.response_complete = True
        self.transport.write(self._written(answer, keep_alive=cycle.keep_alive))
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()


def _is_delivery(cycle: RequestResponseCycle) -> bool:
    """Whether it is a delivery of a shop whose body comes without being asked for."""
    path = cycle.scope["path"]
    from_shop = path.startswith(PREFIX) and not path.startswith(FROM_WAREHOUSE)
    return from_shop and cycle.scope["method"] == "POST" and not cycle.waiting_for_100_continue
