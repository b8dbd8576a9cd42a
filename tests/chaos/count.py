"""The count at the end of a bad day: from SQL, and from the simulators' own journals."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import select

from app.sandbox.kit.journal import Call
from app.sandbox.ongoing.model.records import Order
from app.storage.tables import inbox, jobs
from tests.chaos.deliveries import Body, newest
from tests.chaos.town import GOODS_OWNER, Town

SETTLED = ("done", "merged", "ignored", "held", "dead")
CANCELLED = 1000


@dataclass(frozen=True)
class Count:
    """`lost` and `doubled` are sentences, one for each thing that went wrong; both are empty after a bad day that went well."""

    events: Counter[str]
    jobs: Counter[str]
    lost: list[str]
    doubled: list[str]
    side_by_side: int
    """The most writes of the goods owner that were under way at the same time, by the warehouse's own count."""

    @property
    def accepted(self) -> int:
        return self.events.total()

    @property
    def settled(self) -> int:
        return sum(self.events[state] for state in SETTLED)


async def count(town: Town) -> Count:
    return Count(
        events=await town.states(inbox),
        jobs=await town.states(jobs),
        lost=[*await _missing_events(town), *_missing_orders(town)],
        doubled=[*_repeated_writes(town), *_shared_ids(town)],
        side_by_side=town.warehouse.concurrency.get(GOODS_OWNER, 0),
    )


async def all_is_well(town: Town, *, dead: int = 0, side_by_side: int = 1) -> Count:
    """Settles, counts, and asserts what every bad day must end in; returns the count."""
    await town.settle()
    found = await count(town)
    assert found.accepted == found.settled, found.events
    assert found.lost == []
    assert found.doubled == []
    assert found.events["held"] == 0
    assert found.jobs["dead"] == dead
    assert found.side_by_side <= side_by_side
    return found


async def _missing_events(town: Town) -> list[str]:
    """What was answered with 200 and is not in the inbox."""
    async with town.database.read() as db:
        kept = {row.headers.get("x-wc-webhook-delivery-id") for row in await db.execute(select(inbox.c.headers))}
    return [f"delivery {each.id} was answered with 200 and is not kept" for each in town.accepted if each.id not in kept]


def _missing_orders(town: Town) -> list[str]:
    """Where the warehouse is not as the newest delivery wants it. Of deliveries nobody took nothing is expected."""
    found = []
    for order_id, wanted in newest(town.accepted).items():
        there = town.warehouse.orders.get((GOODS_OWNER, str(order_id)))
        fault = _fault(wanted, there)
        if fault:
            found.append(f"order {order_id} {fault}")
    return found


def _fault(wanted: Body, there: Order | None) -> str | None:
    if wanted["status"] != "processing":
        return None if there is None or there.status == CANCELLED else f"is {wanted['status']} and still in the warehouse"
    if there is None:
        return "is not in the warehouse"
    if there.status == CANCELLED:
        return "was cancelled in the warehouse"
    if there.body.goods_owner_order_id != str(wanted["id"]):
        return f"carries the id {there.body.goods_owner_order_id}"
    pieces, asked = there.lines[0].body.number_of_items, wanted["line_items"][0]["quantity"]
    return None if pieces == asked else f"has {pieces} pieces instead of {asked}"


def _repeated_writes(town: Town) -> list[str]:
    """Of the writes that took effect: an order made twice, the same body twice in a row, a second cancellation."""
    made: Counter[str] = Counter()
    bodies: defaultdict[str, list[object]] = defaultdict(list)
    cancelled: Counter[str] = Counter()
    for call in town.calls():
        if not _took_effect(call):
            continue
        if call.method == "PUT":
            made[call.body["orderNumber"]] += call.status == 201
            bodies[call.body["orderNumber"]].append(call.body)
        elif call.method == "DELETE":
            cancelled[call.path] += 1
    return [
        *(f"order {number} was made {times} times" for number, times in made.items() if times > 1),
        *(f"order {number} was written the same twice" for number, sent in bodies.items() if _twice(sent)),
        *(f"{path} was cancelled {times} times" for path, times in cancelled.items() if times > 1),
    ]


def _took_effect(call: Call) -> bool:
    """The faults of these tests answer with 200 only where the write was made."""
    return call.status in (200, 201)


def _twice(sent: list[object]) -> bool:
    return any(one == next_one for one, next_one in pairwise(sent))


def _shared_ids(town: Town) -> list[str]:
    """One order of the shop under two numbers."""
    ids = Counter(order.body.goods_owner_order_id for order in town.warehouse.orders.values())
    return [f"the shop's order {each} is {times} times in the warehouse" for each, times in ids.items() if times > 1]
