"""The servers that are compared: `python -m tests.bench.compared.servers reference|gateway PORT`. One uvicorn process each."""

from __future__ import annotations

import hashlib
import hmac
import sys
from base64 import b64encode

import uvicorn
from fastapi import FastAPI, Request, Response

from app.integrations.registry import secret_names
from app.logs import configure
from app.main import create_app
from app.settings import Settings

SECRET = "whsec-bench"


def reference() -> FastAPI:
    """What any FastAPI receiver does at least: reads the body and checks the HMAC. Nothing is stored."""
    app = FastAPI()

    @app.post("/webhooks/{webhook_id}")
    async def take(webhook_id: str, request: Request) -> Response:
        body = await request.body()
        expected = b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest())
        fits = hmac.compare_digest(expected, request.headers["x-wc-webhook-signature"].encode())
        return Response(status_code=200 if fits else 401)

    return app


def gateway() -> FastAPI:
    settings = Settings()
    configure(settings, secret_names())
    return create_app(settings)


if __name__ == "__main__":
    made = {"reference": reference, "gateway": gateway}[sys.argv[1]]()
    uvicorn.run(made, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)
