"""Orders that are held with a reason."""

from __future__ import annotations

import pytest

from app.errors import Conflict
from tests.flows.order_steps import release, sent, status, there
from tests.harness import ADDRESS, BILLING, Harness


class TestHeldWithAReason:
    async def test_a_line_without_a_sku_holds_the_order(self, harness: Harness) -> None:
        order = harness.shop.order("SOKK-1")
        line = {**order["line_items"][0], "sku": ""}
        await harness.deliver({**order, "line_items": [line]})
        assert await status(harness, order) == ("present", "held", "line-without-article-number")
        assert harness.warehouse.calls() == []

    async def test_it_goes_through_once_it_is_put_right_in_the_shop(self, harness: Harness) -> None:
        order = harness.shop.order("SOKK-1")
        await harness.deliver({**order, "line_items": [{**order["line_items"][0], "sku": ""}]})
        await harness.deliver(harness.shop.change(order["id"], customer_note="put right"))
        assert await status(harness, order) == ("present", "sent", None)
        assert await harness.stored.events() == {"merged": 1, "done": 1}

    async def test_an_address_without_a_street_holds_the_order(self, harness: Harness) -> None:
        order = harness.shop.order(shipping={**ADDRESS, "address_1": ""}, billing={**BILLING, "address_1": ""})
        await harness.deliver(order)
        assert (await status(harness, order))[1:] == ("held", "street-missing")

    async def test_the_setting_says_where_a_post_code_is_needed_and_frees_what_it_held(self, harness: Harness) -> None:
        """In both directions: Laos uses post codes unless the setting says otherwise, Ireland the other way round."""
        parts = {"required_address_parts": ["street", "post-code", "city", "country"]}
        await harness.change_settings(harness.connection, warehouse=parts)
        laos, ireland = [
            harness.shop.order(shipping={**ADDRESS, "postcode": "", "country": country}, billing={**BILLING, "postcode": ""})
            for country in ("LA", "IE")
        ]
        await harness.deliver(laos)
        await harness.deliver(ireland)
        assert await status(harness, laos) == ("present", "held", "post-code-missing")
        assert await status(harness, ireland) == ("present", "sent", None)
        await harness.change_settings(harness.connection, warehouse=parts | {"countries_without_post_code": ["LA"]})
        await harness.deliver(harness.shop.change(laos["id"], customer_note="x"))
        await harness.deliver(harness.shop.change(ireland["id"], customer_note="x"))
        assert await status(harness, laos) == ("present", "sent", None)
        assert await status(harness, ireland) == ("present", "held", "post-code-missing")

    async def test_a_held_record_that_no_release_can_help_is_not_released(self, harness: Harness) -> None:
        order = harness.shop.order("SOKK-1")
        await harness.deliver({**order, "line_items": [{**order["line_items"][0], "sku": ""}]})
        with pytest.raises(Conflict):
            await release(harness, order)

    async def test_what_was_sent_before_stands_while_a_change_of_it_is_held(self, harness: Harness) -> None:
        order = await sent(harness)
        changed = harness.shop.change(order["id"], customer_note="x")
        await harness.deliver({**changed, "line_items": [{**changed["line_items"][0], "sku": ""}]})
        assert await status(harness, order) == ("present", "held", "line-without-article-number")
        assert there(harness, order).body.order_remark is None
