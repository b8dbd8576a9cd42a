"""Quantities: which calls they make, what becomes of each, and what a sweep gives."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import LoginRefused, Malformed, Refused, Unavailable
from app.integrations.protocol import StockChange, StockLevel, WritesStock
from app.integrations.woocommerce.writes.stock import levels_of
from tests.integrations.woocommerce.fake_shop import FakeShop, recorded, scripted
from tests.integrations.woocommerce.recordings import rest


def change(source_id: int, quantity: int, parent: int | None = None) -> StockChange:
    return StockChange(str(source_id), None if parent is None else str(parent), quantity)


def product(product_id: int, quantity: int | str | None, manages: bool | str = True) -> dict[str, Any]:
    return {"id": product_id, "manage_stock": manages, "stock_quantity": quantity, "stock_status": "instock"}


class TestBatches:
    def test_the_client_writes_stock(self) -> None:
        assert isinstance(scripted({}).client(), WritesStock)

    def test_ten_thousand_products_make_a_hundred_calls(self) -> None:
        batches = scripted({}).client().stock_batches([change(number, 1) for number in range(1, 10_001)])
        assert len(batches) == 100
        assert {len(batch) for batch in batches} == {100}

    def test_products_go_together_and_variations_with_those_of_their_product(self) -> None:
        changes = [change(14, 1), change(24, 2, parent=23), change(15, 3), change(29, 4, parent=28), change(25, 5, parent=23)]
        batches = scripted({}).client().stock_batches(changes)
        assert [[each.source_id for each in batch] for batch in batches] == [["14", "15"], ["24", "25"], ["29"]]

    def test_a_product_with_more_than_a_hundred_variations_takes_several_calls(self) -> None:
        batches = scripted({}).client().stock_batches([change(number, 1, parent=1) for number in range(2, 203)])
        assert [len(batch) for batch in batches] == [100, 100, 1]

    def test_no_more_is_looked_at_than_one_call_takes(self) -> None:
        assert scripted({}).client().stock_page == 100

    def test_nothing_makes_no_call(self) -> None:
        assert scripted({}).client().stock_batches([]) == []

    @pytest.mark.parametrize("quantity", ["7", 7.9, True, None])
    def test_only_whole_numbers_get_as_far_as_a_batch(self, quantity: Any) -> None:
        """The shop would take each of them for a number, and answer it as a success."""
        with pytest.raises(TypeError, match="not a whole number"):
            scripted({}).client().stock_batches([StockChange("14", None, quantity)])

    def test_nothing_below_zero_is_written(self) -> None:
        with pytest.raises(ValueError, match="below 0"):
            scripted({}).client().stock_batches([change(14, -1)])


class TestWriting:
    async def test_products_as_recorded(self) -> None:
        shop = scripted({"POST products/batch": recorded("144")})
        answers = await shop.client().write_stock([change(14, 28), change(15, 15), change(19, 6)])
        assert [(each.source_id, each.quantity, each.problem) for each in answers] == [
            ("14", 28, None), ("15", 15, None), ("19", 6, None),
        ]  # fmt: skip
        (asked,) = shop.asked
        assert asked.body == rest("144")["request"]["body"]
        assert asked.content_type == "application/json"

    async def test_a_variation_of_another_product_as_recorded(self) -> None:
        shop = scripted({"POST products/23/variations/batch": recorded("158")})
        answers = await shop.client().write_stock([change(24, 11, 23), change(25, 22, 23), change(29, 3, 23)])
        assert [(each.quantity, each.problem and each.problem.code) for each in answers] == [
            (11, None), (22, None), (None, "wrong-parent"),
        ]  # fmt: skip
        assert shop.asked[0].body == rest("158")["request"]["body"]

    async def test_a_product_whose_pieces_the_shop_does_not_count(self) -> None:
        """Answered 200, and nothing changed (recorded: 153)."""
        status, body = recorded("153")
        shop = scripted({"POST products/batch": (status, {"update": [body]})})
        (answer,) = await shop.client().write_stock([change(17, 5)])
        assert answer.problem is not None
        assert (answer.quantity, answer.problem.code) == (None, "stock-not-managed")
        assert "Track stock quantity" in answer.problem.fix

    @pytest.mark.parametrize(
        ("item", "code"),
        [
            (product(14, 4), "stock-not-taken"),
            (product(14, "4"), "stock-not-taken"),
            (product(14, None), "stock-not-taken"),
            (product(14, None, manages=False), "stock-not-managed"),
            (product(14, 5, manages=False), "stock-not-managed"),
            (product(14, 12, manages="parent"), "stock-kept-by-parent"),
            ({"id": 14, "error": {"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID."}}, "product-gone"),
            (
                {"id": 14, "error": {"code": "woocommerce_rest_invalid_product_id", "message": "x", "data": {"status": 404}}},
                "wrong-parent",
            ),
            (
                {
                    "id": 14,
                    "error": {"code": "woocommerce_rest_product_variation_invalid_id", "message": "x", "data": {"status": 400}},
                },
                "product-gone",
            ),
            ({"id": 14, "error": {"code": "rest_invalid_param", "message": "no", "data": {"status": 400}}}, "stock-refused"),
        ],
    )
    async def test_what_became_of_one(self, item: dict[str, Any], code: str) -> None:
        shop = scripted({"POST products/batch": (200, {"update": [item]})})
        (answer,) = await shop.client().write_stock([change(14, 5)])
        assert answer.problem is not None
        assert answer.problem.code == code
        assert answer.problem.fix

    async def test_zero_is_written_as_zero(self) -> None:
        shop = scripted({"POST products/batch": (200, {"update": [product(14, 0)]})})
        (answer,) = await shop.client().write_stock([change(14, 0)])
        assert answer == type(answer)("14", 0, None)
        assert shop.asked[0].body == {"update": [{"id": 14, "stock_quantity": 0}]}

    @pytest.mark.parametrize(
        "body",
        [
            {"update": [product(14, 5)]},
            {"update": [product(15, 6), product(14, 5)]},
            {"update": {}},
            [],
        ],
    )
    async def test_an_answer_that_does_not_fit_what_was_written_is_unknown(self, body: Any) -> None:
        shop = scripted({"POST products/batch": (200, body)})
        with pytest.raises(Malformed):
            await shop.client().write_stock([change(14, 5), change(15, 6)])

    async def test_products_and_variations_in_one_batch_are_refused_before_a_call(self) -> None:
        shop = scripted({})
        with pytest.raises(ValueError, match="stock_batches"):
            await shop.client().write_stock([change(14, 5), change(24, 6, parent=23)])
        assert shop.asked == []

    async def test_failures_are_sorted_as_everywhere(self) -> None:
        for number, error in (("207", LoginRefused), ("156", Refused)):
            with pytest.raises(error):
                await scripted({"POST products/batch": recorded(number)}).client().write_stock([change(14, 5)])
        with pytest.raises(Unavailable):
            await scripted({"POST products/batch": (503, {})}).client().write_stock([change(14, 5)])


class TestReading:
    async def test_a_sweep_gives_products_and_variations_page_by_page(self) -> None:
        products = [
            {"id": 14, "type": "simple", "sku": "J", "manage_stock": True, "stock_quantity": 7},
            {"id": 17, "type": "simple", "sku": "", "manage_stock": False, "stock_quantity": None},
            {"id": 23, "type": "variable", "sku": "S", "manage_stock": False, "stock_quantity": None},
        ]
        variations = [
            {"id": 24, "sku": "S-GR", "manage_stock": True, "stock_quantity": -2},
            {"id": 25, "sku": "S-BL", "manage_stock": "parent", "stock_quantity": None},
        ]
        shop = scripted({"GET products": (200, products), "GET products/23/variations": (200, variations)})
        pages = [page async for page in shop.client().stock_levels()]
        assert [level for page in pages for level in page.levels] == [
            StockLevel("24", "23", "S-GR", -2, managed=True),
            StockLevel("25", "23", "S-BL", None, managed=False, kept_by_parent=True),
            StockLevel("14", None, "J", 7, managed=True),
            StockLevel("17", None, "", None, managed=False),
            StockLevel("23", None, "S", None, managed=False, without_stock=True),
        ]
        assert sum(page.calls for page in pages) == len(shop.asked) == 2
        assert shop.asked[0].query["_fields"] == "id,type,sku,manage_stock,stock_quantity,virtual,variations"

    async def test_a_sweep_goes_on_where_it_stood(self) -> None:
        bodies = [{"id": number, "type": "simple", "manage_stock": True, "stock_quantity": 1} for number in range(1, 26)]

        class Paged(FakeShop):
            def answer(self, request: Any) -> Any:
                offset, size = int(request.url.params["offset"]), int(request.url.params["per_page"])
                self.answers["GET products"] = (200, bodies[offset : offset + size])
                return super().answer(request)

        shop = Paged({})
        client = shop.client(page_size=10)
        sweep = client.stock_levels()
        first = await anext(sweep)
        rest_of_it = [page async for page in client.stock_levels(first.cursor)]
        ids = [level.source_id for page in (first, *rest_of_it) for level in page.levels]
        assert ids == [str(number) for number in range(1, 26)]

    async def test_a_record_that_goes_while_it_is_read_lets_no_other_slip_through(self) -> None:
        bodies = [{"id": number, "type": "simple", "manage_stock": True, "stock_quantity": 1} for number in range(1, 31)]

        class Vanishing(FakeShop):
            def answer(self, request: Any) -> Any:
                offset, size = int(request.url.params["offset"]), int(request.url.params["per_page"])
                self.answers["GET products"] = (200, bodies[offset : offset + size])
                answered = super().answer(request)
                if len(self.asked) == 1:
                    del bodies[2:5]
                return answered

        pages = [page async for page in Vanishing({}).client(page_size=10).stock_levels()]
        found = {int(level.source_id) for page in pages for level in page.levels}
        assert found >= set(range(6, 31))

    async def test_some_are_read_by_lists_variations_under_their_products(self) -> None:
        shop = scripted({
            "GET products": (200, [{"id": 14, "sku": "J", "manage_stock": True, "stock_quantity": 7}]),
            "GET products/23/variations": (200, [{"id": 24, "sku": "S", "manage_stock": True, "stock_quantity": 3}]),
            "GET products/99/variations": recorded("143"),
        })  # fmt: skip
        found = await shop.client().read_stock([("14", None), ("15", None), ("24", "23"), ("100", "99")])
        assert found == {
            "14": StockLevel("14", None, "J", 7, managed=True),
            "15": None,
            "24": StockLevel("24", "23", "S", 3, managed=True),
            "100": None,
        }
        assert len(shop.asked) == 3


class TestNumbers:
    @pytest.mark.parametrize("shown", [9, 9.0, "9", "9.0", " 9 "])
    async def test_nine_is_nine_however_the_shop_writes_it(self, shown: Any) -> None:
        shop = scripted({"POST products/batch": (200, {"update": [{"id": 14, "manage_stock": True, "stock_quantity": shown}]})})
        (answer,) = await shop.client().write_stock([change(14, 9)])
        assert (answer.quantity, answer.problem) == (9, None)

    @pytest.mark.parametrize(
        ("shown", "pieces"),
        [("9", 9), (9.0, 9), (8.5, 8.5), ("8.50", 8.5), (-3, -3), ("", None), (None, None), (True, None), ("ni", None)],
    )
    def test_what_is_listed(self, shown: Any, pieces: int | None) -> None:
        (level,) = levels_of([{"id": 14, "sku": "LUE", "manage_stock": True, "stock_quantity": shown}], None)
        assert level.quantity == pieces
