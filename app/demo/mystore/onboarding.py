"""The scripted day's beginning with mystore: a person connects the shop by the pages, from the start to the activation."""

from __future__ import annotations

from typing import Any

from app.demo.mystore.scenes import shop_of
from app.demo.mystore.shop import MystoreShop
from app.demo.mystore.simulator import CALLBACK, START, SYSTEM, login
from app.demo.mystore.visitor import Visitor
from app.demo.scenes import Day
from app.demo.world import WAREHOUSE_USER

CALLS_PER_MINUTE = 6000
"""Nobody wants to wait for a pace of 120."""
TOPICS = sorted(f"{resource}/{event}" for resource in ("orders", "products") for event in ("create", "update", "delete"))


async def connect(day: Day) -> None:
    await _leave_earlier_shops(day)
    async with Visitor() as person:
        await _as_far_as_mystore(day, person)
        await _consents(day, person)
        await _activates(day, person)


async def _leave_earlier_shops(day: Day) -> None:
    """Those of earlier starts in the same directory are there no more: their connections rest."""
    gateway = day.world.gateway
    found = await gateway.call("GET", "connections", params={"integration": SYSTEM, "status": "active"})
    for each in found["items"]:
        await gateway.call("POST", f"connections/{each['name']}/pause")


async def _as_far_as_mystore(day: Day, person: Visitor) -> None:
    """The gateway's own page: the key, and what the warehouse is reached with."""
    warehouse = day.world.warehouse
    await person.opens(f"{day.world.api}{START}")
    await person.types("Continue", api_key=day.world.api_key)
    await person.types(
        "action=consent",
        url=warehouse.url,
        user=WAREHOUSE_USER,
        password=day.world.secrets.warehouse_password,
        goods_owner=str(warehouse.goods_owner_id),
        name=day.connection,
    )
    day.check("after the warehouse was checked", "mystore's login", _place(day, person, "/login", "mystore's login"))


async def _consents(day: Day, person: Visitor) -> None:
    """mystore's pages, and back."""
    await person.types("Logg inn", **login(day.world.secrets.mark))
    day.check_that("mystore asks for the rights by name", "read:orders" in person.text and "write:orders" in person.text)
    await person.types("decision=allow")
    back = next((url for url in person.came_by if CALLBACK in url), "")
    day.check_that("it comes back", back != "", back.partition("?")[0] or "nowhere")
    day.check("then", "the settings", _place(day, person, f"/oauth/{SYSTEM}/settings", "the settings"))
    day.check("before the person says so it is", "draft", (await _shown(day))["status"])
    settings = person.url
    await person.opens(back or day.world.api)
    day.check("the way back, opened again", 409, person.status)
    await person.opens(settings)


async def _activates(day: Day, person: Visitor) -> None:
    """The settings page: a try on real orders, then the activation. Every process it offers is switched on."""
    gateway, shop = day.world.gateway, shop_of(day)
    await shop.allow_calls(None)
    await gateway.call("PATCH", f"connections/{day.connection}", {"settings": {"calls_per_minute": CALLS_PER_MINUTE}})
    await person.opens(person.url)  # what was changed elsewhere must have been seen before it is changed here
    chosen = {"settings.go_live": "2020-01-01"}
    ticks = person.boxes("settings.processes")
    await person.types("action=preview", *ticks, **chosen)
    day.check_that("it is tried on real orders", "would be sent to the warehouse" in person.text)
    await person.types("action=activate", *ticks, **chosen)
    day.check_that("the page says that it is active", f"{day.connection} is active" in person.text)
    shown = await _shown(day)
    shop_name = login(day.world.secrets.mark)["shop"]
    day.check("the connection", ["active", shop_name], [shown["status"], shown["account"]])
    hooks = await _webhooks(day, shop)
    day.check("webhooks in the shop", TOPICS, sorted(one["topic"] for one in hooks))
    day.check("and where they go", [shown["webhook_url"]], sorted({one["url"] for one in hooks}))


async def _webhooks(day: Day, shop: MystoreShop) -> list[dict[str, Any]]:
    """All of them, once the gateway has made them (its guard may be at it already); else those that are there at the end."""

    async def look() -> bool:
        seen[:] = [one["attributes"] for one in await shop.records("webhooks")]
        return len(seen) >= len(TOPICS)

    seen: list[dict[str, Any]] = []
    await day.until(look)
    return seen


async def _shown(day: Day) -> dict[str, Any]:
    found: dict[str, Any] = await day.world.gateway.call("GET", f"connections/{day.connection}")
    return found


def _place(day: Day, person: Visitor, path: str, words: str) -> str:
    """The words when the person stands there; else what the page says."""
    stands = person.url.startswith((f"{day.world.mystore_url}{path}", f"{day.world.api}{path}"))
    return words if stands and person.status == 200 else f"{person.status} {person.url.partition('?')[0]}: {person.text[:300]}"
