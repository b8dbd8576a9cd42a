"""Articles all the way: found by their numbers, skipped with the reason, and variants that nothing tells apart."""

from __future__ import annotations

from typing import Any

from tests.api.calling import Site
from tests.harness.nettbutikk24 import SimulatedNettbutikk
from tests.integrations.nettbutikk24.test_whole_way import active, articles, jacket, orders, sync


async def found(site: Site, number: str) -> list[dict[str, Any]]:
    """The mappings with this number."""
    shown: list[dict[str, Any]] = (await site.client.get("/mappings", params={"number": number})).json()["items"]
    return shown


async def test_articles_are_found_by_unique_product_id_and_by_number(
    sqlite_site: Site, shop_of_sqlite: SimulatedNettbutikk
) -> None:
    site, shop = sqlite_site, shop_of_sqlite
    jacket(shop)
    shop.product(None, "Uten nummer")  # type: ignore[arg-type]
    await active(site, shop, category_field="class")
    await sync(site, "articles")
    by_id, by_number = await found(site, "501001"), await found(site, "UJ-1-M")
    assert by_id == by_number
    assert [(each["kind"], each["shop"]["id"], each["shop"]["number"], each["transfer"]) for each in by_id] == [
        ("article", "501001", "UJ-1-M", "sent")
    ]
    assert [each["articleClassesInfo"] for each in articles(site)] == [{"classes": [{"code": "Jakker", "name": "Jakker"}]}] * 2
    (skipped,) = await found(site, "502001")
    assert (skipped["transfer"], skipped["reason_code"]) == ("none", "article-without-number")
    shop.shop.change_variant(502001, article_no="UN-1")
    site.tick(60)
    await sync(site, "articles")
    assert [each["articleNumber"] for each in articles(site)] == ["UJ-1-L", "UJ-1-M", "UN-1"]


async def test_variants_that_share_an_id_reach_the_warehouse_and_their_orders_say_why_they_wait(
    site: Site, shop: SimulatedNettbutikk
) -> None:
    shop.change(flat_ids="product")
    jacket(shop)
    await active(site, shop)
    for _ in range(2):
        await sync(site, "articles")
        site.tick(60)
    assert [(each["articleNumber"], each["productCode"]) for each in articles(site)] == [("UJ-1-L", "501"), ("UJ-1-M", "501")]
    shop.order("UJ-1-M")
    await sync(site, "orders")
    assert orders(site) == []
    (order,) = await found(site, "1001")
    assert (order["transfer"], order["reason_code"]) == ("held", "line-without-article-number")
    words = "(Ulljakke): the shop gives several variants the id 501001, so that it cannot be told which was sold"
    assert words in (await site.client.get(f"/mappings/{order['id']}")).text
    for number in ("UJ-1-M", "UJ-1-L"):
        site.warehouse.model.put_in_stock(number, 5)
    connection = await site.gateway.connection((await site.client.get("/connections/butikk")).json()["id"])
    await site.poll("stock", connection, sweep=True)
    levels = (await site.client.get("/stock", params={"connection": "butikk"})).json()["items"]
    assert sorted((each["number"], each["problem_code"]) for each in levels) == [
        ("UJ-1-L", "variants-not-told-apart"),
        ("UJ-1-M", "variants-not-told-apart"),
    ]
    assert shop.calls("products", "PATCH") == []
    shop.change(flat_ids="both")  # 24Nettbutikk has put it right
    site.tick(60)
    assert (await site.client.post(f"/mappings/{order['id']}/resync")).status_code == 200
    await site.work()
    assert [each["orderLines"][0]["articleNumber"] for each in orders(site)] == ["UJ-1-M"]
