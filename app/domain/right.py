"""What an API key may do."""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    READ = "read"
    SYNC = "sync"
    """Start syncs, replay, release; includes read."""
    ADMIN = "admin"
    """Connections, keys, pause; includes the others."""
