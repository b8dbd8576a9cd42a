"""An event is kept once, with what it tells of, and only where a connection gives an address that wants it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from app.domain import OutgoingType
from app.errors import BadInput
from app.integrations.protocol.callers.settings import OutgoingWebhookSettings
from app.outgoing.addresses import Reach
from app.records import connections, outgoing_webhooks
from app.records.connections import Draft, prepare
from app.storage.callers.tables import outgoing_webhooks as table
from app.storage.engine import Database
from app.storage.secrets import Vault, new_key

NOW = datetime(2026, 11, 21, tzinfo=UTC)
URL = "https://erp.example/events"


def draft(**outgoing: Any) -> Draft:
    return Draft(
        name="shop",
        integration="woocommerce",
        source={"shop_url": "https://shop.example/", "consumer_key": "ck_1", "consumer_secret": "cs_1"},
        warehouse={"url": "https://api.ongoingsystems.se/acme/api/v1/", "user": "u", "password": "p", "goods_owner_id": 77},
        settings={"outgoing_webhooks": outgoing},
    )


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


async def connected(database: Database, **outgoing: Any) -> str:
    async with database.begin() as db:
        return await connections.create(db, Vault([new_key()]), prepare(draft(**outgoing), Reach()), NOW)


async def added(database: Database, connection_id: str, event_type: OutgoingType = OutgoingType.RECEIPT_CREATED) -> bool:
    async with database.begin() as db:
        return await outgoing_webhooks.add(db, connection_id, event_type, "PO-1:1", {"quantity": 3}, NOW)


async def kept(database: Database) -> int:
    async with database.read() as db:
        return await db.scalar(select(func.count()).select_from(table)) or 0


async def test_it_is_kept_once(database: Database) -> None:
    connection_id = await connected(database, url=URL)

    assert [await added(database, connection_id), await added(database, connection_id)] == [True, False]
    async with database.read() as db:
        (row,) = list(await db.execute(select(table)))
    assert (row.type, row.key, row.data, row.state, row.due_at) == ("receipt.created", "PO-1:1", {"quantity": 3}, "waiting", NOW)
    assert row.message_id.startswith("msg_")


async def test_without_an_address_nothing_is_kept(database: Database) -> None:
    assert await added(database, await connected(database)) is False
    assert await kept(database) == 0


async def test_only_the_types_that_are_wanted_are_kept(database: Database) -> None:
    connection_id = await connected(database, url=URL, types=["return.received"])

    assert await added(database, connection_id) is False
    assert await added(database, connection_id, OutgoingType.RETURN_RECEIVED) is True
    assert await kept(database) == 1


async def test_what_is_not_committed_is_not_kept(database: Database) -> None:
    connection_id = await connected(database, url=URL)

    async def breaks_off() -> None:
        async with database.begin() as db:
            await outgoing_webhooks.add(db, connection_id, OutgoingType.SHIPMENT_SHORT, "1", {}, NOW)
            raise RuntimeError("the write failed")

    with pytest.raises(RuntimeError, match="the write failed"):
        await breaks_off()
    assert await kept(database) == 0


@pytest.mark.parametrize(
    ("outgoing", "wanted"),
    [({}, False), ({"url": URL}, True), ({"url": URL, "types": ["return.received"]}, False), ({"types": []}, False)],
)
def test_who_holds_the_connection_asks_without_a_statement(outgoing: dict[str, Any], wanted: bool) -> None:
    assert OutgoingWebhookSettings.model_validate(outgoing).wants(OutgoingType.RECEIPT_CREATED) is wanted


@pytest.mark.parametrize("url", ["http://erp.example/", "https://127.0.0.1/", "https://169.254.169.254/latest", "erp.example"])
def test_its_address_is_checked_like_every_other(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        prepare(draft(url=url), Reach())
    assert refused.value.field == "settings.outgoing_webhooks.url"
