"""Kits: what can be sold of them, and what an order of one does to the stock of its parts."""

from __future__ import annotations

from typing import Any

from tests.sandbox.ongoing.simulated_site import Site

SET = {
    "articleKind": "Structure",
    "rows": [{"articleNumber": "CUP", "numberOfItems": 2}, {"articleNumber": "POT", "numberOfItems": 1}],
}


async def sellable(site: Site, number: str) -> float:
    return (await site.read_article(number))["inventoryInfo"]["sellableNumberOfItems"]


async def a_tea_set(site: Site, cups: float = 7, pots: float = 5) -> None:
    for number, present in (("CUP", cups), ("POT", pots)):
        await site.put_article(articleNumber=number)
        site.warehouse.put_in_stock(number, present)
    await site.put_article(articleNumber="SET", structureDefinition=SET)


def line(number: str, pieces: float) -> list[dict[str, Any]]:
    return [{"rowNumber": "1", "articleNumber": number, "numberOfItems": pieces}]


async def test_as_many_kits_can_be_sold_as_can_be_made_of_the_scarcest_part(site: Site) -> None:
    await a_tea_set(site)
    assert await sellable(site, "SET") == 3
    site.warehouse.adjust_stock("POT", -4)
    assert await sellable(site, "SET") == 1


async def test_a_part_that_is_sold_out_below_zero_makes_the_kit_negative(site: Site) -> None:
    await a_tea_set(site, cups=0)
    await site.put_order(orderLines=line("CUP", 3))
    assert await sellable(site, "SET") == -2


async def test_a_part_that_is_not_known_makes_nothing_sellable(site: Site) -> None:
    await site.put_article(articleNumber="SET", structureDefinition=SET)
    assert await sellable(site, "SET") == 0


async def test_an_order_of_kits_takes_the_parts_out_of_stock(site: Site) -> None:
    await a_tea_set(site)
    await site.put_order(orderLines=line("SET", 2))
    assert [await sellable(site, number) for number in ("CUP", "POT", "SET")] == [3, 3, 1]
    site.warehouse.ship("W-1")
    cup = (await site.read_article("CUP"))["inventoryInfo"]
    assert (cup["numberOfItems"], cup["numberOfBookedItems"], cup["sellableNumberOfItems"]) == (3, 0, 3)


async def test_a_kit_that_is_ordered_stays_booked_as_it_was_when_the_kit_is_made_otherwise(site: Site) -> None:
    await a_tea_set(site)
    await site.put_order(orderLines=line("SET", 1))
    pots_only = {"articleKind": "Structure", "rows": [{"articleNumber": "POT", "numberOfItems": 1}]}
    await site.put_article(articleNumber="SET", structureDefinition=pots_only)
    await site.api.delete("/orders/50001")
    assert [await sellable(site, number) for number in ("CUP", "POT", "SET")] == [7, 5, 5]


async def test_a_kits_stock_changes_with_its_parts(site: Site) -> None:
    await a_tea_set(site)
    site.clock.forward(hours=2)
    site.warehouse.adjust_stock("POT", 1)
    assert await site.article_numbers(stockInfoChangedFrom="2027-02-01T09:00:00Z") == ["POT", "SET"]


async def test_an_article_that_is_produced_has_stock_of_its_own(site: Site) -> None:
    await a_tea_set(site)
    await site.put_article(articleNumber="JAM", structureDefinition={**SET, "articleKind": "Production"})
    site.warehouse.put_in_stock("JAM", 9)
    assert await sellable(site, "JAM") == 9


async def test_locked_goods_cannot_be_sold(site: Site) -> None:
    await a_tea_set(site)
    site.warehouse.lock_stock("CUP", 2, 1)
    assert await sellable(site, "CUP") == 4
    site.warehouse.lock_stock("CUP", 0)
    assert await sellable(site, "CUP") == 6
