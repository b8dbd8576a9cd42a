"""What a system's models say becomes what REST, command line and docs show."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr

from app.integrations.catalogue import FieldEntry, every_system, fields_of
from app.integrations.protocol.credentials import ShownByItsEnd, shown
from app.integrations.registry import INTEGRATIONS, secret_names
from app.logs import _hider


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(BaseModel):
    wait_seconds: float = Field(1.5, gt=0, le=60, description="How long.")


class Model(BaseModel):
    address: str = Field(min_length=1, description="Where it is.")
    api_key: Annotated[str, ShownByItsEnd()] = Field(description="Its key.")
    client_id: str = Field("x", description="Shown whole.")
    token: SecretStr | None = Field(None, description="A secret.")
    colour: Colour = Field(Colour.RED, description="Which.")
    size: Literal[1, 2] | None = Field(None, description="How large.")
    names: list[Annotated[str, "short"]] = Field(default_factory=list, max_length=3, description="Which ones.")
    inner: Inner = Field(default_factory=lambda: Inner())


FOUND = {entry.name: entry for entry in fields_of(Model, {"address": "https://a.example/"})}


@pytest.mark.parametrize(
    "expected",
    [
        FieldEntry(
            "address", "text", "Where it is.", True, False, limits=("at least 1 characters",), example="https://a.example/"
        ),
        FieldEntry("api_key", "text", "Its key.", True, False),
        FieldEntry("client_id", "text", "Shown whole.", False, False, default="x"),
        FieldEntry("token", "secret", "A secret.", False, True),
        FieldEntry("colour", "`red` or `blue`", "Which.", False, False, default="red", choices=("red", "blue")),
        FieldEntry("size", "`1` or `2`", "How large.", False, False, choices=(1, 2)),
        FieldEntry("names", "list of text", "Which ones.", False, False, default=[], limits=("at most 3 of them",)),
        FieldEntry(
            "inner.wait_seconds",
            "number",
            "How long.",
            False,
            False,
            default=1.5,
            unit="seconds",
            limits=("more than 0", "at most 60"),
        ),
    ],
    ids=lambda entry: entry.name,
)
def test_a_field_says_what_it_is(expected: FieldEntry) -> None:
    assert FOUND[expected.name] == expected


def test_only_what_is_marked_is_masked_and_secrets_are_left_out() -> None:
    model = Model(address="https://a.example/", api_key="k-12345678", token=SecretStr("t"))
    assert shown(model) == {
        "address": "https://a.example/",
        "api_key": "…5678",
        "client_id": "x",
        "colour": "red",
        "size": None,
        "names": [],
        "inner": Inner(),
    }


def test_woocommerce_can_do_everything_but_ask_for_consent() -> None:
    (system,) = [each for each in every_system() if each.name == "woocommerce"]
    assert (system.title, system.noun, system.docs) == ("WooCommerce", "shop", "docs/connecting-woocommerce.md")
    assert system.processes == ("articles", "orders", "stock", "shipments", "returns", "receipts", "purchase-orders")
    assert system.capabilities == (
        "manage-webhooks",
        "notes",
        "read-articles",
        "read-by-id",
        "read-orders",
        "refund",
        "report-shipments",
        "send-webhooks",
        "write-stock",
    )
    fields = [(each.name, each.is_required, each.is_secret) for each in system.credentials]
    assert fields == [
        ("shop_url", True, False),
        ("consumer_key", True, False),
        ("consumer_secret", True, True),
        ("webhook_secret", False, True),
    ]


@pytest.mark.parametrize("name", sorted(INTEGRATIONS))
def test_the_example_of_every_system_is_one_that_it_takes(name: str) -> None:
    system = INTEGRATIONS[name]
    system.credentials_model.model_validate(dict(system.reference.credentials))
    system.settings_model.model_validate(dict(system.reference.settings))


def test_no_secret_of_any_system_is_logged() -> None:
    assert {"consumer_key", "consumer_secret", "webhook_secret"} <= secret_names()
    hide = _hider(secret_names())
    assert hide(logging.getLogger(), "info", {"consumer_key": "ck_1", "order": "5093"}) == {
        "consumer_key": "(hidden)",
        "order": "5093",
    }
