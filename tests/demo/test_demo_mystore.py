"""The demo's own mystore, and the real one in its place."""

from __future__ import annotations

import json

from app.demo.mystore.simulator import configuration, environment, is_replaced
from app.sandbox.kit.command import read_config
from app.sandbox.mystore import Client, MystoreConfig, User


def test_the_gateway_is_told_of_the_simulator() -> None:
    assert environment("http://127.0.0.1:1", "s", {"GATEWAY_LOG_LEVEL": "debug"}) == {
        "GATEWAY_MYSTORE_CLIENT_ID": "12",
        "GATEWAY_MYSTORE_CLIENT_SECRET": "s",
        "GATEWAY_MYSTORE_AUTH_URL": "http://127.0.0.1:1",
        "GATEWAY_MYSTORE_API_URL": "http://127.0.0.1:1",
    }


def test_what_is_given_to_the_demo_wins() -> None:
    told = environment("http://127.0.0.1:1", "s", {"GATEWAY_MYSTORE_AUTH_URL": "http://127.0.0.1:9"})
    assert told["GATEWAY_MYSTORE_AUTH_URL"] == "http://127.0.0.1:9"
    assert told["GATEWAY_MYSTORE_API_URL"] == "http://127.0.0.1:1"


def test_the_simulator_knows_the_gateways_address() -> None:
    config = read_config(MystoreConfig, json.dumps(configuration("http://127.0.0.1:8080", "s", 5001)))
    assert config.clients == (Client("12", "s", ("http://127.0.0.1:8080/oauth/mystore/callback",)),)
    assert config.users == (User("demo", "kari@example.no", "hemmelig"),)
    assert config.first_ids["orders"] == 5001


def test_whoever_is_given_in_its_place_is_seen() -> None:
    assert is_replaced({"GATEWAY_MYSTORE_API_URL": "https://api.mystore.no"})
    assert not is_replaced({"GATEWAY_PORT": "8080"})
