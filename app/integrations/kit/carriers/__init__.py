"""The carrier and the pick-up point of an order, and the VAT of its lines, from what a system gives of them."""

from __future__ import annotations

from app.integrations.kit.carriers.chosen import with_carrier
from app.integrations.kit.carriers.pick_up_points import PickUpPoint, read_pick_up_point, with_pick_up_point
from app.integrations.kit.carriers.vat import line_extras

__all__ = ["PickUpPoint", "line_extras", "read_pick_up_point", "with_carrier", "with_pick_up_point"]
