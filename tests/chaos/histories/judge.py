"""The judge: knows what the shop and the warehouse have at the end, and asks the gateway only why.

Whatever happened in between, each order is as its newest state in the shop wants it, or the gateway shows why it is not, and that
reason is one that shop or warehouse gave. Nothing is there twice, and nothing that was answered with 200 is missing.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from app.sandbox.ongoing.model.records import Order
from tests.chaos.histories.player import Player
from tests.chaos.histories.record import (
    CANCELLED,
    SENT,
    STARTED,
    WAITING,
    WANTED,
    Content,
    Story,
    content_in_warehouse,
    is_withdrawn,
)
from tests.chaos.histories.world import GOODS_OWNER, World

RETURNED = 800
OPENED_AGAIN = ("reopened-after-cancel", "cancelled-in-warehouse")
UNSETTLED = ("received", "parked", "queued")
LOOKS = 4
"""How often everything is read again before what is amiss counts: a fault may have hit the last look."""
QUIET_SECONDS = 60.0


@dataclass(frozen=True)
class Violation:
    """`kind`: lost, doubled, wrong (neither as the shop wants it nor held for a reason) or stock."""

    kind: str
    text: str
    story: Story | None = None


@dataclass(frozen=True)
class Verdict:
    violations: tuple[Violation, ...]
    accepted: int
    orders: int
    events: Counter[str]

    def count(self, kind: str) -> int:
        return sum(each.kind == kind for each in self.violations)


async def judge(player: Player) -> Verdict:
    """Has everything read once more, waits until nothing waits, and looks. Looks again while something is amiss."""
    world = player.world
    verdict = None
    for _ in range(LOOKS):
        restless = await _read_everything(world)
        verdict = await _look(player, restless)
        if not verdict.violations:
            break
    assert verdict is not None
    return verdict


async def _read_everything(world: World) -> list[str]:
    """Returns what still waits when it should not."""
    await _until_quiet(world)
    for process, full in (("articles", True), ("orders", True), ("shipments", True), ("returns", True), ("stock", True)):
        await world.owner.sync(process, full=full)
        restless = await _until_quiet(world)
    await world.owner.sync("stock", full=True)
    return restless or await _until_quiet(world)


async def _until_quiet(world: World) -> list[str]:
    waits = await world.owner.waits()
    ends = world.now + QUIET_SECONDS
    while waits and world.now < ends:
        await asyncio.sleep(0.3)
        waits = await world.owner.waits()
    return waits


async def _look(player: Player, restless: list[str]) -> Verdict:
    world = player.world
    events = await world.owner.all("events")
    explained = {story.order: await world.owner.explain(story.id) for story in player.stories.values()}
    found = [
        *(Violation("lost", f"still waits at the end: {what}") for what in restless),
        *_missing_events(world, events),
        *chain.from_iterable(_judge_order(player, story, explained[story.order]) for story in player.stories.values()),
        *_stock(player),
    ]
    letters = await world.owner.all("dead-letters")
    stories = {str(story.id): story for story in player.stories.values()}
    found += [
        Violation("lost", f"a dead letter: {each['process']} {each['record']}: {each['reason']}", stories.get(each["record"]))
        for each in letters
    ]
    accepted = sum(letter.answers.count(200) for letter in world.post.accepted)
    return Verdict(tuple(found), accepted, len(player.stories), Counter(each["state"] for each in events))


def _missing_events(world: World, events: list[dict[str, Any]]) -> Iterator[Violation]:
    """Each delivery that was answered with 200 is an event, and has come to an end."""
    kept = Counter((each["topic"], str(each["record"])) for each in events)
    taken: Counter[tuple[str, str]] = Counter()
    for letter in world.post.accepted:
        taken[letter.topic, str(letter.record)] += letter.answers.count(200)
    for (topic, record), times in taken.items():
        if kept[topic, record] < times:
            yield Violation("lost", f"{times} deliveries {topic} of {record} were taken, {kept[topic, record]} are kept")
    for each in events:
        if each["state"] in UNSETTLED:
            yield Violation("lost", f"event {each['id']} ({each['topic']} of {each['record']}) is still {each['state']}")


# --- orders -----------------------------------------------------------------------------------------------------------------


def _judge_order(player: Player, story: Story, explained: dict[str, Any] | None) -> Iterator[Violation]:
    there = _all_in_warehouse(player.world, story)
    if len(there) > 1:
        numbers = ", ".join(f"{each.number} (status {each.status})" for each in there)
        yield Violation("doubled", f"{story.id} is in the warehouse {len(there)} times: {numbers}", story)
        return
    order = there[0] if there else None
    found = [_wrong_number(player, story, order), _wrong_state(player, story, order, explained)]
    yield from (Violation("wrong", f"{story.id} {words}", story) for words in found if words)
    yield from _told(player.world, story, order)


def _all_in_warehouse(world: World, story: Story) -> list[Order]:
    orders = world.warehouse.orders_by_id.values()
    return [each for each in orders if each.body.goods_owner_order_id == str(story.id) and each.back_order_for is None]


def _wrong_number(player: Player, story: Story, order: Order | None) -> str | None:
    if order is None:
        return None
    allowed = {f"{prefix}{version.number}" for prefix in player.prefixes for version in story.versions}
    return None if order.number in allowed else f"has the number {order.number}, which it never had in the shop"


def _wrong_state(player: Player, story: Story, order: Order | None, explained: dict[str, Any] | None) -> str | None:
    """What is wrong with the order in the warehouse, in words; None when it is as it should be."""
    in_shop = player.world.shop.orders.get(story.id)
    status = in_shop["status"] if in_shop else None
    if order is not None and not order.cancelled and (words := _never_wanted(story, order)):
        return words
    reason = _reason(explained)
    if is_withdrawn(status):
        return _wrongly_there(story, order, status, reason)
    if status in WAITING or status != WANTED:
        if status not in WAITING and (order is None or order.status < SENT):
            return f"is {status} in the shop, and the warehouse has not sent it"
        return None
    if not story.newest.is_good:
        return None if reason else "has no whole address, and the gateway does not show it as held"
    return _wrongly_missing(story, order, reason)


def _never_wanted(story: Story, order: Order) -> str | None:
    """What stands in the warehouse is some version that the shop wanted sent, and had before picking began."""
    until = story.picked_at if story.picked_at is not None else float("inf")
    wanted: set[Content] = {each.content for each in story.versions if each.is_sendable and each.at <= until}
    if content_in_warehouse(order) in wanted:
        return None
    return f"stands in the warehouse with a content that the shop did not want then: {content_in_warehouse(order)}"


def _wrongly_there(story: Story, order: Order | None, status: str | None, reason: str | None) -> str | None:
    if order is None or order.cancelled or order.status == RETURNED:
        return None
    if order.status < STARTED:
        return f"is {status or 'deleted'} in the shop and open in the warehouse (status {order.status})"
    if reason == "too-late-to-cancel" or (order.status >= SENT and story.waybills):
        return None
    return f"is {status or 'deleted'} in the shop, the warehouse is at {order.status}, and the gateway shows {reason}"


def _wrongly_missing(story: Story, order: Order | None, reason: str | None) -> str | None:
    if order is None:
        return f"is to be sent and not in the warehouse (the gateway shows {reason})"
    if order.status == CANCELLED:
        if story.was_cancelled and reason in OPENED_AGAIN:
            return None
        return f"is to be sent and cancelled in the warehouse (the gateway shows {reason})"
    if content_in_warehouse(order) == story.newest.content:
        return f"is as it should be, and the gateway shows {reason}" if reason and order.status < STARTED else None
    if order.status < STARTED:
        return f"is not changed in the warehouse, where nobody has begun: {content_in_warehouse(order)} (shown: {reason})"
    return None if reason == "warehouse-started" else f"was changed after picking began, and the gateway shows {reason}"


def _reason(explained: dict[str, Any] | None) -> str | None:
    """Why the gateway holds the order; None when it does not."""
    if explained is None or explained["transfer"] not in ("held", "refused"):
        return None
    code: str | None = explained["reason_code"]
    return code


# --- what the shop was told ---------------------------------------------------------------------------------------------------


def _told(world: World, story: Story, order: Order | None) -> Iterator[Violation]:
    in_shop = world.shop.orders.get(story.id)
    if in_shop is None:
        return
    notes = [note["note"] for note in world.shop.notes.get(story.id, [])]
    for waybill in story.waybills:
        times = sum(waybill in note for note in notes)
        if times > 1:
            yield Violation("doubled", f"{story.id}: the number {waybill} was told {times} times", story)
        if times == 0 and in_shop["status"] == "completed":
            yield Violation("lost", f"{story.id}: the number {waybill} was never told, though it is completed", story)
    if story.waybills and in_shop["status"] in (WANTED, *WAITING) and story.newest.at < (story.shipped_at or 0):
        yield Violation("lost", f"{story.id} was sent, and is {in_shop['status']} in the shop", story)
    ours = Counter(note for note in notes if note in _posted(world, story))
    for note, times in ours.items():
        if times > 1:
            yield Violation("doubled", f"{story.id}: {times} notes say: {note}", story)
    yield from _refunded(world, story, in_shop)


def _posted(world: World, story: Story) -> set[str]:
    path = f"/orders/{story.id}/notes"
    calls = (each for each in list(world.shop.journal.calls) if each.method == "POST" and each.path.endswith(path))
    return {call.body["note"] for call in calls if isinstance(call.body, dict)}


def _refunded(world: World, story: Story, in_shop: dict[str, Any]) -> Iterator[Violation]:
    refunded: dict[str, float] = defaultdict(float)
    for refund in world.shop.refunds.get(story.id, []):
        for line in refund["line_items"]:
            row = next((str(each["value"]) for each in line["meta_data"] if each["key"] == "_refunded_item_id"), "")
            refunded[row] -= line["quantity"]
    for row, pieces in refunded.items():
        if pieces > story.returned.get(row, 0):
            yield Violation(
                "doubled", f"{story.id}: {pieces:g} of row {row} refunded, {story.returned.get(row, 0):g} returned", story
            )
    if in_shop["status"] == "completed":
        for row, pieces in story.returned.items():
            if refunded[row] < pieces:
                yield Violation("lost", f"{story.id}: {pieces:g} of row {row} came back, {refunded[row]:g} are refunded", story)


# --- stock --------------------------------------------------------------------------------------------------------------------


def _stock(player: Player) -> Iterator[Violation]:
    """The shop shows what the warehouse can sell, less what is sold and not there."""
    world = player.world
    surely, perhaps = _sold_and_not_there(player)
    for number, product in enumerate(world.products):
        sku = f"VARE-{number}"
        sellable = world.warehouse.articles[GOODS_OWNER, sku].stock.sellable
        in_shop = world.shop.products.get(product)
        shown = in_shop["stock_quantity"] if in_shop else None
        most = max(int(sellable - surely[sku]), 0)
        least = max(int(sellable - surely[sku] - perhaps[sku]), 0)
        if shown is None or not least <= shown <= most:
            said = (
                f"the warehouse can sell {sellable:g}, {surely[sku]:g} to {surely[sku] + perhaps[sku]:g} are sold and not there"
            )
            yield Violation("stock", f"{sku}: the shop shows {shown}, {said}")


def _sold_and_not_there(player: Player) -> tuple[dict[str, float], dict[str, float]]:
    """Pieces by article: what certainly is, and what may be counted so or not."""
    surely: dict[str, float] = defaultdict(float)
    perhaps: dict[str, float] = defaultdict(float)
    for story in player.stories.values():
        in_shop = player.world.shop.orders.get(story.id)
        if in_shop is None or in_shop["status"] not in (WANTED, "on-hold"):
            continue
        there = _all_in_warehouse(player.world, story)
        order = next((each for each in there if not each.cancelled), None)
        has = {row: pieces for row, _, pieces in content_in_warehouse(order)[0]} if order else {}
        certain = order is None and not there and in_shop["status"] == WANTED
        for row, sku, pieces in story.newest.content[0]:
            (surely if certain else perhaps)[sku] += max(pieces - has.get(row, 0), 0)
    return surely, perhaps
