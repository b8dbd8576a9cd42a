"""The limit on consecutive failures."""

from __future__ import annotations

from tests.sandbox.ongoing.simulated_site import Build, Site, refused


async def fail(site: Site, times: int) -> None:
    for _ in range(times):
        refused(await site.put_order(orderNumber=""))


async def test_five_failures_in_a_row_lock_the_method_until_the_window_is_over(site: Site) -> None:
    await fail(site, 5)
    site.clock.forward(seconds=100)
    answer = await site.put_order()
    assert "consecutive failed calls" in refused(answer, 429)
    assert answer.headers["Retry-After"] == "500"

    site.clock.forward(seconds=499)
    refused(await site.put_order(), 429)
    site.clock.forward(seconds=1)
    assert (await site.put_order()).status_code == 201


async def test_a_success_starts_the_count_over(site: Site) -> None:
    await fail(site, 4)
    assert (await site.put_order()).status_code == 201
    await fail(site, 4)
    assert (await site.put_order()).status_code == 200


async def test_failures_that_are_spread_over_more_than_the_window_lock_nothing(site: Site) -> None:
    for _ in range(8):
        await fail(site, 1)
        site.clock.forward(seconds=151)
    assert (await site.put_order()).status_code == 201


async def test_the_lock_holds_for_one_user_and_one_method_and_path_template(site: Site) -> None:
    for number in range(1, 6):
        refused(await site.api.get(f"/orders/{number}"), 404)
    refused(await site.api.get("/orders/6"), 429)

    assert (await site.put_article(articleNumber="A")).status_code == 200
    assert (await site.api.get("/orders", params={"goodsOwnerId": 77})).status_code == 200
    refused(await site.as_user("other", "secret-2").get("/orders/6"), 404)


async def test_wrong_logins_lock_out_too(site: Site) -> None:
    wrong = site.as_user("gw", "wrong")
    for _ in range(5):
        refused(await wrong.get("/warehouses"), 401)
    refused(await site.api.get("/warehouses"), 429)


async def test_faults_on_demand_do_not_count(site: Site) -> None:
    await site.fault("status", status=503, times=9)
    for _ in range(9):
        refused(await site.put_order(), 503)
    assert (await site.put_order()).status_code == 201


async def test_the_numbers_are_settings(build: Build) -> None:
    site = build(lockout_failures=2, lockout_window_seconds=60)
    await fail(site, 2)
    answer = await site.put_order()
    refused(answer, 429)
    assert answer.headers["Retry-After"] == "60"
