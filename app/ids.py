"""Where ids come from."""

from __future__ import annotations

import secrets


def new_id(prefix: str) -> str:
    """A new id like `con_6vJ2…`: 96 random bits, safe in addresses."""
    return f"{prefix}_{secrets.token_urlsafe(12).replace('-', 'x').replace('_', 'y')}"


UNGUESSABLE_LENGTH = 32


def may_be_unguessable(text: str) -> bool:
    """False for what `unguessable` cannot have made."""
    return len(text) == UNGUESSABLE_LENGTH and text.isascii() and text.isalnum()


def unguessable() -> str:
    """For addresses and keys that must not be guessed: 192 random bits."""
    return secrets.token_urlsafe(24).replace("-", "x").replace("_", "y")
