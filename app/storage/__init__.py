"""Tables, engine, migrations, and the encryption of secrets."""

# All modules of tables are imported, so that whoever migrates or compares sees all of them.
from app.storage import outbound_tables, side_tables, tables
from app.storage.callers import tables as callers_tables

__all__ = ["callers_tables", "outbound_tables", "side_tables", "tables"]
