"""`gateway integrations` and `gateway connections example`: what the systems ask for, as people read it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic_core import to_jsonable_python
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.commands.connections.example import document
from app.commands.connections.file import read_file
from app.errors import BadInput
from app.integrations.catalogue import every_system
from app.integrations.registry import INTEGRATIONS
from app.sandbox.kit.server import Server
from tests.cli.gateway_command import as_json, gateway


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where a gateway answers with its systems."""

    async def systems(request: Request) -> JSONResponse:
        return JSONResponse({"items": to_jsonable_python(every_system()), "next_cursor": None})

    with Server(Starlette(routes=[Route("/integrations", systems)])) as server:
        yield server.url


def test_the_table_fits_on_80_columns(url: str) -> None:
    result = gateway("integrations", "--url", url, "--api-key", "gw_x", environment={"COLUMNS": "80"})
    assert result.exit_code == 0, result.stderr
    assert max(len(line) for line in result.stdout.splitlines()) <= 80
    assert "WooCommerce" in result.stdout


def test_one_system_is_shown_with_all_that_can_be_set(url: str) -> None:
    result = gateway("integrations", "woocommerce", "--url", url, "--api-key", "gw_x")
    assert result.exit_code == 0, result.stderr
    for expected in ("consumer_secret", "secret", "processes.returns", "page_size", "at least 2, at most 100", "send-webhooks"):
        assert expected in result.stdout


def test_as_json_it_is_what_the_api_says(url: str) -> None:
    listed = as_json(gateway("integrations", "--url", url, "--api-key", "gw_x", "--json"))
    assert [each["name"] for each in listed["items"]] == ["24nettbutikk", "24sevenoffice", "mystore", "woocommerce"]
    one = as_json(gateway("integrations", "woocommerce", "--url", url, "--api-key", "gw_x", "--json"))
    assert one == json.loads(json.dumps(listed["items"][3]))


def test_a_system_that_is_not_there_is_named_with_those_that_are(url: str) -> None:
    result = gateway("integrations", "shopware", "--url", url, "--api-key", "gw_x")
    assert result.exit_code == 1
    assert "woocommerce" in result.stderr


def test_the_example_is_a_file_that_can_be_applied(tmp_path: Path) -> None:
    result = gateway("connections", "example", "woocommerce")
    assert result.exit_code == 0, result.stderr
    path = tmp_path / "connections.toml"
    path.write_text(result.stdout, encoding="utf-8")
    secrets = {
        "WOOCOMMERCE_CONSUMER_KEY": "ck_1",
        "WOOCOMMERCE_CONSUMER_SECRET": "cs_1",
        "WMS_PASSWORD": "p",
    }
    (entry,) = read_file(path, secrets)
    assert entry == {
        "name": "my-shop",
        "integration": "woocommerce",
        "source": {"shop_url": "https://shop.example/", "consumer_key": "ck_1", "consumer_secret": "cs_1"},
        "warehouse": {
            "url": "https://api.ongoingsystems.se/mywarehouse/api/v1/",
            "user": "gateway",
            "password": "p",
            "goods_owner_id": 77,
        },
        "settings": {"order_number_prefix": "WC-", "default_country": "NO"},
    }


@pytest.mark.parametrize("name", sorted(INTEGRATIONS))
def test_every_systems_example_is_toml(name: str) -> None:
    (entry,) = tomllib.loads(document(name))["connections"]
    assert entry["integration"] == name


@pytest.mark.parametrize("name", sorted(INTEGRATIONS))
def test_every_systems_example_asks_which_plugins_change_what_is_exchanged(name: str) -> None:
    question = "# Which plugins change orders or products in the outside system? A note for people; nothing depends on it."
    assert document(name).splitlines()[-2:] == [question, '# plugins = ""']


@pytest.mark.parametrize(("name", "variable"), [("24sevenoffice", "ERP_PASSWORD"), ("24nettbutikk", "SHOP_API_KEY")])
def test_what_the_example_reads_from_the_environment_can_be_set_by_a_shell(name: str, variable: str) -> None:
    """No shell takes a name that begins with a digit."""
    assert f'"env:{variable}"' in document(name)


def test_an_example_of_no_system_names_those_there_are() -> None:
    with pytest.raises(BadInput, match="there is no integration 'shopware'"):
        document("shopware")


def test_an_access_that_may_be_left_out_stands_in_the_example() -> None:
    """mystore's token is needed unless the shop is connected by consent."""
    result = gateway("connections", "example", "mystore")
    assert 'access_token = "env:MYSTORE_ACCESS_TOKEN"' in result.stdout.splitlines()
    assert '# webhook_secret = "env:MYSTORE_WEBHOOK_SECRET"' in result.stdout.splitlines()
