"""One history from its plan to its verdict, and how it is told."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.chaos.histories.judge import Verdict, Violation, judge
from tests.chaos.histories.plan import Step
from tests.chaos.histories.player import Player
from tests.chaos.histories.record import Story
from tests.chaos.histories.world import World, open_world

MOST_TOLD = 3
MOST_CALLS = 40


@dataclass(frozen=True)
class Played:
    """`told` is the history of what went wrong, empty when nothing did."""

    kind: str
    seed: int
    verdict: Verdict
    faults: Counter[str]
    told: str
    seconds: float

    @property
    def line(self) -> str:
        verdict = self.verdict
        what = f"{verdict.orders} orders, {verdict.accepted} deliveries taken, {self.faults.total()} faults"
        amiss = f"{len(verdict.violations)} VIOLATIONS" if verdict.violations else "as it should be"
        return f"seed {self.seed} on {self.kind}: {what}, {self.seconds:.0f} s: {amiss}"


async def play(kind: str, seed: int, steps: Sequence[Step]) -> Played:
    """Plays the steps on a world of their own, mends everything and judges."""
    began = time.monotonic()
    async with open_world(kind, seed) as world:
        player = Player(world)
        await player.play(steps)
        await player.mend()
        verdict = await judge(player)
        told = await _tell(player, steps, verdict) if verdict.violations else ""
    return Played(kind, seed, verdict, player.faults, told, time.monotonic() - began)


def play_now(kind: str, seed: int, steps: Sequence[Step]) -> Played:
    return asyncio.run(play(kind, seed, steps))


async def _tell(player: Player, steps: Sequence[Step], verdict: Verdict) -> str:
    lines = [f"- {each.kind}: {each.text}" for each in verdict.violations]
    stories = {each.story.order: each.story for each in verdict.violations if each.story is not None}
    for story in list(stories.values())[:MOST_TOLD]:
        lines += await _history_of(player, story, steps, verdict.violations)
    return "\n".join([*lines, player.world.log_ends()])


async def _history_of(player: Player, story: Story, steps: Sequence[Step], found: Sequence[Violation]) -> list[str]:
    world = player.world
    first = next((step.at for step in steps if step.order == story.order), 0.0)
    last = max((step.at for step in steps if step.order == story.order), default=0.0)
    beside = [step for step in steps if step.order == story.order or (step.order is None and first - 3 <= step.at <= last + 3)]
    explained = await world.owner.explain(story.id) or {}
    return [
        f"=== order {story.order} of the plan, {story.id} in the shop",
        *(f"    {each.text}" for each in found if each.story is story),
        f"  picked {story.picked_at}, sent {story.shipped_at}, numbers {story.waybills}, came back {story.returned}",
        "  the shop:",
        *(f"    {each.described()}" for each in story.versions),
        "  its webhooks:",
        *(f"    {each.described()}" for each in world.post.of_record(story.id)),
        "  the warehouse's journal:",
        *(f"    {line}" for line in _calls(world, story)),
        "  what was done:",
        *(f"    {each.described()}" for each in beside),
        "  the gateway:",
        *(f"    {line}" for line in _words(explained)),
        "  to keep it (tests/chaos/histories/broken_once):",
        f"    {json.dumps([each.as_json() for each in beside])}",
    ]


def _calls(world: World, story: Story) -> list[str]:
    found = []
    numbers = {str(story.id), *(version.number for version in story.versions)}
    ids = {str(each.id) for each in world.warehouse.orders_by_id.values() if each.body.goods_owner_order_id == str(story.id)}
    began = time.time() - world.now
    for call in list(world.servers["warehouse"].app.state.journal.calls):
        body = call.body if isinstance(call.body, dict) else {}
        mine = body.get("goodsOwnerOrderId") == str(story.id) or call.path.rsplit("/", 1)[-1] in ids
        asked = any(name == "orderNumber" and any(value.endswith(one) for one in numbers) for name, value in call.query)
        if mine or asked:
            lines = [(line["articleNumber"], line["numberOfItems"]) for line in body.get("orderLines") or []]
            fault = f" ({call.fault})" if call.fault else ""
            at = call.at.timestamp() - began
            found.append(f"{at:7.2f} s  {call.method} {call.path} {dict(call.query) or ''} {lines or ''} → {call.status}{fault}")
    return found[-MOST_CALLS:]


def _words(explained: dict[str, Any]) -> list[str]:
    if not explained:
        return ["knows nothing of it"]
    names = ("label", "wanted", "transfer", "reason_code", "reason", "warehouse", "delivery", "next")
    return [
        *(f"{name}: {explained[name]}" for name in names),
        *(f"{each['at']} {each['code']}: {each['text']}" for each in reversed(explained["history"]["items"])),
    ]
