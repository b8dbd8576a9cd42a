"""Who may call, and for which goods owner."""

from __future__ import annotations

import pytest

from tests.sandbox.ongoing.simulated_site import Site, order_body, refused


async def test_a_call_without_login_is_refused_with_401(site: Site) -> None:
    answer = await site.outside.get("/demo/api/v1/orders/statuses")
    assert refused(answer, 401) == "Authorization has been denied for this request."
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Basic Z3c=", "Bearer Z3c6c2VjcmV0", "Basic Z3c6d3Jvbmc="])
async def test_an_unreadable_or_wrong_login_is_refused_with_401(site: Site, header: str) -> None:
    refused(await site.outside.get("/demo/api/v1/orders/statuses", headers={"Authorization": header}), 401)


async def test_basic_login_as_the_vendor_shows_it_is_taken(site: Site) -> None:
    answer = await site.outside.get("/demo/api/v1/orders/statuses", headers={"Authorization": "Basic Z3c6c2VjcmV0"})
    assert answer.status_code == 200


async def test_a_goods_owner_that_the_user_may_not_see_is_refused_everywhere(site: Site) -> None:
    await site.put_order()
    foreign = site.as_user("other", "secret-2")
    for answer in (
        await foreign.put("/orders", json=order_body("W-2")),
        await foreign.put("/articles", json={"goodsOwnerId": 77, "articleNumber": "A"}),
        await foreign.get("/orders", params={"goodsOwnerId": 77}),
        await foreign.get("/articles", params={"goodsOwnerId": 77}),
        await foreign.get("/transporterContracts", params={"goodsOwnerId": 77}),
        await foreign.get("/orders/50001"),
        await foreign.get("/articles/18001"),
        await foreign.delete("/orders/50001"),
        await foreign.delete("/orders", params={"goodsOwnerId": 77, "orderNumber": "W-1"}),
    ):
        assert refused(answer, 403) == "The user has no access to goods owner 77."


async def test_a_goods_owner_that_does_not_exist_is_refused_the_same_way(site: Site) -> None:
    assert "goods owner 5" in refused(await site.api.get("/orders", params={"goodsOwnerId": 5}), 403)


async def test_a_missing_route_is_told_apart_from_a_missing_order(site: Site) -> None:
    assert refused(await site.api.get("/ordres"), 404).startswith("No HTTP resource was found")
    assert refused(await site.api.get("/orders/1"), 404) == "The order 1 was not found."
    assert "'PUT'" in refused(await site.api.put("/orders/statuses", json={}), 405)
