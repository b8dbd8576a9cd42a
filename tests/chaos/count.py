"""The count at the end of a bad day: from SQL, and from the simulators' own journals."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import select

from app.sandbox.kit.journal import Call
from app.sandbox.ongoing.model.records import Order
from app.storage.tables import inbox, jobs
from tests.chaos import figures
from tests.chaos.cluster import GOODS_OWNER, Cluster
from tests.chaos.deliveries import Body, newest

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


async def count(cluster: Cluster) -> Count:
    return Count(
        events=await cluster.states(inbox),
        jobs=await cluster.states(jobs),
        lost=[*await _missing_events(cluster), *_missing_orders(cluster)],
        doubled=[*_repeated_writes(cluster), *_shared_ids(cluster)],
        side_by_side=cluster.warehouse.concurrency.get(GOODS_OWNER, 0),
    )


async def all_is_well(cluster: Cluster, *, dead: int = 0, side_by_side: int = 1) -> Count:
    """Settles, counts, and asserts what every bad day must end in; returns the count."""
    await cluster.settle()
    result = await count(cluster)
    figures.note(result.accepted, len(result.lost), len(result.doubled))
    assert result.accepted == result.settled, result.events
    assert result.lost == []
    assert result.doubled == []
    assert result.events["held"] == 0
    assert result.jobs["dead"] == dead
    assert result.side_by_side <= side_by_side
    return result


async def _missing_events(cluster: Cluster) -> list[str]:
    """What was answered with 200 and is not in the inbox."""
    async with cluster.database.read() as db:
        kept = {row.headers.get("x-wc-webhook-delivery-id") for row in await db.execute(select(inbox.c.headers))}
    return [f"delivery {each.id} was answered with 200 and is not kept" for each in cluster.accepted if each.id not in kept]


def _missing_orders(cluster: Cluster) -> list[str]:
    """Where the warehouse is not as the newest delivery wants it, by order id. Of deliveries nobody took nothing is expected."""
    faults = []
    for order_id, wanted in sorted(newest(cluster.accepted).items()):
        there = cluster.warehouse.orders.get((GOODS_OWNER, str(order_id)))
        fault = _fault(wanted, there)
        if fault:
            faults.append(f"order {order_id} {fault}")
    return faults


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


def _repeated_writes(cluster: Cluster) -> list[str]:
    """Of the writes that took effect: an order made twice, the same body twice in a row, a second cancellation."""
    made: Counter[str] = Counter()
    bodies: defaultdict[str, list[object]] = defaultdict(list)
    cancelled: Counter[str] = Counter()
    for call in cluster.calls():
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


def _shared_ids(cluster: Cluster) -> list[str]:
    """One order of the shop under two numbers."""
    ids = Counter(order.body.goods_owner_order_id for order in cluster.warehouse.orders.values())
    return [f"the shop's order {each} is {times} times in the warehouse" for each, times in ids.items() if times > 1]
