"""Tables, engine, migrations, and the encryption of secrets."""

# Both modules of tables are imported, so that whoever migrates or compares sees all of them.
from app.storage import outbound_tables, tables

__all__ = ["outbound_tables", "tables"]
