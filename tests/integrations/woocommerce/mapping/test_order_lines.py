"""The lines of an order, and its numbers."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain import ShopState
from tests.integrations.woocommerce.mapping.order_steps import codes, mapped, recorded
from tests.integrations.woocommerce.recordings import delivery


class TestLines:
    def line(self, **changed: Any) -> dict[str, Any]:
        first: dict[str, Any] = recorded("096")["line_items"][0]
        return first | changed

    def test_lines_with_quantity_0_are_left_out(self) -> None:
        found = mapped(recorded("096", line_items=[self.line(), self.line(id=2, quantity=0)]))
        assert [line.row_number for line in found.lines] == ["1"]
        assert found.problems == ()

    def test_a_product_without_a_sku_holds_the_order(self) -> None:
        """Order 35 (hent): Håndlaget kåse i bjørk has no SKU."""
        found = mapped(delivery("140").content)
        assert codes(found) == ["line-without-article-number"]
        assert found.problems[0].field == "line_items[0].sku"
        assert "Håndlaget kåse i bjørk" in found.problems[0].message

    def test_a_fallback_number_is_a_setting(self) -> None:
        found = mapped(delivery("140").content, article_number_fallback="WC-{id}")
        assert [line.article_number for line in found.lines] == ["WC-17"]

    def test_the_fallback_number_of_a_variation_has_its_own_id(self) -> None:
        body = recorded("096", line_items=[self.line(sku="", variation_id=24)])
        assert mapped(body, article_number_fallback="WC-{id}").lines[0].article_number == "WC-24"

    def test_a_variation_with_only_its_parents_sku_has_no_number_of_its_own(self) -> None:
        body = recorded("096", line_items=[self.line(sku="FB-SOK", product_id=23, variation_id=24)])
        body["_gateway_products"] = {"23": {"id": 23, "sku": "FB-SOK"}, "24": {"id": 24, "sku": "FB-SOK"}}
        assert mapped(body, article_number_fallback="WC-{id}").lines[0].article_number == "WC-24"
        assert codes(mapped(body)) == ["article-number-of-parent"]

    def test_a_product_deleted_from_the_shop_holds_the_order_whatever_the_setting(self) -> None:
        body = recorded("096", line_items=[self.line(sku=None, product_id=0, variation_id=0)])
        assert codes(mapped(body, article_number_fallback="WC-{id}")) == ["line-without-article-number"]

    def test_forbidden_characters_hold_the_order_unless_replaced(self) -> None:
        body = recorded("096", line_items=[self.line(sku="AB_1%")])
        assert codes(mapped(body)) == ["article-number-forbidden-character"]
        assert mapped(body, article_number_replacements={"_": "-", "%": "pst"}).lines[0].article_number == "AB-1pst"

    def test_a_problem_names_the_line_where_the_shop_has_it_whatever_was_left_out_before(self) -> None:
        lines = [self.line(quantity=0), self.line(id=2, sku="A%"), self.line(id=3, quantity=-1)]
        found = mapped(recorded("096", line_items=lines))
        assert [(problem.code, problem.field) for problem in found.problems] == [
            ("article-number-forbidden-character", "line_items[1].sku"),
            ("line-quantity-wrong", "line_items[2].quantity"),
        ]
        assert [line.article_number for line in found.lines] == [None, "FB-JKT-001"]

    def test_names_are_decoded(self) -> None:
        body = recorded("096", line_items=[self.line(name="Ull &amp; fleece")])
        assert mapped(body).lines[0].article_name == "Ull & fleece"

    def test_an_order_without_lines_is_held(self) -> None:
        assert codes(mapped(recorded("096", line_items=[]))) == ["order-without-lines"]

    @pytest.mark.parametrize("quantity", [-1, None, "mange"])
    def test_a_quantity_that_cannot_be_sent_holds_the_order(self, quantity: Any) -> None:
        assert codes(mapped(recorded("096", line_items=[self.line(quantity=quantity)]))) == ["line-quantity-wrong"]

    def test_lines_of_products_that_are_no_stock_articles_are_left_out_when_the_setting_says_so(self) -> None:
        body = recorded("096", line_items=[self.line(), self.line(id=2, product_id=16, sku="FB-GAVE-500")])
        body["_gateway_products"] = {"14": {"virtual": False}, "16": {"virtual": True}}
        settings = {"virtual_products": "non-stock", "leave_out_non_stock_lines": True}
        found = mapped(body, **settings)
        assert [line.article_number for line in found.lines] == ["FB-JKT-001"]
        assert found.notes == ("1 lines left out: their products are no stock articles",)
        assert [len(mapped(body).lines), len(mapped(body, virtual_products="non-stock").lines)] == [2, 2]

    def test_an_order_of_nothing_else_waits_and_says_why(self) -> None:
        body = recorded("096", status="processing", _gateway_products={"14": {"virtual": True}})
        found = mapped(body, virtual_products="non-stock", leave_out_non_stock_lines=True)
        assert (found.state, found.problems) == (ShopState.WAITING, ())
        assert found.notes


class TestNumbers:
    def test_the_number_is_the_prefix_and_the_shops_number_the_id_stays(self) -> None:
        found = mapped(recorded("096", number="2026-1042"), order_number_prefix="A-")
        assert (found.source_id, found.source_number, found.number) == ("32", "2026-1042", "A-2026-1042")

    def test_a_number_that_the_wms_cannot_have_holds_the_order(self) -> None:
        assert codes(mapped(recorded("096", number="9" * 51))) == ["order-number-too-long"]
        assert codes(mapped(recorded("096", number=""))) == ["order-without-number"]
