"""Values in all the forms that a shop may write them in (A3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from app.integrations.nettbutikk24.credentials import NettbutikkCredentials
from app.integrations.nettbutikk24.rest.values import amount, flag, record_id


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0.620", Decimal("0.620")),
        ("0,620", Decimal("0.620")),
        ("1.234,50", Decimal("1234.50")),
        ("1,234.50", Decimal("1234.50")),
        ("1 234,50", Decimal("1234.50")),
        ("1\u00a0234", Decimal(1234)),
        ("-5", Decimal(-5)),
        (2, Decimal(2)),
        (2.5, Decimal("2.5")),
        ("", None),
        (None, None),
        ("mange", None),
        (True, None),
    ],
)
def test_numbers(written: Any, read: Decimal | None) -> None:
    assert amount(written) == read


@pytest.mark.parametrize("value", ["1", 1, True, "true", "Yes", "ja", "1.00"])
def test_what_is_yes(value: Any) -> None:
    assert flag({"sent": value}, "sent") is True


@pytest.mark.parametrize("value", ["0", 0, False, "false", "no", "", None, "2"])
def test_what_is_no(value: Any) -> None:
    assert flag({"sent": value}, "sent") is False


@pytest.mark.parametrize(
    ("value", "read"), [("512003", "512003"), (512003, "512003"), (512003.0, "512003"), ("A-7", "A-7"), ("0", None), (None, None)]
)
def test_ids(value: Any, read: str | None) -> None:
    assert record_id(value) == read


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://shop.example.no/api/v1/", "https://shop.example.no/api/v1/"),
        ("https://shop.example.no/api/v1", "https://shop.example.no/api/v1/"),
        ("https://Shop.example.no", "https://shop.example.no/api/v1/"),
        (" shop.example.no ", "https://shop.example.no/api/v1/"),
        ("http://127.0.0.1:8099/api/v1/", "http://127.0.0.1:8099/api/v1/"),
        ("https://example.no/butikk/api/v1/", "https://example.no/butikk/api/v1/"),
    ],
)
def test_addresses(given: str, kept: str) -> None:
    assert NettbutikkCredentials.model_validate({"api_url": given, "api_key": " t "}).api_url == kept


@pytest.mark.parametrize("wrong", [{"api_url": "ftp://x", "api_key": "t"}, {"api_url": "https://x.no", "api_key": "a b"}])
def test_wrong_credentials_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        NettbutikkCredentials.model_validate(wrong)
