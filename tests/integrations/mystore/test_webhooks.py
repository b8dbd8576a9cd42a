"""Webhooks: who sent one, what it says, and how the shop's own list of them is kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

from app.domain import Process
from app.errors import Malformed, Refused
from app.integrations.mystore.credentials import MystoreCredentials
from app.integrations.mystore.integration import Mystore
from app.integrations.mystore.settings import WEBHOOK_TOPICS, MystoreSettings
from app.integrations.mystore.webhooks.incoming import MystoreWebhooks
from app.integrations.protocol import (
    Accepted,
    Announcement,
    Fault,
    ManagesWebhooks,
    Mend,
    NotOurs,
    ReadNeeded,
    SweepNeeded,
    WebhookRequest,
    WhyRefused,
)
from app.integrations.protocol import Refused as NotTaken
from app.sandbox.mystore import PersonalToken
from tests.integrations.mystore.calling import TOKEN, open_bench

SECRET = "hemmelig"
BODY = b'{"data": {"type": "orders", "id": "10542"}}'
URL = "https://gateway.example/webhooks/k3y"


def digest(body: bytes = BODY, secret: str = SECRET) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def request(body: bytes = BODY, **headers: str) -> WebhookRequest:
    return WebhookRequest({key.replace("_", "-"): value for key, value in headers.items()}, b"", body)


def signed(signature: str, body: bytes = BODY) -> WebhookRequest:
    return request(body, **{"x-no-mystore-hmac-sha256": signature})


def test_a_signature_over_the_raw_body_is_taken() -> None:
    webhooks = MystoreWebhooks()
    assert webhooks.authenticate(signed(base64.b64encode(digest()).decode()), SECRET) == Accepted()
    for wrong in (signed(base64.b64encode(digest()).decode(), BODY + b" "), signed(digest().hex()), signed("ø")):
        refused = webhooks.authenticate(wrong, SECRET)
        assert isinstance(refused, NotTaken)
        assert refused.reason is WhyRefused.BAD_SIGNATURE
    unsigned = webhooks.authenticate(request(), SECRET)
    assert isinstance(unsigned, NotTaken)
    assert unsigned.reason is WhyRefused.UNSIGNED


def test_the_signature_may_be_written_in_hex() -> None:
    webhooks = Mystore().incoming(MystoreSettings(hmac_encoding="hex"))
    assert webhooks is not None
    assert webhooks.authenticate(signed(digest().hex().upper()), SECRET) == Accepted()
    assert isinstance(webhooks.authenticate(signed(base64.b64encode(digest()).decode()), SECRET), NotTaken)


def test_a_signed_body_that_is_no_json_is_refused() -> None:
    body = b"hello"
    refused = MystoreWebhooks().authenticate(signed(base64.b64encode(digest(body)).decode(), body), SECRET)
    assert isinstance(refused, NotTaken)
    assert refused.reason is WhyRefused.NOT_READABLE


def test_without_a_signature_no_body_is_read() -> None:
    assert isinstance(MystoreWebhooks().body_limit({}, 1000), NotTaken)
    assert MystoreWebhooks().body_limit({"x-no-mystore-hmac-sha256": "x"}, 1000) == 1000


def said(topic: str | None, body: bytes = BODY, host: str | None = "demo") -> Announcement:
    headers = {"x-no-mystore-topic": topic, "x-no-mystore-host": host}
    credentials = MystoreCredentials.model_validate({"shop": "demo", "access_token": "x"})
    kept = {key: value for key, value in headers.items() if value is not None}
    return MystoreWebhooks().interpret(kept, body, MystoreSettings(), credentials, {})


@pytest.mark.parametrize(
    ("topic", "process", "source_id"),
    [
        ("orders/create", Process.ORDERS, "10542"),
        ("orders/update", Process.ORDERS, "10542"),
        ("orders/delete", Process.ORDERS, "10542"),
        ("Products/Update", Process.ARTICLES, "10542"),
        ("products/delete", Process.ARTICLES, "10542"),
        ("product-variants/update", Process.ARTICLES, "v10542"),
    ],
)
def test_a_delivery_names_a_record_that_is_read(topic: str, process: Process, source_id: str) -> None:
    found = said(topic)
    assert isinstance(found, ReadNeeded)
    assert (found.process, found.source_id) == (process, source_id)


@pytest.mark.parametrize(
    "body", [b'{"data":{"id":"7"}}', b'{"data":{"id":7}}', b'{"id":"7"}', b'{"data":[{"id":"7"}]}', b'{"data":"7"}']
)
def test_only_the_id_is_needed(body: bytes) -> None:
    found = said("orders/delete", body)
    assert isinstance(found, ReadNeeded)
    assert found.source_id == "7"


@pytest.mark.parametrize("host", ["demo", "Demo", "demo.mystore.no", None])
def test_the_host_is_the_connection_s_shop(host: str | None) -> None:
    assert isinstance(said("orders/update", host=host), ReadNeeded)


@pytest.mark.parametrize("host", ["other", "demo.example", "demo2"])
def test_a_delivery_of_another_shop_is_ignored_with_an_alert(host: str) -> None:
    found = said("orders/update", host=host)
    assert isinstance(found, NotOurs)
    assert (found.code, found.alert) == ("other-shop", True)


def test_what_names_no_record_is_said_so() -> None:
    assert isinstance(said("orders/delete", b"{}"), SweepNeeded)
    for body in (b"{}", b"[]", b"true", b'{"data":{"id":"x"}}'):
        found = said("orders/update", body)
        assert isinstance(found, NotOurs)
        assert found.code == "no-record"
    for topic in ("customers/update", None):
        other = said(topic)
        assert isinstance(other, NotOurs)
        assert other.code == "other-topic"


# --- the shop's own list ------------------------------------------------------------------------------------------------


async def test_a_webhook_for_each_topic_is_made_once() -> None:
    bench = open_bench()
    client = bench.client()
    assert isinstance(client, ManagesWebhooks)
    plan = client.webhook_plan(await client.webhooks(), URL)
    assert [(step.mend, step.fault, step.topic) for step in plan] == [
        (Mend.REGISTER, Fault.MISSING, topic) for topic in WEBHOOK_TOPICS
    ]
    for step in plan:
        await client.register(step.topic, URL, SECRET)
    assert client.webhook_plan(await client.webhooks(), URL) == ()
    sent = [each.content for each in bench.requests if each.method == "POST"]
    assert sent[0] == b'{"data":{"type":"webhooks","attributes":{"topic":"orders/create","url":"%s"}}}' % URL.encode()


async def test_the_secret_in_the_answer_is_given_on() -> None:
    seen = await open_bench().client().register("orders/create", URL, SECRET)
    assert len(seen.secret) > 8
    assert seen.secret not in repr(seen)


async def test_attributes_may_have_other_names() -> None:
    bench = open_bench(webhook_attributes=("event", "address"))
    client = bench.client(webhook_topic_attribute="event", webhook_url_attribute="address")
    seen = await client.register("orders/create", URL, SECRET)
    assert (seen.topic, seen.delivery_url) == ("orders/create", URL)


async def test_a_webhook_that_points_elsewhere_is_put_right() -> None:
    bench = open_bench()
    client = bench.client(webhook_topics=["orders/create"])
    await client.register("orders/create", "https://old.example/webhooks/k3y", SECRET)
    (step,) = client.webhook_plan(await client.webhooks(), URL)
    assert (step.mend, step.fault) == (Mend.REPAIR, Fault.ELSEWHERE)
    await client.repair(step.webhook_id or "", URL, SECRET)
    assert [each.delivery_url for each in await client.webhooks()] == [URL]


async def test_another_s_webhook_is_left_alone() -> None:
    bench = open_bench()
    client = bench.client(webhook_topics=["orders/create"])
    await client.register("orders/create", "https://other.example/webhooks/0ther", SECRET)
    await client.register("orders/create", URL, SECRET)
    await client.register("products/update", URL, SECRET)
    steps = client.webhook_plan(await client.webhooks(), URL)
    assert [(step.mend, step.fault, step.webhook_id) for step in steps] == [(Mend.DELETE, Fault.UNWANTED, "3")]
    await client.delete_webhook("3")
    await client.delete_webhook("3")
    assert [each.id for each in await client.webhooks()] == ["1", "2"]


@pytest.mark.parametrize(
    "config",
    [{"webhook_creation": "refuses"}, {"personal_tokens": (PersonalToken(TOKEN, ("read:webhooks",)),)}],
)
async def test_what_the_shop_refuses_to_make_is_to_be_made_by_hand(config: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=f"make the webhook by hand: topic orders/create, address {URL}"):
        await open_bench(**config).client().register("orders/create", URL, SECRET)


async def test_a_webhook_that_points_elsewhere_after_it_was_made_is_an_error() -> None:
    bench = open_bench()
    client = bench.client(webhook_url_attribute="url")
    with pytest.raises(Malformed, match="instead of"):
        client._checked({"id": "1", "attributes": {"url": "https://x/"}}, "POST webhooks", "orders/create", URL)
