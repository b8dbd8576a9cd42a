"""`POST /alerts/test`: a message in every way that is set up, and what went wrong with each."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.kit.server import Server
from tests.api.calling import Api, open_api, settings_for
from tests.services import free_port

SECRET = "alert-secret"


class Listener:
    """Somebody's alert webhook."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[bytes, str | None]] = []
        self.app = Starlette(routes=[Route("/hook/{rest:path}", self.take, methods=["POST"])])

    async def take(self, request: Request) -> Response:
        self.got.append((await request.body(), request.headers.get("X-Gateway-Signature")))
        return Response(status_code=self.status)


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
async def alerting(sqlite_database: str, tmp_path: Path, listener: Listener) -> AsyncIterator[Api]:
    server = Server(listener.app).start()
    more: dict[str, Any] = {"alert_webhook_url": f"{server.url}/hook/token", "alert_webhook_secret": SECRET}
    async with open_api(settings_for(sqlite_database, tmp_path, **more)) as opened:
        yield opened
    server.stop()


async def test_the_signed_message_arrives_and_nothing_is_raised(alerting: Api, listener: Listener) -> None:
    answer = (await alerting.admin.post("/alerts/test")).json()
    assert answer["ok"] is True
    (told,) = answer["told"]
    assert (told["way"], told["to"], told["ok"], told["error"]) == ("webhook", "http://127.0.0.1", True, None)
    ((body, signature),) = listener.got
    assert signature == base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    (alert,) = json.loads(body)["alerts"]
    assert (alert["kind"], alert["text"]) == ("test", "A test: nothing is wrong")
    assert (await alerting.admin.get("/alerts")).json()["items"] == []


async def test_what_went_wrong_is_said(alerting: Api, listener: Listener) -> None:
    listener.status = 500
    answer = (await alerting.admin.post("/alerts/test")).json()
    assert answer["ok"] is False
    assert "500" in answer["told"][0]["error"]


async def test_a_mail_server_that_cannot_be_reached_is_named(sqlite_database: str, tmp_path: Path) -> None:
    port = free_port()
    more: dict[str, Any] = {"alert_mail_to": ["ops@example.com"], "smtp_host": "127.0.0.1", "smtp_port": port}
    async with open_api(settings_for(sqlite_database, tmp_path, **more)) as api:
        answer = (await api.admin.post("/alerts/test")).json()
    assert answer["ok"] is False
    (told,) = answer["told"]
    assert (told["way"], told["to"]) == ("mail", "ops@example.com")
    assert told["error"].startswith(f"127.0.0.1:{port} cannot be reached: ")


async def test_without_any_way_the_fix_is_said(sqlite_harness: Api) -> None:
    answer = (await sqlite_harness.admin.post("/alerts/test")).json()
    assert (answer["ok"], answer["told"]) == (False, [])
    assert "GATEWAY_ALERT_MAIL_TO" in answer["fix"]


async def test_it_needs_an_administrator_without_a_limit(sqlite_harness: Api) -> None:
    assert (await (await sqlite_harness.caller("sync")).post("/alerts/test")).status_code == 403
    connection = await sqlite_harness.connect("shop")
    assert (await (await sqlite_harness.caller("admin", only=[connection])).post("/alerts/test")).status_code == 403
