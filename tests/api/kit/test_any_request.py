"""Whatever is sent, fitting the document or not, is answered as the document says: never a 500, nothing undescribed.

Half of the requests are about what is there: a simulated shop and warehouse, with records in every state.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from app.main import create_app
from app.sandbox.kit.server import Server
from app.settings import Settings
from tests.api.calling import NO_CITY, Site, open_site, settings_for

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 8
OF_ITS_OWN = ("apply_connection", "delete_connection", "revoke_key")
"""What is declared or deleted here is not what the other operations are asked about."""
EXAMPLE = "nettbutikk"
"""The connection of the document's examples. One is made of them: it points at the internet, which no call may wait for."""

schema = schemathesis.openapi.from_dict(create_app(Settings(queue="memory")).openapi())


@dataclass
class There:
    """The app as a real server. `ids`: of what is there, by the name of its part of an address."""

    url: str
    key: str
    ids: dict[str, str]
    count: Iterator[int] = field(default_factory=itertools.count)


@pytest.fixture(scope="module")
def gateway(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    directory = tmp_path_factory.mktemp("any")
    for part in migrated_sqlite.parent.glob("gateway.db*"):
        shutil.copy(part, directory / part.name)
    url = f"sqlite+aiosqlite:///{directory / 'gateway.db'}"
    key, ids = asyncio.run(_filled(url, directory))
    with Server(create_app(settings_for(url, directory))) as server, _no_names():
        yield There(server.url, key, ids)


@contextlib.contextmanager
def _no_names() -> Iterator[None]:
    """A host that somebody sends has no address, as on a machine without the internet."""
    look_up = socket.getaddrinfo

    def nobody(host: Any, *more: Any, **named: Any) -> Any:
        if host not in (None, "localhost", "127.0.0.1"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *more, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", nobody)
        yield


async def _filled(url: str, directory: Path) -> tuple[str, dict[str, str]]:
    async with open_site(url, directory) as site:
        await site.connect(processes={"articles": True, "orders": True})
        await site.take_in(site.shop.order(shipping=NO_CITY, billing=NO_CITY))
        await site.take_in(site.shop.order())
        site.warehouse.fail("status", status=400, method="PUT", path="/demo/api/v1/orders")
        await site.take_in(site.shop.order())
        site.mend()
        run = (await site.client.post("/sync/shop", params={"wait": 0})).json()
        return await site.door.key("admin"), await _ids(site, run["id"])


async def _ids(site: Site, run_id: str) -> dict[str, str]:
    async def first(path: str, **query: str) -> dict[str, Any]:
        return (await site.client.get(path, params=query)).json()["items"][0]

    return {
        "connection": "shop",
        "integration": "shop",
        "mapping_id": str((await first("/mappings", transfer="held"))["id"]),
        "event_id": str((await first("/events", state="done"))["id"]),
        "job_id": str((await first("/jobs"))["id"]),
        "lane_id": (await site.lane())["id"],
        "letter_id": (await first("/dead-letters"))["id"],
        "run_id": run_id,
        "webhook_id": site.connection.webhook_id,
    }


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    phases=(Phase.explicit, Phase.generate),  # a request that fails is told as it was: to look for a smaller one takes minutes
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_any_request_is_answered_as_described(case: schemathesis.Case, gateway: There) -> None:
    if case.path_parameters and case.operation.definition.raw["operationId"] not in OF_ITS_OWN:
        is_there = next(gateway.count) % 2 or EXAMPLE in case.path_parameters.values()
        known = gateway.ids if is_there else {}
        case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}
    if case.operation.path.startswith("/sync/"):
        case.query = {**(case.query or {}), "wait": 0}
    case.call_and_validate(base_url=gateway.url, headers={"X-API-Key": gateway.key}, checks=CHECKS)
