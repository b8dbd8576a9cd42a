"""Who may call, how often and in which form."""

from __future__ import annotations

import pytest

from app.sandbox.mystore import PersonalToken
from tests.sandbox.mystore.calling import JSON_API, PLAIN, TOKEN, Site, detail, document, headers
from tests.sandbox.mystore.conftest import Build

READS = PersonalToken("reads", ("read:orders", "read:products"), ("cost", "quantity"))


class TestRights:
    async def test_a_call_without_its_right_is_403(self, open_site: Build) -> None:
        site = open_site(personal_tokens=(READS,))
        site.shop.place_order([{"sku": "A"}])
        for path, status in (("/orders", 200), ("/orders/10001/order-products", 403), ("/order-status", 403)):
            assert (await site.http.get(f"/shops/demo{path}", headers=headers(token="reads"))).status_code == status
        written = await site.call("PATCH", "/orders/10001", document("orders", "10001"), headers=headers(token="reads"))
        assert (written.status_code, detail(written)) == (403, "Invalid scope(s) provided.")

    async def test_the_name_of_a_write_right_is_a_setting(self, open_site: Build) -> None:
        token = PersonalToken("writes", ("update:orders",))
        site = open_site(personal_tokens=(token,), write_right="update:{resource}")
        site.shop.place_order([{"sku": "A"}])
        written = await site.call("PATCH", "/orders/10001", document("orders", "10001"), headers=headers(token="writes"))
        assert written.status_code == 200

    async def test_hidden_attributes_are_missing(self, open_site: Build) -> None:
        site = open_site(personal_tokens=(READS,))
        site.shop.add_product("A", cost=10, quantity=3)
        shown = (await site.http.get("/shops/demo/products/1", headers=headers(token="reads"))).json()["data"]["attributes"]
        assert {"cost", "quantity"} & set(shown) == set()
        assert shown["quantity_physical"] == 3

    @pytest.mark.parametrize("token", ["unknown", TOKEN[:-1]])
    async def test_a_token_that_is_not_good_is_403_with_that_text(self, site: Site, token: str) -> None:
        answer = await site.http.get("/shops/demo/orders", headers=headers(token=token))
        assert (answer.status_code, detail(answer)) == (403, "Token has expired or is invalid")

    async def test_it_may_be_401(self, open_site: Build) -> None:
        site = open_site(expired_status=401)
        assert (await site.http.get("/shops/demo/orders", headers=headers(token="x"))).status_code == 401

    async def test_a_personal_token_that_was_taken_away(self, site: Site) -> None:
        site.mystore.authority.revoke()
        assert (await site.get("/orders")).status_code == 403


class TestPace:
    async def get(self, site: Site, times: int) -> list[int]:
        return [(await site.get("/orders")).status_code for _ in range(times)]

    async def test_the_call_after_the_last_is_429_and_says_when(self, open_site: Build) -> None:
        site = open_site(calls_per_minute=3)
        assert await self.get(site, 2) == [200, 200]
        site.clock.seconds += 20
        assert await self.get(site, 1) == [200]
        refused = await site.get("/orders")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "40")

    async def test_a_sliding_window_forgets_call_by_call(self, open_site: Build) -> None:
        site = open_site(calls_per_minute=2)
        await self.get(site, 1)
        site.clock.seconds += 30
        await self.get(site, 1)
        site.clock.seconds += 30
        assert await self.get(site, 2) == [200, 429]

    async def test_a_fixed_window_forgets_all_at_once(self, open_site: Build) -> None:
        site = open_site(calls_per_minute=2, limit_window="fixed", retry_after=False)
        await self.get(site, 1)
        site.clock.seconds += 59
        assert await self.get(site, 2) == [200, 429]
        site.clock.seconds += 1
        assert await self.get(site, 3) == [200, 200, 429]
        assert "retry-after" not in (await site.get("/orders")).headers

    async def test_each_token_has_its_own(self, open_site: Build) -> None:
        site = open_site(calls_per_minute=1, personal_tokens=(PersonalToken(TOKEN), PersonalToken("other")))
        assert await self.get(site, 2) == [200, 429]
        assert (await site.http.get("/shops/demo/orders", headers=headers(token="other"))).status_code == 200

    async def test_each_operation_of_a_batch_counts(self, open_site: Build) -> None:
        site = open_site(calls_per_minute=5)
        operations = [{"method": "GET", "path": "/shops/demo/orders"}] * 3
        assert (await site.plain("POST", "/non-atomic-batch", operations)).status_code == 200
        assert (await site.plain("POST", "/non-atomic-batch", operations)).status_code == 429
        assert await self.get(site, 3) == [200, 200, 429]


class TestForms:
    @pytest.mark.parametrize("agent", ["", "python-httpx/0.28.1", "curl/8.1"])
    async def test_a_client_names_itself(self, site: Site, agent: str) -> None:
        assert (await site.call("GET", "/orders", headers={"User-Agent": agent})).status_code == 400

    @pytest.mark.parametrize(
        ("path", "accept", "status"),
        [("/orders", PLAIN, 406), ("/orders", "*/*", 406), ("/settings", JSON_API, 406), ("/settings", PLAIN, 200)],
    )
    async def test_each_path_speaks_its_own_form(self, site: Site, path: str, accept: str, status: int) -> None:
        assert (await site.call("GET", path, headers={"Accept": accept})).status_code == status

    async def test_a_body_has_the_form_of_its_path(self, site: Site) -> None:
        body = document("orders", None)
        assert (await site.call("POST", "/orders", body, headers={"Content-Type": PLAIN})).status_code == 415

    async def test_a_mystore_that_is_not_strict_takes_them(self, open_site: Build) -> None:
        site = open_site(strict=False)
        more = {"Accept": "*/*", "Content-Type": PLAIN, "User-Agent": "curl/8.1"}
        assert (await site.call("POST", "/orders", document("orders", None), headers=more)).status_code == 201

    async def test_a_method_that_a_path_has_not(self, site: Site) -> None:
        answer = await site.call("PATCH", "/orders")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
        assert (await site.call("DELETE", "/products/1")).status_code == 405
        assert (await site.call("PATCH", "/order-status/1")).status_code == 405
