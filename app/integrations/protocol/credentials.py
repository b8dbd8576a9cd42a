"""What of a connection's credentials people may see (nothing of a secret, of some the end, of the rest everything), and what is
sent."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, SecretStr

SHOWN_CHARACTERS = 4


class ShownByItsEnd:
    """Marks a field that is no secret but is not shown whole either: people know it by its last characters.

    `api_key: Annotated[str, ShownByItsEnd()]` is shown as `…7f2c`.
    """


def secret_fields(model: type[BaseModel]) -> frozenset[str]:
    """Names of the fields that hold secrets."""
    kinds = {name: (field.annotation, *get_args(field.annotation)) for name, field in model.model_fields.items()}
    return frozenset(name for name, found in kinds.items() if SecretStr in found)


def masked_fields(model: type[BaseModel]) -> frozenset[str]:
    """Names of the fields of which only the end is shown."""
    fields = model.model_fields.items()
    return frozenset(name for name, field in fields if any(isinstance(each, ShownByItsEnd) for each in field.metadata))


def shown(credentials: BaseModel) -> dict[str, Any]:
    """The credentials as people may see them, without the secrets."""
    model = type(credentials)
    secret, masked = secret_fields(model), masked_fields(model)
    plain = {name: getattr(credentials, name) for name in model.model_fields if name not in secret}
    return {name: f"…{str(value)[-SHOWN_CHARACTERS:]}" if name in masked else value for name, value in plain.items()}


def secrets_in(stored: str) -> tuple[str, ...]:
    """The secrets of a field that holds one, or several, one a line."""
    return tuple(each for each in stored.split("\n") if each)


def revealed(model: BaseModel) -> dict[str, Any]:
    """The model as plain values with its secrets readable. Use it only to encrypt them."""
    plain = model.model_dump(mode="python")
    return {key: value.get_secret_value() if isinstance(value, SecretStr) else value for key, value in plain.items()}


NEVER_SENT = frozenset({"webhook_secret"})
"""Secrets that only check what comes in, and are never sent. A changed address cannot receive them."""


def sent_credentials(model: BaseModel) -> dict[str, Any]:
    """The credentials that calls are made with, readable. Compare them only."""
    return {name: value for name, value in revealed(model).items() if name not in NEVER_SENT}
