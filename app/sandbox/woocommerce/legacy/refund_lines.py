"""The lines of a refund as APIs before today's write them."""

from __future__ import annotations

from typing import Any

from app.sandbox.woocommerce.wire.php import to_int

Resource = dict[str, Any]


def line_of_old(line_id: int, line: Resource) -> Resource:
    """A refund's line as APIs before today's have it, under its line's id, as today's."""
    taxes = [{"id": to_int(rate), "refund_total": amount} for rate, amount in (line.get("refund_tax") or {}).items()]
    return {"id": line_id, "quantity": line.get("qty", 0), "refund_total": line.get("refund_total", 0), "refund_tax": taxes}
