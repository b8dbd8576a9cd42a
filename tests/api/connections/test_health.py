"""How a connection stands, in words, as the console tells it: what is wrong first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.console.connections.health import counters_of, health_of
from app.domain import Process
from app.engine.core.circuit import Paused
from app.records.alerts import raise_alert
from app.records.connections import Status
from app.records.console.connection_standing import Poll, Standing, of
from app.records.sessions import Ended
from tests.api.calling import Site

CHECK = {"system": "shop", "name": "keys", "ok": True, "message": "the keys can read orders", "fix": ""}
GOOD = {"ok": True, "checks": [CHECK]}
BAD = {"ok": False, "checks": [{**CHECK, "ok": False, "message": "the key is unknown", "fix": "make new keys"}]}


def said(site: Site, standing: Standing | None = None, **changes: Any) -> list[tuple[str, str, str, str]]:
    connection = replace(site.connection, **{"test": GOOD, "tested_at": site.clock(), **changes})
    found = health_of(connection, standing or Standing(), {})
    return [(line.kind, line.text.said("en"), line.detail, line.fix) for line in found.lines]


def failing(site: Site) -> Standing:
    return Standing(polls=(Poll(Process.ORDERS, None, site.clock(), 3, "the shop answered 500"),))


async def test_what_works_says_so(lite_site: Site) -> None:
    assert said(lite_site) == [("good", "Everything works, as far as is known.", "", "")]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"status": Status.DRAFT}, ("waits", "It is a draft: nothing is transferred before it is activated.", "", "")),
        ({"status": Status.PAUSED}, ("waits", "It is paused: webhooks are kept, nothing is read or sent.", "", "")),
        ({"test": None}, ("waits", "It was never tested.", "", "")),
        ({"test": BAD}, ("bad", "The last test failed", "shop: the key is unknown", "make new keys")),
        ({"test": {**GOOD, "is_outdated": True}}, ("waits", "The login was changed since its test.", "", "")),
        ({"adjusted": ("floor was cut",)}, ("waits", "A setting is not as it was saved", "floor was cut", "")),
    ],
)
async def test_what_is_not_as_it_should_be_is_one_line_each(lite_site: Site, changes: dict[str, Any], line: Any) -> None:
    assert said(lite_site, **changes) == [line]


async def test_the_worst_comes_first(lite_site: Site) -> None:
    ended = replace(failing(lite_site), ended=Ended(lite_site.clock(), "the key was revoked"), webhooks="failed")
    lines = said(lite_site, ended, test=None)
    assert [(kind, text) for kind, text, _, _ in lines] == [
        ("bad", "The login is good no more: give other credentials. What waits is kept."),
        ("bad", "Reading fails: orders"),
        ("waits", "It was never tested."),
        ("waits", "The shop's webhooks could not be checked. What changes is found by polls, some minutes later."),
    ]


async def test_an_open_alert_is_not_passed_over(lite_site: Site) -> None:
    assert said(lite_site) == [("good", "Everything works, as far as is known.", "", "")]
    async with lite_site.gateway.database.begin() as db:
        await raise_alert(db, "silent", lite_site.connection.id, "orders", "no order for 6 hours", lite_site.clock())
    async with lite_site.gateway.database.read() as db:
        standing = (await of(db, [lite_site.connection.id]))[lite_site.connection.id]
    assert said(lite_site, standing) == [("waits", "Open alerts: 1. The page Alerts says what to do.", "", "")]


async def test_what_a_paused_connection_would_read_is_no_trouble(lite_site: Site) -> None:
    assert [kind for kind, *_ in said(lite_site, failing(lite_site), status=Status.PAUSED)] == ["waits"]


async def test_calls_that_rest_are_told_with_their_time_and_those_of_others_are_not(lite_site: Site) -> None:
    until = lite_site.clock() + timedelta(minutes=5)
    own = next(iter(counters_of(lite_site.connection)))
    paused = {key: Paused(key, until, 1, "it answered 403") for key in (own, "another shop|any call")}
    health = health_of(replace(lite_site.connection, test=GOOD), Standing(), paused)
    assert (health.kind, len(health.lines), health.locked_until) == ("bad", 1, until)
    assert "it answered 403" in health.lines[0].detail
