"""Whatever is sent, fitting the document or not, is answered as the document says: never a 500, nothing undescribed."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from app.clock import utc_now
from app.domain import Right
from app.main import create_app
from app.records import keys
from app.sandbox.kit.server import Server
from app.settings import Settings
from app.storage.engine import Database
from tests.api.calling import settings_for

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
LEFT_OUT = ["take_webhook", "test_connection", "activate_connection"]
"""Shops' own route, tested on its own; and what would call addresses that were made up."""

schema = schemathesis.openapi.from_dict(create_app(Settings(queue="memory")).openapi()).exclude(operation_id=LEFT_OUT)


@pytest.fixture(scope="module")
def gateway(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The app as a real server on SQLite, and a key that may do anything."""
    directory = tmp_path_factory.mktemp("any")
    for part in migrated_sqlite.parent.glob("gateway.db*"):
        shutil.copy(part, directory / part.name)
    chosen = settings_for(f"sqlite+aiosqlite:///{directory / 'gateway.db'}", directory, allow_private_addresses=False)
    with Server(create_app(chosen)) as server:
        yield server.url, asyncio.run(_key(chosen))


async def _key(chosen: Settings) -> str:
    database = Database(chosen.sqlalchemy_url)
    async with database.begin() as db:
        _, secret = await keys.create(db, "any", [Right.ADMIN], None, utc_now())
    await database.close()
    return secret


@schema.parametrize()
@settings(max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_any_request_is_answered_as_described(case: schemathesis.Case, gateway: tuple[str, str]) -> None:
    url, key = gateway
    if case.operation.path.startswith("/sync/"):
        case.query = {**(case.query or {}), "wait": 0}
    case.call_and_validate(base_url=url, headers={"X-API-Key": key}, checks=CHECKS)
