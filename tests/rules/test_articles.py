"""The warehouse's rules G1 and G2, for every system: what the WMS has of an article in the end."""

from __future__ import annotations

from typing import Any

from tests.rules.every_system import System

PICTURE = "https://bilder.example.no/sokk.jpg"


async def test_codes_pictures_classes_and_kits_by_setting(system: System) -> None:
    """The code on the label is the article number; the system's own goes along, and so do those of packages. A kit's parts go
    first, and a kit with a part that the WMS lacks waits for it."""
    system.product("SETT-1", text="SOKK-1*2, LUE-1")
    system.product("SETT-9", text="SOKK-9*2")
    system.product("SOKK-1", bar_code="7090000000017", more="7090000000024*6, Varme klær", picture=PICTURE)
    system.product("LUE-1")
    await system.connect(
        articles={
            "scanned_code": "article-number",
            "package_bar_code_field": system.path("bar code"),
            "more_bar_codes_fields": [system.path("more")],
            "class_fields": [system.path("bar code")],
            "parts_field": system.path("text"),
            "kits": {"SETT-2": "SOKK-1, LUE-1*3"},
            "send_pictures": True,
            "picture_field": {"24sevenoffice": "SupplierProductName"}.get(system.name),
        }
    )
    await system.sync("articles")
    article = await system.article("SOKK-1")
    codes = article["barCodeInfo"]
    assert (codes["barCode"], codes["barCodePackage"]) == ("SOKK-1", "7090000000017")
    assert [(each["barCode"], each["quantityPerBarCode"]) for each in codes["alternativeBarCodes"]] == [
        ("7090000000017", None),
        ("7090000000024", 6),
        ("Varme klær", None),
    ]
    assert article["linkToPicture"] == PICTURE
    assert [each["name"] for each in article["classes"]] == ["7090000000017"]

    assert (await system.article("SETT-1"))["articleKind"] == "Structure"
    assert await parts_of(system, "SETT-1") == [("SOKK-1", 2), ("LUE-1", 1)]
    written = [call.body["articleNumber"] for call in system.site.warehouse.writes(path="/articles")]
    assert written.index("SETT-1") > max(written.index("SOKK-1"), written.index("LUE-1"))
    system.site.warehouse.model.put_in_stock("SOKK-1", 5)
    system.site.warehouse.model.put_in_stock("LUE-1", 7)
    assert (await system.article("SETT-1"))["inventoryInfo"]["sellableNumberOfItems"] == 2

    (kit,) = (await system.site.client.get("/mappings", params={"number": "SETT-9"})).json()["items"]
    assert (kit["transfer"], kit["reason_code"]) == ("held", "kit-part-missing")
    assert (77, "SETT-9") not in system.site.warehouse.model.articles
    system.product("SOKK-9")
    system.product("SETT-2")
    system.site.tick(60)
    await system.sync("articles")
    await system.site.work()
    assert await parts_of(system, "SETT-9") == [("SOKK-9", 2)]
    assert await parts_of(system, "SETT-2") == [("SOKK-1", 1), ("LUE-1", 3)]


async def parts_of(system: System, number: str) -> list[tuple[str, float]]:
    """As the WMS reads them back."""
    rows = await system.read("articles/structureDefinitions", articleNumbers=number, articleKind="Structure")
    return [(part["articleNumber"], part["numberOfItems"]) for row in rows for part in row["rows"]]


async def test_a_changed_number_ends_the_former_articles_stock_with_one_notice(system: System) -> None:
    """Without the settings of above an article is sent as ever; those without a code to scan are told of once."""
    product = system.product("SOKK-1", bar_code="7090000000017", more="7090000000024", picture=PICTURE)
    system.product("LUE-1")
    system.product("LUE-2")
    await system.connect(stock={"deduct_waiting_orders": False}, articles={"warn_without_bar_code": True})
    await system.sync("articles")
    article = await system.article("SOKK-1")
    codes = {"barCode": "7090000000017", "barCodePackage": None, "barCodePallet": None, "alternativeBarCodes": None}
    assert (article["barCodeInfo"], article["linkToPicture"], article["articleKind"]) == (codes, None, None)
    (unlabelled,) = await notices(system)
    assert (unlabelled["count"], unlabelled["subject"]) == (2, "articles without bar code")

    system.site.warehouse.model.put_in_stock("SOKK-1", 12)
    connection = await system.site.gateway.connection(await system.id())
    if connection.settings.processes.stock:
        await system.site.poll("stock", connection, sweep=True)
    system.site.tick(60)
    system.renumber(product, "SOKK-2")
    await system.sync("articles")
    for _ in range(2):
        (renamed,) = [each for each in await notices(system) if each["id"] != unlabelled["id"]]
        assert renamed["count"] == 1
        assert "SOKK-1 has the number SOKK-2 now" in renamed["text"]
        assert "12 of SOKK-1 on its shelf" in renamed["text"]
        await system.sync("articles")
    stock = (await system.site.client.get("/stock", params={"connection": "kilde", "number": "SOKK-2"})).json()["items"]
    assert [each["warehouse"]["sellable"] for each in stock] == ([0] if connection.settings.processes.stock else [])
    assert (await system.site.client.get("/stock", params={"connection": "kilde", "number": "SOKK-1"})).json()["items"] == []


async def notices(system: System) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await system.site.client.get("/alerts", params={"kind": "articles"})).json()["items"]
    return found
