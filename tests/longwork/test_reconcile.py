"""A reconcile finds one of each kind, in a shop of every system, and writes nothing anywhere."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from app.engine.core import failpoints
from tests.api.calling import Site
from tests.longwork.shops import SHOPS, AnyShop, connect, sync

Found = set[tuple[str, str, str, str]]


async def reconciled(site: Site, **more: Any) -> dict[str, Any]:
    """Of the last day, worked on to its end."""
    since = (site.clock() - timedelta(days=1)).isoformat()
    begun = await site.client.post("/reconcile", json={"connection": "butikk", "since": since, **more})
    assert begun.status_code == 202, begun.text
    await site.work()
    shown: dict[str, Any] = (await site.client.get(f"/reconcile/{begun.json()['id']}")).json()
    return shown


async def lines(site: Site, work: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        await site.client.get(f"/reconcile/{work['id']}/lines", params={"limit": 200, **params})
    ).json()["items"]
    return found


def vanish(site: Site, number: str) -> None:
    """The warehouse has the order no more."""
    order = site.warehouse.model.orders.pop((77, number))
    del site.warehouse.model.orders_by_id[order.id]


def change_city(site: Site, number: str) -> None:
    order = site.warehouse.order(number)
    assert order is not None
    assert order.body.consignee is not None
    order.body = order.body.model_copy(update={"consignee": order.body.consignee.model_copy(update={"city": "Tromsø"})})


def rename_article(site: Site, number: str) -> None:
    article = site.warehouse.model.articles[(77, number)]
    article.body = article.body.model_copy(update={"article_name": "Somebody's words"})


def copy(site: Site, number: str) -> None:
    order = site.warehouse.order(number)
    assert order is not None
    site.warehouse.model.put_order(order.body.model_copy(update={"order_number": f"{number}-COPY"}))


async def plant(site: Site, shop: AnyShop) -> Found:
    """One of each kind. Returns the lines that are expected."""
    for sku, pieces in (("SOKK-1", 7), ("HUE-1", 0)):
        shop.product(sku, pieces)
    processes = {"articles": True, "orders": True, "stock": True, "shipments": True}
    await connect(site, shop, processes=processes)
    names = ("same", "vanished", "doubled", "gone", "different", "told")
    numbers = {name: shop.order("SOKK-1") for name in names}
    await sync(site, "articles", "orders")
    site.tick(10)
    numbers["dead"] = shop.order("SOKK-1")
    site.warehouse.fail("status", status=400, method="PUT", path="/demo/api/v1/orders")
    await sync(site, "orders")
    site.mend()
    numbers["missing"] = shop.order("SOKK-1")
    shop.product("VOTT-1", 0)
    vanish(site, numbers["vanished"])
    copy(site, numbers["doubled"])
    shop.gone(numbers["gone"])
    change_city(site, numbers["different"])
    rename_article(site, "HUE-1")
    site.warehouse.model.put_in_stock("SOKK-1", 100)
    site.warehouse.model.ship(numbers["told"], "TRACK-1")
    site.tick(2 * 3600)
    return {
        ("missing", "orders", numbers["vanished"], "vanished"),
        ("missing", "orders", numbers["missing"], "missing"),
        ("doubled", "orders", f"{numbers['doubled']}-COPY", "doubled"),
        ("extra", "orders", numbers["gone"], "gone"),
        ("different", "orders", numbers["different"], "different"),
        ("stuck", "orders", numbers["dead"], "refused"),
        ("stuck", "orders", numbers["told"], "not-told"),
        ("missing", "articles", "VOTT-1", "missing"),
        ("different", "articles", "HUE-1", "different"),
        ("stock", "stock", "SOKK-1", ""),
    }


def seen(found: list[dict[str, Any]]) -> Found:
    return {(each["kind"], each["process"], each["number"], each["code"] or "") for each in found}


@pytest.mark.parametrize("system", SHOPS)
async def test_one_of_each_kind_is_found_and_nothing_is_written(site: Site, system: str) -> None:
    shop = SHOPS[system](site)
    expected = await plant(site, shop)
    in_shop, in_warehouse = shop.writes(), len([call for call in site.warehouse.calls() if call.method != "GET"])
    work = await reconciled(site)
    assert (work["state"], work["error"], work["progress"]["share"]) == ("done", None, 1.0), work
    found = await lines(site, work)
    assert seen(found) == expected
    assert len(found) == len(expected)
    assert work["found"] == {"missing": 3, "doubled": 1, "extra": 1, "different": 2, "stuck": 2, "stock": 1}
    assert shop.writes() == in_shop
    assert len([call for call in site.warehouse.calls() if call.method != "GET"]) == in_warehouse


async def mend(site: Site, line: dict[str, Any]) -> None:
    """What the line says that mends it, as far as it is an operation; by hand otherwise."""
    if line["fix"]["operation"] is None:
        (theirs,) = (each for each in site.warehouse.model.orders_by_id.values() if each.number == line["number"])
        site.warehouse.model.cancel_order(theirs)
        return
    method, _, path = line["fix"]["operation"].partition(" ")
    async with site.worker():
        answer = await site.client.request(method, path)
    assert answer.status_code in (200, 202), (line, answer.text)
    await site.work(sweep=True)


async def test_each_line_is_mended_by_its_fix(site: Site) -> None:
    shop = SHOPS["woocommerce"](site)
    await plant(site, shop)
    for line in await lines(site, await reconciled(site)):
        await mend(site, line)
    site.tick(2 * 3600)
    left = await lines(site, await reconciled(site))
    assert [(each["kind"], each["code"], each["fix"]["action"]) for each in left] == [("stuck", "vanished", "release")]
    await mend(site, left[0])
    site.tick(2 * 3600)
    assert await lines(site, await reconciled(site)) == []


async def test_what_is_not_wanted_is_counted_with_its_reason_and_not_missing(site: Site) -> None:
    shop = SHOPS["woocommerce"](site)
    shop.order("SOKK-1")  # before the connection goes live
    site.tick(3600)
    processes = {"articles": True, "orders": True, "stock": False}
    await connect(site, shop, go_live=site.clock().isoformat(), processes=processes)
    site.tick(10)
    site.shop.order("SOKK-1", status="on-hold")
    site.shop.product("PROSENT-%")
    site.tick(2 * 3600)
    work = await reconciled(site)
    assert work["not_wanted"] == {"article-number-forbidden-character": 1, "before-go-live": 1, "not-wanted": 1}
    assert work["notes"] == ["Not compared: stock. They are switched off for this connection"]
    assert await lines(site, work) == []


async def test_a_file_for_a_spreadsheet_has_a_row_for_each_field(site: Site) -> None:
    shop = SHOPS["woocommerce"](site)
    await plant(site, shop)
    work = await reconciled(site)
    answer = await site.client.get(f"/reconcile/{work['id']}/lines.csv", params={"kind": "different"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    head, order, article = answer.text.splitlines()
    assert head == "kind,process,number,record,code,text,field,has,should_have,fix,command,operation"
    number = next(each["number"] for each in await lines(site, work, kind="different") if each["process"] == "orders")
    mapping = (await site.stored.mapping(number)).id
    assert order == (
        f"different,orders,{number},{number},different,1 of its fields differ in the warehouse,"
        "consignee.city,Tromsø,Oslo,"
        f'"Read it again now, and send it",gateway resync {number} --connection butikk --kind order,'
        f"POST /mappings/{mapping}/resync"
    )
    assert article.split(",")[6:9] == ["articleName", "Somebody's words", "HUE-1"]


async def test_an_order_s_values_are_for_admins_and_are_erased_with_the_person(site: Site) -> None:
    shop = SHOPS["woocommerce"](site)
    await plant(site, shop)
    work = await reconciled(site)
    reader = await site.door.caller("read")
    path = f"/reconcile/{work['id']}/lines"
    seen_by_reader = (await reader.get(path, params={"kind": "different"})).json()["items"]
    assert seen_by_reader[0]["fields"] == [{"field": "consignee.city", "before": None, "after": None}]
    assert (await lines(site, work, kind="different"))[0]["fields"] == [
        {"field": "consignee.city", "before": "Tromsø", "after": "Oslo"}
    ]
    erased = await site.client.post("/erase", json={"text": "Tromsø", "dry_run": False})
    assert erased.status_code == 200, erased.text
    assert (await lines(site, work, kind="different"))[0]["fields"] == []


async def test_a_system_that_is_away_has_it_wait_and_then_goes_on(both_site: Site) -> None:
    site, shop = both_site, SHOPS["woocommerce"](both_site)
    expected = await plant(site, shop)
    site.shop.fail("status", status=503)
    work = await reconciled(site)
    assert (work["state"], work["goes_on_at"] is not None) == ("running", True), work
    site.mend()
    site.tick(90)
    await site.work(sweep=True)
    done = (await site.client.get(f"/reconcile/{work['id']}")).json()
    assert (done["state"], done["error"]) == ("done", None)
    assert seen(await lines(site, done)) == expected


async def test_killed_again_and_again_it_finds_the_same(site: Site) -> None:
    """Every other time that something is stored, the worker is killed, and the next one goes on behind it."""
    shop = SHOPS["woocommerce"](site)
    expected = await plant(site, shop)
    since = (site.clock() - timedelta(days=1)).isoformat()
    begun = (await site.client.post("/reconcile", json={"connection": "butikk", "since": since})).json()
    times, kills = count(1), count()

    def kill() -> None:
        if next(times) % 2 == 0:
            next(kills)
            raise Killed

    with failpoints.armed("long-work-after-commit", kill):
        for _ in range(10):
            with contextlib.suppress(Killed):
                await site.work(sweep=True)
            site.wake_ups.waiting.clear()
            await site.stored.expire_leases()
    done = (await site.client.get(f"/reconcile/{begun['id']}")).json()
    assert (done["state"], next(kills) >= 4) == ("done", True), done
    assert seen(await lines(site, done)) == expected
    assert done["found"] == {"missing": 3, "doubled": 1, "extra": 1, "different": 2, "stuck": 2, "stock": 1}


class Killed(BaseException):
    pass
