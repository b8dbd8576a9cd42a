"""What a connection may be called, where it may point, and which two may share a goods owner."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from app.errors import BadInput, Conflict
from app.integrations.woocommerce.settings import WooCommerceSettings
from app.outgoing.addresses import Reach
from app.records import connections
from app.records.connection_lanes import lane_of, may_share
from app.records.connections import Draft, Status, prepare
from app.storage.engine import Database
from app.storage.secrets import Vault, new_key
from app.warehouse.credentials import OngoingCredentials

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SHOP = {"shop_url": "https://shop.example/", "consumer_key": "ck_1", "consumer_secret": "cs_1"}
WAREHOUSE = {"url": "https://api.ongoingsystems.se/acme/api/v1/", "user": "u", "password": "p", "goods_owner_id": 77}


def draft(name: str = "shop", **more: Any) -> Draft:
    return Draft(**{"name": name, "integration": "woocommerce", "source": SHOP, "warehouse": WAREHOUSE, **more})


def refusal(made: Draft, reach: Reach | None = None) -> str | None:
    """The field that is refused; None when nothing is."""
    try:
        prepare(made, reach or Reach())
    except BadInput as error:
        return error.field if error.fix else "no fix was named"
    return None


class TestNames:
    @pytest.mark.parametrize("name", ["a", "shop", "shop-2", "shop_2", "2nd", "a" * 63, "woocommerce"])
    def test_these_will_do(self, name: str) -> None:
        assert refusal(draft(name)) is None

    @pytest.mark.parametrize("name", ["", "Shop", "-a", "_a", "a b", "a/b", "ø", "a" * 64, "a\n", "../x", "a.b"])
    def test_these_will_not(self, name: str) -> None:
        assert refusal(draft(name)) == "name"

    @pytest.mark.parametrize("name", ["mystore", "24nettbutikk", "24sevenoffice"])
    def test_the_name_of_another_integration_would_be_mistaken_for_it(self, name: str) -> None:
        assert refusal(draft(name)) == "name"


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        [
            "http://shop.example/",
            "https://localhost/",
            "https://127.0.0.1/",
            "https://10.0.0.5/",
            "https://192.168.1.1/",
            "https://169.254.169.254/",
            "https://[::1]/",
            "https://[fd00::1]/",
            "https://shop.local/",
            "https://metadata.google.internal/",
        ],
    )
    def test_a_shop_must_be_public_and_https(self, url: str) -> None:
        assert refusal(draft(source={**SHOP, "shop_url": url})) == "source.shop_url"

    @pytest.mark.parametrize(
        "url", ["http://wms.example/acme/api/v1/", "https://127.0.0.1/acme/api/v1/", "https://10.1.1.1/a/api/v1/"]
    )
    def test_a_warehouse_must_be_public_and_https(self, url: str) -> None:
        assert refusal(draft(warehouse={**WAREHOUSE, "url": url})) == "warehouse.url"

    def test_a_setting_allows_a_shop_on_the_same_network(self) -> None:
        inside = draft(source={**SHOP, "shop_url": "http://10.0.0.5/"})
        assert refusal(inside, Reach(private_addresses=True, plain_http=True)) is None
        assert refusal(inside, Reach(private_addresses=True)) == "source.shop_url"
        assert refusal(inside, Reach(plain_http=True)) == "source.shop_url"

    @pytest.mark.parametrize(
        "url", ["ftp://shop.example/", "https://u:p@shop.example/", "https://", "https://[::1", "https://x:0/"]
    )
    def test_what_is_no_web_address_is_refused(self, url: str) -> None:
        assert refusal(draft(source={**SHOP, "shop_url": url})) == "source.shop_url"

    def test_a_pasted_api_address_is_cut(self) -> None:
        pasted = draft(source={**SHOP, "shop_url": "https://Shop.Example/butikk/wp-json/wc/v2/"})
        assert prepare(pasted, Reach()).account.base_url == "https://shop.example/butikk/"


class TestWhatIsNotUnderstood:
    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"settings": {"unknown": 1}}, "settings.unknown"),
            ({"settings": {"poll_interval_minutes": 0}}, "settings.poll_interval_minutes"),
            ({"settings": {"processes": {"articles": "perhaps"}}}, "settings.processes.articles"),
            ({"source": {**SHOP, "password": "x"}}, "source.password"),
            ({"source": {"shop_url": "https://shop.example/"}}, "source.consumer_key"),
            ({"warehouse": {**WAREHOUSE, "goods_owner_id": 0}}, "warehouse.goods_owner_id"),
        ],
    )
    def test_it_is_named_by_its_path(self, change: dict[str, Any], field: str) -> None:
        assert refusal(draft(**change)) == field

    def test_an_integration_that_there_is_not(self) -> None:
        assert refusal(draft(integration="magento")) == "integration"

    def test_no_secret_is_in_what_is_said(self) -> None:
        with pytest.raises(BadInput) as caught:
            prepare(draft(source={**SHOP, "consumer_secret": ["cs_very-secret"]}), Reach())
        assert "very-secret" not in f"{caught.value} {caught.value.fix}"


def settings(articles: bool, orders: bool, prefix: str) -> WooCommerceSettings:
    return WooCommerceSettings.model_validate(
        {"processes": {"articles": articles, "orders": orders}, "order_number_prefix": prefix}
    )


class TestSharingAGoodsOwner:
    """Requirement: rules for every connection, 8."""

    @pytest.mark.parametrize(
        ("first", "second", "may"),
        [
            ("A-", "B-", True),
            ("A", "B", True),
            ("A-", "AB-", True),
            ("", "", False),
            ("A-", "A-", False),
            ("", "1", False),  # 1 and 17 of one shop, 17 of the other
            ("A", "A1", False),
            ("A", "A12", False),
            ("", "B-", True),
            ("A", "A-", True),
        ],
    )
    def test_order_numbers_must_not_be_able_to_collide(self, first: str, second: str, may: bool) -> None:
        one, other = settings(False, True, first), settings(False, True, second)
        assert (may_share(one, other) is None, may_share(other, one) is None) == (may, may)

    def test_articles_have_one_master(self) -> None:
        for first, second in itertools.product((True, False), repeat=2):
            reason = may_share(settings(first, True, "A-"), settings(second, True, "B-"))
            assert (reason is None) == (not (first and second))

    def test_without_orders_numbers_do_not_matter(self) -> None:
        assert may_share(settings(True, True, ""), settings(False, False, "")) is None

    async def test_a_draft_is_refused_when_it_is_activated_and_one_in_use_when_it_is_saved(self, sqlite_database: str) -> None:
        database, vault = Database(sqlite_database), Vault([new_key()])
        first = prepare(draft("first", settings={"order_number_prefix": "A-"}), Reach())
        clash = prepare(draft("second", settings={"order_number_prefix": "B-"}), Reach())
        fine = prepare(draft("second", settings={"order_number_prefix": "B-", "processes": {"articles": False}}), Reach())
        async with database.begin() as db:
            await connections.activate(
                db, await connections.find(db, vault, await connections.create(db, vault, first, NOW)), NOW
            )
            made = await connections.create(db, vault, clash, NOW)
            with pytest.raises(Conflict) as caught:
                await connections.activate(db, await connections.find(db, vault, made), NOW)
            assert "first" in str(caught.value)
            await connections.change(db, vault, await connections.find(db, vault, made), fine, NOW)
            await connections.change(db, vault, await connections.find(db, vault, made), clash, NOW)  # still a draft
            await connections.change(db, vault, await connections.find(db, vault, made), fine, NOW)
            await connections.activate(db, await connections.find(db, vault, made), NOW)
            for status in (Status.ACTIVE, Status.PAUSED):
                await connections.set_status(db, made, status, NOW)
                current = await connections.find(db, vault, made)
                with pytest.raises(Conflict):
                    await connections.change(db, vault, current, clash, NOW)
                await connections.change(db, vault, current, fine, NOW)  # it is no clash with itself
        await database.close()

    async def test_a_draft_counts_for_nothing(self, sqlite_database: str) -> None:
        """Neither beside another draft nor beside one in use, which may be changed as if there were no draft."""
        database, vault = Database(sqlite_database), Vault([new_key()])
        async with database.begin() as db:
            drafts = [await connections.create(db, vault, prepare(draft(name), Reach()), NOW) for name in ("one", "two")]
            await connections.activate(db, await connections.find(db, vault, drafts[1]), NOW)
            current = await connections.find(db, vault, drafts[1])
            await connections.change(
                db, vault, current, prepare(draft("two", settings={"order_number_prefix": "1"}), Reach()), NOW
            )
        await database.close()

    async def test_one_that_is_paused_still_has_its_numbers(self, sqlite_database: str) -> None:
        database, vault = Database(sqlite_database), Vault([new_key()])
        async with database.begin() as db:
            one, two = [await connections.create(db, vault, prepare(draft(name), Reach()), NOW) for name in ("one", "two")]
            await connections.activate(db, await connections.find(db, vault, one), NOW)
            await connections.set_status(db, one, Status.PAUSED, NOW)
            with pytest.raises(Conflict):
                await connections.activate(db, await connections.find(db, vault, two), NOW)
        await database.close()

    async def test_one_that_points_to_another_goods_owner_is_a_draft_there(self, sqlite_database: str) -> None:
        database, vault = Database(sqlite_database), Vault([new_key()])
        async with database.begin() as db:
            one = await connections.create(db, vault, prepare(draft("one"), Reach()), NOW)
            there = prepare(draft("two", warehouse={**WAREHOUSE, "goods_owner_id": 78}), Reach())
            two = await connections.create(db, vault, there, NOW)
            for each in (one, two):
                await connections.activate(db, await connections.find(db, vault, each), NOW)
            await connections.change(db, vault, await connections.find(db, vault, two), prepare(draft("two"), Reach()), NOW)
            moved = await connections.find(db, vault, two)
            assert moved.status is Status.DRAFT
            with pytest.raises(Conflict):
                await connections.activate(db, moved, NOW)
        await database.close()

    async def test_another_goods_owner_is_no_clash(self, sqlite_database: str) -> None:
        database, vault = Database(sqlite_database), Vault([new_key()])
        async with database.begin() as db:
            await connections.create(db, vault, prepare(draft("first"), Reach()), NOW)
            other = draft("second", warehouse={**WAREHOUSE, "goods_owner_id": 78})
            await connections.create(db, vault, prepare(other, Reach()), NOW)
        await database.close()

    async def test_a_name_is_given_once(self, sqlite_database: str) -> None:
        database, vault = Database(sqlite_database), Vault([new_key()])
        async with database.begin() as db:
            await connections.create(db, vault, prepare(draft("first"), Reach()), NOW)
            other = draft("first", warehouse={**WAREHOUSE, "goods_owner_id": 78})
            with pytest.raises(Conflict) as caught:
                await connections.create(db, vault, prepare(other, Reach()), NOW)
        assert caught.value.field == "name"
        await database.close()


class TestLanes:
    @pytest.mark.parametrize(
        "url",
        [
            "https://api.ongoingsystems.se/acme/api/v1/",
            "https://API.ongoingsystems.se/Acme/api/v1",
            "https://acme.ongoingsystems.se/acme/",
            "https://api.ongoingsystems.se/acme",
        ],
    )
    def test_one_goods_owner_is_one_lane_however_its_address_is_written(self, url: str) -> None:
        credentials = OngoingCredentials.model_validate({**WAREHOUSE, "url": url})
        assert lane_of(credentials) == "api.ongoingsystems.se/acme/api/v1#77"

    def test_another_user_of_the_same_goods_owner_goes_through_the_same_lane(self) -> None:
        one = OngoingCredentials.model_validate({**WAREHOUSE, "user": "a"})
        other = OngoingCredentials.model_validate({**WAREHOUSE, "user": "b"})
        assert lane_of(one) == lane_of(other)

    def test_goods_owners_have_lanes_of_their_own(self) -> None:
        other = OngoingCredentials.model_validate({**WAREHOUSE, "goods_owner_id": 78})
        assert lane_of(other) != "api.ongoingsystems.se/acme/api/v1#77"


async def test_an_active_connection_without_a_go_live_date_goes_live_now(sqlite_database: str) -> None:
    database, vault = Database(sqlite_database), Vault([new_key()])
    async with database.begin() as db:
        made = await connections.create(db, vault, prepare(draft(), Reach()), NOW)
        await connections.activate(db, await connections.find(db, vault, made), NOW)
        found = await connections.find(db, vault, made)
        assert (found.settings.go_live, found.activated_at, found.status) == (NOW, NOW, connections.Status.ACTIVE)
    await database.close()
