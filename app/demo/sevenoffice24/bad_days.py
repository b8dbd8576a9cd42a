"""What goes wrong with the demo's 24SevenOffice: its sessions end, it refuses an order, it takes no more calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from app.clock import utc_now
from app.demo.scenes import Day
from app.demo.sevenoffice24.scenes import SAVE, about, is_sent, office_of, placed, reported, row, shown
from app.demo.sevenoffice24.simulator import CALLS_PER_HOUR

WAYBILL = "370700000000000032"
WHY = "Cannot insert the value NULL into column 'Dim2'"
RAW = ("Dim2", "DBSQL07", "DataBase.cs")
"""Of the vendor's own words."""
MOST_TRIES = 4
FEW_CALLS = 2
SHORT_HOUR_SECONDS = 2
EARNEST_SECONDS = 3600


async def session_ended(day: Day) -> None:
    """All that is asked in a session that has ended is asked once more in a new one, and nobody notices."""
    office = office_of(day)
    await day.quiet()
    before = (await office.state())["logins"]
    await office.end_sessions()
    _, number = await placed(day, "SOKK-1", 2)
    day.check("an order that comes meanwhile", [("SOKK-1", 2)], day.lines(await day.order(number)))
    await day.sync(process="articles")
    day.check("logins for that", 1, (await office.state())["logins"] - before)
    connection = await day.world.gateway.call("GET", f"connections/{day.connection}")
    day.check("the connection", "active", connection["status"])


async def refused(day: Day) -> None:
    """The call is answered, and the order in it has an exception: it is not reported until somebody has put it right."""
    office, warehouse = office_of(day), day.world.warehouse
    key, number = await placed(day, "KOPP-1")
    await day.quiet()
    await office.refuse(key, WHY)
    seen = await office.calls_so_far()
    await warehouse.ship(number, WAYBILL)
    await day.sync(process="shipments", wait=0)

    async def look() -> list[dict[str, Any]]:
        found = await day.world.gateway.call("GET", "dead-letters", params={"connection": day.connection})
        return [one for one in found["items"] if one["reason_code"] == "refused"]

    letters = await day.until(look)
    day.check("dead letters", 1, len(letters))
    mapping = await day.mapping(number, kind="order")
    detail = await day.world.gateway.call("GET", f"mappings/{mapping['id']}")
    day.check_that("it says who refused it", "24SevenOffice refused the order" in _text(letters))
    day.check("words of the vendor's database in it", [], [each for each in RAW if each in _text([letters, detail])])
    day.check("status in the ERP", "Confirmed", (await office.find(key))["OrderStatus"])
    tries = about(await office.journal(seen), key).count(SAVE)
    day.check_that(f"tries, {MOST_TRIES} at most", 1 <= tries <= MOST_TRIES, tries)
    await office.edit(key, InvoiceText="Avdeling 2")
    order = await shown(day, key, is_sent)
    day.check("when somebody has put it right", "OrderState_Sent", order["OrderStatus"])
    day.check("the gateway says", "sent by the warehouse, the ERP knows", await reported(day, number))
    day.check("dead letters afterwards", 0, len(await look()))


async def no_calls_left(day: Day) -> None:
    """`APILimitRemaining` is 0: nothing is asked before `APILimitReset`, and then all that waited is done.

    The hour is a short one here.
    """
    office = office_of(day)
    await day.quiet()
    await office.change(hourly_limit=FEW_CALLS, hour_seconds=SHORT_HOUR_SECONDS)
    made = await office.order([row(day, "SOKK-1", 1)])
    used_up = await day.until(lambda: _used_up(day))
    day.check("calls left", 0, used_up.get("calls_left"))
    seen = await office.calls_so_far()
    ends = datetime.fromisoformat(used_up.get("hour_ends") or utc_now().isoformat())
    await day.until(lambda: _has_come(ends))
    day.check("calls before the reset", 0, len([each for each in await office.journal(seen) if _at(each) < ends]))
    await office.change(hourly_limit=CALLS_PER_HOUR, hour_seconds=EARNEST_SECONDS)
    day.check("the order that waited", [("SOKK-1", 1)], day.lines(await day.order(str(made["OrderId"]))))
    day.check("calls that were too many", [], [one["reason"] for one in await office.refused("limit")])


async def _used_up(day: Day) -> dict[str, Any]:
    """The office's figures, when no call is left."""
    state = await office_of(day).state()
    return state if state["calls_left"] == 0 else {}


async def _has_come(moment: datetime) -> bool:
    return utc_now() >= moment


def _at(call: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(call["at"])


def _text(found: Any) -> str:
    return orjson.dumps(found).decode()
