"""Refuses a request body that is too large, too slow or too much beside others, as a problem document, before it is in memory."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.door.receiving import Receiving, Share, TooMuchAtOnce
from app.api.kit.addresses import caller_address, neighbourhood
from app.settings import Settings

MAX_BODY_BYTES = 1024 * 1024
"""Of any request but a webhook; nothing the API takes comes near it."""
RETRY_AFTER_SECONDS = 5


class BodyLimit:
    """ASGI middleware. Refuses while the body is being read: there the app's own handlers answer, with a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope["app"].state
        settings: Settings = state.gateway.settings
        receiving: Receiving = state.receiving
        with receiving.share(neighbourhood(caller_address(scope, settings.trusted_networks)), settings) as share:
            await self.app(scope, _Body(scope, receive, share, settings.body_timeout_seconds), send)


class _Body:
    """`receive` of one request. The time begins when the body is first asked for."""

    def __init__(self, scope: Scope, receive: Receive, share: Share, seconds: float) -> None:
        declared = next((value for key, value in scope["headers"] if key == b"content-length"), b"")
        self._announced = int(declared) if declared.isdigit() else 0
        self._receive, self._share, self._seconds = receive, share, seconds
        self._size = 0
        self._ends: float | None = None
        self._is_whole = False

    async def __call__(self) -> Message:
        if self._is_whole:
            return await self._receive()
        _check(self._announced)
        now = asyncio.get_running_loop().time()
        if self._ends is None:
            self._ends = now + self._seconds
        try:
            self._share.announced(self._announced if not self._size else 0)
            async with asyncio.timeout_at(self._ends):
                message = await self._receive()
            self._size += len(message.get("body", b""))
            _check(self._size)
            self._share.has(self._size)
        except TimeoutError as error:
            raise HTTPException(408, "the body did not arrive in time") from error
        except TooMuchAtOnce as error:
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            raise HTTPException(503, "too many large bodies are being received just now", headers) from error
        self._is_whole = not message.get("more_body", False)
        return message


def _check(size: int) -> None:
    if size > MAX_BODY_BYTES:
        raise HTTPException(413, f"the body is larger than {MAX_BODY_BYTES} bytes")
