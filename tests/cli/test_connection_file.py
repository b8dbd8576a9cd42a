"""Connections in a TOML file: read and checked on the operator's machine, references resolved there."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from app.commands.connections.file import assigned, read_file
from app.errors import BadInput

SHOP = """
[[connections]]
name = "nettbutikk"
integration = "woocommerce"

[connections.shop]
shop_url = "https://shop.example/"
consumer_key = "ck_1"
consumer_secret = "env:SHOP_SECRET"

[connections.warehouse]
url = "https://api.ongoingsystems.se/demo/api/v1/"
user = "gateway"
password = "env:WMS_PASSWORD"
goods_owner_id = 77

[connections.settings]
order_number_prefix = "N-"
transporters = { flat_rate = { transporter_code = "env:CARRIER", transporter_service_code = "PAKKE" } }
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "connections.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_references_are_resolved_wherever_they_stand(tmp_path: Path) -> None:
    environment = {"SHOP_SECRET": "cs_9", "WMS_PASSWORD": "p w", "CARRIER": "BRING"}
    assert read_file(written(tmp_path, SHOP), environment) == [
        {
            "name": "nettbutikk",
            "integration": "woocommerce",
            "source": {"shop_url": "https://shop.example/", "consumer_key": "ck_1", "consumer_secret": "cs_9"},
            "warehouse": {
                "url": "https://api.ongoingsystems.se/demo/api/v1/",
                "user": "gateway",
                "password": "p w",
                "goods_owner_id": 77,
            },
            "settings": {
                "order_number_prefix": "N-",
                "transporters": {"flat_rate": {"transporter_code": "BRING", "transporter_service_code": "PAKKE"}},
            },
        }
    ]


@pytest.mark.parametrize(("environment", "word"), [({}, "missing"), ({"SHOP_SECRET": ""}, "empty")])
def test_a_variable_that_is_not_there_is_named_with_its_field(tmp_path: Path, environment: dict[str, str], word: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_file(written(tmp_path, SHOP), {"WMS_PASSWORD": "x", "CARRIER": "x", **environment})
    assert caught.value.message == f"the environment variable SHOP_SECRET is {word}"
    assert caught.value.field == "nettbutikk: shop.consumer_secret"
    assert "SHOP_SECRET" in (caught.value.fix or "")


def test_source_and_its_first_name_shop_are_the_same(tmp_path: Path) -> None:
    environment = {"SHOP_SECRET": "cs_9", "WMS_PASSWORD": "p w", "CARRIER": "BRING"}
    new = SHOP.replace("[connections.shop]", "[connections.source]")
    assert read_file(written(tmp_path, new), environment) == read_file(written(tmp_path, SHOP), environment)


def test_both_names_at_once_are_refused(tmp_path: Path) -> None:
    both = SHOP + '\n[connections.source]\nshop_url = "https://shop.example/"\n'
    with pytest.raises(BadInput) as caught:
        read_file(written(tmp_path, both), {"SHOP_SECRET": "cs_9", "WMS_PASSWORD": "p w", "CARRIER": "BRING"})
    assert caught.value.field == "connections[0].shop"


def test_a_variable_under_source_is_named_with_that_field(tmp_path: Path) -> None:
    new = SHOP.replace("[connections.shop]", "[connections.source]")
    with pytest.raises(BadInput) as caught:
        read_file(written(tmp_path, new), {"WMS_PASSWORD": "x", "CARRIER": "x"})
    assert caught.value.field == "nettbutikk: source.consumer_secret"


def test_what_a_variable_holds_is_not_looked_up_again(tmp_path: Path) -> None:
    environment = {"SHOP_SECRET": "env:OTHER", "WMS_PASSWORD": "x", "CARRIER": "x", "OTHER": "leaked"}
    assert read_file(written(tmp_path, SHOP), environment)[0]["source"]["consumer_secret"] == "env:OTHER"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no connections"),
        ("connections = 3", "names no connections"),
        ("[[connections]]\nname = 'a'", "has no integration"),
        ("[[connections]]\nintegration = 'woocommerce'", "has no name"),
        ("[[connections]]\nname = 'a'\nintegration = 'woocommerce'\nshopp = 1", "unknown field 'shopp'"),
        ("title = 'x'\n[[connections]]\nname = 'a'\nintegration = 'woocommerce'", "'title' at the top"),
        ("[[connections]]\nname = 'a'\nintegration = 'x'\n[[connections]]\nname = 'a'\nintegration = 'x'", "names 'a' twice"),
        ("[[connections]", "is not TOML"),
    ],
)
def test_a_file_that_is_not_right_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_file(written(tmp_path, text), {})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.toml cannot be read: No such file or directory"):
        read_file(tmp_path / "none.toml", {})


def test_a_setting_in_brackets_is_a_list_and_a_password_is_not() -> None:
    rules = '[{"method": "*", "transporter_code": "BRING"}]'
    assert assigned([f"transporter_rules={rules}"], "--setting") == {
        "transporter_rules": [{"method": "*", "transporter_code": "BRING"}]
    }
    assert assigned(["password=[1]"], "--warehouse") == {"password": "[1]"}
    with pytest.raises(typer.BadParameter, match="is no list in JSON"):
        assigned(["transporter_rules=[oops"], "--setting")
