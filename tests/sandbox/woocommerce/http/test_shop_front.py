"""What keeps a caller from the shop's API, and how it looks from outside."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette

from app.sandbox.woocommerce import Shop
from tests.sandbox.woocommerce.conftest import HTTPS_HOME
from tests.sandbox.woocommerce.recorded.recorded_shop import KEYS, client_of, open_shop

ORDERS = "/wp-json/wc/v3/orders"


@pytest.fixture
def http(app: Starlette) -> httpx.AsyncClient:
    client = client_of(app, HTTPS_HOME)
    client.auth = httpx.BasicAuth(*KEYS[0][:2])
    return client


class TestPlainPermalinks:
    async def test_the_usual_address_is_a_page_that_is_not_there(self, http: httpx.AsyncClient, shop: Shop) -> None:
        shop.front.change(permalinks="plain")

        answer = await http.get(ORDERS)

        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")

    async def test_the_api_names_itself_under_rest_route(self, http: httpx.AsyncClient, shop: Shop) -> None:
        shop.front.change(permalinks="plain")

        index = await http.get("/", params={"rest_route": "/"})
        front = await http.get("/")

        assert "wc/v3" in index.json()["namespaces"]
        assert front.headers["link"] == f'<{HTTPS_HOME}/?rest_route=/>; rel="https://api.w.org/"'

    async def test_keys_are_not_looked_at_under_rest_route(self, http: httpx.AsyncClient, shop: Shop) -> None:
        for permalinks in ("plain", "pretty"):
            shop.front.change(permalinks=permalinks)
            answer = await http.get("/", params={"rest_route": "/wc/v3/orders"})
            assert (answer.status_code, answer.json()["code"]) == (401, "woocommerce_rest_cannot_view")


async def test_a_firewall_answers_with_a_page_of_its_own(http: httpx.AsyncClient, shop: Shop) -> None:
    shop.front.change(rest_api="forbidden")

    for path in (ORDERS, "/wp-json/", "/?rest_route=/"):
        answer = await http.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert (await http.get("/")).status_code == 200
    assert [call.status for call in shop.journal.calls] == [403, 403, 403, 200]


async def test_members_only_lets_good_keys_in_and_nobody_else(http: httpx.AsyncClient, shop: Shop) -> None:
    shop.front.change(rest_api="members-only")

    index = await http.get("/wp-json/", auth=httpx.BasicAuth("ck_nobody", "cs_nobody"))

    assert (index.status_code, index.json()["code"]) == (401, "rest_login_required")
    assert (await http.get(ORDERS)).status_code == 200


async def test_maintenance_shuts_everything_but_the_sandbox(http: httpx.AsyncClient) -> None:
    shut = await http.post("/_sandbox/front", json={"maintenance": True})
    answer = await http.get(ORDERS)
    opened = await http.post("/_sandbox/front", json={"maintenance": False})

    assert shut.json() == {"permalinks": "pretty", "rest_api": "open", "maintenance": True}
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "600")
    assert answer.headers["content-type"].startswith("text/html")
    assert opened.json()["maintenance"] is False
    assert (await http.get(ORDERS)).status_code == 200


@pytest.mark.parametrize("wish", [{"rest_api": "half-open"}, {"doors": "open"}, {"permalinks": True}])
async def test_words_the_front_does_not_know_are_refused(http: httpx.AsyncClient, wish: dict[str, str]) -> None:
    assert (await http.post("/_sandbox/front", json=wish)).status_code == 422


async def test_a_shop_can_begin_that_way() -> None:
    _, shop = open_shop(HTTPS_HOME, permalinks="plain", rest_api="forbidden", maintenance=True)

    assert (shop.front.permalinks, shop.front.rest_api, shop.front.maintenance) == ("plain", "forbidden", True)
    with pytest.raises(ValueError, match="rest_api is one of open, forbidden, members-only"):
        open_shop(HTTPS_HOME, rest_api="shut")


async def test_the_front_page_says_where_the_api_is(http: httpx.AsyncClient) -> None:
    assert (await http.get("/")).headers["link"] == f'<{HTTPS_HOME}/wp-json/>; rel="https://api.w.org/"'
    assert (await http.get("/kontakt")).status_code == 404
