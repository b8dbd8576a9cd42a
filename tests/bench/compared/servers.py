"""The servers that are compared: `python -m tests.bench.compared.servers reference|gateway PORT`. One uvicorn process each."""

from __future__ import annotations

import hashlib
import hmac
import sys
from base64 import b64encode
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from app.api.intake.protocol import protocol_for
from app.integrations.registry import secret_names
from app.logs import configure
from app.main import GatewayApp, create_app
from app.settings import Settings

SECRET = "whsec-bench"


async def reference(scope: Scope, receive: Receive, send: Send) -> None:
    """What any receiver does at least, without a framework: reads the body and checks the HMAC. Nothing is stored."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    signature = dict(scope["headers"])[b"x-wc-webhook-signature"] if scope["path"] != "/nothing" else b""
    expected = b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest())
    status = 200 if hmac.compare_digest(expected, signature) else 401
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


def gateway() -> GatewayApp:
    settings = Settings()
    configure(settings, secret_names())
    return create_app(settings)


def serve(app: Any, http: Any) -> None:
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), http=http, log_level="warning", access_log=False)


if __name__ == "__main__":
    if sys.argv[1] == "reference":
        serve(reference, "httptools")
    else:
        ours = gateway()
        serve(ours, protocol_for(ours.intake))
