"""Secrets at rest: encrypted with keys that are no part of the database, and that can be changed one after the other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import LargeBinary, select

from app.errors import BadInput
from app.integrations.protocol.session import Session
from app.records import connections, sessions
from app.records.sessions import StoredSession
from app.settings import Settings
from app.storage.outbound_tables import former_secrets
from app.storage.secrets import SEALED, Vault, new_key, open_vault, reseal
from app.storage.side_tables import visits
from app.storage.tables import connections as rows
from app.storage.tables import metadata
from tests.harness import SECRET, WEBHOOK_SECRET, open_harness

SECRETS = {"shop": {"consumer_secret": "cs_very-secret"}}


def settings(directory: Path, **more: object) -> Settings:
    return Settings(data_directory=directory, **more)  # type: ignore[arg-type]


def test_what_is_sealed_can_be_opened_and_not_read() -> None:
    vault = Vault([new_key()])
    sealed = vault.seal(SECRETS)
    assert b"very-secret" not in sealed
    assert vault.open(sealed) == SECRETS


def test_the_same_secrets_are_never_sealed_the_same_way() -> None:
    vault = Vault([new_key()])
    assert vault.seal(SECRETS) != vault.seal(SECRETS)


def test_a_new_key_in_front_opens_what_the_old_one_has_sealed() -> None:
    old, new = new_key(), new_key()
    sealed = Vault([old]).seal(SECRETS)
    both = Vault([new, old])
    assert both.open(sealed) == SECRETS
    assert Vault([new]).open(both.seal(SECRETS)) == SECRETS


def test_without_the_key_it_says_what_to_do() -> None:
    sealed = Vault([new_key()]).seal(SECRETS)
    with pytest.raises(BadInput) as caught:
        Vault([new_key()]).open(sealed)
    assert (caught.value.field, "behind the new one" in str(caught.value.fix)) == ("GATEWAY_SECRET_KEYS", True)


def test_what_was_tampered_with_is_not_opened() -> None:
    vault = Vault([new_key()])
    sealed = bytearray(vault.seal(SECRETS))
    sealed[40] ^= 1
    with pytest.raises(BadInput):
        vault.open(bytes(sealed))


@pytest.mark.parametrize("key", ["", "short", "ø" * 44, "=" * 44])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(BadInput) as caught:
        Vault([key])
    assert caught.value.field == "GATEWAY_SECRET_KEYS"


def test_without_keys_one_is_made_for_the_owner_alone_and_used_again(tmp_path: Path) -> None:
    first = open_vault(settings(tmp_path))
    file = tmp_path / "secret.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert open_vault(settings(tmp_path)).open(first.seal(SECRETS)) == SECRETS


def test_machines_of_their_own_must_be_given_one(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        open_vault(settings(tmp_path, require_shared_services=True))
    assert caught.value.field == "GATEWAY_SECRET_KEYS"
    assert not (tmp_path / "secret.key").exists()


def test_keys_from_the_settings_go_before_a_file(tmp_path: Path) -> None:
    key = new_key()
    sealed = open_vault(settings(tmp_path, secret_keys=[SecretStr(key)])).seal(SECRETS)
    assert Vault([key]).open(sealed) == SECRETS


async def test_no_secret_is_in_the_database_as_it_is(sqlite_database: str, tmp_path: Path) -> None:
    async with open_harness(sqlite_database, tmp_path) as harness:
        await harness.connect()
        (row,) = await harness.stored.rows(rows.select())
        assert not any(secret.encode() in bytes(str(tuple(row)), "utf-8") for secret in (SECRET, WEBHOOK_SECRET))
        assert harness.connection.webhook_secret == WEBHOOK_SECRET


async def test_keys_are_changed_by_sealing_everything_again(sqlite_database: str, tmp_path: Path) -> None:
    async with open_harness(sqlite_database, tmp_path) as harness:
        await harness.connect()
        connection, vault, now = harness.connection, harness.gateway.vault, harness.clock()
        later = now + timedelta(minutes=10)
        async with harness.gateway.database.begin() as db:
            await sessions.replace(db, vault, connection.id, StoredSession(None, 0), Session({"access_token": "T-1"}), now)
            sealed = vault.seal({"secret": "former"})
            await db.execute(
                former_secrets.insert().values(connection_id=connection.id, part="source", sealed=sealed, until=later)
            )
            visit = {"id": "visit_1", "integration": "mystore", "stage": "open", "created_at": now, "expires_at": later}
            await db.execute(visits.insert().values(**visit, sealed=vault.seal({"password": "typed"})))
            await db.execute(visits.insert().values(**{**visit, "id": "visit_2"}))
        old = (tmp_path / "secret.key").read_text().strip()
        new = new_key()
        async with harness.gateway.database.begin() as db:
            counts = await reseal(db, Vault([new, old]))
            assert counts == {"connections": 1, "sessions": 1, "former_secrets": 1, "visits": 1, "outgoing_addresses": 0}
            only_new = Vault([new])
            found = await connections.find(db, only_new, "shop")
            stored = await sessions.find(db, only_new, connection.id)
            former = await db.scalar(select(former_secrets.c.sealed))
            typed = await db.scalar(select(visits.c.sealed).where(visits.c.id == "visit_1"))
        assert found.webhook_secret == WEBHOOK_SECRET
        assert stored.session is not None
        assert stored.session.values == {"access_token": "T-1"}
        assert only_new.open(former or b"") == {"secret": "former"}
        assert only_new.open(typed or b"") == {"password": "typed"}


async def test_a_row_that_no_key_opens_is_named(sqlite_database: str, tmp_path: Path) -> None:
    async with open_harness(sqlite_database, tmp_path) as harness:
        await harness.connect()
        async with harness.gateway.database.begin() as db:
            with pytest.raises(BadInput) as error:
                await reseal(db, Vault([new_key()]))
    words = "stored secrets cannot be decrypted with the keys given"
    assert error.value.message == f"connections, row {harness.connection.id}: {words}"


def test_every_sealed_column_is_sealed_again() -> None:
    binary = {str(column) for table in metadata.sorted_tables for column in table.c if isinstance(column.type, LargeBinary)}
    assert binary - {"inbox.body"} == {str(column) for column in SEALED}
