"""Two real HTTP servers, one for the shop and one for the warehouse. They run from test to test; what they serve changes."""

from __future__ import annotations

import functools

from starlette.types import ASGIApp, Receive, Scope, Send

from app.sandbox.kit.server import Server


class SwappableApp:
    """Serves `app`, which each test replaces with its own."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})


@functools.cache
def server_of(system: str) -> Server:
    """The system's server, started at the first call; it ends with the process, as starting it takes longer than most tests.

    Its port is free on this machine, so that processes that run tests side by side do not meet.
    """
    return Server(SwappableApp()).start()


def serve(system: str, app: ASGIApp) -> Server:
    """From now on the system's server serves this app."""
    server = server_of(system)
    assert isinstance(server.app, SwappableApp)
    server.app.app = app
    return server
