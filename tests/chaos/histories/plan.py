"""The plan of a history: what a shop, a warehouse and bad luck do, and when. It comes from a seed and from nothing else.

A plan is a list of steps. Orders are named by their number in the plan, because the ids in the shop are not known before.
The step `answer-lost` waits until the order's last fault has been shown; what comes later in its life comes so much later.
How the gateway's processes and the machine divide their time is not in the plan: the same seed gives the same steps, and not
always the same outcome.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

PRODUCTS = 6
CUSTOMERS = 4
ORDERS_PER_SECOND = 0.8
WARM_UP_SECONDS = 1.0


@dataclass(frozen=True)
class Step:
    """One thing that is done `at` seconds after the beginning. `order` is None where it concerns no order."""

    at: float
    what: str
    order: int | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def described(self) -> str:
        given = " ".join(f"{name}={value}" for name, value in self.more.items())
        return f"{self.at:7.2f} s  {self.what}{f' order {self.order}' if self.order else ''}  {given}".rstrip()

    def as_json(self) -> dict[str, Any]:
        named = {"order": self.order} if self.order is not None else {}
        return {"at": self.at, "what": self.what, **named, **({"more": self.more} if self.more else {})}


def make_plan(seed: int, seconds: float, first_order: int = 1) -> list[Step]:
    """The steps of this seed, in the order of their times; none is later than `seconds`."""
    chance = random.Random(seed)
    steps = [*_faults(random.Random(chance.random()), seconds)]
    number, at = first_order, WARM_UP_SECONDS
    while at < seconds * 0.9:
        steps += _life(random.Random(chance.random()), number, at)
        number += 1
        at += chance.expovariate(ORDERS_PER_SECOND)
    rounded = [replace(step, at=round(step.at, 2)) for step in steps if step.at <= seconds]
    return sorted(rounded, key=lambda step: step.at)


# --- an order's life --------------------------------------------------------------------------------------------------------

NEXT: dict[str, dict[str, int]] = {
    "open": {"quantity": 25, "street": 15, "spoil": 12, "hold": 15, "cancel": 12, "trash": 6, "delete": 3, "renumber": 8},
    "bad": {"mend": 55, "hold": 15, "cancel": 15, "quantity": 10, "renumber": 5},
    "held": {"open": 55, "quantity": 20, "cancel": 20, "renumber": 5},
    "cancelled": {"open": 25, "trash": 25, "stop": 50},
    "trashed": {"restore": 45, "delete": 30, "stop": 25},
    "gone": {"stop": 1},
}
"""What comes next in an order's life, and how often, by how it stands."""

AFTER = {
    "spoil": "bad",
    "mend": "open",
    "hold": "held",
    "open": "open",
    "cancel": "cancelled",
    "trash": "trashed",
    "restore": "open",
    "delete": "gone",
}
LOST_ANSWERS = ("hang-up", "html", "no-id", "slow")


def _life(chance: random.Random, number: int, at: float) -> list[Step]:
    """An order from its making on. In a hurry an answer of the warehouse is lost, and the rest follows right after that."""
    hurry = chance.random() < 0.35
    stands = chance.choices(["open", "pending", "held", "bad"], [70, 10, 10, 10])[0]
    steps = [Step(at, "place", number, _made(chance, stands))]
    now = at
    if stands == "pending":
        now += chance.uniform(0.3, 3)
        steps.append(Step(now, "open", number))
        stands = "open"
    spoiled_at = chance.randrange(3)
    for count in range(chance.randint(2, 5) if hurry else chance.choice((0, 0, 1, 2, 3))):
        if hurry and count == spoiled_at:
            steps[-1:-1] = [Step(now, "warehouse", number, _lost_answer(chance)), *_no_look(chance, number, now)]
            steps.append(Step(now, "answer-lost", number))
        now += chance.uniform(0.05, 0.9) if hurry else chance.uniform(0.5, 5)
        ways = NEXT[stands]
        what = chance.choices(list(ways), list(ways.values()))[0]
        if what == "stop":
            break
        steps.append(Step(now, what, number, _how(chance, what)))
        stands = AFTER.get(what, stands)
    return steps + list(_in_warehouse(chance, number, at))


def _made(chance: random.Random, stands: str) -> dict[str, Any]:
    goods = chance.sample(range(PRODUCTS), chance.choice((1, 1, 2)))
    return {
        "stands": stands,
        "customer": chance.randrange(CUSTOMERS),
        "lines": [[each, chance.randint(1, 4)] for each in goods],
        "checkout": chance.random() < 0.4,
    }


def _how(chance: random.Random, what: str) -> dict[str, Any]:
    match what:
        case "quantity":
            return {"pieces": chance.randint(1, 9)}
        case "street" | "mend":
            return {"street": f"Storgata {chance.randint(1, 999)}"}
        case "spoil":
            return {"field": chance.choice(("address_1", "city"))}
        case "renumber":
            return {"number": f"N{chance.randint(1000, 9999)}"}
        case _:
            return {}


def _lost_answer(chance: random.Random) -> dict[str, Any]:
    """The warehouse does what it is asked, and nobody hears of it."""
    kind = chance.choice(LOST_ANSWERS)
    return {
        "kind": kind,
        "path": "/orders",
        "method": chance.choice(("PUT", "PUT", "PUT", "DELETE")),
        "times": chance.randint(1, 2),
        "after_write": True,
        **({"seconds": 2.0} if kind == "slow" else {}),
    }


def _no_look(chance: random.Random, number: int, at: float) -> list[Step]:
    """Often the warehouse cannot be asked either what became of the call, for a try or two."""
    down = {"kind": "status", "status": 503, "path": "/orders", "method": "GET", "times": chance.randint(1, 2)}
    return [Step(at, "warehouse", number, down)] if chance.random() < 0.6 else []


def _in_warehouse(chance: random.Random, number: int, at: float) -> Iterator[Step]:
    """Picking begins at some moment, whatever the shop is doing with the order then."""
    if chance.random() > 0.45:
        return
    at += chance.uniform(0.5, 8)
    yield Step(at, "pick", number)
    if chance.random() < 0.8:
        at += chance.uniform(0.3, 3)
        yield Step(at, "ship", number, {"waybill": f"7{number:05}1", "late": chance.random() < 0.2})
        if chance.random() < 0.35:
            at += chance.uniform(0.2, 4)
            yield Step(at, "label", number, {"waybill": f"7{number:05}2"})
        if chance.random() < 0.3:
            yield Step(at + chance.uniform(0.5, 4), "bring-back", number)


# --- bad luck -----------------------------------------------------------------------------------------------------------


def _faults(chance: random.Random, seconds: float) -> Iterator[Step]:
    at = WARM_UP_SECONDS
    while True:
        at += chance.uniform(0.8, 3)
        if at > seconds - 1:
            return
        name = chance.choices(list(_FAULTS), [share for share, _ in _FAULTS.values()])[0]
        what, more = _FAULTS[name][1](chance)
        yield Step(at, what, None, more)


def _trouble(chance: random.Random, path: str) -> dict[str, Any]:
    """How a server on the other side fails, for a few calls."""
    kind = chance.choice(("status", "status", "hang-up", "html", "slow", "after"))
    common: dict[str, Any] = {"path": path, "times": chance.randint(1, 5)}
    if kind == "status":
        status = chance.choice((429, 429, 500, 502, 503))
        return {"kind": "status", "status": status, **({"retry_after": "1"} if status == 429 else {}), **common}
    if kind == "slow":
        return {"kind": "slow", "seconds": chance.choice((0.5, 1.0, 1.8)), **common, "times": chance.randint(1, 2)}
    if kind == "after":
        method = chance.choice(("PUT", "POST"))
        return {"kind": chance.choice(("hang-up", "html")), "method": method, "after_write": True, **common}
    return {"kind": kind, **common}


def _weather(chance: random.Random) -> dict[str, Any]:
    """What becomes of the deliveries of the next seconds."""
    fates = ("lost", "twice", "late", "refused", "answer-lost")
    return {"fate": chance.choice(fates), "share": chance.choice((0.4, 0.7, 1.0)), "seconds": round(chance.uniform(1.5, 5), 2)}


Make = Callable[[random.Random], tuple[str, dict[str, Any]]]

_FAULTS: dict[str, tuple[int, Make]] = {
    "weather": (24, lambda chance: ("weather", _weather(chance))),
    "warehouse": (20, lambda chance: ("warehouse", _trouble(chance, ""))),
    "shop": (14, lambda chance: ("shop", _trouble(chance, ""))),
    "lost answer": (8, lambda chance: ("warehouse", _lost_answer(chance))),
    "worker": (10, lambda chance: ("kill", {"who": "worker", "which": chance.randrange(2), "seconds": _pause(chance, 1)})),
    "api": (5, lambda chance: ("kill", {"who": "api", "which": 0, "seconds": _pause(chance, 0.8)})),
    "redis": (4, lambda chance: ("redis", {"seconds": _pause(chance, 1.5)})),
    "frozen worker": (6, lambda chance: ("freeze", {"who": "worker", "which": chance.randrange(2), "seconds": _long(chance)})),
    "frozen api": (2, lambda chance: ("freeze", {"who": "api", "which": 0, "seconds": _pause(chance, 1.5)})),
    "database": (4, lambda chance: ("database", {"seconds": _pause(chance, 2.5)})),
    "count": (5, lambda chance: ("count", {"product": chance.randrange(PRODUCTS), "pieces": chance.randint(20, 400)})),
    "prefix": (3, lambda chance: ("prefix", {"prefix": chance.choice(("", "W-", "B-"))})),
}
"""What may happen beside the orders: how often in a hundred, and how."""


def _pause(chance: random.Random, most: float) -> float:
    return round(chance.uniform(0.2, most), 2)


def _long(chance: random.Random) -> float:
    """Often longer than a lease lasts."""
    return round(chance.uniform(0.5, 5), 2)
