"""Every recorded delivery of a real shop is recognised, verified and understood."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain import Process
from app.integrations.protocol import (
    Accepted,
    Announced,
    Announcement,
    Greeting,
    NotOurs,
    ReadNeeded,
    Refused,
    SweepNeeded,
    WebhookRequest,
    WhyRefused,
)
from app.integrations.woocommerce.settings import WooCommerceSettings
from app.integrations.woocommerce.webhooks import incoming
from tests.integrations.woocommerce.recordings import Delivery, credentials, deliveries, delivery

SHOP = incoming.WooCommerceWebhooks()
SETTINGS = WooCommerceSettings()

ALL = deliveries()
PINGS = [each for each in ALL if each.topic is None]
SIGNED = [each for each in ALL if each.topic]

RECORD_TOPICS = {f"{resource}.{event}" for resource in ("order", "product") for event in ("created", "updated", "restored")}

HEADERS = {"x-wc-webhook-topic": "order.updated", "x-wc-webhook-source": "http://127.0.0.1:8099/"}


def named(each: Delivery) -> str:
    return each.file


def announced(headers: dict[str, str], body: bytes, settings: WooCommerceSettings = SETTINGS, **shop: str) -> Announcement:
    return SHOP.interpret(headers, body, settings, credentials(**shop))


class TestPing:
    def test_there_are_eight_of_them_in_the_recording(self) -> None:
        assert len(PINGS) == 8

    @pytest.mark.parametrize("each", PINGS, ids=named)
    def test_every_recorded_ping_is_one(self, each: Delivery) -> None:
        assert incoming.is_ping(each.headers, each.body)

    @pytest.mark.parametrize("each", SIGNED, ids=named)
    def test_no_recorded_delivery_is_taken_for_one(self, each: Delivery) -> None:
        assert not incoming.is_ping(each.headers, each.body)

    @pytest.mark.parametrize("body", [b"webhook_id=", b"webhook_id=1&x=2", b"webhook_id=1x", b"webhook_id=1\n", b"", b'{"id":1}'])
    def test_anything_but_webhook_id_and_digits_is_none(self, body: bytes) -> None:
        assert not incoming.is_ping({"content-type": "application/x-www-form-urlencoded"}, body)

    def test_a_charset_behind_the_content_type_does_not_matter(self) -> None:
        assert incoming.is_ping({"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}, b"webhook_id=7")

    def test_a_signed_body_of_that_form_is_none(self) -> None:
        headers = {"content-type": "application/x-www-form-urlencoded", incoming.SIGNATURE_HEADER: "abc"}
        assert not incoming.is_ping(headers, b"webhook_id=7")

    def test_json_is_none(self) -> None:
        assert not incoming.is_ping({"content-type": "application/json"}, b"webhook_id=7")


def sign(key: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


class TestSignature:
    @pytest.mark.parametrize("each", SIGNED, ids=named)
    def test_every_recorded_delivery_verifies_with_its_secret(self, each: Delivery) -> None:
        assert each.secret is not None
        assert incoming.verify(each.secret, each.headers[incoming.SIGNATURE_HEADER], each.body)

    @pytest.mark.parametrize("each", SIGNED[:5], ids=named)
    def test_one_changed_byte_does_not_verify(self, each: Delivery) -> None:
        assert not incoming.verify(each.secret or "", each.headers[incoming.SIGNATURE_HEADER], each.body + b" ")
        assert not incoming.verify("another", each.headers[incoming.SIGNATURE_HEADER], each.body)

    @pytest.mark.parametrize("signature", ["", "x", "\u00e6\u00f8\u00e5", "=" * 44, " " + sign("s", b"{}")])
    def test_something_that_is_no_signature_does_not_verify(self, signature: str) -> None:
        assert not incoming.verify("s", signature, b"{}")

    def test_the_body_parsed_and_written_again_does_not_verify(self) -> None:
        one = delivery("027")
        again = json.dumps(one.content).encode()
        assert not incoming.verify(one.secret or "", one.headers[incoming.SIGNATURE_HEADER], again)

    @pytest.mark.parametrize(
        ("secret", "key"),
        [
            ("a&amp;b", "a&b"),
            ("a&lt;b&gt;", "a<b>"),
            ("&quot;a&quot;", '"a"'),
            ("it&#039;s", "it's"),
            ("it&#39;s &#x27;", "it's '"),
            ("&amp;amp;", "&amp;"),
            ("&copy; &oslash; &#65;", "&copy; &oslash; &#65;"),
            (" blank ", " blank "),
            ("back\\slash", "back\\slash"),
        ],
    )
    def test_the_secret_is_decoded_as_wordpress_does(self, secret: str, key: str) -> None:
        assert incoming.verify(secret, sign(key, b"{}"), b"{}")


class TestWhoSentIt:
    FORM = "application/x-www-form-urlencoded"

    def request(self, body: bytes = b"{}", **headers: str) -> WebhookRequest:
        return WebhookRequest({name.replace("_", "-"): value for name, value in headers.items()}, b"", body)

    @pytest.mark.parametrize("each", SIGNED[:5], ids=named)
    def test_a_recorded_delivery_is_accepted(self, each: Delivery) -> None:
        found = SHOP.authenticate(WebhookRequest(each.headers, b"", each.body), each.secret or "")
        assert found == Accepted()

    @pytest.mark.parametrize("each", PINGS, ids=named)
    def test_a_recorded_ping_is_a_greeting(self, each: Delivery) -> None:
        found = SHOP.authenticate(WebhookRequest(each.headers, b"", each.body), "s")
        assert isinstance(found, Greeting)
        assert (found.webhook_id, found.answer) == (each.body.decode().removeprefix("webhook_id="), b'{"status":"pong"}')

    @pytest.mark.parametrize(
        ("body", "signature", "reason", "code"),
        [
            (b"{}", None, WhyRefused.UNSIGNED, ""),
            (b"{}", sign("another", b"{}"), WhyRefused.BAD_SIGNATURE, ""),
            (b"{", sign("s", b"{"), WhyRefused.NOT_READABLE, "not-json"),
            (b"{", "x", WhyRefused.BAD_SIGNATURE, ""),
        ],
    )
    def test_anything_else_is_refused_with_the_reason(
        self, body: bytes, signature: str | None, reason: WhyRefused, code: str
    ) -> None:
        signed = {"x_wc_webhook_signature": signature} if signature else {}
        found = SHOP.authenticate(self.request(body, content_type="application/json", **signed), "s")
        assert isinstance(found, Refused)
        assert (found.reason, found.code) == (reason, code)

    @pytest.mark.parametrize(
        ("content_type", "is_signed", "expected"),
        [
            ("application/json", True, 5000),
            ("application/json; charset=UTF-8", True, 5000),
            ("application/json", False, WhyRefused.UNSIGNED),
            (FORM, False, 100),
            (FORM, True, WhyRefused.WRONG_TYPE),
            ("text/xml", True, WhyRefused.WRONG_TYPE),
            ("", False, WhyRefused.WRONG_TYPE),
        ],
    )
    def test_no_more_of_a_body_is_read_than_its_sender_may_send(
        self, content_type: str, is_signed: bool, expected: int | WhyRefused
    ) -> None:
        headers = {"content-type": content_type, **({"x-wc-webhook-signature": "x"} if is_signed else {})}
        found = SHOP.body_limit(headers, 5000)
        assert (found.reason if isinstance(found, Refused) else found) == expected


class TestRights:
    @pytest.mark.parametrize(
        "body",
        [
            {"code": "woocommerce_rest_cannot_view", "message": "Sorry.", "data": {"status": 403}},
            {"code": "woocommerce_rest_cannot_view", "message": "Sorry.", "data": {"status": 401}},
            {"code": "woocommerce_api_user_cannot_read_order", "message": "Sorry."},
            {"code": "rest_forbidden", "message": "Sorry.", "data": {"status": 401}},
            {"errors": [{"code": "woocommerce_api_user_cannot_read_order", "message": "Sorry."}]},
            {"errors": {"some_plugin_says_no": ["Sorry."]}, "error_data": {"some_plugin_says_no": {"status": 401}}},
        ],
    )
    def test_a_delivery_says_that_the_webhooks_maker_may_not_see_the_record(self, body: dict[str, Any]) -> None:
        said = announced({**HEADERS, "x-wc-webhook-topic": "order.updated"}, json.dumps(body).encode())
        assert isinstance(said, SweepNeeded)
        assert said.without_right is not None
        assert said.without_right.startswith("the user who made the webhook")

    @pytest.mark.parametrize(
        "body",
        [
            {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}},
            {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID."},
            {
                "errors": {"woocommerce_api_invalid_order_id": ["No such."]},
                "error_data": {"woocommerce_api_invalid_order_id": 404},
            },
        ],
    )
    def test_any_other_error_is_no_matter_of_rights(self, body: dict[str, Any]) -> None:
        said = announced({**HEADERS, "x-wc-webhook-topic": "order.updated"}, json.dumps(body).encode())
        assert isinstance(said, SweepNeeded)
        assert said.without_right is None

    def test_a_delivery_names_the_webhook_that_sent_it(self) -> None:
        assert SHOP.webhook_id({"x-wc-webhook-id": "31"}) == "31"
        assert SHOP.webhook_id({}) is None

    def test_a_key_that_may_only_read_makes_no_webhooks(self) -> None:
        missing = SHOP.rights_missing({"can_write": False})
        assert missing is not None
        assert missing.code == "read-only-key"
        assert SHOP.rights_missing({"can_write": True}) is None
        assert SHOP.rights_missing({}) is None


class TestWhatADeliverySays:
    def test_its_topic_is_there_to_read(self) -> None:
        assert incoming.topic(delivery("096").headers) == "order.deleted"
        assert incoming.topic(PINGS[0].headers) is None

    def test_the_recording_holds_87_signed_deliveries(self) -> None:
        assert len(SIGNED) == 87

    @pytest.mark.parametrize("each", [each for each in SIGNED if each.topic in RECORD_TOPICS], ids=named)
    def test_whole_orders_and_products_are_announced(self, each: Delivery) -> None:
        said = announced(each.headers, each.body)
        assert isinstance(said, Announced)
        assert said.record.process is (Process.ORDERS if each.topic and each.topic.startswith("order.") else Process.ARTICLES)
        assert said.record.source_id == str(each.content["id"])
        assert said.record.modified_at is not None
        assert said.record.modified_at.strftime("%Y-%m-%dT%H:%M:%S") == each.content["date_modified_gmt"]
        assert said.record.modified_at.tzinfo is UTC
        assert said.record.body == each.content

    @pytest.mark.parametrize(
        ("number", "process", "source_id"),
        [("096", Process.ORDERS, "49"), ("097", Process.ARTICLES, "22"), ("105", Process.ORDERS, "49")],
    )
    def test_deleted_means_trashed_and_leads_to_a_read(self, number: str, process: Process, source_id: str) -> None:
        one = delivery(number)
        assert announced(one.headers, one.body) == ReadNeeded(process, source_id, "moved to the trash")

    @pytest.mark.parametrize("number", ["143", "144", "147"])
    def test_coupons_are_not_ours(self, number: str) -> None:
        one = delivery(number)
        said = announced(one.headers, one.body)
        assert isinstance(said, NotOurs)
        assert (said.code, said.alert) == ("other-topic", False)

    @pytest.mark.parametrize("topic", ["customer.created", "action.woocommerce_add_to_cart", "", "order", "nonsense"])
    def test_other_topics_are_not_ours(self, topic: str) -> None:
        said = announced({**HEADERS, "x-wc-webhook-topic": topic}, b'{"id":1}')
        assert isinstance(said, NotOurs if topic != "order" else ReadNeeded)

    @pytest.mark.parametrize(("topic", "process"), [("order.updated", Process.ORDERS), ("product.updated", Process.ARTICLES)])
    def test_an_error_instead_of_the_record_leads_to_a_sweep(self, topic: str, process: Process) -> None:
        body = b'{"code":"woocommerce_rest_shop_order_invalid_id","message":"Invalid ID.","data":{"status":404}}'
        said = announced({**HEADERS, "x-wc-webhook-topic": topic}, body)
        assert isinstance(said, SweepNeeded)
        assert said.process is process
        assert "woocommerce_rest_shop_order_invalid_id" in said.why

    @pytest.mark.parametrize(
        "body",
        [
            {"id": 7},
            {"id": 7, "status": "processing"},
            {"id": 7, "status": "processing", "date_modified_gmt": "i går"},
            {"id": 7, "date_modified_gmt": "2026-11-21T16:13:13"},
        ],
    )
    def test_a_thin_body_leads_to_a_read(self, body: dict[str, Any]) -> None:
        said = announced(HEADERS, json.dumps(body).encode())
        assert isinstance(said, ReadNeeded)
        assert (said.process, said.source_id) == (Process.ORDERS, "7")

    @pytest.mark.parametrize(
        "body", [b"[]", b"null", b"7", b'"x"', b"{}", b'{"id":0}', b'{"id":true}', b'{"id":"x"}', b"webhook_id=1"]
    )
    def test_a_body_that_names_no_record_is_kept_with_an_alert(self, body: bytes) -> None:
        said = announced(HEADERS, body)
        assert isinstance(said, NotOurs)
        assert said.alert

    def test_the_time_of_a_record_is_utc(self) -> None:
        said = announced(HEADERS, b'{"id":7,"status":"processing","date_modified_gmt":"2026-11-21T16:13:13"}')
        assert isinstance(said, Announced)
        assert said.record.modified_at == datetime(2026, 11, 21, 16, 13, 13, tzinfo=UTC)


BODY = b'{"id":7,"status":"processing","date_modified_gmt":"2026-11-21T16:13:13"}'


class TestWhichShopSentIt:
    @pytest.mark.parametrize(
        ("source", "shop_url"),
        [
            ("https://shop.example/", "https://shop.example/"),
            ("http://shop.example/", "https://shop.example/"),
            ("https://Shop.Example", "https://shop.example/"),
            ("https://shop.example:443/", "https://shop.example/"),
            ("https://shop.example/butikk", "https://shop.example/butikk/"),
        ],
    )
    def test_its_own_home_address_however_written_is_ours(self, source: str, shop_url: str) -> None:
        said = announced({**HEADERS, "x-wc-webhook-source": source}, BODY, shop_url=shop_url)
        assert isinstance(said, Announced)

    @pytest.mark.parametrize(
        "source",
        [
            "https://staging.shop.example/",
            "https://shop.example:8443/",
            "https://shop.example/staging/",
            "https://shop.example.evil.test/",
            "not an address",
            "http://[::1",
        ],
    )
    def test_another_shop_with_the_same_secret_is_ignored_with_an_alert(self, source: str) -> None:
        said = announced({**HEADERS, "x-wc-webhook-source": source}, BODY, shop_url="https://shop.example/")
        assert isinstance(said, NotOurs)
        assert (said.code, said.alert) == ("other-shop", True)

    def test_further_home_addresses_are_a_setting(self) -> None:
        settings = WooCommerceSettings(accepted_sources=["https://www.shop.example/"])
        headers = {**HEADERS, "x-wc-webhook-source": "https://www.shop.example"}
        assert isinstance(announced(headers, BODY, settings, shop_url="https://shop.example/"), Announced)
