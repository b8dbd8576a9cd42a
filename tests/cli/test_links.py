"""`gateway connections link`: a one-time link, for a person and for a script."""

from __future__ import annotations

from tests.cli.fake_gateway import FakeGateway, fake_gateway

__all__ = ["fake_gateway"]

MADE = {
    "url": "https://gw.example/oauth/mystore/start?link=m3Xb",
    "url_note": None,
    "connection": None,
    "expires_at": "2026-12-06T09:00:00Z",
}


def test_the_link_alone_is_on_standard_output(fake: FakeGateway) -> None:
    fake.answers = {"POST /integrations/mystore/links": MADE}
    result = fake.run("connections", "link", "mystore")
    assert (result.exit_code, result.stdout) == (0, "https://gw.example/oauth/mystore/start?link=m3Xb\n")
    assert "good once until 2026-12-06T09:00:00Z" in result.stderr


def test_an_address_that_others_may_not_reach_is_said(fake: FakeGateway) -> None:
    fake.answers = {"POST /integrations/mystore/links": {**MADE, "url_note": "GATEWAY_PUBLIC_URL is not set"}}
    assert "GATEWAY_PUBLIC_URL is not set" in fake.run("connections", "link", "mystore", "--connection", "butikk").stderr


def test_as_json(fake: FakeGateway) -> None:
    fake.answers = {"POST /integrations/mystore/links": MADE}
    assert '"url":' in fake.run("connections", "link", "mystore", "--json").stdout.replace(" ", "")
