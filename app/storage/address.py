"""Database URLs as people and platforms write them (Fly, Heroku, Neon, Supabase, RDS), as the drivers take them.

libpq's parameters stand in the URL, and few of them mean anything to SQLAlchemy. Source: PostgreSQL 18, "Parameter Key Words";
asyncpg 0.32.
"""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.errors import BadInput, nearest

NAME = "DATABASE_URL"
POSTGRESQL, SQLITE = "postgresql+asyncpg", "sqlite+aiosqlite"
_FIX = "give postgresql://USER:PASSWORD@HOST:5432/NAME, or leave it out: then it is SQLite in the data directory"

_TLS = frozenset(
    {
        "sslmode",
        "sslrootcert",
        "sslcert",
        "sslkey",
        "sslcrl",
        "sslpassword",
        "sslnegotiation",
        "ssl_min_protocol_version",
        "ssl_max_protocol_version",
    }
)
"""asyncpg reads these itself, from a URL of its own kind."""
_ITS_OWN = frozenset({"target_session_attrs", "krbsrvname", "gsslib", "passfile", "service", "servicefile"})
"""Parameters that asyncpg takes by the same name."""
_AT_START = frozenset({"application_name", "options", "search_path", "statement_timeout", "lock_timeout"})
"""What the server is told when a connection begins."""
_OF_SQLALCHEMY = frozenset({"host", "port", "user", "password", "database", "prepared_statement_cache_size"})
_WITHOUT_EFFECT = frozenset(
    {
        "channel_binding",  # asyncpg has none; the connection is encrypted all the same
        "gssencmode",
        "sslcompression",
        "sslsni",
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "require_auth",
        "requirepeer",
        "load_balance_hosts",
        "fallback_application_name",
        "client_encoding",
        "connection_limit",  # this one and those below: other programs' pools
        "pool_timeout",
        "max_idle_connection_lifetime",
        "socket_timeout",
        "supa",
    }
)
_KNOWN = _TLS | _ITS_OWN | _AT_START | _OF_SQLALCHEMY | _WITHOUT_EFFECT | {"ssl", "schema", "pgbouncer", "connect_timeout"}
_SSL_WORDS = {"true": "require", "1": "require", "no-verify": "require", "false": "disable", "0": "disable"}


@dataclass(frozen=True)
class Address:
    """`url`: for SQLAlchemy. `options`: for the driver's connect."""

    url: URL
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def is_sqlite(self) -> bool:
        return self.url.drivername == SQLITE

    @property
    def file(self) -> Path | None:
        """Where SQLite keeps it; None for PostgreSQL, and for a database in memory."""
        name = self.url.database or ""
        return Path(name).absolute() if self.is_sqlite and name not in ("", ":memory:") and not name.startswith("file:") else None

    @property
    def words(self) -> str:
        """What it leads to, without user and password: `PostgreSQL at db.example:5432/gateway`."""
        if self.is_sqlite:
            return f"SQLite in {self.url.database}"
        host = self.url.host or self.url.query.get("host") or "localhost"
        return f"PostgreSQL at {host}:{self.url.port or 5432}/{self.url.database or ''}"


def read(url: str) -> Address:
    """Raises BadInput for a URL that no database of ours can have. Nothing of its user and password is in the message."""
    try:
        made = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise BadInput(f"{NAME} is no database's address", field=NAME, fix=_FIX) from error
    if made.drivername not in (POSTGRESQL, SQLITE):
        kind = urlsplit(url).scheme or made.drivername
        raise BadInput(f"{NAME} begins with {kind}://, and the gateway needs PostgreSQL or SQLite", field=NAME, fix=_FIX)
    if made.drivername == SQLITE:
        return Address(made)
    given = {name: value if isinstance(value, str) else value[-1] for name, value in made.query.items()}
    for name in given.keys() - _KNOWN:
        meant = nearest(name, _KNOWN)
        fix = f"did you mean {meant}?" if meant else "leave it out"
        raise BadInput(f"{NAME} has a parameter that PostgreSQL does not know: {name}", field=NAME, fix=fix)
    kept = {name: value for name, value in made.query.items() if name in _OF_SQLALCHEMY}
    if _is_pooled(given):
        kept["prepared_statement_cache_size"] = "0"
    return Address(made.set(query=kept), _options(given))


def _options(given: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {name: value for name, value in given.items() if name in _ITS_OWN}
    at_start = {name: value for name, value in given.items() if name in _AT_START}
    if "schema" in given:
        at_start["search_path"] = given["schema"]
    if at_start:
        made["server_settings"] = at_start
    if "connect_timeout" in given:
        made["timeout"] = _seconds(given["connect_timeout"])
    if _is_pooled(given):
        made |= {"statement_cache_size": 0, "prepared_statement_name_func": lambda: f"__gateway_{uuid.uuid4()}__"}
    return made | _encryption(given)


def _encryption(given: Mapping[str, str]) -> dict[str, Any]:
    tls = {name: value for name, value in given.items() if name in _TLS}
    if "ssl" in given:
        tls.setdefault("sslmode", _SSL_WORDS.get(given["ssl"].lower(), given["ssl"]))
    if not tls:
        return {}
    known = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
    mode = tls.get("sslmode", "prefer")
    if mode not in known:
        meant = nearest(mode, known)
        raise BadInput(
            f"{NAME} has sslmode={mode[:20]}, which there is not",
            field=NAME,
            fix=f"did you mean {meant}?" if meant else f"use one of {', '.join(known)}",
        )
    if mode.startswith("verify") and tls.keys() <= {"sslmode", "sslrootcert"} and _asks_for_system(tls):
        context = ssl.create_default_context()
        context.check_hostname = mode == "verify-full"
        return {"ssl": context}
    tls = {name: value for name, value in tls.items() if value != "system"}
    return {"dsn": f"postgresql:///?{urlencode(tls)}"}


def _asks_for_system(tls: Mapping[str, str]) -> bool:
    """Whether the machine's own authorities are to be trusted. libpq wants a file for that, which nobody has who pastes a URL."""
    named = tls.get("sslrootcert", "system")
    return named == "system" and not (Path.home() / ".postgresql" / "root.crt").exists()


def _is_pooled(given: Mapping[str, str]) -> bool:
    """Behind PgBouncer (Supabase, Prisma) a prepared statement is another connection's the next moment."""
    return given.get("pgbouncer", "").lower() in ("true", "1")


def _seconds(value: str) -> float:
    try:
        return max(float(value), 1.0)
    except ValueError as error:
        raise BadInput(f"{NAME} has connect_timeout={value[:20]}", field=NAME, fix="give seconds, like 10") from error
