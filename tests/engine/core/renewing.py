"""`python -m tests.engine.core.renewing`: one process that renews a connection's login, and prints the token it goes on with."""

from __future__ import annotations

import asyncio
import sys

from app.clock import utc_now
from app.engine.core.sessions import SharedSessions
from app.http import open_client
from app.integrations.kit.oauth2 import ACCESS, OAuthClient
from app.outgoing.addresses import Reach
from app.records import connections
from app.storage.engine import Database
from app.storage.secrets import Vault


def client_at(server: str) -> OAuthClient:
    return OAuthClient("12", "client-secret", f"{server}/oauth/authorize", f"{server}/oauth/token", "the shop")


async def renewed(database_url: str, key: str, connection_id: str, server: str) -> str:
    database, vault, http = Database(database_url), Vault([key]), open_client(Reach(True, True))
    async with database.read() as db:
        connection = await connections.find(db, vault, connection_id)
    store = SharedSessions(database, vault, utc_now, connection.id, connection.source, "the shop", "https://gw.example/again")
    old = await store.current()
    assert old is not None
    if old.expires_at is None or old.expires_at <= utc_now():
        expired = old
        old = await store.renew(old, lambda: client_at(server).renew(http, expired, utc_now()))
    await http.aclose()
    await database.close()
    return old.values[ACCESS]


if __name__ == "__main__":
    print(asyncio.run(renewed(*sys.argv[1:])))
