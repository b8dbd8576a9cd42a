"""What a mystore shop is called with, as people give it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from pydantic import ValidationError

from app.integrations.mystore import credentials as credentials_module
from app.integrations.mystore.credentials import Deployment, MystoreCredentials
from app.integrations.mystore.settings import SCOPES, MystoreSettings
from app.integrations.mystore.tokens import personal_token, rights_of, shops_of


def given(**more: Any) -> MystoreCredentials:
    return MystoreCredentials.model_validate({"shop": "demo", "access_token": "abc", **more})


def jwt(payload: Any) -> str:
    packed = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJSUzI1NiJ9.{packed}.c2ln"


@pytest.mark.parametrize(
    ("api_url", "base"),
    [
        (None, "https://api.mystore.no/shops/demo/"),
        ("http://127.0.0.1:9090", "http://127.0.0.1:9090/shops/demo/"),
        ("HTTPS://API.example.no/shops/other/", "https://api.example.no/shops/demo/"),
    ],
)
def test_the_api_is_a_host_and_the_shop_is_appended(api_url: str | None, base: str) -> None:
    assert given(api_url=api_url).base == base


@pytest.mark.parametrize("api_url", ["ftp://x", "https://user:pass@x", "https://"])
def test_what_is_no_host_is_refused(api_url: str) -> None:
    with pytest.raises(ValidationError, match="give scheme and host"):
        given(api_url=api_url)


def test_the_deployment_says_where_the_api_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_MYSTORE_API_URL", "http://127.0.0.1:9090/")
    monkeypatch.setenv("GATEWAY_MYSTORE_CLIENT_ID", "17")
    monkeypatch.setattr(credentials_module, "deployment", Deployment)
    assert Deployment().client_id == "17"
    assert given().base == "http://127.0.0.1:9090/shops/demo/"


@pytest.mark.parametrize("pasted", ["abc", " abc\n", "Bearer abc", "Bearer  abc "])
async def test_a_token_is_taken_as_it_is_pasted(pasted: str) -> None:
    token = personal_token(given(access_token=pasted))
    assert await token.token() == "abc"
    assert await token.renewed("abc") is None


@pytest.mark.parametrize(("token", "says"), [(None, "missing"), ("", "missing"), ("a b", "no blanks"), ("abcø", "no blanks")])
def test_what_is_no_token_is_named_at_its_field(token: str | None, says: str) -> None:
    with pytest.raises(ValidationError, match=says) as caught:
        given(access_token=token)
    assert caught.value.errors()[0]["loc"] == ("access_token",)


def test_without_a_token_the_access_is_by_consent() -> None:
    found = MystoreCredentials(shop="demo", auth_mode="oauth")
    assert found.access_token is None


@pytest.mark.parametrize("shop", ["", "https://demo.mystore.no", "de mo", "../x"])
def test_a_shop_is_its_short_name(shop: str) -> None:
    with pytest.raises(ValidationError):
        given(shop=shop)


def test_a_token_says_for_which_shop_it_is_and_what_it_may() -> None:
    token = jwt({"exp": 1, "no_mystore_hosts": ["demo"], "scopes": ["read:orders", "write:orders"]})
    assert shops_of(token) == ("demo",)
    assert rights_of(token) == frozenset({"read:orders", "write:orders"})
    assert rights_of(jwt({"scopes": "read:orders read:products"})) == frozenset({"read:orders", "read:products"})


@pytest.mark.parametrize("token", ["abc", "a.b.c", "a.!!!.c", jwt([1]), jwt({"no_mystore_hosts": "demo"})])
def test_a_token_that_says_nothing_is_no_fault(token: str) -> None:
    assert shops_of(token) == ()
    assert rights_of(token) is None


def test_the_defaults_are_those_of_the_assumptions() -> None:
    found = MystoreSettings()
    assert found.processes.stock is False
    assert (found.processes.articles, found.processes.orders, found.processes.shipments) == (True, True, True)
    assert (found.calls_per_minute, found.page_size, found.filter_op_gte, found.filter_op_fallbacks) == (120, 50, "gte", [">"])
    assert (found.timezone, found.overlap_minutes, found.weight_unit, found.default_country) == ("Europe/Oslo", 10, "kg", "NO")
    assert (found.use_pkce, found.refresh_early_seconds, found.prices_include_vat) == (False, 60, False)
    assert found.variant_relationships == ["product-variant", "product-variants", "variant"]
    assert (found.status_write, found.status_fallback, found.use_complete_endpoint) == (
        ["order", "history"],
        "relationship",
        False,
    )
    assert (found.tracking_attribute, found.tracking_separator, found.tracking_fallback) == ("tracking_number", ", ", "comment")
    assert (found.stock_attribute, found.stock_batch, found.stock_batch_size) == ("quantity", "non-atomic-batch", 25)
    assert (found.webhook_url_attribute, found.webhook_topic_attribute, found.hmac_encoding) == ("url", "topic", "base64")
    assert found.import_status_names == []
    assert found.delivered_status_names == ["sendt", "levert", "sent", "delivered"]
    assert found.cancelled_status_names == ["kansellert", "avbestilt", "cancelled", "canceled"]
    assert found.returned_status_names == ["returnert", "returned"]
    assert {"read:orders", "read:order-totals", "write:orders", "write:webhooks"} <= set(SCOPES.split())


def test_other_processes_can_be_switched_off_without_switching_stock_on() -> None:
    found = MystoreSettings.model_validate({"processes": {"articles": False}})
    assert (found.processes.articles, found.processes.stock) == (False, False)


@pytest.mark.parametrize("calls", [0, 6001])
def test_the_calls_a_minute_have_a_limit(calls: int) -> None:
    with pytest.raises(ValidationError):
        MystoreSettings(calls_per_minute=calls)
    assert MystoreSettings(calls_per_minute=6000).calls_per_minute == 6000


def test_a_status_may_be_named_by_one_id() -> None:
    found = MystoreSettings.model_validate({"status_ids": {"delivered": 3, "cancelled": ["4", 7]}})
    assert found.status_ids == {"delivered": ["3"], "cancelled": ["4", "7"]}
    with pytest.raises(ValidationError):
        MystoreSettings.model_validate({"status_ids": {"sent": "3"}})


def test_settings_are_stored_and_read_again_as_they_were() -> None:
    found = MystoreSettings.model_validate({"status_ids": {"delivered": "3"}, "country_names": {"Norge": "NO"}})
    assert MystoreSettings.model_validate(found.model_dump(mode="json")) == found
