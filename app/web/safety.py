"""What every answer tells a browser: show it to nobody else, run nothing of it, keep nothing of it.

Pages and their files say what they need beyond that; only what an answer does not say itself is added.
"""

from __future__ import annotations

from starlette.types import Message, Send

ON_EVERY_ANSWER: dict[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

AS_BYTES = tuple((name.lower().encode(), value.encode()) for name, value in ON_EVERY_ANSWER.items())


def safely(send: Send, request_id: str | None = None) -> Send:
    """Sends answers with these headers, and the request's id."""
    mine = () if request_id is None else ((b"x-request-id", request_id.encode()),)

    async def send_safely(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = list(message.get("headers", ()))
            said = {name.lower() for name, _ in given}
            message["headers"] = [*given, *mine, *(each for each in AS_BYTES if each[0] not in said)]
        await send(message)

    return send_safely
