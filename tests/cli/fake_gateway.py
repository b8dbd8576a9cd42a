"""A gateway that says what it is told to say, for tests of what a command asks and shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typer.testing import Result

from app.sandbox.kit.server import Server
from tests.cli.gateway_command import gateway


@dataclass
class FakeGateway:
    """`answers`: by `POST /mappings/4/release`; a list is a page's items, an int the status of an empty answer."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    """Operations with their bodies, or the query when there is no body, in their order."""

    async def answer(self, request: Request) -> Response:
        operation = f"{request.method} {request.url.path}"
        body = await request.body()
        self.asked.append((operation, await request.json() if body else dict(request.query_params)))
        said = self.answers.get(operation, 404)
        if callable(said):
            said = said()
        if isinstance(said, int):
            return Response(status_code=said)
        if isinstance(said, list):
            return JSONResponse({"items": said, "next_cursor": None})
        return JSONResponse(said, status_code=said.get("status", 200) if "detail" in said else 200)

    def run(self, *arguments: str, typed: str = "", environment: Mapping[str, str | None] | None = None) -> Result:
        known = {"GATEWAY_URL": self.url, "GATEWAY_API_KEY": "gw_x", **(environment or {})}
        return gateway(*arguments, environment=known, typed=typed)

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _ in self.asked]


def served() -> Iterator[FakeGateway]:
    fake = FakeGateway()
    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    with Server(Starlette(routes=[Route("/{rest:path}", fake.answer, methods=every)])) as server:
        fake.url = server.url
        yield fake


@pytest.fixture(name="fake")
def fake_gateway() -> Iterator[FakeGateway]:
    yield from served()
