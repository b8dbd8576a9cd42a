"""What orders do to the stock figures of their articles."""

from __future__ import annotations

from tests.sandbox.ongoing.simulated_site import Site

FIGURES = (
    "numberOfItems",
    "numberOfBookedItems",
    "allocatedNumberOfItems",
    "pickedToBeCollectedNumberOfItems",
    "sellableNumberOfItems",
)


async def figures(site: Site) -> tuple[float, ...]:
    info = (await site.read_article("TEE"))["inventoryInfo"]
    return tuple(info[name] for name in FIGURES)


async def test_the_figures_follow_an_order_through_the_warehouse(site: Site) -> None:
    await site.put_article(articleNumber="TEE", purchasePrice=10)
    site.warehouse.put_in_stock("TEE", 7)
    assert await figures(site) == (7, 0, 0, 0, 7)
    await site.put_order()
    assert await figures(site) == (7, 2, 0, 0, 5)
    site.warehouse.set_order_status("W-1", 320)
    assert await figures(site) == (7, 2, 2, 0, 5)
    site.warehouse.set_order_status("W-1", 400)
    assert await figures(site) == (5, 0, 0, 2, 5)
    site.warehouse.set_order_status("W-1", 500)
    assert await figures(site) == (5, 0, 0, 0, 5)
    assert (await site.read_article("TEE"))["inventoryInfo"]["totalStockValue"] == 50


async def test_sellable_stock_may_be_negative_and_comes_back_when_an_order_is_cancelled(site: Site) -> None:
    await site.put_order()
    assert await figures(site) == (0, 2, 0, 0, -2)
    await site.api.delete("/orders/50001")
    assert await figures(site) == (0, 0, 0, 0, 0)


async def test_a_changed_order_books_its_new_quantity(site: Site) -> None:
    await site.put_order()
    await site.put_order(orderLines=[{"rowNumber": "1", "articleNumber": "TEE", "numberOfItems": 5}])
    assert await figures(site) == (0, 5, 0, 0, -5)
    await site.put_order(orderLines=[])
    assert await figures(site) == (0, 0, 0, 0, 0)


async def test_articles_are_filtered_by_their_stock(site: Site) -> None:
    await site.put_article(articleNumber="TEE", stockLimit=5)
    await site.put_article(articleNumber="CAP", stockLimit=5)
    site.warehouse.put_in_stock("TEE", 6)
    await site.put_order()
    assert await site.article_numbers(onlyArticlesInStock="true") == ["TEE"]
    assert await site.article_numbers(onlyArticlesInStock="false") == ["TEE", "CAP"]
    assert await site.article_numbers(onlyArticlesBelowStockLimit="true") == ["CAP"]
    both = await site.article_numbers(onlyArticlesBelowStockLimitConsideringNumberOfBookedItems="true")
    assert both == ["TEE", "CAP"]
