"""One private note in the shop when an order is held or an edit came too late. One for each reason."""

from __future__ import annotations

from app.errors import NoSuchRecord
from app.flows.outcomes import Outcome, Result
from app.flows.report import ShopPort
from app.flows.shipments import write_note


async def note_hold(code: str | None, reason: str | None, port: ShopPort) -> Result:
    """Writes a note about the hold.

    `code` and `reason` are those of the hold; `code` is None when it is over. Raises RemoteError when a call failed in a way that
    is worth another try.
    """
    if not code or not reason:
        return Result(Outcome.UNCHANGED, None)
    try:
        written = await write_note(f"held:{code}", f"Lager: {reason}", False, port)
    except NoSuchRecord:
        return Result(Outcome.SKIPPED, None, "gone", f"The {port.noun} has deleted the order")
    return Result(Outcome.UPDATED if written else Outcome.UNCHANGED, None)
