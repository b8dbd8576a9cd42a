"""An ERP buys goods: it puts a purchase order over the REST API, changes it, takes another back, and reads what came in."""

from __future__ import annotations

from typing import Any

from app.demo.scenes import Day

EXPECTED_ON = "2027-03-10"


async def bought(day: Day) -> None:
    number, other = day.number("INN-1"), day.number("INN-2")
    first = await _put(day, number, 40)
    day.check("a purchase order is taken", "queued", first["verdict"])
    day.check("it is in the warehouse", [("DEMO-SOKKER", 40)], await _there(day, number))
    again = await _put(day, number, 40)
    day.check("the same again", "unchanged", again["verdict"])
    await _put(day, number, 60)
    day.check("a change follows it", [("DEMO-SOKKER", 60)], await _there(day, number, 60))
    await _put(day, other, 5)
    await _stands(day, other, "transferred")
    await day.world.gateway.call("DELETE", _path(day, other))
    day.check("one that is taken back is cancelled there", 900, (await _stands(day, other, "cancelled"))["warehouse"]["status"])
    await _receive(day, number, 15)
    await _received(day, number)
    await _put(day, number, 80)
    held = await _stands(day, number, "held")
    day.check("a change after receiving has begun is held", "receiving-begun", held["reason_code"])
    await _put(day, number, 60)
    day.check("put as it was, all is well", "transferred", (await _stands(day, number, "transferred"))["state"])


def _path(day: Day, number: str) -> str:
    return f"purchase-orders/{day.connection}/{number}"


async def _put(day: Day, number: str, pieces: int) -> dict[str, Any]:
    line = {"row_number": "1", "article_number": day.number("DEMO-SOKKER"), "quantity": pieces, "external_id": f"{number}-1"}
    supplier = {"number": "S-4", "name": "Strikkefabrikken AS", "city": "Dale", "country_code": "NO"}
    body = {"expected_on": EXPECTED_ON, "supplier": supplier, "lines": [line]}
    done: dict[str, Any] = await day.world.gateway.call("PUT", _path(day, number), body)
    return done


async def _stands(day: Day, number: str, state: str) -> dict[str, Any]:
    """The purchase order as soon as it is in this state; else as it is at the end."""
    seen: dict[str, Any] = {}

    async def look() -> bool:
        seen.update(await day.world.gateway.call("GET", _path(day, number)))
        return bool(seen["state"] == state)

    await day.until(look)
    return seen


async def _there(day: Day, number: str, pieces: int | None = None) -> list[tuple[str, float]]:
    """(Article, pieces) of each line as the warehouse shows it, as soon as it is there, with so many pieces."""

    async def look() -> list[tuple[str, float]]:
        found = await day.world.warehouse.purchase_order(number)
        lines = [
            (line["article"]["articleNumber"].removesuffix(day.world.secrets.mark), line["advisedNumberOfItems"])
            for line in (found or {}).get("purchaseOrderLines") or ()
        ]
        return lines if pieces is None or any(each[1] == pieces for each in lines) else []

    return await day.until(look)


async def _received(day: Day, number: str) -> None:
    """What came in is given once, with the ERP's own code of the line, and the warehouse is told that it is known."""
    path = f"connections/{day.connection}"
    await day.world.gateway.call("PATCH", path, {"settings": {"processes": {"receipts": True}}})

    async def look() -> list[dict[str, Any]]:
        await day.sync(process="receipts")
        asked = {"connection": day.connection, "purchase_order": number}
        found: list[dict[str, Any]] = (await day.world.gateway.call("GET", "receipts", params=asked))["items"]
        return found if any(each["acknowledged_at"] for each in found) else []

    found = await day.until(look)
    lines = [(line["external_line_id"], line["quantity"]) for receipt in found for line in receipt["lines"]]
    day.check("what came in is given by line", [(f"{number}-1", 15)], lines)
    await day.sync(process="receipts")
    day.check("once", 1, len(await look()))
    there = await day.world.warehouse.purchase_order(number) or {}
    told = [line["reportedNumberOfItems"] for line in there["purchaseOrderLines"]]
    day.check("the warehouse is told that it is known", [15], told)


async def _receive(day: Day, number: str, pieces: float) -> None:
    await day.world.warehouse.receive(number, {"1": pieces})
