"""Every recorded exchange played against the simulator: the same signed requests in the order they were made, and the recorded
answers: status, headers that count, shape, and every value but those below.

What the shop's people did in between is done by `held_back`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.woocommerce.recorded import held_back
from tests.sandbox.woocommerce.recorded.recorded_shop import KEYS, RECORDED, StoppedClock, client_of, open_shop, rest

NUMBERS = sorted(int(path.name[:3]) for path in (RECORDED / "rest").glob("*.json"))
NOT_PLAYED: dict[int, str] = {}

# Fields whose values may differ, everywhere. They must be there, and be of the same type.
VALUE_MAY_DIFFER = {
    "id": "lines, meta, notes and trackings were counted over what was held back; ids of records are compared by the links",
    "href": "ends in such an id",
    "order_key": "random",
    "payment_url": "holds the order key",
    "tracking_id": "random",
    "related_ids": "a random choice of products of the same category, and the simulator makes none: its length may differ too",
    "price_html": "made for people to look at",
    "total_sales": "counted over sales that were held back",
}
# Times are compared to the minute: the shop took up to a second over a call.
SECONDS_MAY_DIFFER = "date_"
# What one exchange alone may have otherwise.
ALONE_MAY_DIFFER = {
    187: ({"name", "topic", "resource", "event", "hooks"}, "the order of webhooks made in one second is the database's own"),
    194: ({"options"}, "the simulator names the shop's own currency, not the 163 there are"),
    249: ({"note"}, "the order of notes written in one second is the database's own"),
}
HEADERS = ("x-wp-total", "x-wp-totalpages", "allow")


class Played:
    """The simulator's answers by number."""

    def __init__(self) -> None:
        self.answers: dict[int, httpx.Response] = {}

    async def play(self) -> None:
        clock = StoppedClock()
        plugins = ("advanced-shipment-tracking",)
        app, shop = open_shop(clock=clock, first_id=14, trust_forwarded_proto=True, plugins=plugins)
        async with client_of(app) as client:
            for number in sorted(NUMBERS, key=lambda number: float(rest(number)["at_utc"])):
                recorded = rest(number)
                clock.seconds = recorded["at_utc"]
                held_back.before(shop, number, recorded)
                self.answers[number] = await _send(client, number, recorded, held_back.body_of(shop, number, recorded))


async def _send(client: httpx.AsyncClient, number: int, recorded: dict[str, Any], content: str | None) -> httpx.Response:
    asked = recorded["request"]
    headers: dict[str, str] = {}
    if content is not None:
        headers["Content-Type"] = "application/json"
    auth = None
    if asked["auth"].startswith("Basic"):
        key, secret, _ = KEYS[0]
        auth = httpx.BasicAuth(key, held_back.secret_of(number, secret))
        headers["X-Forwarded-Proto"] = "https" if asked["auth"].endswith("https") else "http"
    url = f"{asked['path']}?{asked['query_string_sent']}"
    return await client.request(asked["method"], url, content=content, headers=headers, auth=auth)


@pytest.fixture(scope="module")
def played() -> dict[int, httpx.Response]:
    everything = Played()
    asyncio.run(everything.play())
    return everything.answers


def _differences(recorded: Any, answered: Any, path: str, may_differ: set[str]) -> Iterator[str]:
    """Where two answers differ in shape or, but for fields that may, in value."""
    name = path.rsplit(".", 1)[-1].removesuffix("[]")
    if type(recorded) is not type(answered):
        yield f"{path}: {recorded!r} was answered, now {answered!r}"
    elif name in may_differ:
        return
    elif isinstance(recorded, dict):
        if recorded.keys() != answered.keys():
            yield f"{path}: {sorted(recorded.keys() ^ answered.keys())} in only one of them"
        for key in recorded.keys() & answered.keys():
            yield from _differences(recorded[key], answered[key], f"{path}.{key}", may_differ)
    elif isinstance(recorded, list):
        if len(recorded) != len(answered):
            yield f"{path}: {len(recorded)} of them were answered, now {len(answered)}"
        for one, other in zip(recorded, answered, strict=False):
            yield from _differences(one, other, f"{path}[]", may_differ)
    elif _value(name, recorded) != _value(name, answered):
        yield f"{path}: {recorded!r} was answered, now {answered!r}"


def _value(name: str, value: Any) -> Any:
    """To the minute for times as text; times as numbers only by their sort."""
    if not name.startswith(SECONDS_MAY_DIFFER) or value is None:
        return value
    return str(value)[: len("2026-11-21T16:10")] if "-" in str(value) else type(value)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_recorded_exchange_is_answered_as_recorded(number: int, played: dict[int, httpx.Response]) -> None:
    recorded, answer = rest(number), played[number]
    alone, _ = ALONE_MAY_DIFFER.get(number, (set(), ""))

    assert answer.status_code == recorded["status"], answer.text
    assert list(_differences(recorded["body"], answer.json(), "", {*VALUE_MAY_DIFFER, *alone})) == []


@pytest.mark.parametrize("number", NUMBERS)
def test_its_headers_are_as_recorded(number: int, played: dict[int, httpx.Response]) -> None:
    recorded = {name.lower(): value for name, value in rest(number)["headers"]}
    answered = played[number].headers

    assert {name: answered.get(name) for name in HEADERS} == {name: recorded.get(name) for name in HEADERS}
    assert ("location" in answered) == ("location" in recorded)
    assert _relations(answered.get("link", "")) == _relations(recorded.get("link", ""))


def _relations(link: str) -> list[str]:
    return [part.split('"')[0] for part in link.split('rel="')[1:]]


def test_nothing_recorded_is_left_out() -> None:
    assert len(NUMBERS) == 166
    assert NOT_PLAYED == {}
    assert set(ALONE_MAY_DIFFER) <= set(NUMBERS)


def test_every_reason_is_still_needed(played: dict[int, httpx.Response]) -> None:
    """A field that has come to agree everywhere leaves the list."""
    seen = {
        difference.split(":")[0].rsplit(".", 1)[-1].removesuffix("[]")
        for number in NUMBERS
        for difference in _differences(rest(number)["body"], played[number].json(), "", set())
    }
    assert set(VALUE_MAY_DIFFER) <= seen
