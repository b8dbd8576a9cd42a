"""Settings, credentials and the registry."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from app.errors import BadInput
from app.integrations.protocol import ConnectionSettings
from app.integrations.registry import INTEGRATIONS, integration
from app.integrations.woocommerce.settings import SignatureMethod, WooCommerceCredentials, WooCommerceSettings
from tests.integrations.woocommerce.recordings import credentials


class TestShopAddress:
    @pytest.mark.parametrize(
        ("pasted", "home"),
        [
            ("https://shop.example/", "https://shop.example/"),
            ("https://shop.example", "https://shop.example/"),
            (" https://Shop.Example ", "https://shop.example/"),
            ("shop.example", "https://shop.example/"),
            ("https://shop.example/wp-json/wc/v2/", "https://shop.example/"),
            ("https://shop.example/wp-json/wc/v3/orders?per_page=1", "https://shop.example/"),
            ("https://shop.example/wc-api/v3/", "https://shop.example/"),
            ("https://shop.example/butikk/wp-json", "https://shop.example/butikk/"),
            ("https://shop.example/butikk/wp-admin/", "https://shop.example/butikk/"),
            ("http://127.0.0.1:8099", "http://127.0.0.1:8099/"),
        ],
    )
    def test_what_people_paste_becomes_the_home_address(self, pasted: str, home: str) -> None:
        assert credentials(shop_url=pasted).shop_url == home

    @pytest.mark.parametrize(
        "pasted",
        ["", "https://", "ftp://shop.example/", "mailto:a@b.c", "https://ck:cs@shop.example/", "https://shop.example:x/"],
    )
    def test_what_is_no_web_address_is_refused(self, pasted: str) -> None:
        with pytest.raises(ValidationError):
            credentials(shop_url=pasted)


def _is_table(field: FieldInfo) -> bool:
    """A part whose own fields are described one by one."""
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def test_the_defaults_are_those_of_the_requirement() -> None:
    found = WooCommerceSettings()
    assert found.order_statuses == ["processing"]
    assert found.cancelled_statuses == ["cancelled", "refunded", "failed", "trash"]
    assert found.article_statuses == ["publish"]
    assert (found.processes.orders, found.processes.articles) == (True, True)
    assert found.poll_interval_minutes == 15
    assert found.virtual_products == "stock"
    assert found.article_number_fallback is None
    assert (found.article_categories, found.send_customer_number) == (False, False)
    assert (found.notify_by_sms, found.notify_by_email) == (True, True)
    assert found.oauth_signature_method is SignatureMethod.HMAC_SHA256
    assert found.order_number_prefix == ""


def test_the_defaults_of_the_way_back_are_those_of_the_requirement() -> None:
    found = WooCommerceSettings()
    assert (found.processes.stock, found.processes.shipments, found.processes.returns) == (True, True, False)
    assert (found.shipments.complete_when, found.shipments.tracking) == ("tracking", "both")
    assert (found.shipments.completed_status, found.shipments.tracking_via) == ("completed", "auto")
    assert found.shipments.note_to_customer
    assert found.shipments.partial_deliveries == "stock-based"
    assert (found.stock.floor, found.stock.full_sweep_hours, found.stock.deduct_waiting_orders) == (0, 12, True)
    assert (found.returns.api_refund, found.returns.restock, found.returns.by) == (False, False, ["order"])
    assert not found.order_note_on_hold
    assert found.webhook_topics == [
        "order.created", "order.updated", "order.deleted", "order.restored",
        "product.created", "product.updated", "product.deleted", "product.restored",
    ]  # fmt: skip
    assert found.rest_version is None


def test_other_systems_report_a_shipment_when_it_was_sent() -> None:
    assert ConnectionSettings().shipments.complete_when == "sent"


def test_every_setting_and_credential_is_described() -> None:
    undescribed = [
        f"{model.__name__}.{name}"
        for model in (WooCommerceSettings, WooCommerceCredentials)
        for name, field in model.model_fields.items()
        if not field.description and not _is_table(field)
    ]
    assert undescribed == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"order_status": ["processing"]},
        {"order_statuses": []},
        {"notify_by_sms": "maybe"},
        {"article_number_fallback": "WC"},
        {"page_size": 101},
        {"rest_version": "v3"},
        {"wc_v1_time_zone": "Oslo"},
        {"stock": {"floor": -1}},
        {"shipments": {"complete_when": "picked"}},
        {"shipments": {"tracking_via": "carrier-pigeon"}},
        {"returns": {"by": []}},
        {"shipments": {"note_text": "Sendt {sporing}"}},
        {"shipments": {"short_note_text": "Sendt {"}},
        {"shipments": {"note_text": "{order.__class__}"}},
        {"shipments": {"note_text": "{order:>9999999}"}},
        {"webhook_topics": ["coupon.created"]},
        {"oauth_signature_method": "PLAINTEXT"},
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WooCommerceSettings.model_validate(wrong)


def test_secrets_do_not_show() -> None:
    shown = repr(credentials(consumer_secret="cs_hemmelig", webhook_secret="whsec_hemmelig"))
    assert "hemmelig" not in shown


def test_integrations_are_found_by_name() -> None:
    assert integration("woocommerce") is INTEGRATIONS["woocommerce"]


def test_an_unknown_one_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadInput, match="'shopify'") as caught:
        integration("shopify")
    assert caught.value.fix == "use one of: 24nettbutikk, 24sevenoffice, mystore, woocommerce"
