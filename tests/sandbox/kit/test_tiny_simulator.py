"""A simulator of a shop with nothing but products, made of the kit's parts: how small a new simulator can be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app.sandbox.kit.answers import answer, each, echoed, nulls, via
from app.sandbox.kit.fields import Record, fields, flag, number, records, required, text
from app.sandbox.kit.paging import page_of
from app.sandbox.kit.queries import Filter, Parameter, kept, parameters, size, up_to
from app.sandbox.kit.requests import Answer, IncomingCall, Refused, RequestHandler


@fields(
    required(text("sku", least=1, most=20)),
    number("netPrice", least=0),
    flag("isActive", default=True),
    records("variants", required(text("colour")), text("size")),
)
class ProductBody(Record):
    """What `POST /products` takes."""


PRODUCT = answer(
    {
        **echoed("", "sku", "netPrice"),
        "state": via("is_active", lambda on: "active" if on else "hidden"),
        "variants": each("variants", echoed("", "colour", "size")),
        **nulls("warehouse"),
    }
)
FILTERS: dict[str, Filter[Any]] = {"sku": Filter(str, lambda product, skus: product.sku in skus, many=True)}
PAGING = {"page": Parameter(size), "limit": Parameter(up_to(50))}


def create_tiny_shop() -> Starlette:
    handler, products = RequestHandler(), list[ProductBody]()

    def add(call: IncomingCall) -> Answer:
        body = call.body(ProductBody)
        if any(product.sku == body.sku for product in products):
            raise Refused(Answer({"error": f"sku {body.sku} is taken"}, 409))
        products.append(body)
        return Answer(PRODUCT(body), 201)

    def listed(call: IncomingCall) -> Answer:
        given = call.query({**PAGING, **parameters(FILTERS)})
        page = page_of(kept(products, given, FILTERS), given.get("page", 1), given.get("limit", 2))
        return Answer({"products": [PRODUCT(one) for one in page.items], "total": page.total, "next": page.next})

    routes = [handler.route("POST", "/products", add), handler.route("GET", "/products", listed)]
    return handler.application([*routes, handler.missing_route(routes)])


@pytest.fixture
async def shop() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_tiny_shop()), base_url="http://shop") as client:
        yield client


async def test_a_product_reads_back_as_the_table_says(shop: httpx.AsyncClient) -> None:
    made = await shop.post("/products", json={"sku": "A", "netPrice": 3, "variants": [{"colour": "red"}]})
    assert (made.status_code, made.json()) == (
        201,
        {
            "sku": "A",
            "netPrice": 3.0,
            "state": "active",
            "variants": [{"colour": "red", "size": None}],
            "warehouse": None,
        },
    )


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"sku": "A", "colour": "red"}, "colour: unknown field"),
        ({"sku": "A", "net_price": 3}, "net_price: unknown field"),
        ({"netPrice": "3"}, "sku: Field required; netPrice: Input should be a valid number"),
        ({"sku": ""}, "sku: String should have at least 1 character"),
        ({"sku": "A", "isActive": None}, "isActive: Input should be a valid boolean"),
        ({"sku": "A", "variants": [{"colour": "red"}, {}]}, "variants[1].colour: Field required"),
        ([], "body: Input should be an object"),
    ],
)
async def test_what_the_table_does_not_describe_is_refused_by_its_place(shop: httpx.AsyncClient, body: Any, error: str) -> None:
    refused = await shop.post("/products", json=body)
    assert (refused.status_code, refused.json()) == (400, {"error": error})
    assert (await shop.get("/products")).json()["total"] == 0


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("colour=red", "colour: unknown parameter"),
        ("page=1&page=2", "page: must be given once"),
        ("page=0", "page: must be at least 1, not '0'"),
        ("limit=51", "limit: must be at most 50, not '51'"),
    ],
)
async def test_a_parameter_that_is_unknown_or_wrong_is_refused(shop: httpx.AsyncClient, query: str, error: str) -> None:
    refused = await shop.get(f"/products?{query}")
    assert (refused.status_code, refused.json()) == (400, {"error": error})


async def test_an_endpoint_refuses_with_an_answer_of_its_own(shop: httpx.AsyncClient) -> None:
    await shop.post("/products", json={"sku": "A"})
    refused = await shop.post("/products", json={"sku": "A"})
    assert (refused.status_code, refused.json()) == (409, {"error": "sku A is taken"})


async def test_a_list_is_read_page_by_page(shop: httpx.AsyncClient) -> None:
    for sku in "ABCDE":
        await shop.post("/products", json={"sku": sku})
    pages = [(await shop.get("/products", params={"page": number})).json() for number in (1, 2, 3, 4)]
    assert [[product["sku"] for product in page["products"]] for page in pages] == [["A", "B"], ["C", "D"], ["E"], []]
    assert [(page["total"], page["next"]) for page in pages] == [(5, 2), (5, 3), (5, None), (5, None)]
    chosen = (await shop.get("/products", params={"sku": ["B", "E"]})).json()
    assert [product["sku"] for product in chosen["products"]] == ["B", "E"]


async def test_a_fault_is_shown_once_and_the_call_is_not_carried_out(shop: httpx.AsyncClient) -> None:
    await shop.post("/_sandbox/faults", json={"kind": "status", "status": 503, "retry_after": "7", "times": 1, "method": "POST"})
    shown = await shop.post("/products", json={"sku": "A"})
    assert (shown.status_code, shown.headers["Retry-After"]) == (503, "7")
    assert (await shop.get("/products")).json()["total"] == 0
    assert (await shop.post("/products", json={"sku": "A"})).status_code == 201


async def test_a_fault_after_the_write_hides_that_it_was_made_but_no_refusal(shop: httpx.AsyncClient) -> None:
    await shop.post("/_sandbox/faults", json={"kind": "status", "after_write": True})
    assert (await shop.post("/products", json={})).status_code == 400
    assert (await shop.post("/products", json={"sku": "A"})).status_code == 500
    await shop.delete("/_sandbox/faults")
    assert (await shop.get("/products")).json()["total"] == 1


async def test_the_journal_has_every_call_with_its_answer(shop: httpx.AsyncClient) -> None:
    await shop.post("/_sandbox/faults", json={"kind": "html", "times": 1})
    await shop.get("/products?page=2")
    await shop.post("/products", json={"sku": 1})
    await shop.delete("/products")
    await shop.get("/orders")
    calls = (await shop.get("/_sandbox/journal")).json()
    assert [(call["method"], call["path"], call["status"], call["fault"]) for call in calls] == [
        ("GET", "/products", 200, "html"),
        ("POST", "/products", 400, None),
        ("DELETE", "/products", 405, None),
        ("GET", "/orders", 404, None),
    ]
    assert calls[0]["query"] == [["page", "2"]]
    assert (calls[1]["body"], calls[1]["answer"]) == ({"sku": 1}, {"error": "sku: Input should be a valid string"})
