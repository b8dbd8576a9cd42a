"""Records with which a shop has no answer in time: each costs itself only, the poll goes on, and the account does not rest."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from app.errors import Unavailable
from app.http import ListeningClient
from tests.engine.polling.poll_steps import ORDERS, last_run, numbers, some_orders
from tests.harness import Harness


def never_in_time(monkeypatch: pytest.MonkeyPatch, *heavy: int, path: str = ORDERS) -> None:
    """A list with one of these ids gets no answer in time."""
    send = ListeningClient.send

    async def sent(self: ListeningClient, request: httpx.Request, **options: Any) -> httpx.Response:
        response = await send(self, request, **options)
        if request.url.path == path and {each["id"] for each in json.loads(await response.aread())} & set(heavy):
            raise Unavailable("the shop did not answer in time", system="the shop", call=f"GET {path}")
        return response

    monkeypatch.setattr(ListeningClient, "send", sent)


@pytest.mark.parametrize("places", [(0, 1), (2, 3), (2, 3, 4), (6, 7)])
async def test_neighbours_that_time_out_cost_themselves_only(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch, places: tuple[int, ...]
) -> None:
    orders = some_orders(sqlite_harness, 8)
    heavy = [orders[place]["id"] for place in places]
    never_in_time(monkeypatch, *heavy)
    await sqlite_harness.poll()
    run = await last_run(sqlite_harness)
    assert run.state == "done"
    assert await sqlite_harness.stored.alerts() == ["odd-answers"]
    assert numbers(sqlite_harness) == sorted(str(each["id"]) for each in orders if each["id"] not in heavy)


async def test_a_shop_with_no_answer_to_anything_fails_the_poll(sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three calls: the page, its first record, and one that asks for nothing. Then the account rests."""
    some_orders(sqlite_harness, 2)
    asked = []

    async def never(self: ListeningClient, request: httpx.Request, **options: Any) -> httpx.Response:
        asked.append(request.url.params.get("per_page"))
        raise Unavailable("the shop did not answer in time", system="the shop", call=f"GET {ORDERS}")

    monkeypatch.setattr(ListeningClient, "send", never)
    await sqlite_harness.poll()
    assert (await last_run(sqlite_harness)).state == "failed"
    assert asked == ["100", "1", "1"]
