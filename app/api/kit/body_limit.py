"""Refuses a request body that is too large, as a problem document, before it is in memory."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1024 * 1024
"""Of any request but a webhook; nothing the API takes comes near it."""


class BodyLimit:
    """ASGI middleware. Refuses while the body is being read: there the app's own handlers answer, with a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = next((value for key, value in scope["headers"] if key == b"content-length"), b"")
        announced = int(declared) if declared.isdigit() else 0
        size = 0

        async def limited() -> Message:
            nonlocal size
            _check(announced)
            message = await receive()
            size += len(message.get("body", b""))
            _check(size)
            return message

        await self.app(scope, limited, send)


def _check(size: int) -> None:
    if size > MAX_BODY_BYTES:
        raise HTTPException(413, f"the body is larger than {MAX_BODY_BYTES} bytes")
