"""A database server that takes no connections just now counts as an outage, whatever its driver calls it."""

from __future__ import annotations

import pytest

from app.storage import outages
from app.storage.engine import Database
from tests import services


async def test_what_postgresql_itself_says_while_connecting_is_an_outage(postgres_url: str) -> None:
    database = Database(services.with_database(postgres_url, "not_there_just_now"))
    with pytest.raises(OSError, match="does not take connections") as caught:
        async with database.read():
            pass
    assert outages.is_passing(caught.value)
    await database.close()
