"""Column types and expressions that mean the same on PostgreSQL and SQLite."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    ColumnElement,
    DateTime,
    Dialect,
    Float,
    Integer,
    String,
    Text,
    literal,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""Auto-incremented key (SQLite only counts up INTEGER columns)."""

_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC. Takes and gives aware datetimes only; a naive one is an error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Line(TypeDecorator[str]):
    """Text from outside in a column of limited length.

    Values and comparisons are cut to it and lose NUL characters: PostgreSQL takes neither, SQLite both.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value.replace("\x00", "")[: self.length] if value is not None else None


class Words(TypeDecorator[str]):
    """Text from outside of any length, without NUL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value.replace("\x00", "") if value is not None else None


class db_now(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function it is
    """The database's clock, `plus` seconds later: leases compare this, never a worker's own clock."""

    type = UtcTime()
    inherit_cache = True  # the seconds are a bound value: the statement is compiled once, not for every call

    def __init__(self, plus: float | BindParameter[float] = 0.0) -> None:
        super().__init__(plus if isinstance(plus, BindParameter) else literal(float(plus), Float))


@compiles(db_now, "sqlite")
def _now_on_sqlite(element: db_now, compiler: SQLCompiler, **options: Any) -> str:
    # The same text form in which SQLAlchemy stores times in SQLite, so that they compare as text.
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', {compiler.process(element.clauses, **options)} || ' seconds') || '000')"


@compiles(db_now, "postgresql")
def _now_on_postgresql(element: db_now, compiler: SQLCompiler, **options: Any) -> str:
    return f"(clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **options)}))"


class seconds_between(FunctionElement[float]):  # noqa: N801 - reads as the SQL function it is
    """The seconds from the second moment to the first."""

    type = Float()
    inherit_cache = True


@compiles(seconds_between, "sqlite")
def _between_on_sqlite(element: seconds_between, compiler: SQLCompiler, **options: Any) -> str:
    later, earlier = (compiler.process(each, **options) for each in element.clauses)
    return f"((julianday({later}) - julianday({earlier})) * 86400.0)"


@compiles(seconds_between, "postgresql")
def _between_on_postgresql(element: seconds_between, compiler: SQLCompiler, **options: Any) -> str:
    later, earlier = (compiler.process(each, **options) for each in element.clauses)
    return f"extract(epoch from ({later} - {earlier}))::float8"


def spelled(*values: str) -> list[ColumnElement[str]]:
    """Words of ours in the text of the statement, for `in_`: SQLite uses a partial index with `in` only then.

    The order must be that of the index. Never give it anything from outside.
    """
    return [literal_column(f"'{value}'", String) for value in values]


def dumps(value: Any) -> str:
    """JSON for a column; without NUL, which PostgreSQL does not take."""
    text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    return _NUL.sub(r"\1", text) if "\\u0000" in text else text


def loads(value: str | bytes) -> Any:
    return orjson.loads(value)
