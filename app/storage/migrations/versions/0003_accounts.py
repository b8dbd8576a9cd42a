"""Accounts: a connection is told from others by its account, which need not be an address; a setting that nobody read goes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.storage.types import Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

connections = sa.table("connections", sa.column("id", sa.String), sa.column("settings", Json))


def upgrade() -> None:
    # A shop's account is its address: the column keeps its values under the new name.
    op.alter_column("connections", "shop_url", new_column_name="account_key")
    _rewrite_settings(lambda warehouse: {key: value for key, value in warehouse.items() if key != "stock_full_sweep_hours"})


def downgrade() -> None:
    _rewrite_settings(lambda warehouse: {**warehouse, "stock_full_sweep_hours": 12.0})
    op.alter_column("connections", "account_key", new_column_name="shop_url")


def _rewrite_settings(changed: Any) -> None:
    db = op.get_bind()
    for row in db.execute(sa.select(connections.c.id, connections.c.settings)).all():
        settings = {**row.settings, "warehouse": changed(row.settings.get("warehouse", {}))}
        db.execute(sa.update(connections).where(connections.c.id == row.id).values(settings=settings))
