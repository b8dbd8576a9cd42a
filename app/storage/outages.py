"""Tells a database that is away (try again) from one that refuses a row (trying again does nothing), and says what is wrong."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.errors import BadInput
from app.storage import address
from app.storage.address import NAME

_PASSING = ("08", "40", "53", "55", "57", "58")
"""SQLSTATE classes: connection, rolled back (deadlock), resources, not in that state, operator intervention, system error."""
UNSTORABLE = (
    SQLAlchemyError,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    RecursionError,
)
"""What a single faulty record can raise. It must not stop the others."""


def is_passing(error: BaseException) -> bool:
    """Whether the fault is the database's, so that the same statement may well succeed a moment later."""
    if isinstance(error, (OSError, PoolTimeoutError, InterfaceError, OperationalError)):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or (isinstance(state, str) and state.startswith(_PASSING))


def is_rolled_back(error: DBAPIError) -> bool:
    """Whether PostgreSQL has rolled the transaction back for another's sake: a deadlock, or a serialization failure."""
    return getattr(error.orig, "sqlstate", None) in ("40P01", "40001")


class DatabaseTrouble(BadInput):
    """The database cannot be reached or used: one sentence, what to do, and no password."""


def refuse_missing_file(url: str) -> None:
    """Raises DatabaseTrouble when SQLite has no file yet: whoever looks for a gateway here stands in the wrong folder."""
    file = address.read(url).file
    if file is not None and not file.exists():
        raise DatabaseTrouble(
            f"there is no gateway's database in {file.parent}",
            fix="go to the folder in which you start `gateway up`, or set GATEWAY_DATA_DIRECTORY; for a new one: gateway migrate",
        )


@contextmanager
def said_plainly(url: str) -> Iterator[None]:
    """Turns what the drivers raise within the block into DatabaseTrouble. `url`: of the database that is used there."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise explained(error, url) from error


def explained(error: BaseException, url: str) -> DatabaseTrouble:
    place = address.read(url)
    reason, fix = _reason(error), "check that it runs, that it can be reached from here, and DATABASE_URL"
    causes = list(_causes(error))
    if place.is_sqlite:
        fix = "check that the folder exists and that this user may write there, or set GATEWAY_DATA_DIRECTORY"
    elif any(isinstance(each, asyncpg.InvalidAuthorizationSpecificationError) for each in causes):
        fix = "check user and password in DATABASE_URL"
    elif any(isinstance(each, asyncpg.InvalidCatalogNameError) for each in causes):
        fix = "make that database, or correct its name at the end of DATABASE_URL"
    elif any(isinstance(each, ssl.SSLError) for each in causes):
        fix = "name the server's authority (sslrootcert=FILE), or encrypt without checking it (sslmode=require)"
    elif "ssl" in reason.lower():
        fix = "put sslmode=disable in DATABASE_URL if the server has no TLS, sslmode=require if it wants it"
    return DatabaseTrouble(f"{place.words} cannot be used: {reason}", field=NAME, fix=fix)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = getattr(error, "orig", None) or error.__cause__


def _reason(error: BaseException) -> str:
    if any(isinstance(each, TimeoutError) for each in _causes(error)):
        return "it did not answer in time"
    if any(isinstance(each, ConnectionRefusedError) for each in _causes(error)):
        return "nobody listens there"
    said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
    return said.splitlines()[0].removeprefix("the database does not take connections: ")
