"""What to do about an order: the shop's status × the transfer × the warehouse's status → one action.

The rows below spell out every cell (a row covers the transfers that it names). A test checks each cell.
"""

from __future__ import annotations

from enum import StrEnum

from app.domain import ShopState, WarehouseState
from app.flows.outcomes import Transfer


class Action(StrEnum):
    READ = "read"
    """Read the order in the WMS, then decide again."""
    CREATE = "create"
    UPDATE = "update"
    """Send it again if its content has changed."""
    CANCEL = "cancel"
    LEAVE_OUT = "leave-out"
    """It is not in the WMS, and must not be."""
    KEEP = "keep"
    """It is in the WMS and stays as it is."""
    HOLD_STARTED = "hold-warehouse-started"
    """The warehouse has begun work: a changed order is held, an unchanged one goes on."""
    HOLD_TOO_LATE = "hold-too-late-to-cancel"
    HOLD_CANCELLED = "hold-cancelled-in-warehouse"
    """The shop wants the order, but the WMS has cancelled it."""
    HOLD_VANISHED = "hold-vanished"
    """It was sent, but the WMS no longer has it."""
    DONE = "done"
    """The warehouse already has the wanted state."""


_FRESH = (Transfer.NONE, Transfer.PENDING, Transfer.HELD, Transfer.REFUSED)
_PERHAPS_THERE = (Transfer.SENT, Transfer.UNKNOWN)
_ALL = tuple(Transfer)
_NOT_SENT = tuple(transfer for transfer in Transfer if transfer is not Transfer.SENT)

_S, _W, _A = ShopState, WarehouseState, Action

_ROWS: tuple[tuple[ShopState, tuple[Transfer, ...], WarehouseState | None, Action], ...] = (
    # The shop wants it sent.
    (_S.WANTED, _ALL, None, _A.READ),
    (_S.WANTED, _NOT_SENT, _W.ABSENT, _A.CREATE),
    (_S.WANTED, (Transfer.SENT,), _W.ABSENT, _A.HOLD_VANISHED),
    (_S.WANTED, _ALL, _W.OPEN, _A.UPDATE),
    (_S.WANTED, _ALL, _W.STARTED, _A.HOLD_STARTED),
    (_S.WANTED, _ALL, _W.SHIPPED, _A.HOLD_STARTED),
    (_S.WANTED, _ALL, _W.RETURNED, _A.HOLD_STARTED),
    (_S.WANTED, _ALL, _W.CANCELLED, _A.HOLD_CANCELLED),
    # Not yet, or not now. What is in the warehouse stays there: only a cancellation takes it back.
    (_S.WAITING, _FRESH, None, _A.LEAVE_OUT),
    (_S.WAITING, (Transfer.SENT,), None, _A.KEEP),
    (_S.WAITING, (Transfer.UNKNOWN,), None, _A.READ),
    (_S.WAITING, _ALL, _W.ABSENT, _A.LEAVE_OUT),
    (_S.WAITING, _ALL, _W.OPEN, _A.KEEP),
    (_S.WAITING, _ALL, _W.STARTED, _A.KEEP),
    (_S.WAITING, _ALL, _W.SHIPPED, _A.KEEP),
    (_S.WAITING, _ALL, _W.RETURNED, _A.KEEP),
    (_S.WAITING, _ALL, _W.CANCELLED, _A.KEEP),
    # Completed in the shop: by us after shipping, or by hand.
    (_S.COMPLETED, _FRESH, None, _A.LEAVE_OUT),
    (_S.COMPLETED, (Transfer.SENT,), None, _A.KEEP),
    (_S.COMPLETED, (Transfer.UNKNOWN,), None, _A.READ),
    (_S.COMPLETED, _ALL, _W.ABSENT, _A.LEAVE_OUT),
    (_S.COMPLETED, _ALL, _W.OPEN, _A.KEEP),
    (_S.COMPLETED, _ALL, _W.STARTED, _A.KEEP),
    (_S.COMPLETED, _ALL, _W.SHIPPED, _A.KEEP),
    (_S.COMPLETED, _ALL, _W.RETURNED, _A.KEEP),
    (_S.COMPLETED, _ALL, _W.CANCELLED, _A.KEEP),
    # Cancelled, refunded in full, failed or in the trash; deleted for good. Both take it back from the warehouse.
    *(
        row
        for state in (_S.CANCELLED, _S.GONE)
        for row in (
            (state, (Transfer.NONE, Transfer.PENDING), None, _A.LEAVE_OUT),
            (state, (Transfer.HELD, Transfer.REFUSED, *_PERHAPS_THERE), None, _A.READ),
            (state, _ALL, _W.ABSENT, _A.LEAVE_OUT),
            (state, _ALL, _W.OPEN, _A.CANCEL),
            (state, _ALL, _W.STARTED, _A.HOLD_TOO_LATE),
            (state, _ALL, _W.SHIPPED, _A.HOLD_TOO_LATE),
            (state, _ALL, _W.RETURNED, _A.KEEP),  # refunded because it came back: there is nothing left to cancel
            (state, _ALL, _W.CANCELLED, _A.DONE),
        )
    ),
)

TABLE: dict[tuple[ShopState, Transfer, WarehouseState | None], Action] = {
    (shop, transfer, warehouse): action for shop, transfers, warehouse, action in _ROWS for transfer in transfers
}
"""A warehouse state of None: the order was not read for this job."""


def decide(shop: ShopState, transfer: Transfer, warehouse: WarehouseState | None) -> Action:
    return TABLE[(shop, transfer, warehouse)]
