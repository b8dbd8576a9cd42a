"""The token of the demo's 24Nettbutikk shop: replaced by the shop's people, and sent in one form or the other."""

from __future__ import annotations

from typing import Any

from app.demo.nettbutikk24.scenes import shop_of, shown, tested
from app.demo.nettbutikk24.shop import Row
from app.demo.nettbutikk24.simulator import POLL_MINUTES
from app.demo.scenes import Day

PARAMETER = "access_token"
WAYBILL = "370700000000000024"
MOST_CALLS = 2
"""So often a token that was replaced may be tried by a sync."""
EARNEST_MINUTES = 15


async def replaced(day: Day) -> None:
    """Nothing is asked of the shop any more, one alert says why, and nothing is lost."""
    shop, warehouse, gateway = shop_of(day), day.world.warehouse, day.world.gateway
    placed = await shop.order([{"article_no": day.number("KOPP-1"), "quantity": 1}])
    await day.order(placed["order_no"])
    await gateway.call("PATCH", f"connections/{day.connection}", _every(EARNEST_MINUTES))
    await day.quiet()
    seen = await shop.calls_so_far()
    new = await shop.replace_token()
    late = await shop.order([{"article_no": day.number("SOKK-1"), "quantity": 1}])
    day.check_that("a sync meanwhile is refused", await day.until(lambda: _is_answered(day, 424)))
    calls = [call for call in await shop.journal(seen) if call["status"] == 401]
    day.check_that(f"calls with the old token, at most {MOST_CALLS}", len(calls) <= MOST_CALLS, len(calls))
    await warehouse.ship(placed["order_no"], WAYBILL)
    await day.sync(process="shipments", wait=0)
    alerts = [each for each in (await gateway.call("GET", "alerts"))["items"] if _is_about_the_token(day, each)]
    day.check("alerts", 1, len(alerts))
    day.check_that("it says what to do", all("paste the new one" in each["text"] for each in alerts))
    pasted = {"source": {"api_key": new}, **_every(POLL_MINUTES)}
    await gateway.call("PATCH", f"connections/{day.connection}", pasted)
    day.check_that("a sync goes well again", await day.until(lambda: _is_answered(day, 200)))
    day.check("an order of meanwhile", [("SOKK-1", 1)], day.lines(await day.order(late["order_no"])))
    order = await shown(day, placed["order_no"], lambda row: row["status"] == "Sendt")
    day.check("a shipment of meanwhile", ["Sendt", WAYBILL], [order["status"], order["tracking_number"]])


async def other_form(day: Day) -> None:
    """From now on the shop takes its token as a user name only: a test of the connection finds it out.

    No poll is on its way meanwhile: it would come with the old form behind the test.
    """
    shop, gateway = shop_of(day), day.world.gateway
    await gateway.call("PATCH", f"connections/{day.connection}", _every(EARNEST_MINUTES))
    await day.sync(process="orders")
    await day.quiet()
    forms = {_form(call) for call in await shop.journal() if call["status"] == 200}
    day.check("so far the token went into the", ["query"], sorted(forms))
    await shop.change(auth_forms=["basic"])
    day.check("the test finds", "basic", (await tested(day)).get("auth_mode"))
    await gateway.call("PATCH", f"connections/{day.connection}", _every(POLL_MINUTES))
    seen = await shop.calls_so_far()
    placed = await shop.order([{"article_no": day.number("KOPP-1"), "quantity": 1}])
    day.check_that("a sync goes well", await day.until(lambda: _is_answered(day, 200)))
    day.check("orders come in", [("KOPP-1", 1)], day.lines(await day.order(placed["order_no"])))
    forms = {_form(call) for call in await shop.journal(seen) if call["status"] == 200}
    day.check("now it goes into the", ["header"], sorted(forms))


def _every(minutes: float) -> dict[str, Any]:
    """The change by which the shop is polled so often."""
    return {"settings": {"poll_interval_minutes": minutes}}


async def _is_answered(day: Day, wanted: int) -> bool:
    """Whether a sync of orders has this answer. One that joins a poll which was reading already has that poll's."""
    status, _ = await day.world.gateway.refusal("POST", f"sync/{day.connection}", {"process": "orders"})
    return status == wanted


def _form(call: Row) -> str:
    return "query" if any(name == PARAMETER for name, _ in call["query"]) else "header"


def _is_about_the_token(day: Day, alert: Row) -> bool:
    return bool(alert["connection"] == day.connection and "token" in alert["text"])
