"""Many operations in one call; the vendor's own samples are played."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.mystore.calling import Site, document, headers
from tests.sandbox.mystore.conftest import Build

SAMPLES = Path(__file__).parents[3] / "fixtures" / "mystore"
GOOD = {"method": "PATCH", "path": "/shops/demo/products/1", "body": document("products", "1", {"quantity": 4})}
BAD = {"method": "PATCH", "path": "/shops/demo/products/9", "body": document("products", "9", {"quantity": 4})}


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.request.json").read_text())


async def send(site: Site, path: str, body: Any) -> Any:
    answer = await site.plain("POST", path, body)
    return answer.status_code, answer.json() if answer.content else None


def quantity(site: Site) -> int:
    found: int = site.shop.find("products", 1)["attributes"]["quantity"]
    return found


@pytest.fixture
def stocked(site: Site) -> Site:
    site.shop.add_product("A", quantity=1)
    return site


class TestEachByItself:
    async def test_what_is_refused_leaves_the_rest(self, stocked: Site) -> None:
        status, results = await send(stocked, "/non-atomic-batch", [BAD, GOOD])
        assert (status, [one["status"] for one in results]) == (200, [404, 200])
        assert results[0]["body"]["errors"][0]["detail"] == "There is no products 9"
        assert results[1]["body"]["data"]["attributes"]["quantity"] == 4
        assert quantity(stocked) == 4

    @pytest.mark.parametrize(
        ("form", "expected"),
        [
            ("documents", lambda said: [set(one) for one in said] == [{"errors"}, {"data"}]),
            ("wrapped", lambda said: [one["status"] for one in said["operations"]] == [404, 200]),
            ("nothing", lambda said: said is None),
        ],
    )
    async def test_the_answer_may_have_other_forms(self, stocked: Site, form: str, expected: Any) -> None:
        stocked.mystore.change(batch_answer=form)
        _, said = await send(stocked, "/non-atomic-batch", [BAD, GOOD])
        assert expected(said)
        assert quantity(stocked) == 4

    async def test_each_needs_its_own_right(self, stocked: Site) -> None:
        token = stocked.mystore.authority.personal_token("demo", ("read:products",))
        answer = await stocked.plain("POST", "/non-atomic-batch", [GOOD], token)
        assert [one["status"] for one in answer.json()] == [403]

    @pytest.mark.parametrize(
        "body",
        [
            {"operations": []},
            [],
            [{"method": "PATCH"}],
            [{**GOOD, "id": 1}],
            [{**GOOD, "path": "/products/1"}],
            [{**GOOD, "path": "/shops/other/products/1"}],
            [{**GOOD, "method": "PUT"}],
            [GOOD] * 101,
        ],
    )
    async def test_a_batch_that_is_none(self, stocked: Site, body: Any) -> None:
        assert (await send(stocked, "/non-atomic-batch", body))[0] == 400
        assert quantity(stocked) == 1


class TestAllOrNone:
    async def test_the_first_refusal_undoes_all(self, stocked: Site) -> None:
        await stocked.post("webhooks", {"topic": "products/update", "url": "http://gateway.example/"})
        status, said = await send(stocked, "/atomic-batch", [GOOD, BAD])
        assert (status, said["errors"][0]["detail"]) == (404, "There is no products 9")
        assert quantity(stocked) == 1
        assert list(stocked.shop.webhooks.waiting) == []

    async def test_a_lookup_still_works_after_that(self, stocked: Site) -> None:
        stocked.shop.place_order([{"sku": "A"}])
        await send(stocked, "/atomic-batch", [GOOD, BAD])
        assert len(stocked.shop.lines_of(10001)) == 1
        assert (await send(stocked, "/atomic-batch", [GOOD]))[0] == 200


class TestSamples:
    async def test_a_product_with_variants(self, open_site: Build) -> None:
        site = open_site(shops=("shopname",))
        answer = await site.http.post(
            "/shops/shopname/atomic-batch",
            json=sample("batch-create-product-with-variants"),
            headers=headers("application/json", site.mystore.authority.personal_token("shopname")),
        )
        assert [one["status"] for one in answer.json()] == [201, 201, 201, 200, 201, 201]
        assert site.shop.find("products", 1)["attributes"]["name"] == {"no": "Mystore API Created Product"}
        assert site.shop.find("product-options", 1)["relationships"]["product-option-values"]["data"] == [
            {"type": "product-option-values", "id": "1"}
        ]
        variant = site.shop.tables["product-variants"].find(1)
        assert site.shop.catalogue.stock_attributes(variant) == "1-1"

    async def test_an_order_with_its_parts(self, open_site: Build) -> None:
        site = open_site(shops=("shopname",), first_ids={"orders": 2})
        site.shop.add_product("222-343434-X")
        site.shop.put("customers", {}, record_id=1)
        for option, value in ((4, 58), (5, 4)):
            site.shop.put("product-options", {"name": {"no": "x"}}, record_id=option)
            site.shop.put("product-option-values", {"name": {"no": "x"}}, record_id=value)
        answer = await site.http.post(
            "/shops/shopname/atomic-batch",
            json=sample("batch-create-order-with-product-variants"),
            headers=headers("application/json", site.mystore.authority.personal_token("shopname")),
        )
        assert {one["status"] for one in answer.json()} == {201}
        assert site.shop.find("orders", 2)["attributes"]["billing_address_country"] == "Denmark"
        totals = {
            one["attributes"]["class"]: one["attributes"]["value"] for one in site.shop.parts_of("order-totals", "order", 2)
        }
        assert totals == {"ot_subtotal": 491.63, "ot_shipping": 150, "ot_tax": 30, "ot_total": 641.63}
