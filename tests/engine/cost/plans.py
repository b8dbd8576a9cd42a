"""Which statements really ran, and how the database would look their rows up."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from app.storage.engine import Database
from tests.engine.cost.long_history import GROWING

PARTIAL = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
IN_ORDER = re.compile(r"ORDER BY (\w+)\.\w+(?: DESC)?(?:, \1\.\w+(?: DESC)?)*\s+LIMIT", re.IGNORECASE)


@dataclass
class Recorded:
    """Statements and the first values of each. Inserts are left out: they look nothing up."""

    statements: dict[str, Any] = field(default_factory=dict)

    def note(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            self.statements.setdefault(statement, parameters[0] if many else parameters)


@contextlib.contextmanager
def recording(database: Database) -> Iterator[Recorded]:
    """Every statement of this process's engine."""
    recorded, engine = Recorded(), database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", recorded.note)
    yield recorded
    event.remove(engine, "before_cursor_execute", recorded.note)


async def scans(database: Database, recorded: Recorded) -> list[str]:
    """The statements that read a growing table from end to end, each with the step that does it."""
    found = []
    async with database.engine.connect() as db:
        raw: Any = (await db.get_raw_connection()).driver_connection
        if not database.is_sqlite:
            # A few thousand rows are in so few pages that reading all of them costs no more than twenty looks on a slow disk.
            await raw.execute("SET random_page_cost = 1.1")
        partial = {row[0] for row in await raw.execute_fetchall(PARTIAL)} if database.is_sqlite else set()
        for statement, parameters in recorded.statements.items():
            if database.is_sqlite:
                rows = await raw.execute_fetchall(f"EXPLAIN QUERY PLAN {statement}", parameters)
                steps = [row[3] for row in rows if _scans_in_sqlite(row[3], statement, partial)]
            else:
                (row,) = await raw.fetch(f"EXPLAIN (FORMAT JSON) {statement}", *parameters)
                steps = [_said(node) for node in _nodes(_plan(row[0])) if _scans_in_postgres(node, statement)]
            found += [f"{step}: {' '.join(statement.split())}" for step in steps]
    return found


async def steps_of(database: Database, recorded: Recorded) -> list[str]:
    """How SQLite would look up the rows of these statements, step by step."""
    async with database.engine.connect() as db:
        raw: Any = (await db.get_raw_connection()).driver_connection
        plans = [
            await raw.execute_fetchall(f"EXPLAIN QUERY PLAN {statement}", parameters)
            for statement, parameters in recorded.statements.items()
        ]
    return [row[3] for rows in plans for row in rows]


async def nodes_of(database: Database, recorded: Recorded) -> list[dict[str, Any]]:
    """How PostgreSQL has looked up the rows of these statements, node by node, with what it has read. Only for reads."""
    found = []
    async with database.engine.connect() as db:
        raw: Any = (await db.get_raw_connection()).driver_connection
        for statement, parameters in recorded.statements.items():
            (row,) = await raw.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *parameters)
            found += _nodes(_plan(row[0]))
    return found


def _scans_in_sqlite(step: str, statement: str, partial: set[str]) -> bool:
    scan = re.fullmatch(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)
    if scan is None or scan[1] not in GROWING or scan[2] in partial:
        return False
    return not _takes_the_first(statement)


def _takes_the_first(statement: str) -> bool:
    """Whether it reads a page of the table in the order of a key, and leaves nothing out."""
    return "WHERE" not in statement and IN_ORDER.search(statement) is not None


def _plan(explained: Any) -> dict[str, Any]:
    # asyncpg gives the text, or what a codec of ours made of it.
    plan: dict[str, Any] = (json.loads(explained) if isinstance(explained, str) else explained)[0]["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for inner in plan.get("Plans", []) for node in _nodes(inner))]


def _said(node: dict[str, Any]) -> str:
    return f"{node['Node Type']} on {node['Relation Name']}"


def _scans_in_postgres(node: dict[str, Any], statement: str) -> bool:
    if node.get("Relation Name") not in GROWING:
        return False
    # In the order of a key it takes the first rows that fit, where it knows from its figures that there are many.
    return node["Node Type"] == "Seq Scan" and not _takes_the_first(statement)
