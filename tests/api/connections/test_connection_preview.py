"""`POST /connections/{connection}/preview`: settings tried on real records, field by field, before they are saved."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calling import NO_CITY, Site

EXTRA = {"extra_order_fields": {"consigneeOrderNumber": "meta_data._innkjopsordre"}}


def purchase(site: Site, number: str = "PO-77", **more: Any) -> dict[str, Any]:
    return site.shop.order("SOKK-1", meta_data=[{"key": "_innkjopsordre", "value": number}], **more)


async def tried(site: Site, **body: Any) -> list[dict[str, Any]]:
    answer = await site.client.post("/connections/shop/preview", json=body)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def changes(record: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {each["field"]: (each["before"], each["after"]) for each in record["fields"] if each["is_changed"]}


async def test_an_extra_field_is_shown_beside_all_that_is_sent_anyway_and_nothing_is_saved(site: Site) -> None:
    order = purchase(site)
    await site.take_in(order)
    written = len(site.warehouse.writes())
    (record,) = await tried(site, settings=EXTRA, records=[str(order["id"])])
    assert (record["record"], record["number"], record["outcome"]) == (str(order["id"]), str(order["id"]), "sent")
    assert changes(record) == {"consigneeOrderNumber": (None, "PO-77")}
    assert {"field": "consignee.name", "before": "Kari Nordmann", "after": "Kari Nordmann", "is_changed": False} in record[
        "fields"
    ]
    saved = (await site.client.get("/connections/shop")).json()
    assert (saved["settings"]["extra_order_fields"], saved["settings_version"]) == ({}, site.connection.settings_version)
    await site.work()
    assert len(site.warehouse.writes()) == written


async def test_what_came_in_last_is_tried_when_no_record_is_named(lite_site: Site) -> None:
    for number in ("PO-1", "PO-2", "PO-3"):
        await lite_site.take_in(purchase(lite_site, number))
    found = await tried(lite_site, settings=EXTRA, latest=2)
    assert [changes(each)["consigneeOrderNumber"][1] for each in found] == ["PO-3", "PO-2"]


async def test_a_record_that_never_came_in_is_read_from_the_shop(lite_site: Site) -> None:
    order = purchase(lite_site)
    (record,) = await tried(lite_site, settings=EXTRA, records=[str(order["id"])])
    assert changes(record) == {"consigneeOrderNumber": (None, "PO-77")}
    assert (await lite_site.client.get("/mappings")).json()["items"] == []


async def test_before_anything_came_in_the_latest_are_read_from_the_shop(lite_site: Site) -> None:
    order = purchase(lite_site)
    (record,) = await tried(lite_site, settings=EXTRA)
    assert record["record"] == str(order["id"])


async def test_articles_can_be_tried_too(lite_site: Site) -> None:
    product = lite_site.shop.product("SOKK-9", meta_data=[{"key": "leverandor", "value": "Fjellull AS"}])
    settings = {"extra_article_fields": {"freeValues.freeText1": "meta_data.leverandor"}}
    (record,) = await tried(lite_site, settings=settings, process="articles", records=[str(product["id"])])
    assert changes(record) == {"freeValues.freeText1": (None, "Fjellull AS")}


async def test_problems_of_a_record_are_shown_with_the_fix(lite_site: Site) -> None:
    order = purchase(lite_site, shipping=NO_CITY)
    (record,) = await tried(lite_site, records=[str(order["id"])])
    assert record["outcome"] == "held"
    (problem,) = record["problems"]
    assert problem["code"] == "city-missing"
    assert problem["fix"]


async def test_settings_that_cannot_be_are_refused_with_field_and_fix(lite_site: Site) -> None:
    body = {"settings": {"extra_order_fields": {"noSuchField": "meta_data.x"}}}
    answer = await lite_site.client.post("/connections/shop/preview", json=body)
    assert answer.status_code == 422
    assert answer.json()["field"].startswith("settings.extra_order_fields")
    assert answer.json()["fix"]


async def test_a_record_that_the_shop_has_not_is_named(lite_site: Site) -> None:
    answer = await lite_site.client.post("/connections/shop/preview", json={"records": ["987654"]})
    assert answer.status_code == 404
    assert answer.json()["detail"] == "the shop has no order '987654'"


async def test_a_foreign_connection_is_not_there(lite_site: Site) -> None:
    theirs = await lite_site.connect("theirs", goods_owner_id=78)
    guest = await lite_site.door.caller("admin", only=[theirs])
    assert (await guest.post("/connections/shop/preview", json={})).status_code == 404
    assert (await (await lite_site.door.caller("sync")).post("/connections/shop/preview", json={})).status_code == 403


@pytest.mark.parametrize("process", ["orders", "articles"])
async def test_what_is_no_id_is_refused_and_the_shop_is_not_asked(lite_site: Site, process: str) -> None:
    asked = len(lite_site.shop.calls())
    for odd in ("5?_method=DELETE&force=true", "../customers/7", "../../../wp/v2/users", "5/notes", "5#", "five", "-1"):
        answer = await lite_site.client.post("/connections/shop/preview", json={"process": process, "records": [odd]})
        assert (answer.status_code, answer.json()["field"], answer.json()["fix"]) == (
            422,
            "records",
            "an id is a number, like 1042",
        )
    assert len(lite_site.shop.calls()) == asked
