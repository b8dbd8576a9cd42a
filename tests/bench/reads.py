"""How much a database reads, by its own count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

ROWS_NOT_HANDED_ON = "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_xact_user_tables"


@dataclass
class Reads:
    """`count` goes up with every step of SQLite's virtual machine, or with every row that PostgreSQL fetches."""

    count: int = 0

    @property
    def unit(self) -> str:
        return "steps" if self._is_sqlite else "rows"

    def watch(self, engine: AsyncEngine) -> None:
        """Call it before the engine has made a connection."""
        self._is_sqlite = engine.dialect.name == "sqlite"
        if self._is_sqlite:
            event.listen(engine.sync_engine, "connect", self._on_connect)
        else:
            event.listen(engine.sync_engine, "begin", self._on_begin)
            event.listen(engine.sync_engine, "commit", self._on_commit)

    def _on_connect(self, connection: Any, _record: Any) -> None:
        connection.run_async(lambda driver: driver.set_progress_handler(self._step, 1))

    def _step(self) -> int:
        self.count += 1
        return 0

    # PostgreSQL hands its counts on about once a second only: what an earlier transaction left is taken off.

    def _on_begin(self, connection: Any) -> None:
        self.count -= connection.exec_driver_sql(ROWS_NOT_HANDED_ON).scalar()

    def _on_commit(self, connection: Any) -> None:
        self.count += connection.exec_driver_sql(ROWS_NOT_HANDED_ON).scalar()
