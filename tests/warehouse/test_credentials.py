"""The address of a warehouse, however it was pasted."""

from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError

from app.warehouse.credentials import OngoingCredentials


def url_of(pasted: str) -> str:
    return OngoingCredentials(url=pasted, user="gw", password=SecretStr("secret"), goods_owner_id=77).url


@pytest.mark.parametrize(
    "pasted",
    [
        "https://api.ongoingsystems.se/acme/api/v1/",
        "https://api.ongoingsystems.se/acme/api/v1",
        "https://api.ongoingsystems.se/acme/api/v1/orders",
        "https://api.ongoingsystems.se/acme/api/v1/orders?goodsOwnerId=1#top",
        "https://api.ongoingsystems.se/acme/api/",
        "https://api.ongoingsystems.se/acme/api",
        "https://api.ongoingsystems.se/acme/",
        "https://api.ongoingsystems.se/acme",
        "https://API.ongoingsystems.se/acme/",
        "https://api.ongoingsystems.se/acme/service.asmx",
        "api.ongoingsystems.se/acme",
        "  https://api.ongoingsystems.se/acme/  ",
        "https://acme.ongoingsystems.se/acme",
        "https://acme.ongoingsystems.se/acme/Login.aspx",
        "https://acme.ongoingsystems.se/acme/Orders/List.aspx?id=1",
        "https://acme.ongoingsystems.se",
        "acme.ongoingsystems.se",
    ],
)
def test_an_address_is_brought_to_the_one_that_orders_is_appended_to(pasted: str) -> None:
    assert url_of(pasted) == "https://api.ongoingsystems.se/acme/api/v1/"


@pytest.mark.parametrize(
    ("pasted", "url"),
    [
        ("https://wms1.ongoingsystems.se/acme", "https://wms1.ongoingsystems.se/acme/api/v1/"),
        ("https://acme.ongoingsystems.se/other", "https://api.ongoingsystems.se/other/api/v1/"),
        ("http://127.0.0.1:8123/demo/api/v1/", "http://127.0.0.1:8123/demo/api/v1/"),
        ("http://127.0.0.1:8123/demo", "http://127.0.0.1:8123/demo/api/v1/"),
        ("http://[::1]:8123/demo", "http://[::1]:8123/demo/api/v1/"),
        ("https://wms.warehouse.example", "https://wms.warehouse.example/api/v1/"),
        ("https://apiary.example/capital", "https://apiary.example/capital/api/v1/"),
    ],
)
def test_other_hosts_are_kept(pasted: str, url: str) -> None:
    assert url_of(pasted) == url


def test_a_normalised_address_stays_as_it_is() -> None:
    once = url_of("https://acme.ongoingsystems.se/acme")
    assert url_of(once) == once


@pytest.mark.parametrize(
    ("pasted", "reason"),
    [
        ("https://api.ongoingsystems.se/", "names no warehouse"),
        ("https://api.ongoingsystems.se/api/v1/", "names no warehouse"),
        ("https://gw:secret@api.ongoingsystems.se/acme/", "holds a user name or password"),
        ("ftp://api.ongoingsystems.se/acme/", "not a web address"),
        ("", "not a web address"),
    ],
)
def test_an_address_without_a_warehouse_is_refused(pasted: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        url_of(pasted)


def test_the_password_shows_nowhere() -> None:
    credentials = OngoingCredentials(url="acme.ongoingsystems.se", user="gw", password=SecretStr("hemmelig"), goods_owner_id=77)
    assert "hemmelig" not in repr(credentials)
    assert "hemmelig" not in credentials.model_dump_json()


@pytest.mark.parametrize("wrong", [{"user": ""}, {"password": ""}, {"goods_owner_id": 0}, {"token": "x"}])
def test_what_is_missing_or_unknown_is_refused(wrong: dict[str, object]) -> None:
    given = {"url": "acme.ongoingsystems.se", "user": "gw", "password": "secret", "goods_owner_id": 77, **wrong}
    with pytest.raises(ValidationError):
        OngoingCredentials.model_validate(given)
