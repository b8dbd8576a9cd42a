"""Tells a database that is away (try again) from one that refuses a row (trying again does nothing)."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

_PASSING = ("08", "40", "53", "55", "57", "58")
"""SQLSTATE classes: connection, rolled back (deadlock), resources, not in that state, operator intervention, system error."""
UNSTORABLE = (SQLAlchemyError, ValueError, KeyError, TypeError)
"""What a single faulty record can raise. It must not stop the others."""


def is_passing(error: BaseException) -> bool:
    """Whether the fault is the database's, so that the same statement may well succeed a moment later."""
    if isinstance(error, (OSError, PoolTimeoutError, InterfaceError, OperationalError)):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or (isinstance(state, str) and state.startswith(_PASSING))
