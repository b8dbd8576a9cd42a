"""One private note in the shop when an order is held or an edit came too late, once for each reason."""

from __future__ import annotations

from app.flows.report import Kind, ReportDesk
from app.flows.result import Outcome, Result
from app.flows.shipments import write_note


async def note_hold(code: str, reason: str, desk: ReportDesk) -> Result:
    """Raises RemoteError when a call failed in a way that is worth another try."""
    text = f"Lager: {reason}"
    written = await write_note(Kind.NOTE, f"held:{code}", text, False, desk)
    return Result(Outcome.UPDATED if written else Outcome.UNCHANGED, None)
