"""Bundles of a shop: as they were sold, as one line, or as their parts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.domain import Part, Process, SourceRecord
from app.integrations.woocommerce.mapping.fields import map_article
from app.integrations.woocommerce.settings import WooCommerceSettings
from tests.integrations.woocommerce.mapping.order_steps import mapped, recorded


def line(line_id: int, sku: str, total: str, quantity: int = 2, **more: Any) -> dict[str, Any]:
    first: dict[str, Any] = recorded("096")["line_items"][0]
    given = {"id": line_id, "sku": sku, "product_id": line_id + 100, "variation_id": 0, "quantity": quantity}
    return first | given | {"total": total, "price": float(total) / quantity, "name": sku} | more


BY_LINES = [
    line(1, "SETT", "100.00", bundled_items=[2, 3]),
    line(2, "KOPP", "40.00", bundled_by="1"),
    line(3, "FAT", "0.00", 4, bundled_by=1),
    line(4, "LUE", "50.00", bundled_by="", bundled_items=[]),
]
"""Product Bundles. Ids come as texts or numbers."""
BY_COMPOSITES = [
    line(1, "SETT", "100.00", composite_children=[2, 3]),
    line(2, "KOPP", "40.00", composite_parent="1"),
    line(3, "FAT", "0.00", 4, composite_parent="1"),
    line(4, "LUE", "50.00", composite_parent=""),
]
BY_META = [
    line(1, "SETT", "100.00", meta_data=[{"id": 1, "key": "_woosb_ids", "value": "102/abc/1,103/def/2"}]),
    line(2, "KOPP", "40.00", meta_data=[{"id": 2, "key": "_woosb_parent_id", "value": "101"}]),
    line(3, "FAT", "0.00", 4, meta_data=[{"id": 3, "key": "_woosb_parent_id", "value": "101"}]),
    line(4, "LUE", "50.00"),
]
"""WPC Product Bundles: a part names the bundle's product."""


@pytest.mark.parametrize("lines", [BY_LINES, BY_COMPOSITES, BY_META], ids=["bundles", "composites", "wpc"])
class TestOrders:
    def sent(self, lines: list[dict[str, Any]], **settings: Any) -> list[tuple[str | None, str, str, str]]:
        found = mapped(recorded("096", line_items=lines), **settings)
        assert found.problems == ()
        return [
            (each.article_number, f"{each.quantity:f}", f"{each.line_price:.2f}", f"{each.customer_line_price:.2f}")
            for each in found.lines
        ]

    def test_all_lines_as_they_were_sold_and_the_order_says_so(self, lines: list[dict[str, Any]]) -> None:
        assert [number for number, *_ in self.sent(lines)] == ["SETT", "KOPP", "FAT", "LUE"]
        (note,) = mapped(recorded("096", line_items=lines)).notes
        assert note == "The order has bundles: they are sent with their parts, as they were sold. See the setting bundles"

    def test_the_parts_alone(self, lines: list[dict[str, Any]]) -> None:
        assert self.sent(lines, bundles="parts") == [
            ("KOPP", "2", "20.00", "40.00"),
            ("FAT", "4", "0.00", "0.00"),
            ("LUE", "2", "25.00", "50.00"),
        ]

    def test_the_bundle_alone_with_the_price_of_its_parts(self, lines: list[dict[str, Any]]) -> None:
        assert self.sent(lines, bundles="one-line") == [("SETT", "2", "70.00", "140.00"), ("LUE", "2", "25.00", "50.00")]


def test_a_bundle_in_a_composite_goes_with_it() -> None:
    lines = [
        line(1, "ESKE", "10.00", composite_children=[2]),
        line(2, "SETT", "20.00", composite_parent="1", bundled_items=[3]),
        line(3, "KOPP", "30.00", bundled_by="2"),
    ]
    order = recorded("096", line_items=lines)
    assert [each.article_number for each in mapped(order, bundles="parts").lines] == ["KOPP"]
    (one,) = mapped(order, bundles="one-line").lines
    assert (one.article_number, one.customer_line_price) == ("ESKE", Decimal(60))


def test_lines_that_name_each_other_or_nothing_are_no_bundles() -> None:
    lines = [line(1, "A", "10.00", bundled_by="2"), line(2, "B", "10.00", bundled_by="1"), line(3, "C", "1.00", bundled_by="99")]
    assert [each.article_number for each in mapped(recorded("096", line_items=lines), bundles="parts").lines] == ["A", "B", "C"]


class TestArticles:
    def parts(self, *rows: dict[str, Any], bundles: str = "one-line") -> tuple[Part, ...]:
        body = {
            **{"id": 7, "sku": "SETT", "name": "Sett", "type": "bundle", "status": "publish", "bundled_items": list(rows)},
            "_gateway_products": {"8": {"id": 8, "sku": "KOPP"}, "9": {"id": 9, "sku": ""}},
        }
        return map_article(
            SourceRecord(Process.ARTICLES, "7", None, body), WooCommerceSettings.model_validate({"bundles": bundles})
        ).parts

    def test_a_bundle_that_is_always_the_same_is_a_kit(self) -> None:
        row = {"product_id": 8, "quantity_min": 2, "quantity_max": 2, "optional": False}
        assert self.parts(row) == (Part("KOPP", Decimal(2)),)

    def test_one_that_the_customer_chooses_is_none(self) -> None:
        assert self.parts({"product_id": 8, "quantity_min": 1, "quantity_max": 3, "optional": False}) == ()
        assert self.parts({"product_id": 8, "quantity_min": 1, "quantity_max": 1, "optional": True}) == ()

    def test_nor_is_one_with_a_part_that_has_no_number(self) -> None:
        assert self.parts({"product_id": 9, "quantity_min": 1, "quantity_max": 1}) == ()

    def test_and_none_where_bundles_are_not_sent_as_one_line(self) -> None:
        assert self.parts({"product_id": 8, "quantity_min": 2, "quantity_max": 2}, bundles="parts") == ()
