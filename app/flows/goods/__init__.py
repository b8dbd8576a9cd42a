"""What an order's articles say of it, read when it is sent: its weight decides its carrier, and customs need what each is."""

from __future__ import annotations

from app.flows.goods.carrier import hash_without_pick_up_point, with_carrier_there, with_decided_carrier
from app.flows.goods.customs import CUSTOMS_LACKING, customs_lacking

__all__ = ["CUSTOMS_LACKING", "customs_lacking", "hash_without_pick_up_point", "with_carrier_there", "with_decided_carrier"]
