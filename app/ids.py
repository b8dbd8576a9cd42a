"""Where ids come from."""

from __future__ import annotations

import secrets


def new_id(prefix: str) -> str:
    """A new id like `con_6vJ2…`: 96 random bits, safe in addresses."""
    return f"{prefix}_{secrets.token_urlsafe(12).replace('-', 'x').replace('_', 'y')}"


def unguessable() -> str:
    """For addresses and keys that must not be guessed: 192 random bits."""
    return secrets.token_urlsafe(24).replace("-", "x").replace("_", "y")
