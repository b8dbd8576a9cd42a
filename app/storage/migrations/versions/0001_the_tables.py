"""The tables"""

from __future__ import annotations

from app.storage.migrations.first_tables import dropping, first_half, second_half

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    first_half.create_api_keys()
    first_half.create_lanes()
    first_half.create_alerts()
    first_half.create_hooks()
    first_half.create_inbox()
    first_half.create_mappings()
    first_half.create_run_parts()
    first_half.create_shop_writes()
    second_half.create_acknowledgements()
    second_half.create_history()
    second_half.create_jobs()
    second_half.create_reports()
    second_half.create_returned_goods()
    second_half.create_run_items()


def downgrade() -> None:
    dropping.drop_run_items()
    dropping.drop_stock_levels()
    dropping.drop_api_keys()
