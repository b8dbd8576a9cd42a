"""Carriers by weight, and customs of articles, of orders that are in the warehouse already or wait for their article."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.storage.tables import history
from tests.flows.order_steps import release, status
from tests.harness import ADDRESS, Harness

HEAVY = {"transporter_code": "BRING", "transporter_service_code": "BUSINESS_PARCEL", "over_kg": 1}
LIGHT = {"transporter_code": "BRING", "transporter_service_code": "SERVICEPAKKE", "up_to_kg": 1}
SWEDEN = {**ADDRESS, "country": "SE"}
PORTUGUESE = [{"key": "origin", "value": "PT"}, {"key": "hs", "value": "61091000"}]


def service(harness: Harness, order: dict[str, Any]) -> str | None:
    found = harness.warehouse.order(order["number"])
    assert found is not None
    return found.body.transporter.transporter_service_code if found.body.transporter is not None else None


async def weighed(harness: Harness, weight: str = "0.5") -> dict[str, Any]:
    """An order of one article that weighs so much."""
    await harness.change_settings(harness.connection, transporter_rules=[HEAVY, LIGHT])
    await harness.deliver(harness.shop.product("SOKK-1", weight=weight), "product.updated")
    order = harness.shop.order("SOKK-1")
    await harness.deliver(order)
    return order


class TestByWeight:
    async def test_the_order_s_history_says_what_it_weighs(self, harness: Harness) -> None:
        order = await weighed(harness)
        assert service(harness, order) == "SERVICEPAKKE"
        rows = await harness.stored.rows(select(history.c.detail).where(history.c.detail.is_not(None)))
        notes = [note for row in rows for note in row.detail.get("notes", ())]
        assert "The order weighs 0.5 kg: carrier BRING SERVICEPAKKE" in notes

    async def test_more_pieces_may_be_another_carrier(self, harness: Harness) -> None:
        order = await weighed(harness)
        line = {"id": order["line_items"][0]["id"], "quantity": 3}
        await harness.deliver(harness.shop.change(order["id"], line_items=[line]))
        assert service(harness, order) == "BUSINESS_PARCEL"

    async def test_an_article_weighed_after_the_warehouse_has_started_is_no_change_of_the_order(self, harness: Harness) -> None:
        order = await weighed(harness)
        harness.warehouse.model.set_order_status(order["number"], 400)
        product = harness.shop.model.products.with_sku("SOKK-1")[0]
        harness.tick()
        harness.shop.model.change_product(product, {"weight": "5"})
        await harness.deliver(harness.shop.shown_product(product), "product.updated")
        await harness.deliver(harness.shop.change(order["id"], meta_data=[{"key": "seen", "value": "1"}]))
        assert await status(harness, order) == ("present", "sent", None)
        assert service(harness, order) == "SERVICEPAKKE"

    async def test_rules_without_a_weight_cost_no_call(self, harness: Harness) -> None:
        await harness.change_settings(harness.connection, transporter_rules=[{**HEAVY, "over_kg": None}])
        await harness.deliver(harness.shop.product("SOKK-1"), "product.updated")
        before = len(harness.warehouse.calls())
        await harness.deliver(harness.shop.order("SOKK-1"))
        assert [(call.method, call.path.split("/v1")[1]) for call in harness.warehouse.calls()[before:]] == [
            ("GET", "/orders"),
            ("PUT", "/orders"),
        ]


class TestCustoms:
    async def held(self, harness: Harness) -> dict[str, Any]:
        keys = {"country_of_origin_meta_key": "origin", "tariff_number_meta_key": "hs"}
        await harness.change_settings(harness.connection, customs_required=True, **keys)
        await harness.deliver(harness.shop.product("SOKK-1"), "product.updated")
        order = harness.shop.order("SOKK-1", shipping=SWEDEN)
        await harness.deliver(order)
        assert await status(harness, order) == ("present", "held", "customs-article-incomplete")
        assert harness.warehouse.order(order["number"]) is None
        return order

    async def test_it_goes_on_when_the_product_gets_what_its_article_lacks(self, harness: Harness) -> None:
        order = await self.held(harness)
        product = harness.shop.model.products.with_sku("SOKK-1")[0]
        harness.tick()
        harness.shop.model.change_product(product, {"meta_data": PORTUGUESE})
        await harness.deliver(harness.shop.shown_product(product), "product.updated")
        assert await status(harness, order) == ("present", "sent", None)
        assert harness.warehouse.order(order["number"]) is not None

    async def test_or_when_it_is_released(self, harness: Harness) -> None:
        order = await self.held(harness)
        await release(harness, order)
        assert await status(harness, order) == ("present", "sent", None)

    async def test_or_when_the_setting_is_changed(self, harness: Harness) -> None:
        order = await self.held(harness)
        await harness.change_settings(harness.connection, customs_required=False)
        await harness.deliver(harness.shop.change(order["id"], customer_note="x"))
        assert await status(harness, order) == ("present", "sent", None)

    async def test_an_article_that_waits_to_be_sent_counts(self, harness: Harness) -> None:
        keys = {"country_of_origin_meta_key": "origin", "tariff_number_meta_key": "hs"}
        await harness.change_settings(harness.connection, customs_required=True, **keys)
        await harness.announce(harness.shop.product("SOKK-1", meta_data=PORTUGUESE), "product.updated")
        order = harness.shop.order("SOKK-1", shipping=SWEDEN)
        await harness.deliver(order)
        assert await status(harness, order) == ("present", "sent", None)
        article = harness.warehouse.model.articles[(77, "SOKK-1")].body
        assert (article.country_of_origin_code, article.statistics_number) == ("PT", "61091000")


async def test_a_pick_up_point_that_was_not_read_before_is_no_change_of_an_order_that_is_picked(harness: Harness) -> None:
    shipped = {
        "method_id": "bring",
        "method_title": "Bring",
        "total": "0",
        "meta_data": [{"key": "pickup_point_id", "value": "15"}],
    }
    await harness.change_settings(harness.connection, pick_up_points="none")
    order = harness.shop.order("SOKK-1", shipping_lines=[shipped])
    await harness.deliver(order)
    harness.warehouse.model.set_order_status(order["number"], 400)
    await harness.change_settings(harness.connection, pick_up_points="both")
    await harness.deliver(harness.shop.change(order["id"], meta_data=[{"key": "seen", "value": "1"}]))
    assert await status(harness, order) == ("present", "sent", None)
    fresh = harness.shop.order("SOKK-1", shipping_lines=[shipped])
    await harness.deliver(fresh)
    there = harness.warehouse.order(fresh["number"])
    assert there is not None
    assert (there.body.service_point_code, there.body.delivery_instruction) == ("15", "15")
