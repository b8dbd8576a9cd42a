"""Secrets at rest: encrypted with Fernet keys that are no part of the database."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import BadInput
from app.settings import Settings
from app.storage.audit.changes import Change, note
from app.storage.callers.tables import outgoing_addresses
from app.storage.outbound_tables import former_secrets
from app.storage.side_tables import visits
from app.storage.tables import connections, sessions

SEALED = (connections.c.secrets, sessions.c.sealed, former_secrets.c.sealed, visits.c.sealed, outgoing_addresses.c.sealed)
"""Every column that a vault has sealed."""


class Vault:
    """Encrypts with the first key and decrypts with any of them, so that keys can be changed one after the other."""

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise BadInput(
                "a key in GATEWAY_SECRET_KEYS is not a Fernet key",
                field="GATEWAY_SECRET_KEYS",
                fix="make one with: gateway keys secret",
            ) from error

    def seal(self, secrets: dict[str, Any]) -> bytes:
        return self._fernet.encrypt(orjson.dumps(secrets))

    def open(self, sealed: bytes) -> dict[str, Any]:
        """Raises BadInput when none of the keys fits."""
        try:
            secrets: dict[str, Any] = orjson.loads(self._fernet.decrypt(sealed))
        except InvalidToken as error:
            raise BadInput(
                "stored secrets cannot be decrypted with the keys given",
                field="GATEWAY_SECRET_KEYS",
                fix="give the key they were encrypted with as well, behind the new one",
            ) from error
        return secrets


def new_key() -> str:
    return Fernet.generate_key().decode()


def open_vault(settings: Settings) -> Vault:
    """Opens the vault of this installation.

    Without keys in the settings, it makes one in the data directory, readable by its owner only.
    """
    if settings.secret_keys:
        return Vault([key.get_secret_value() for key in settings.secret_keys])
    if settings.require_shared_services:
        raise BadInput(
            "GATEWAY_SECRET_KEYS is missing",
            field="GATEWAY_SECRET_KEYS",
            fix="web and worker need the same key: make one with `gateway keys secret` and set it as a secret on both",
        )
    return Vault([SecretStr(_key_file(settings.data_directory)).get_secret_value()])


def _key_file(directory: Path) -> str:
    path = directory / "secret.key"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = new_key()
        file.write(key)
    return key


async def reseal(db: AsyncConnection, vault: Vault) -> dict[str, int]:
    """Encrypts all that is sealed with the vault's first key. Returns how many rows, by table.

    Raises BadInput when no key opens one.
    """
    counts = {}
    for column in SEALED:
        keys = list(column.table.primary_key)
        rows = list(await db.execute(select(*keys, column).where(column.is_not(None)).with_for_update()))
        for *key, sealed in rows:
            mine = (one == value for one, value in zip(keys, key, strict=True))
            try:
                known = vault.open(sealed)
            except BadInput as error:
                which = f"{column.table.name}, row {' '.join(map(str, key))}"
                raise BadInput(f"{which}: {error.message}", field=error.field, fix=error.fix) from error
            await db.execute(update(column.table).where(*mine).values({column: vault.seal(known)}))
        counts[column.table.name] = len(rows)
    resealed = [Change(f"resealed.{name}", None, count) for name, count in counts.items() if count]
    note(db, "stored secrets", resealed)
    return counts
