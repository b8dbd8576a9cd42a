"""What the scenes with 24SevenOffice share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.demo.scenes import Day
from app.demo.sevenoffice24.office import SevenOffice, Values

SENT = "OrderState_Sent"
SAVE, SET_STOCK, LOG_IN = "SaveInvoices", "SetStockQuantity", "Login"


def office_of(day: Day) -> SevenOffice:
    return SevenOffice(day.world.sevenoffice_url, day.world.http)


def row(day: Day, article: str, pieces: int) -> Values:
    """To be ordered."""
    return {"No": day.number(article), "Quantity": pieces}


async def placed(day: Day, article: str, pieces: int = 1, **more: Any) -> tuple[int, str]:
    """A confirmed order that has reached the warehouse: its id, and its number there."""
    made = await office_of(day).order([row(day, article, pieces)], **more)
    number = str(made["OrderId"])
    await day.order(number)
    return made["OrderId"], number


async def reported(day: Day, number: str) -> str | None:
    """What the gateway says of the order, once the ERP has been told that it was sent; else what it says at the end."""
    found = await day.mapping(number, lambda one: (one.get("delivery") or {}).get("state") == "reported", kind="order")
    return found.get("label")


async def shown(day: Day, order_id: int, holds: Callable[[Values], bool]) -> Values:
    """The order in the ERP, as soon as it fits; else as it is at the end."""

    async def look() -> Values:
        seen.update(await office_of(day).find(order_id))
        return seen if holds(seen) else {}

    seen: Values = {}
    return await day.until(look) or seen


def is_sent(order: Values) -> bool:
    return bool(order["OrderStatus"] == SENT)


def operations(calls: list[Values]) -> list[str]:
    """What was asked for, in that order."""
    return [call["body"]["operation"] for call in calls]


def about(calls: list[Values], order_id: int) -> list[str]:
    """The operations that name this order: reads by its id, and what was saved of it."""
    return operations([call for call in calls if _names(call["body"], order_id)])


def _names(body: Values, order_id: int) -> bool:
    saved = [one.get("OrderId") for one in body.get("invoices") or []]
    return order_id in saved or order_id in ((body.get("searchParams") or {}).get("OrderIds") or [])
