"""Connections over REST: secrets go in and never come out, an address that changes needs them again, tests are real calls."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.integrations.registry import INTEGRATIONS
from app.integrations.woocommerce.integration import WooCommerce
from tests.api.calling import Api, Site
from tests.harness import KEY, SECRET

SHOP = {"shop_url": "http://127.0.0.1:9/", "consumer_key": "ck", "consumer_secret": "cs"}
ELSEWHERE = "http://127.0.0.1:9/elsewhere"


async def made(site: Site, **shop: Any) -> Any:
    return await site.client.post("/connections", json=site.given(**shop))


async def test_a_new_connection_is_a_draft_with_an_address_and_a_secret_for_its_webhooks(bare_site: Site) -> None:
    answer = await made(bare_site)
    assert answer.status_code == 201, answer.text
    connection = answer.json()
    assert connection["status"] == "draft"
    assert re.fullmatch(r"http://gateway\.test/webhooks/[A-Za-z0-9]{32}", connection["webhook_url"])
    assert "GATEWAY_PUBLIC_URL" in connection["webhook_url_note"]
    assert len(connection["webhook_secret"]) == 32


async def test_the_public_address_is_used_when_it_is_set(bare_site: Site) -> None:
    bare_site.gateway.settings.public_url = "https://gateway.example/"
    connection = (await made(bare_site)).json()
    assert connection["webhook_url"].startswith("https://gateway.example/webhooks/")
    assert connection["webhook_url_note"] is None


async def test_a_secret_of_ones_own_is_taken_and_not_shown(bare_site: Site) -> None:
    connection = (await made(bare_site, webhook_secret="my own")).json()
    assert connection["webhook_secret"] is None
    assert connection["secrets"]["source.webhook_secret"] is True


async def test_null_means_no_webhooks(bare_site: Site) -> None:
    connection = (await made(bare_site, webhook_secret=None)).json()
    assert connection["webhook_secret"] is None
    assert connection["secrets"]["source.webhook_secret"] is False


async def test_no_secret_ever_comes_out(bare_site: Site) -> None:
    secret = (await made(bare_site)).json()["webhook_secret"]
    texts = [(await bare_site.client.get(path)).text for path in ("/connections", "/connections/nettbutikk")]
    for text in texts:
        assert 'gateway","password' not in text
        for hidden in (SECRET, secret, KEY):
            assert hidden not in text
    shown = (await bare_site.client.get("/connections/nettbutikk")).json()
    assert shown["source"]["consumer_key"] == "…test"
    assert shown["secrets"] == {
        "source.consumer_secret": True,
        "source.webhook_secret": True,
        "warehouse.password": True,
        "warehouse.webhook_secret": False,
    }
    assert "password" not in shown["warehouse"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Not A Name"}, "name"),
        ({"integration": "magento"}, "integration"),
        ({"shop": {**SHOP, "consumer_secret": "env:SECRET"}}, "shop.consumer_secret"),
        ({"shop": {"shop_url": "http://127.0.0.1:9/", "consumer_key": "ck"}}, "shop.consumer_secret"),
        ({"warehouse": {"url": "ftp://nowhere", "user": "u", "password": "p", "goods_owner_id": 77}}, "warehouse.url"),
        ({"settings": {"order_statuses": []}}, "settings.order_statuses"),
        ({"settings": {"colour": "red"}}, "settings.colour"),
        ({"settings": {"extra_order_fields": {"orderNumbr": "number"}}}, "settings.extra_order_fields.orderNumbr"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_named_by_its_path(sqlite_harness: Api, change: dict[str, Any], field: str) -> None:
    given = {
        "name": "nettbutikk",
        "integration": "woocommerce",
        "shop": SHOP,
        "warehouse": {"url": "http://127.0.0.1:9/demo", "user": "u", "password": "p", "goods_owner_id": 77},
    }
    answer = await sqlite_harness.admin.post("/connections", json={**given, **change})
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field
    assert answer.json()["fix"]


SOURCE = {"shop_url": "http://127.0.0.1:9/", "consumer_key": "ck", "consumer_secret": "cs"}
WMS = {"url": "http://127.0.0.1:9/demo", "user": "u", "password": "p", "goods_owner_id": 77}
DECLARED = {"integration": "woocommerce", "warehouse": WMS}


class TestSource:
    """The outside credentials are `source`; `shop`, their first name, is taken as the same."""

    async def test_a_connection_is_made_under_either_name_and_shown_as_source(self, sqlite_harness: Api) -> None:
        for name, member in (("new", "source"), ("old", "shop")):
            given = {"name": name, **DECLARED, "warehouse": {**WMS, "goods_owner_id": 77 + len(member)}, member: SOURCE}
            answer = await sqlite_harness.admin.post("/connections", json=given)
            assert answer.status_code == 201, answer.text
            assert "shop" not in answer.json()
            assert answer.json()["source"] == {"shop_url": "http://127.0.0.1:9/", "consumer_key": "…ck"}
            assert answer.json()["account"] == "http://127.0.0.1:9/"

    async def test_a_declaration_and_a_change_take_either_name(self, sqlite_harness: Api) -> None:
        made = await sqlite_harness.admin.put("/connections/one", json={**DECLARED, "source": SOURCE})
        assert (made.status_code, made.json()["created"]) == (201, True)
        same = await sqlite_harness.admin.put("/connections/one", json={**DECLARED, "shop": SOURCE})
        assert (same.status_code, same.json()["changed"]) == (200, [])
        for member, key in (("source", "ck_1"), ("shop", "ck_2")):
            changed = await sqlite_harness.admin.patch("/connections/one", json={member: {"consumer_key": key}})
            assert changed.json()["changed"] == ["source.consumer_key"]
            assert changed.json()["source"]["consumer_key"] == f"…{key}"

    async def test_both_at_once_are_refused_naming_the_field(self, sqlite_harness: Api) -> None:
        both = {"source": SOURCE, "shop": SOURCE}
        answers = [
            await sqlite_harness.admin.post("/connections", json={"name": "one", **DECLARED, **both}),
            await sqlite_harness.admin.put("/connections/one", json={**DECLARED, **both}),
            await sqlite_harness.admin.patch("/connections/one", json=both),
        ]
        for answer in answers:
            assert (answer.status_code, answer.json()["field"], answer.json()["fix"]) == (422, "shop", "leave out shop")

    @pytest.mark.parametrize("member", ["source", "shop"])
    async def test_what_is_wrong_is_told_under_the_name_that_was_given(self, sqlite_harness: Api, member: str) -> None:
        given = {"name": "one", **DECLARED, member: {**SOURCE, "consumer_secret": ""}}
        answer = await sqlite_harness.admin.post("/connections", json=given)
        problem = answer.json()
        assert (answer.status_code, problem["field"]) == (422, f"{member}.consumer_secret")
        assert problem["fix"] == f"give a value for {member}.consumer_secret that fits"

    async def test_a_body_with_neither_is_asked_for_source(self, sqlite_harness: Api) -> None:
        answer = await sqlite_harness.admin.post("/connections", json={"name": "one", **DECLARED})
        assert (answer.status_code, answer.json()["field"]) == (422, "source")


async def test_a_system_without_webhooks_is_told_nothing_of_them(sqlite_harness: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    polled = WooCommerce()
    polled.webhooks = None
    monkeypatch.setitem(INTEGRATIONS, "woocommerce", polled)
    made = await sqlite_harness.admin.post("/connections", json={"name": "one", **DECLARED, "source": SOURCE})
    assert made.status_code == 201, made.text
    shown = (await sqlite_harness.admin.get("/connections/one")).json()
    assert (shown["webhook_url"], shown["webhook_url_note"]) == (None, None)
    assert "/webhooks/ongoing/" in shown["warehouse_webhook_url"]


async def test_a_name_that_is_taken(lite_site: Site) -> None:
    answer = await lite_site.client.post("/connections", json=lite_site.given("shop"))
    assert answer.status_code == 409
    assert answer.json()["field"] == "name"


async def test_two_masters_of_one_goods_owners_articles_are_refused_when_the_draft_is_activated(lite_site: Site) -> None:
    assert (await made(lite_site)).status_code == 201
    answer = await lite_site.client.post("/connections/nettbutikk/activate")
    assert answer.status_code == 409
    assert "articles" in answer.json()["detail"]
    assert "settings.processes.articles" in answer.json()["fix"]
    assert (await lite_site.client.get("/connections/nettbutikk")).json()["status"] == "draft"
    change = {"settings": {"order_number_prefix": "N-", "processes": {"articles": False}}}
    assert (await lite_site.client.patch("/connections/nettbutikk", json=change)).status_code == 200
    assert (await lite_site.client.post("/connections/nettbutikk/activate")).json()["status"] == "active"
    back = await lite_site.client.patch("/connections/nettbutikk", json={"settings": {"order_number_prefix": None}})
    assert back.status_code == 409
    assert "order numbers can collide" in back.json()["detail"]


async def test_a_key_of_the_draft_alone_does_not_learn_which_connection_is_in_the_way(lite_site: Site) -> None:
    await made(lite_site)
    own = await lite_site.gateway.connection("nettbutikk")
    answer = await (await lite_site.door.caller("admin", only=[own])).post("/connections/nettbutikk/activate")
    assert (answer.status_code, answer.json()["detail"]) == (409, "it clashes with another connection of that goods owner")


async def test_a_change_is_merged_into_what_there_is(lite_site: Site) -> None:
    before = (await lite_site.client.get("/connections/shop")).json()["settings"]["processes"]
    change = {"settings": {"order_number_prefix": "N-", "processes": {"articles": False}}}
    answer = await lite_site.client.patch("/connections/shop", json=change)
    assert answer.status_code == 200, answer.text
    assert answer.json()["changed"] == ["settings.order_number_prefix", "settings.processes.articles"]
    settings = answer.json()["settings"]
    assert (settings["order_number_prefix"], settings["processes"]) == ("N-", {**before, "articles": False})
    assert settings["go_live"] == "2020-01-01T00:00:00Z"
    assert answer.json()["settings_version"] == 2


async def test_null_for_all_settings_lets_no_orders_in_from_before_the_go_live_date(lite_site: Site) -> None:
    before = (await lite_site.client.get("/connections/shop")).json()["settings"]
    changed = await lite_site.client.patch("/connections/shop", json={"settings": {"poll_interval_minutes": 7}})
    assert changed.json()["settings"]["poll_interval_minutes"] == 7
    after = (await lite_site.client.patch("/connections/shop", json={"settings": None})).json()["settings"]
    assert (after["poll_interval_minutes"], after["go_live"]) == (15, before["go_live"])


async def test_null_takes_a_setting_back_to_its_default(lite_site: Site) -> None:
    await lite_site.client.patch("/connections/shop", json={"settings": {"poll_interval_minutes": 5}})
    answer = await lite_site.client.patch("/connections/shop", json={"settings": {"poll_interval_minutes": None}})
    assert answer.json()["settings"]["poll_interval_minutes"] == 15


OWN_KEYS = {"consigneeOrderNumber": "meta_data._innkjopsordre", "freeText1": "meta_data.butikk"}


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({}, {}),
        ({"freeText2": "meta_data.b"}, {"freeText2": "meta_data.b"}),
        (None, {}),
    ],
)
async def test_a_table_with_peoples_own_keys_is_replaced_as_a_whole(lite_site: Site, change: Any, left: dict[str, str]) -> None:
    await lite_site.client.patch("/connections/shop", json={"settings": {"extra_order_fields": OWN_KEYS, "stock": {"floor": 2}}})
    answer = await lite_site.client.patch("/connections/shop", json={"settings": {"extra_order_fields": change}})
    assert answer.status_code == 200, answer.text
    assert answer.json()["changed"] == sorted(f"settings.extra_order_fields.{key}" for key in {*OWN_KEYS, *left})
    assert answer.json()["settings"]["extra_order_fields"] == left
    assert answer.json()["settings"]["stock"]["floor"] == 2, "a part with fixed names is merged"


async def test_a_null_in_such_a_table_is_refused_with_what_to_send(lite_site: Site) -> None:
    answer = await lite_site.client.patch("/connections/shop", json={"settings": {"transporters": {"flat_rate": None}}})
    assert (answer.status_code, answer.json()["field"]) == (422, "settings.transporters.flat_rate")
    assert answer.json()["fix"] == "send all of settings.transporters without it, or null for settings.transporters itself"


async def test_limits_that_are_not_named_keep_their_defaults(lite_site: Site) -> None:
    change = {"settings": {"warehouse": {"text_limits": {"orderRemark": 300}}}}
    limits = (await lite_site.client.patch("/connections/shop", json=change)).json()["settings"]["warehouse"]["text_limits"]
    assert (limits["orderRemark"], limits["consignee.name"]) == (300, 200)


async def test_a_misspelt_setting_is_told_with_the_one_that_was_meant(lite_site: Site) -> None:
    answer = await lite_site.client.patch("/connections/shop", json={"settings": {"order_number_prefx": "N-"}})
    assert (answer.status_code, answer.json()["field"]) == (422, "settings.order_number_prefx")
    assert answer.json()["detail"] == "settings.order_number_prefx: there is no such field"
    assert answer.json()["fix"] == "did you mean order_number_prefix?"


NOT_READ = "settings.warehouse.stock_full_sweep_hours"


async def test_a_setting_that_nobody_read_is_refused_with_the_one_that_counts(lite_site: Site) -> None:
    answer = await lite_site.client.patch("/connections/shop", json={"settings": {"warehouse": {"stock_full_sweep_hours": 6}}})
    assert (answer.status_code, answer.json()["field"]) == (422, NOT_READ)
    assert answer.json()["detail"] == f"{NOT_READ} is not a setting any more"
    assert answer.json()["fix"] == "set settings.stock.full_sweep_hours instead"


async def test_a_new_connection_cannot_have_it_either(lite_site: Site) -> None:
    given = {**lite_site.given("second"), "settings": {"warehouse": {"stock_full_sweep_hours": 6}}}
    answer = await lite_site.client.post("/connections", json=given)
    assert (answer.status_code, answer.json()["field"]) == (422, NOT_READ)


async def test_a_note_of_the_plugins_is_kept_and_no_record_is_mapped_again(lite_site: Site) -> None:
    note = "Gift wrap adds an order line. Bundles splits products."
    answer = await lite_site.client.patch("/connections/shop", json={"settings": {"plugins": note}})
    assert (answer.json()["changed"], answer.json()["settings_version"]) == (["settings.plugins"], 1)
    assert (await lite_site.client.get("/connections/shop")).json()["settings"]["plugins"] == note
    both = {"plugins": None, "poll_interval_minutes": 5}
    answer = await lite_site.client.patch("/connections/shop", json={"settings": both})
    assert (answer.json()["settings"]["plugins"], answer.json()["settings_version"]) == (None, 2)


async def test_a_note_of_the_plugins_has_an_end(lite_site: Site) -> None:
    answer = await lite_site.client.patch("/connections/shop", json={"settings": {"plugins": "x" * 2001}})
    assert (answer.status_code, answer.json()["field"]) == (422, "settings.plugins")


async def test_what_changes_nothing_leaves_the_version_alone(lite_site: Site) -> None:
    answer = await lite_site.client.patch("/connections/shop", json={"settings": {"order_number_prefix": ""}})
    assert (answer.json()["changed"], answer.json()["settings_version"]) == ([], 1)


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"shop": {"shop_url": ELSEWHERE}}, "shop.consumer_secret"),
        ({"warehouse": {"url": ELSEWHERE}}, "warehouse.password"),
        ({"shop": {"shop_url": ELSEWHERE}, "warehouse": {"url": ELSEWHERE}}, "shop.consumer_secret and warehouse.password"),
    ],
)
async def test_an_address_that_changes_needs_its_secrets_again(lite_site: Site, change: dict[str, Any], missing: str) -> None:
    answer = await lite_site.client.patch("/connections/shop", json=change)
    assert answer.status_code == 422
    assert answer.json()["detail"] == f"the address changes, so {missing} must be given again"
    assert (await lite_site.client.get("/connections/shop")).json()["status"] == "active"


async def test_an_address_that_changes_with_its_secrets_makes_it_a_draft_again(lite_site: Site) -> None:
    change = {"shop": {"shop_url": ELSEWHERE, "consumer_secret": "cs_new"}}
    answer = await lite_site.client.patch("/connections/shop", json=change)
    assert answer.status_code == 200
    assert answer.json()["status"] == "draft"
    assert answer.json()["changed"] == ["source.consumer_secret", "source.shop_url"]


async def test_another_goods_owner_is_refused_once_records_are_in_the_stock_of_the_first(lite_site: Site) -> None:
    await lite_site.take_in(lite_site.shop.order())
    answer = await lite_site.client.patch("/connections/shop", json={"warehouse": {"goods_owner_id": 78}})
    assert answer.status_code == 409
    assert answer.json()["field"] == "warehouse.goods_owner_id"


async def test_what_waits_moves_to_the_new_lane_with_its_connection(lite_site: Site) -> None:
    await lite_site.announce(lite_site.shop.order())
    await lite_site.ingest() if lite_site.wake_ups.waiting else None
    moved = {"url": f"{lite_site.warehouse.server.url}/moved/api/v1/", "password": "gateway"}
    before = (await lite_site.client.get("/connections/shop")).json()["lane_id"]
    answer = await lite_site.client.patch("/connections/shop", json={"warehouse": moved})
    assert answer.status_code == 200
    after = answer.json()["lane_id"]
    lanes = {lane["id"]: lane for lane in (await lite_site.client.get("/lanes")).json()["items"]}
    assert after != before
    assert before not in lanes  # nobody uses it, and nothing is left in it
    await lite_site.work(sweep=True)
    assert lite_site.warehouse.writes() == [], "it is a draft now: nothing is sent"


async def test_a_declaration_makes_the_connection_and_the_second_time_changes_nothing(bare_site: Site) -> None:
    given = bare_site.given()
    given.pop("name")
    first = await bare_site.client.put("/connections/nettbutikk", json=given)
    assert (first.status_code, first.json()["created"]) == (201, True)
    assert first.json()["webhook_secret"]
    again = await bare_site.client.put("/connections/nettbutikk", json=given)
    assert (again.status_code, again.json()["created"], again.json()["changed"]) == (200, False, [])
    assert again.json()["webhook_secret"] is None
    assert again.json()["secrets"]["source.webhook_secret"] is True, "left out, a secret stays"


async def test_a_declaration_says_what_it_changes_and_never_the_value(bare_site: Site) -> None:
    given = bare_site.given()
    given.pop("name")
    await bare_site.client.put("/connections/nettbutikk", json=given)
    given["settings"] = {**given["settings"], "default_country": "NO"}
    given["warehouse"] = {**given["warehouse"], "password": "hunter2"}
    answer = await bare_site.client.put("/connections/nettbutikk", json=given)
    assert answer.json()["changed"] == ["settings.default_country", "warehouse.password"]
    assert "hunter2" not in answer.text


async def test_a_declaration_keeps_the_go_live_date_that_activation_has_set(bare_site: Site) -> None:
    given = bare_site.given()
    given.pop("name")
    given["settings"] = {}
    await bare_site.client.put("/connections/nettbutikk", json=given)
    activated = (await bare_site.client.post("/connections/nettbutikk/activate")).json()
    assert activated["settings"]["go_live"] is not None
    again = await bare_site.client.put("/connections/nettbutikk", json=given)
    assert (again.json()["changed"], again.json()["settings"]["go_live"]) == ([], activated["settings"]["go_live"])


async def test_a_test_makes_real_calls_and_is_kept(bare_site: Site) -> None:
    await made(bare_site)
    report = (await bare_site.client.post("/connections/nettbutikk/test")).json()
    assert report["ok"] is True, report
    found = {(check["system"], check["name"]) for check in report["checks"]}
    assert {("shop", "orders"), ("shop", "products"), ("warehouse", "login"), ("warehouse", "goods-owner")} <= found
    kept = (await bare_site.client.get("/connections/nettbutikk")).json()
    assert kept["test"] == report
    assert kept["facts"]["version"] == "11.0.1"
    assert kept["tested_at"] is not None


async def test_a_carrier_that_the_warehouse_lists_no_more_is_found(bare_site: Site) -> None:
    await bare_site.client.post("/connections", json={**bare_site.given(), **carrier("DHL", "PAKET")})
    bare_site.warehouse.lists_carriers("BRING SERVICEPAKKE")
    report = (await bare_site.client.post("/connections/nettbutikk/test")).json()
    assert report["ok"] is False
    assert [check["name"] for check in report["checks"] if not check["ok"]] == ["transporters"]


def carrier(code: str, service: str) -> dict[str, Any]:
    return {"settings": {"transporters": {"flat_rate": {"transporter_code": code, "transporter_service_code": service}}}}


class TestCarriers:
    """Requirement: a mapping to a code that the WMS does not list is refused when it is saved."""

    @pytest.mark.parametrize(
        ("code", "service", "words"),
        [
            ("NOBODY", "X", "the warehouse lists no transporter 'NOBODY'"),
            ("BRING", "X", "the warehouse lists no service 'X' of transporter 'BRING'"),
        ],
    )
    async def test_one_that_the_warehouse_does_not_list_is_not_saved(
        self, bare_site: Site, code: str, service: str, words: str
    ) -> None:
        await made(bare_site)
        assert (await bare_site.client.post("/connections/nettbutikk/test")).json()["ok"]
        answer = await bare_site.client.patch("/connections/nettbutikk", json=carrier(code, service))
        assert (answer.status_code, answer.json()["field"]) == (422, "settings.transporters.flat_rate")
        assert answer.json()["detail"] == words
        assert "BRING" in answer.json()["fix"] or "SERVICEPAKKE" in answer.json()["fix"]
        shown = (await bare_site.client.get("/connections/nettbutikk")).json()
        assert shown["settings"]["transporters"] == {}

    async def test_nor_is_it_declared(self, bare_site: Site) -> None:
        await made(bare_site)
        await bare_site.client.post("/connections/nettbutikk/activate")
        declared = {**bare_site.given(), **carrier("NOBODY", "X")}
        declared.pop("name")
        for dry_run in ("true", "false"):
            answer = await bare_site.client.put("/connections/nettbutikk", json=declared, params={"dry_run": dry_run})
            assert (answer.status_code, answer.json()["field"]) == (422, "settings.transporters.flat_rate")

    async def test_one_that_it_lists_is_saved_and_asked_for_once(self, bare_site: Site) -> None:
        await made(bare_site)
        await bare_site.client.post("/connections/nettbutikk/activate")
        for change in (carrier("BRING", "PA_DOREN"), {"settings": {"silent_hours": 5}}):
            assert (await bare_site.client.patch("/connections/nettbutikk", json=change)).status_code == 200
        asked = [call.path for call in bare_site.warehouse.calls() if call.path.endswith("/transporterContracts")]
        assert len(asked) == 1

    async def test_nor_is_a_connection_made_with_it(self, bare_site: Site) -> None:
        answer = await bare_site.client.post("/connections", json={**bare_site.given(), **carrier("NOBODY", "X")})
        assert (answer.status_code, answer.json()["field"]) == (422, "settings.transporters.flat_rate")
        assert (await bare_site.client.get("/connections")).json()["items"] == []

    @pytest.mark.parametrize(
        ("rule", "field"),
        [
            ({"transporter_code": "NOBODY", "transporter_service_code": "X"}, "transporter_rules.0"),
            (
                {
                    **{"transporter_code": "BRING", "transporter_service_code": "PA_DOREN"},
                    **{"return_transporter_code": "BRING", "return_transporter_service_code": "NONE"},
                },
                "transporter_rules.0.return_transporter_code",
            ),
        ],
    )
    async def test_nor_does_a_rule_name_it(self, bare_site: Site, rule: dict[str, str], field: str) -> None:
        await made(bare_site)
        answer = await bare_site.client.patch("/connections/nettbutikk", json={"settings": {"transporter_rules": [rule]}})
        assert (answer.status_code, answer.json()["field"]) == (422, f"settings.{field}")

    async def test_a_warehouse_that_is_away_says_so_and_nothing_is_saved(self, bare_site: Site) -> None:
        await made(bare_site)
        await bare_site.client.post("/connections/nettbutikk/activate")
        bare_site.warehouse.fail("status", status=503)
        answer = await bare_site.client.patch("/connections/nettbutikk", json=carrier("BRING", "PA_DOREN"))
        assert (answer.status_code, answer.json()["field"]) == (424, "settings.transporters.flat_rate")
        assert answer.json()["detail"].startswith("nothing was saved: it cannot be checked whether the warehouse lists these")
        assert (await bare_site.client.get("/connections/nettbutikk")).json()["settings"]["transporters"] == {}

    async def test_one_that_it_lists_no_more_stays_where_it_was(self, bare_site: Site) -> None:
        await bare_site.client.post("/connections", json={**bare_site.given(), **carrier("DHL", "PAKET")})
        bare_site.warehouse.lists_carriers("BRING SERVICEPAKKE")
        new = {"method": "*", "transporter_code": "BRING", "transporter_service_code": "SERVICEPAKKE"}
        answer = await bare_site.client.patch("/connections/nettbutikk", json={"settings": {"transporter_rules": [new]}})
        assert answer.status_code == 200


async def test_activation_tests_first_and_refuses_with_what_it_found(bare_site: Site) -> None:
    await made(bare_site, consumer_secret="cs_wrong")
    answer = await bare_site.client.post("/connections/nettbutikk/activate")
    assert answer.status_code == 409
    failed = [check for check in answer.json()["checks"] if not check["ok"]]
    assert failed[0]["system"] == "shop"
    assert answer.json()["fix"] == failed[0]["fix"]
    assert (await bare_site.client.get("/connections/nettbutikk")).json()["status"] == "draft"


async def test_activation_sets_the_go_live_date_to_now(bare_site: Site) -> None:
    given = bare_site.given()
    given["settings"] = {}
    await bare_site.client.post("/connections", json=given)
    answer = await bare_site.client.post("/connections/nettbutikk/activate")
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "active"
    assert answer.json()["settings"]["go_live"][:19] == answer.json()["activated_at"][:19]


async def test_what_was_kept_while_paused_goes_through_when_it_is_resumed(lite_site: Site) -> None:
    assert (await lite_site.client.post("/connections/shop/pause")).json()["status"] == "paused"
    await lite_site.take_in(lite_site.shop.order())
    assert lite_site.warehouse.writes() == []
    assert await lite_site.stored.events() == {"received": 1}
    assert (await lite_site.client.post("/connections/shop/resume")).json()["status"] == "active"
    await lite_site.work()
    assert len(lite_site.warehouse.writes()) == 1


async def test_a_draft_can_be_neither_paused_nor_resumed(bare_site: Site) -> None:
    await made(bare_site)
    for act in ("pause", "resume"):
        assert (await bare_site.client.post(f"/connections/nettbutikk/{act}")).status_code == 409


async def test_a_new_webhook_secret_is_in_force_and_the_old_one_is_not(lite_site: Site) -> None:
    answer = await lite_site.client.post("/connections/shop/rotate-webhook-secret?at_once=true")
    assert answer.status_code == 200
    assert answer.json()["old_secret_minutes"] == 0
    secret = answer.json()["webhook_secret"]
    assert answer.json()["webhook_url"].endswith(lite_site.connection.webhook_id)
    order = lite_site.shop.order()
    lite_site.door.app.intake._targets.clear()  # what other processes do within two seconds
    assert (await lite_site.announce(order)).status_code == 401
    assert (await lite_site.announce(order, secret=secret)).status_code == 200


async def test_the_old_one_is_accepted_for_a_day_more_unless_it_is_known_to_others(lite_site: Site) -> None:
    answer = await lite_site.client.post("/connections/shop/rotate-webhook-secret")
    assert answer.json()["old_secret_minutes"] == 1440
    order = lite_site.shop.order()
    lite_site.door.app.intake._targets.clear()
    assert (await lite_site.announce(order)).status_code == 200


async def test_the_secret_of_the_wms_rotates_in_the_same_way(lite_site: Site) -> None:
    first = (await lite_site.client.post("/connections/shop/rotate-webhook-secret?of=warehouse")).json()
    second = (await lite_site.client.post("/connections/shop/rotate-webhook-secret?of=warehouse")).json()
    assert (first["old_secret_minutes"], second["old_secret_minutes"]) == (0, 1440), "there was none before the first"
    assert first["in_shop"] is second["in_shop"] is None
    assert second["webhook_url"].endswith(f"/webhooks/ongoing/{lite_site.connection.webhook_id}")
    for secret, status in ((first["webhook_secret"], 200), (second["webhook_secret"], 200), ("made-up-secret-of-nobody", 401)):
        path = f"/webhooks/ongoing/{lite_site.connection.webhook_id}"
        answer = await lite_site.client.post(path, content=b"{}", headers={"X-Auth-Token": secret})
        assert answer.status_code == status
    assert (await lite_site.announce(lite_site.shop.order())).status_code == 200, "the shop's secret is as it was"


async def test_a_draft_that_was_never_used_can_be_deleted(bare_site: Site) -> None:
    await made(bare_site)
    assert (await bare_site.client.delete("/connections/nettbutikk")).status_code == 204
    assert (await bare_site.client.get("/connections/nettbutikk")).status_code == 404


async def test_a_deleted_draft_leaves_no_lane_in_the_list(bare_site: Site) -> None:
    await made(bare_site)
    shown = (await bare_site.client.get("/lanes")).json()["items"]
    assert [lane["connections"] for lane in shown] == [["nettbutikk"]], "its shop's; that of a goods owner only after its test"
    await bare_site.client.delete("/connections/nettbutikk")
    assert (await bare_site.client.get("/lanes")).json()["items"] == []


async def test_one_that_has_been_in_use_is_not_deleted(lite_site: Site) -> None:
    answer = await lite_site.client.delete("/connections/shop")
    assert answer.status_code == 409


async def test_connections_are_listed_by_name_page_by_page(api: Api) -> None:
    for number, name in enumerate(("c", "a", "b")):
        await api.connect(name, goods_owner_id=number + 1)
    first = (await api.admin.get("/connections?limit=2")).json()
    second = (await api.admin.get("/connections", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [each["name"] for each in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["next_cursor"] is None
