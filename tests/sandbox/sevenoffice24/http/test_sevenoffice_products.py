"""ProductService, as section 2 of the contract has it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.sandbox.sevenoffice24.calling import MORNING, Site, names
from tests.sandbox.sevenoffice24.conftest import Build

ASKED = names("returnProperties", "Id", "No", "Name", "EAN1", "Weight", "Stock", "StatusId", "DateChanged")
NO = names("returnProperties", "No")


def search(content: str) -> str:
    return f"<searchParams>{content}</searchParams>"


def stock(product_id: int, quantity: str) -> str:
    return f"<productId>{product_id}</productId><stockQuantity>{quantity}</stockQuantity>"


@pytest.fixture
def goods(site: Site) -> Site:
    """WS-42 (1042), then ten minutes later CUP (1043) in another category."""
    site.tenant.add_product("WS-42", "Wool socks 42", EAN1="0704661234567", Stock=17)
    site.clock.at += timedelta(minutes=10)
    other = site.tenant.add_category("Cups")
    site.tenant.add_product("CUP", "Cup & saucer", CategoryId=other["Id"], Price="99.5")
    return site


async def found(site: Site, content: str) -> list[str]:
    return [row["No"] for row in await site.result("GetProducts", search(content) + NO) or []]


async def test_a_product_as_the_contract_shows_it(goods: Site) -> None:
    first, second = await goods.result("GetProducts", ASKED)
    assert list(first.items()) == [
        ("Id", "1042"),
        ("Name", "Wool socks 42"),
        ("Stock", "17.0000"),
        ("StatusId", "1"),
        ("EAN1", "0704661234567"),
        ("No", "WS-42"),
        ("DateChanged", "2026-05-04T08:00:00"),
        ("Weight", "0.1200"),
    ]
    assert (second["Name"], "EAN1" in second) == ("Cup & saucer", False)


async def test_everything_that_is_searched_for_must_fit(goods: Site) -> None:
    assert await found(goods, "") == ["WS-42", "CUP"]
    assert await found(goods, "<Id>1043</Id>") == ["CUP"]
    assert await found(goods, "<CategoryId>11</CategoryId>") == ["WS-42"]
    assert await found(goods, "<No>CUP</No>") == ["CUP"]
    assert await found(goods, "<EAN1>0704661234567</EAN1>") == ["WS-42"]
    assert await found(goods, "<Price>99.50</Price>") == ["CUP"]
    assert await found(goods, "<DateChanged>2026-05-04T08:00:00Z</DateChanged>") == ["CUP"]
    assert await found(goods, "<DateChanged>2026-05-04T10:00:00+02:00</DateChanged>") == ["CUP"]
    assert await found(goods, "<DateChanged>0001-01-01T00:00:00</DateChanged>") == ["WS-42", "CUP"]
    assert await found(goods, "<ProductIds><int>1043</int><int>1042</int><int>1</int></ProductIds>") == ["WS-42", "CUP"]
    assert await found(goods, "<CategoryId>11</CategoryId><No>CUP</No>") == []


async def test_categories(goods: Site) -> None:
    assert await goods.result("GetCategories", names("returnProperties", "Id", "Name")) == [
        {"Id": "11", "Name": "Varer"},
        {"Id": "12", "Name": "Cups"},
    ]


async def test_a_stock_quantity_is_an_absolute_number(goods: Site) -> None:
    assert await goods.result("SetStockQuantity", stock(1042, "15")) == "true"
    assert goods.tenant.product(1042)["Stock"] == 15
    assert goods.tenant.product(1042)["DateChanged"] == MORNING + timedelta(minutes=10)
    assert await goods.result("SetStockQuantity", stock(1042, "0.0000001")) == "true"
    assert await goods.result("SetStockQuantity", stock(9999, "1")) == "false"
    assert "negative" in await goods.fault("SetStockQuantity", stock(1042, "-1"))


async def test_what_is_not_known_of_stock(open_site: Build) -> None:
    site = await open_site(stock_wants_control=True, stock_touches_product=False, negative_stock="taken")
    site.tenant.add_product("FREE", StockControlled=None)
    site.tenant.add_product("KEPT")
    site.clock.at += timedelta(minutes=5)
    assert await site.result("SetStockQuantity", stock(1042, "1")) == "false"
    assert await site.result("SetStockQuantity", stock(1043, "-2")) == "true"
    assert site.tenant.stock("KEPT") == -2
    assert site.tenant.product(1043)["DateChanged"] == MORNING


async def test_people_change_and_delete_products(goods: Site) -> None:
    goods.clock.at += timedelta(minutes=1)
    changed = goods.tenant.change_product(1042, Name="Socks", EAN1=None)
    assert (changed["Name"], "EAN1" in changed, changed["DateChanged"]) == ("Socks", False, goods.clock.at)
    goods.tenant.delete_product(1043)
    assert await found(goods, "") == ["WS-42"]
    with pytest.raises(TypeError, match="Product has no Colour"):
        goods.tenant.change_product(1042, Colour="red")
    with pytest.raises(KeyError):
        goods.tenant.change_product(1043, Name="Cup")
