"""Which addresses are the same shop's, and which ones a shop's server calls."""

from __future__ import annotations

import pytest

from app.integrations.woocommerce.integration import WooCommerce
from app.integrations.woocommerce.rest.hosts import is_same_shop, why_not_called
from app.integrations.woocommerce.settings import WooCommerceSettings
from tests.integrations.woocommerce.recordings import credentials


def same(source: str, shop_url: str, home: str | None = None, *accepted: str) -> bool:
    settings = WooCommerceSettings(accepted_sources=list(accepted))
    return is_same_shop(source, settings, credentials(shop_url=shop_url), {"home_url": home} if home else {})


@pytest.mark.parametrize(
    ("source", "shop_url"),
    [
        ("https://xn--blbr-roah.example/", "https://blåbær.example/"),
        ("https://blåbær.example/", "https://xn--blbr-roah.example/"),
        ("https://bl\xc3\xa5b\xc3\xa6r.example/", "https://blåbær.example/"),
        ("https://BLÅBÆR.example", "https://xn--blbr-roah.example/"),
        ("http://shop.example:80/", "https://shop.example/"),
        ("https://shop.example:443", "https://shop.example/"),
        ("https://Shop.Example./", "https://shop.example/"),
        ("shop.example", "https://shop.example/"),
        ("https://shop.example/butikk", "https://shop.example/butikk/"),
    ],
)
def test_the_same_place_written_otherwise_is_the_same_shop(source: str, shop_url: str) -> None:
    assert same(source, shop_url)
    assert same(source, "https://other.example/", None, shop_url)


@pytest.mark.parametrize(
    ("source", "shop_url"),
    [
        ("https://www.shop.example/", "https://shop.example/"),
        ("https://shop.example/", "https://www.shop.example/"),
        ("https://shop.example:8443/", "https://shop.example/"),
        ("https://shop.example/en/", "https://shop.example/"),
        ("https://shop.example/", "https://shop.example/en/"),
        ("https://www.xn--blbr-roah.example/nb", "https://blåbær.example/"),
    ],
)
def test_the_same_host_is_the_same_shop_where_the_shop_says_so(source: str, shop_url: str) -> None:
    assert not same(source, shop_url)
    assert not same(source, shop_url, shop_url)
    assert same(source, shop_url, source)
    assert same(source, shop_url, None, source)


@pytest.mark.parametrize(
    "source", ["https://staging.shop.example/", "https://shop.example.evil/", "", "https://[", "https://\xff/"]
)
def test_another_host_is_another_shop_whatever_it_says(source: str) -> None:
    assert not same(source, "https://shop.example/", source)


def test_one_account_in_every_spelling() -> None:
    keys = {
        WooCommerce().account(credentials(shop_url=url)).key
        for url in ("https://blåbær.example", "https://xn--blbr-roah.example/")
    }
    assert keys == {"https://xn--blbr-roah.example/"}
    assert WooCommerce().account(credentials(shop_url="https://Shop.example:443/no")).key == "https://shop.example/no/"


HOME = "https://shop.example/"


@pytest.mark.parametrize(
    ("url", "home", "why"),
    [
        ("https://gateway.example/webhooks/x", HOME, None),
        ("http://gateway.example:8080/", HOME, None),
        ("https://shop.example:9000/", "https://shop.example:9000/", None),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8099/", None),
        ("https://gateway.example:8443/", HOME, "WordPress calls the ports 80, 443 and 8080 only, not 8443"),
        ("http://127.0.0.1:8081/", "http://127.0.0.1:8099/", "WordPress calls the ports 80, 443 and 8080 only, not 8081"),
        ("http://192.168.1.5/", HOME, "192.168.1.5 is a private address, and WordPress calls none"),
        ("http://localhost:8080/", HOME, "localhost is a private address, and WordPress calls none"),
        ("http://172.32.0.1/", HOME, None),
    ],
)
def test_what_wordpress_will_not_call(url: str, home: str, why: str | None) -> None:
    assert why_not_called(url, home) == why
