"""The judge of random histories sees what is wrong: it would be worth nothing if it never did."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.sandbox.ongoing import Warehouse, WarehouseConfig
from app.sandbox.ongoing.bodies.orders import OrderBody
from app.sandbox.woocommerce import Shop, ShopConfig, create_shop
from tests.chaos.histories import judge
from tests.chaos.histories.player import Player
from tests.chaos.histories.post_office import Letter, PostOffice
from tests.chaos.histories.record import Content, Story, Version, content_in_shop
from tests.chaos.histories.world import GOODS_OWNER, World

HELD = {"transfer": "held", "reason_code": "warehouse-started"}


class Town:
    """A shop with one order of two pieces, and a warehouse."""

    def __init__(self) -> None:
        self.shop: Shop = create_shop(ShopConfig(home_url="http://shop.example", consumer_keys=[])).state.shop
        self.warehouse = Warehouse(WarehouseConfig())
        product = {"name": "Vare", "sku": "VARE-0", "regular_price": "10", "manage_stock": True, "stock_quantity": 12}
        self.product = self.shop.add_product(product)["id"]
        address = {"first_name": "Kari", "address_1": "Storgata 1", "postcode": "0155", "city": "Oslo", "country": "NO"}
        lines = [{"product_id": self.product, "quantity": 2}]
        made = self.shop.add_order({"status": "processing", "shipping": address, "line_items": lines})
        self.story = Story(1, made["id"])
        self.note(0)
        self.post = PostOffice("http://gateway.example", 1)
        self.world = cast(
            World,
            SimpleNamespace(shop=self.shop, warehouse=self.warehouse, post=self.post, products=[self.product], servers={}),
        )
        self.player = Player(self.world, {1: self.story})

    def note(self, at: float) -> None:
        order = self.shop.orders[self.story.id]
        self.story.versions.append(Version(at, "test", order["status"], order["number"], content_in_shop(order)))

    def change(self, at: float, **body: Any) -> None:
        self.shop.change_order(self.story.id, body)
        self.note(at)

    def pieces(self, at: float, pieces: int) -> None:
        line = self.shop.orders[self.story.id]["line_items"][0]["id"]
        self.change(at, line_items=[{"id": line, "quantity": pieces}])

    def send(self, content: Content | None = None, number: str | None = None) -> str:
        """As the gateway does; the newest content if none is given."""
        lines, street, post_code, city = content or self.story.newest.content
        order_number = number or self.story.newest.number
        consignee = {"name": "Kari", "address1": street, "postCode": post_code, "city": city, "countryCode": "NO"}
        rows = [{"rowNumber": row, "articleNumber": article, "numberOfItems": pieces} for row, article, pieces in lines]
        body = {
            "goodsOwnerId": GOODS_OWNER,
            "orderNumber": order_number,
            "goodsOwnerOrderId": str(self.story.id),
            "deliveryDate": "2026-11-21T00:00:00Z",
            "consignee": consignee,
            "orderLines": rows,
        }
        self.warehouse.put_order(OrderBody.model_validate(body))
        return order_number

    def found(self, explained: dict[str, Any] | None = None) -> list[tuple[str, str]]:
        return [(each.kind, each.text) for each in judge._judge_order(self.player, self.story, explained)]


@pytest.fixture
def town() -> Town:
    return Town()


def test_an_order_as_it_should_be_is_not_found_fault_with(town: Town) -> None:
    town.send()
    assert town.found() == []


def test_a_missing_order_is_found(town: Town) -> None:
    ((kind, words),) = town.found()
    assert kind == "wrong"
    assert "is to be sent and not in the warehouse" in words


def test_an_order_under_two_numbers_is_found(town: Town) -> None:
    town.send()
    town.send(number="W-1")
    ((kind, words),) = town.found()
    assert kind == "doubled"
    assert "is in the warehouse 2 times" in words


def test_an_old_content_is_found(town: Town) -> None:
    town.send()
    town.pieces(1, 5)
    ((_, words),) = town.found()
    assert "is not changed in the warehouse, where nobody has begun" in words


def test_an_old_content_is_right_where_picking_had_begun_and_the_gateway_says_so(town: Town) -> None:
    number = town.send()
    town.warehouse.set_order_status(number, 320)
    town.story.picked_at = 0.5
    town.pieces(1, 5)
    assert town.found(HELD) == []
    ((_, words),) = town.found()
    assert "was changed after picking began, and the gateway shows None" in words


def test_a_content_that_came_after_picking_began_is_found(town: Town) -> None:
    town.pieces(1, 5)
    number = town.send()
    town.warehouse.set_order_status(number, 320)
    town.story.picked_at = 0.5
    ((_, words),) = town.found(HELD)
    assert "with a content that the shop did not want then" in words


def test_a_cancelled_order_that_is_still_open_is_found(town: Town) -> None:
    number = town.send()
    town.change(1, status="cancelled")
    ((_, words),) = town.found()
    assert words.endswith("is cancelled in the shop and open in the warehouse (status 300)")
    town.warehouse.cancel_order(town.warehouse.order(number))
    assert town.found() == []


def test_one_deleted_for_good_that_is_still_open_is_found(town: Town) -> None:
    town.send()
    town.shop.delete_order(town.story.id)
    ((_, words),) = town.found()
    assert "is deleted in the shop and open in the warehouse" in words


def test_too_late_to_cancel_must_be_shown(town: Town) -> None:
    number = town.send()
    town.warehouse.set_order_status(number, 320)
    town.change(1, status="cancelled")
    assert town.found({"transfer": "held", "reason_code": "too-late-to-cancel"}) == []
    assert len(town.found()) == 1


def test_a_bad_address_must_be_shown(town: Town) -> None:
    town.change(1, shipping={"city": ""})
    assert town.found({"transfer": "held", "reason_code": "city-missing"}) == []
    assert len(town.found()) == 1


def test_a_number_that_the_order_never_had_is_found(town: Town) -> None:
    town.send(number="X-1")
    ((_, words),) = town.found()
    assert "has the number X-1, which it never had in the shop" in words


def test_a_tracking_number_told_twice_or_never_is_found(town: Town) -> None:
    number = town.send()
    town.warehouse.ship(number, "7001")
    town.story.picked_at, town.story.shipped_at, town.story.waybills = 1, 2, ["7001"]
    town.change(3, status="completed")
    assert [kind for kind, _ in town.found()] == ["lost"]
    town.shop.notes.write(town.story.id, "Sporing: 7001", to_customer=True)
    assert town.found() == []
    town.shop.notes.write(town.story.id, "Sporing: 7001", to_customer=True)
    assert [kind for kind, _ in town.found()] == ["doubled"]


def test_a_shop_that_shows_too_many_or_too_few_is_found(town: Town) -> None:
    town.send()
    town.warehouse.put_in_stock("VARE-0", 10)
    town.shop.change_product(town.product, {"stock_quantity": 8})
    assert list(judge._stock(town.player)) == []
    for wrong in (9, 7):
        town.shop.change_product(town.product, {"stock_quantity": wrong})
        assert [each.kind for each in judge._stock(town.player)] == ["stock"]


def test_a_taken_delivery_that_is_not_kept_is_found(town: Town) -> None:
    town.post.letters.append(Letter("1", 0, "order.updated", town.story.id, "", "twice", [200, 200]))
    event = {"id": 1, "topic": "order.updated", "record": str(town.story.id), "state": "done"}
    assert list(judge._missing_events(town.world, [event, event])) == []
    assert [each.kind for each in judge._missing_events(town.world, [event])] == ["lost"]
    late = {**event, "state": "queued"}
    assert [each.kind for each in judge._missing_events(town.world, [event, late])] == ["lost"]
