"""Plays a plan: each step at its time, against the world as it is then.

A person does not change an order that is completed, or take one out of a trash in which it does not lie. Such steps are passed
over: what the gateway and the warehouse have done by then is not in the plan.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.requests import Request

from app.demo.catalogue import order_of
from app.demo.gateway import GatewaySaidNo
from app.sandbox.kit.faults import Fault
from app.sandbox.ongoing.model.records import Order
from app.sandbox.woocommerce import RestError
from tests.chaos.histories.plan import Step
from tests.chaos.histories.post_office import Weather
from tests.chaos.histories.record import SENT, STARTED, Story, Version, content_in_shop
from tests.chaos.histories.world import World
from tests.chaos.processes import until

PEOPLE = (
    ("Kari", "Nordmann", "Storgata 1", "0155", "Oslo"),
    ("Ola", "Hansen", "Bryggen 12", "5003", "Bergen"),
    ("Ingrid", "Solberg", "Munkegata 4", "7013", "Trondheim"),
    ("Lars", "Bakken", "Strandgata 22", "9008", "Tromsø"),
)
STATUS = {"open": "processing", "hold": "on-hold", "cancel": "cancelled"}
CLOSED = ("completed", "refunded")
PATHS = {"warehouse": "/demo/api/v1", "shop": "/wp-json/wc/v3"}
OWNER_SECONDS = 5.0
SHOWN_SECONDS = 12.0
"""How long a life waits for its fault: the call may never come."""


@dataclass
class _OwnFault(Fault):
    """A fault that may be meant for some calls only."""

    is_meant: Callable[[Request], bool] = lambda request: True

    def matches(self, request: Request) -> bool:
        return super().matches(request) and self.is_meant(request)


@dataclass
class Player:
    world: World
    stories: dict[int, Story] = field(default_factory=dict)
    prefixes: set[str] = field(default_factory=lambda: {""})
    """Every prefix that may have been in force."""
    faults: Counter[str] = field(default_factory=Counter)
    """How often each was made."""
    _going_on: set[asyncio.Task[None]] = field(default_factory=set)
    _own_faults: dict[int, Fault] = field(default_factory=dict)
    _away: bool = False

    async def play(self, steps: Sequence[Step]) -> None:
        """Returns when the last step is done and its faults are over. Each order's life goes on at its own speed."""
        lives: dict[int | None, list[Step]] = defaultdict(list)
        for step in steps:
            lives[step.order].append(step)
        watching = asyncio.create_task(self._watch_webhooks())
        await asyncio.gather(*(self._live(each) for each in lives.values()))
        watching.cancel()
        while self._going_on:
            await asyncio.gather(*self._going_on)

    async def _live(self, steps: Sequence[Step]) -> None:
        late = 0.0
        for step in steps:
            await asyncio.sleep(max(step.at + late - self.world.now, 0))
            if step.what == "answer-lost":
                late += await self._until_shown(self._own_faults[step.order or 0])
            else:
                await self._do(step)

    async def _watch_webhooks(self) -> None:
        """The shop's owner switches its webhooks on again: else the shop would be silent for half of a history."""
        while True:
            await asyncio.sleep(OWNER_SECONDS)
            for webhook in list(self.world.shop.webhooks.by_id.values()):
                webhook.failures = 0
                webhook.status = "active"

    async def _until_shown(self, fault: Fault) -> float:
        """Returns how many seconds that took."""
        began = self.world.now
        times = fault.times
        while fault.times == times and self.world.now - began < SHOWN_SECONDS:  # noqa: ASYNC110 - it is set in another thread
            await asyncio.sleep(0.01)
        return self.world.now - began

    async def mend(self) -> None:
        """Good weather, and everything runs: nothing that is amiss from now on is a fault's."""
        self.world.post.weather = None
        self.world.shop.faults.active.clear()
        self.world.servers["warehouse"].app.state.faults.active.clear()
        self.world.start_all()
        await self.world.until_answering()
        await until(lambda: self.world.post.is_empty, "the late deliveries have arrived")

    async def _do(self, step: Step) -> None:
        if step.order is not None:
            if step.what == "place":
                self._place(step)
            elif step.what == "warehouse":
                fault = self._make_trouble("warehouse", dict(step.more), step.order)
                if fault.after_write:
                    self._own_faults[step.order] = fault
            elif step.order in self.stories:
                await self._with_order(step, self.stories[step.order])
            return
        more = dict(step.more)
        match step.what:
            case "kill":
                self._begin(self._kill(**more))
            case "freeze":
                self._begin(self._freeze(**more))
            case "redis":
                self._begin(self._take_redis(**more))
            case "database":
                self._begin(self._take_database(**more))
            case "weather":
                self._begin(self._change_weather(**more))
            case "warehouse" | "shop":
                self._make_trouble(step.what, more)
            case "count":
                await self.world.floor(f"articles/VARE-{more['product']}/stock", present=more["pieces"])
            case "prefix":
                self._begin(self._set_prefix(more["prefix"]))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._going_on.add(task)
        task.add_done_callback(self._going_on.discard)

    # --- the shop

    def _place(self, step: Step) -> None:
        made, shop = step.more, self.world.shop
        lines = [(self.world.products[product], pieces) for product, pieces in made["lines"]]
        status = {"pending": "pending", "held": "on-hold"}.get(made["stands"], "processing")
        body = order_of(PEOPLE[made["customer"]], lines, status=status)
        if made["stands"] == "bad":
            body["shipping"] = {**body["shipping"], "city": ""}
            body["billing"] = {**body["billing"], "city": ""}
        at = self.world.now
        placed = shop.checkout(body) if made["checkout"] and made["stands"] != "pending" else shop.add_order(body)
        story = Story(step.order or 0, placed["id"])
        self.stories[story.order] = story
        self._note(story, at, "place")

    async def _with_order(self, step: Step, story: Story) -> None:
        match step.what:
            case "pick":
                await self._pick(story)
            case "ship":
                await self._ship(story, **step.more)
            case "label":
                await self._label(story, step.more["waybill"])
            case "bring-back":
                await self._bring_back(story)
            case _:
                at = self.world.now
                with contextlib.suppress(RestError):
                    if self._change(step, story):
                        self._note(story, at, step.what)

    def _change(self, step: Step, story: Story) -> bool:
        """Whether it was done."""
        shop, now = self.world.shop, self.world.shop.orders.get(story.id)
        if now is None or (step.what != "delete" and not _can_be_changed(step, now["status"])):
            return False
        match step.what:
            case "open" | "hold" | "cancel":
                shop.change_order(story.id, {"status": STATUS[step.what]})
            case "quantity":
                line = now["line_items"][0]["id"]
                shop.change_order(story.id, {"line_items": [{"id": line, "quantity": step.more["pieces"]}]})
            case "street":
                shop.change_order(story.id, {"shipping": {"address_1": step.more["street"]}})
            case "spoil":
                empty = {step.more["field"]: ""}
                shop.change_order(story.id, {"shipping": empty, "billing": empty})
            case "mend":
                whole = {"address_1": step.more["street"], "postcode": "0155", "city": "Oslo"}
                shop.change_order(story.id, {"shipping": whole, "billing": whole})
            case "trash":
                shop.trash_order(story.id)
            case "restore":
                shop.restore_order(story.id)
            case "delete":
                shop.delete_order(story.id)
            case "renumber":
                self._renumber(story, step.more["number"])
        return True

    def _renumber(self, story: Story, number: str) -> None:
        """As a plugin does that gives numbers of its own."""
        shop = self.world.shop
        with shop.lock:
            order = shop.orders.find(story.id)
            order["number"] = number
            shop.orders.touch(order)
        shop.fire("order.updated", story.id)

    def _note(self, story: Story, at: float, what: str) -> None:
        now = self.world.shop.orders.get(story.id)
        if now is None:
            story.versions.append(Version(at, what, None, story.newest.number, story.newest.content))
        else:
            story.versions.append(Version(at, what, now["status"], now["number"], content_in_shop(now)))

    # --- the warehouse

    def in_warehouse(self, story: Story) -> Order | None:
        """The order there, of this one in the shop."""
        mine = (each for each in list(self.world.warehouse.orders.values()) if each.body.goods_owner_order_id == str(story.id))
        return next(mine, None)

    async def _pick(self, story: Story) -> None:
        order = self.in_warehouse(story)
        if order is not None and order.status < STARTED:
            answer = await self.world.floor(f"orders/{order.number}/status", status=STARTED)
            if answer.status_code == 200:
                story.picked_at = self.world.now

    async def _ship(self, story: Story, waybill: str, late: bool) -> None:
        order = self.in_warehouse(story)
        if order is not None and STARTED <= order.status < SENT:
            answer = await self.world.floor(f"orders/{order.number}/ship", waybill=None if late else waybill)
            if answer.status_code == 200:
                story.shipped_at = self.world.now
                story.waybills += [] if late else [waybill]

    async def _label(self, story: Story, waybill: str) -> None:
        order = self.in_warehouse(story)
        if order is not None and story.shipped_at is not None:
            answer = await self.world.floor(f"orders/{order.number}/tracking", waybill=waybill)
            story.waybills += [waybill] if answer.status_code == 200 else []

    async def _bring_back(self, story: Story) -> None:
        order = self.in_warehouse(story)
        if order is not None and story.shipped_at is not None and story.waybills:
            row = order.lines[0].row_number
            answer = await self.world.floor(f"orders/{order.number}/return", returned={row: 1})
            if answer.status_code == 200:
                story.returned[row] = story.returned.get(row, 0) + 1

    # --- bad luck

    def _make_trouble(self, where: str, more: dict[str, Any], order: int | None = None) -> Fault:
        fault = _OwnFault(**{**more, "path": f"{PATHS[where]}{more['path']}"})
        if order is not None:
            fault.is_meant = lambda request: self._is_about(order, request)
        active = self.world.shop.faults.active if where == "shop" else self.world.servers["warehouse"].app.state.faults.active
        active.append(fault)
        words = {"status": f"answers {fault.status}", "slow": "slow", "hang-up": "hangs up", "html": "HTML with 200"}
        how = "answer lost after the write" if fault.after_write else words[fault.kind]
        self.faults[f"{where}: {how}"] += 1
        return fault

    def _is_about(self, order: int, request: Request) -> bool:
        """Whether the call writes this order, cancels it or looks whether it is there."""
        story = self.stories.get(order)
        if story is None:
            return False
        there = self.in_warehouse(story)
        said = getattr(request, "_body", b"").decode(errors="replace")  # it was read before the fault is looked for
        if request.method == "DELETE" and there is not None and request.url.path.endswith(f"/{there.id}"):
            return True
        number = request.query_params.get("orderNumber", "")
        if number and any(number.endswith(version.number) for version in story.versions):
            return True
        return f'"goodsOwnerOrderId":"{story.id}"' in said.replace(" ", "")

    async def _kill(self, who: str, which: int, seconds: float) -> None:
        name = self._name(who, which)
        program = self.world.programs[name]
        if program.code is not None:
            return
        self.faults[f"{who} killed (kill -9)"] += 1
        await asyncio.to_thread(program.kill)
        await asyncio.sleep(seconds)
        if self.world.programs[name] is program:
            self.world.start(name)

    async def _freeze(self, who: str, which: int, seconds: float) -> None:
        program = self.world.programs[self._name(who, which)]
        if program.code is not None:
            return
        self.faults[f"{who} frozen (SIGSTOP)"] += 1
        program.freeze()
        await asyncio.sleep(seconds)
        if program.code is None:
            program.thaw()

    def _name(self, who: str, which: int) -> str:
        return "api" if who == "api" else f"worker-{which % self.world.workers}"

    async def _take_redis(self, seconds: float) -> None:
        await self._without("Redis killed (kill -9), empty afterwards", seconds, self._redis_away)

    async def _redis_away(self, seconds: float) -> None:
        self.world.valkey.kill()
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.world.valkey.start_empty)

    async def _take_database(self, seconds: float) -> None:
        await self._without("database away", seconds, self._database_away)

    async def _database_away(self, seconds: float) -> None:
        def in_one_thread() -> None:  # a SQLite connection stays in the thread that opened it
            with self.world.database.away():
                time.sleep(seconds)

        await asyncio.to_thread(in_one_thread)

    async def _without(self, fault: str, seconds: float, work: Callable[[float], Awaitable[None]]) -> None:
        """One service at a time: each is given back before another is taken."""
        if self._away:
            return
        self._away = True
        self.faults[fault] += 1
        try:
            await work(seconds)
        finally:
            self._away = False

    async def _change_weather(self, fate: str, share: float, seconds: float) -> None:
        post = self.world.post
        mine = post.weather = Weather(fate, share)
        self.faults[f"webhooks {fate}"] += 1
        await asyncio.sleep(seconds)
        if post.weather is mine:
            post.weather = None

    async def _set_prefix(self, prefix: str) -> None:
        self.prefixes.add(prefix)
        self.faults["order number prefix changed"] += 1
        change = {"settings": {"order_number_prefix": prefix}}
        with contextlib.suppress(httpx.HTTPError, GatewaySaidNo):
            await self.world.owner.ask("PATCH", "connections/history", change)


def _can_be_changed(step: Step, status: str) -> bool:
    return status not in CLOSED and (step.what == "restore") == (status == "trash")
