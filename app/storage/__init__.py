"""Tables, engine, migrations, and the encryption of secrets."""

# Both rooms of tables, so that whoever migrates or compares sees them all.
from app.storage import outbound_tables, tables

__all__ = ["outbound_tables", "tables"]
