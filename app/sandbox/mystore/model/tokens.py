"""Tokens as mystore writes them: a JWT, whose payload names the shops it opens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

_KEY = secrets.token_bytes(32)


@dataclass
class Grant:
    """What one access token may do. `expires` None is a token that does not expire; `calls` are the times of its last calls."""

    token: str
    shop: str
    scopes: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    client: str | None = None
    expires: datetime | None = None
    revoked: bool = False
    calls: deque[float] = field(default_factory=deque)

    def may(self, right: str) -> bool:
        return "*" in self.scopes or right in self.scopes

    def is_good(self, now: datetime) -> bool:
        return not self.revoked and (self.expires is None or now < self.expires)


def jwt(payload: dict[str, Any]) -> str:
    """Signed with a key that nobody else has: a client reads the payload and cannot check it."""
    head = {"typ": "JWT", "alg": "HS256"}
    signed = f"{_encoded(orjson.dumps(head))}.{_encoded(orjson.dumps(payload))}"
    return f"{signed}.{_encoded(hmac.new(_KEY, signed.encode(), hashlib.sha256).digest())}"


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def new_name() -> str:
    """For codes, refresh tokens and the like."""
    return secrets.token_hex(40)
