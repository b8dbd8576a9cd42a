"""The demo to watch: customers buy, change and cancel. Every step between shop and warehouse is shown as it happens."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from app.clock import utc_now
from app.demo.catalogue import PRODUCTS, order_of, somebody
from app.demo.floor import Floor
from app.demo.goods_owners import GOODS_OWNERS
from app.demo.mystore import simulator
from app.demo.nettbutikk24 import live as nettbutikk
from app.demo.nettbutikk24.shop import NettbutikkShop
from app.demo.nettbutikk24.simulator import SYSTEM as NETTBUTIKK
from app.demo.sevenoffice24 import live as sevenoffice
from app.demo.sevenoffice24.office import SevenOffice
from app.demo.sevenoffice24.simulator import SYSTEM as SEVENOFFICE
from app.demo.story.tally import Tally
from app.demo.world import WAREHOUSE_USER, World

LOOK_SECONDS = 0.25
HELD_SECONDS = 2.0
"""How often the gateway is asked what it holds."""
BETWEEN_ORDERS_SECONDS = (2.0, 5.0)
COLOURS = {"shop": "cyan", "webhook": "magenta", "warehouse": "green", "gateway": "yellow", "held": "red"}
OTHER_WAYBILLS = 370700000000001000
ERP_WAYBILLS = 370700000000002000
POLL_MINUTES = 0.1
"""A short interval, so that nobody waits a quarter of an hour for what no webhook tells."""


@dataclass(frozen=True)
class Step:
    """One thing that happened, where and when (UTC)."""

    at: datetime
    where: str
    words: str
    is_trouble: bool = False


@dataclass
class Watch:
    """Sees what the shop sent, and what warehouse and shop were asked, by what the simulators have written down."""

    world: World
    seen_deliveries: int = 0
    seen_calls: int = 0
    seen_shop_calls: int = 0
    seen_nettbutikk_calls: int = 0
    seen_sevenoffice_calls: int = 0
    delivered: dict[str, datetime] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    asked_at: datetime | None = None

    def tell(self, words: str) -> None:
        """Something that happens in a shop now."""
        self.steps.append(Step(utc_now(), "shop", words))

    async def look(self) -> list[Step]:
        """What happened since the last look, oldest first."""
        sent = await self.world.shop.deliveries(self.seen_deliveries)
        calls = await self.world.warehouse.journal(self.seen_calls)
        asked = await self.world.shop.journal(self.seen_shop_calls)
        told = await NettbutikkShop(self.world.nettbutikk_url, self.world.http).journal(self.seen_nettbutikk_calls)
        saved = await SevenOffice(self.world.sevenoffice_url, self.world.http).journal(self.seen_sevenoffice_calls)
        self.seen_deliveries += len(sent)
        self.seen_sevenoffice_calls = max([self.seen_sevenoffice_calls, *(call["number"] for call in saved)])
        self.seen_nettbutikk_calls = max([self.seen_nettbutikk_calls, *(call["number"] for call in told)])
        self.seen_shop_calls = max([self.seen_shop_calls, *(call["number"] for call in asked)])
        self.seen_calls = max([self.seen_calls, *(call["number"] for call in calls)])
        found = [self._delivery(one) for one in sent if one["topic"] != "ping"]
        found += [step for call in calls if (step := self._call(call)) is not None]
        found += [step for call in asked if (step := way_back(call)) is not None]
        found += [_told(call, words) for call in told if (words := nettbutikk.told(call)) is not None]
        found += [_told(call, words) for call in saved if (words := sevenoffice.told(call)) is not None]
        found += [*self.steps, *await self._held()]
        self.steps = []
        for step in found:
            self.tally.see(step.where, step.words, is_trouble=step.is_trouble)
        return sorted((step for step in found if not _is_noise(step)), key=lambda step: step.at)

    async def _held(self) -> list[Step]:
        """The orders that are held now and were not at the last look."""
        now = utc_now()
        if self.asked_at is not None and (now - self.asked_at).total_seconds() < HELD_SECONDS:
            return []
        self.asked_at = now
        listed = await self.world.gateway.call("GET", "mappings", params={"transfer": "held", "kind": "order", "limit": "200"})
        shown = [(each["shop"]["number"] or each["shop"]["id"], each["reason"]) for each in listed["items"]]
        before, held = self.tally.held, {str(number): str(reason) for number, reason in shown}
        self.tally.held = held
        return [Step(now, "held", f"order {number}: {held[number]}") for number in held if number not in before]

    def _delivery(self, sent: dict[str, Any]) -> Step:
        at = datetime.fromisoformat(sent["at"])
        self.delivered[str(sent["resource_id"])] = at
        answer = sent["status"] or "no answer"
        return Step(at, "webhook", f"{sent['topic']} {sent['resource_id']} → {answer}", sent["status"] != 200)

    def _call(self, call: dict[str, Any]) -> Step | None:
        """Writes, and whatever failed; reads that went well are of no interest here."""
        failed = not 200 <= call["status"] < 300
        if call["method"] == "GET" and not failed:
            return None
        at = datetime.fromisoformat(call["at"])
        body = call["body"] if isinstance(call["body"], dict) else {}
        what = call["path"].rpartition("/api/v1/")[2]
        if what == "orders" and call["method"] == "PUT":
            what = f"order {body.get('orderNumber')} {'created' if call['status'] == 201 else 'changed'}{self._after(body, at)}"
        elif what == "articles":
            what = f"article {body.get('articleNumber')} written: {body.get('articleName')}"
        elif "/lines/" in what:
            what = f"WMS order {what.split('/')[1]}: what the shop knows of is confirmed"
        elif call["method"] == "DELETE":
            what = f"{what} cancelled"
        return Step(at, "warehouse", f"{what} → {call['status'] or 'hung up'}" if failed else what, failed)

    def _after(self, body: dict[str, Any], at: datetime) -> str:
        began = self.delivered.get(str(body.get("goodsOwnerOrderId")))
        return f", {(at - began).total_seconds() * 1000:.0f} ms after the webhook" if began and at > began else ""


def _is_noise(step: Step) -> bool:
    """Webhooks that went well tell nothing that their order's own lines do not tell: they are counted."""
    is_of_webhooks = step.where == "webhook" or (step.where == "gateway" and step.words.startswith("webhook "))
    return is_of_webhooks and not step.is_trouble


def way_back(call: dict[str, Any]) -> Step | None:
    """What the gateway tells the shop. What the demo's own customers and owner do there is left out: it is shown already."""
    body = call["body"] if isinstance(call["body"], dict) else {}
    what = call["path"].rpartition("/wc/v3/")[2]
    match [call["method"], *what.split("/")]:
        case ["PUT", "orders", number] if body.get("status") == "completed":
            words = f"order {number} is completed"
        case ["POST", "orders", number, "notes"]:
            words = f"order {number}: {body.get('note')}"
        case ["POST", "orders", number, "refunds"]:
            words = f"order {number}: {body.get('amount')} refunded, {body.get('reason')}"
        case ["POST", "products", "batch"] if body.get("update"):
            shown = [f"{one.get('id')}: {one.get('stock_quantity')} pieces" for one in body["update"][:4]]
            words = f"stock of {', '.join(shown)}{' …' if len(body['update']) > 4 else ''}"
        case ["POST", "webhooks"]:
            words = f"webhook {body.get('topic')} registered"
        case _:
            return None
    return _told(call, words)


def _told(call: dict[str, Any], words: str) -> Step:
    """What the gateway told a shop, and whether the shop took it."""
    failed = not 200 <= call["status"] < 300
    said = f"{words} → {call['status'] or 'hung up'}" if failed else words
    return Step(datetime.fromisoformat(call["at"]), "gateway", said, failed)


def goods(world: World) -> list[dict[str, Any]]:
    """What the shop sells, with the numbers of this start."""
    return [{**product, "sku": f"{product['sku']}{world.secrets.mark}"} for product in PRODUCTS]


async def open_shop(world: World, watch: Watch) -> list[dict[str, Any]]:
    """Puts the goods on the shelves."""
    made = []
    for product in goods(world):
        counted = {"manage_stock": True, "stock_quantity": 10}
        made.append(await world.shop.call("POST", "products", {"type": "simple", **counted, **product}))
        watch.tell(f"new product {made[-1]['id']}: {product['name']}")
    return made


async def customers(world: World, watch: Watch) -> None:
    """Orders every few seconds; now and then one is changed or cancelled. Until cancelled."""
    sold = await open_shop(world, watch)
    open_orders: list[dict[str, Any]] = []
    while True:
        if open_orders and random.random() < 0.3:  # noqa: S311 - what customers do is no secret
            await _think_again(world, watch, open_orders)
        else:
            open_orders.append(await _buy(world, watch, sold))
        await asyncio.sleep(random.uniform(*BETWEEN_ORDERS_SECONDS))  # noqa: S311


async def _buy(world: World, watch: Watch, sold: list[dict[str, Any]]) -> dict[str, Any]:
    who, product, count = somebody(), random.choice(sold), random.randint(1, 3)  # noqa: S311
    placed = await world.shop.checkout(order_of(who, [(product["id"], count)]))
    words = f"order {placed['number']}: {who[0]} {who[1]} in {who[4]} buys {count} × {product['name']}"
    watch.tell(words)
    return placed


async def _think_again(world: World, watch: Watch, open_orders: list[dict[str, Any]]) -> None:
    order = open_orders.pop(random.randrange(len(open_orders)))  # noqa: S311
    who = order["billing"]["first_name"]
    if random.random() < 0.5:  # noqa: S311
        await world.shop.call("PUT", f"orders/{order['id']}", {"status": "cancelled"})
        words = f"order {order['number']}: {who} cancels"
    else:
        await world.shop.call("PUT", f"orders/{order['id']}", {"customer_note": "Sett pakken ved døra"})
        words = f"order {order['number']}: {who} adds a note"
    watch.tell(words)


async def show(world: World, *, quiet: bool) -> None:
    """Shows what happens until cancelled. `quiet`: customers come, only trouble is shown."""
    console = Console(highlight=False, soft_wrap=True)
    for words in how_to_look(world):
        console.print(words)
    watch = Watch(world)
    own, erp = world.seen_by(NETTBUTIKK), world.seen_by(SEVENOFFICE)
    doing = (
        customers(world, watch),
        nettbutikk.customers(own, watch.tell, POLL_MINUTES),
        sevenoffice.customers(erp, watch.tell, POLL_MINUTES),
        Floor(world).work(product["sku"] for product in goods(world)),
        Floor(own, waybills=OTHER_WAYBILLS).work(nettbutikk.numbers(own)),
        Floor(erp, waybills=ERP_WAYBILLS).work(sevenoffice.numbers(erp)),
    )
    people = [asyncio.create_task(each) for each in doing]
    live = (
        Live(_footer(world, watch.tally), console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
    )
    try:
        with live or contextlib.nullcontext():
            while not any(each.done() for each in people):
                for step in await watch.look():
                    if step.is_trouble or not quiet:
                        console.print(line(step))
                if live is not None:
                    live.update(_footer(world, watch.tally))
                await asyncio.sleep(LOOK_SECONDS)
        for each in people:
            if each.done():
                each.result()  # it only ends by itself when something is wrong: say what
    finally:
        for each in people:
            each.cancel()
        await asyncio.gather(*people, return_exceptions=True)
        for sentence in watch.tally.good_bye():
            console.print(Text(sentence, style="bold"))


def line(step: Step) -> Text:
    time = step.at.astimezone().strftime("%H:%M:%S.%f")[:-3]
    colour = "bold red" if step.is_trouble else COLOURS[step.where]
    return Text.assemble((time, "dim"), "  ", (f"{step.where:<10}", colour), step.words)


def _footer(world: World, tally: Tally) -> Text:
    """Stays at the bottom while the log goes by."""
    page = (f" {world.api}/console ", "reverse")
    return Text.assemble(page, "  key ", (world.api_key, "bold"), f"  {tally.line}  Ctrl-C stops", overflow="fold")


def how_to_look(world: World) -> list[Text]:
    """Where to look, and with which commands, to be copied."""
    call = 'curl -H "Authorization: Bearer $GATEWAY_API_KEY"'
    commands = (
        ("every order and its state", f'{call} "$GATEWAY_URL/mappings?kind=order"'),
        ("one order, explained", f"{_gateway()} mappings show 5005"),
        ("quantities of both sides", f"{_gateway()} stock list"),
        ("what a sync would write", f'{call} -X POST "$GATEWAY_URL/sync/woocommerce?dry_run=true&full=true"'),
        ("what the warehouse has", f"curl -u {WAREHOUSE_USER}:{world.secrets.warehouse_password} '{_orders(world)}'"),
    )
    return [
        Text("The gateway runs between a simulated shop and a simulated warehouse.", style="bold"),
        Text.assemble("Open ", (f"{world.api}/console", "bold underline"), " and log in with ", (world.api_key, "bold"), "."),
        Text("What happens below is there: what is held and why, every order with its story, the stock of both sides."),
        Text.assemble("The REST API is at ", (f"{world.api}/docs", "underline"), "; from another terminal:\n"),
        Text(f"  export GATEWAY_URL={world.api} GATEWAY_API_KEY={world.api_key}"),
        *(Text.assemble("  ", command, (f"    # {what}", "dim")) for what, command in commands),
        *_how_to_connect(world),
        Text(f"\nLogs and data: {world.directory}\n", style="dim"),
    ]


def _how_to_connect(world: World) -> list[Text]:
    """What to type on the pages that connect mystore. A mystore that was given to the demo has a login of its own."""
    place = f"{world.warehouse.url}/, {WAREHOUSE_USER}, {world.secrets.warehouse_password}, {GOODS_OWNERS[simulator.SYSTEM]}"
    words = [
        Text.assemble("\nConnect a mystore shop in your browser: ", (f"{world.api}{simulator.START}", "underline")),
        Text(f"  API key: the one above. Address, user, password and goods owner of the WMS: {place}"),
    ]
    if not simulator.is_replaced(os.environ):
        words.append(Text(f"  At mystore: {', '.join(simulator.login(world.secrets.mark).values())}"))
    return words


def _gateway() -> str:
    """The command as it can be typed here: this environment's own may not be on PATH."""
    installed = Path(sys.executable).parent / "gateway"
    if not installed.exists() or shutil.which("gateway") == str(installed):
        return "gateway"
    return os.path.relpath(installed) if installed.is_relative_to(Path.cwd()) else str(installed)


def _orders(world: World) -> str:
    return f"{world.warehouse.url}/orders?goodsOwnerId={world.warehouse.goods_owner_id}"
