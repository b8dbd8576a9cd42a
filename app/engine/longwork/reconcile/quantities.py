"""The quantities that the shop shows, and those that it should: sellable in the warehouse, minus what waits to get there."""

from __future__ import annotations

from app.domain import Process
from app.engine.longwork.reconcile.findings import SAME, Action, Kind
from app.engine.longwork.slices import Slice
from app.engine.stock import dry_run
from app.records.longwork.lines import Line


async def compare(run: Slice) -> bool:
    """Returns whether all were compared within the slice."""
    after = int(run.work.place.get("after", 0))
    places = run.connection.settings.stock.warehouses
    async for page in run.gateway.warehouse(run.connection).stock(None, after, warehouse_ids=places):
        for start in range(0, len(page), dry_run.AT_A_TIME):
            some = page[start : start + dry_run.AT_A_TIME]
            for entry in await dry_run.compare(run.gateway, run.connection, some):
                _count(run, entry)
            after = max(level.article_system_id for level in some)
            await run.save({**run.work.place, "after": after})
            if run.time_is_up:
                return False
    return True


def _count(run: Slice, entry: dry_run.Entry) -> None:
    outcome, code = entry["outcome"], entry["code"]
    if outcome == "unchanged":
        run.counts[SAME] += 1
        return
    if outcome == "skipped" and code != "stock-not-taken":
        run.counts[f"no-quantity/{code}"] += 1
        return
    run.counts[Kind.STOCK] += 1
    fields = tuple(entry["fields"])
    words = entry["reason"] or f"The {run.noun} shows {fields[0]['before']:g}, and should show {fields[0]['after']}"
    run.lines.append(
        Line(Kind.STOCK, Process.STOCK, entry["number"], entry["record"], words, code, None, Action.SYNC_STOCK, fields)
    )
