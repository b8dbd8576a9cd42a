"""The demo's figures count what its lines say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from app.demo.live import Watch
from app.demo.story.tally import Tally


def test_the_lines_of_a_demo_are_counted() -> None:
    tally = Tally()
    for where, words, is_trouble in (
        ("shop", "new product 5001: Ullsokker", False),
        ("shop", "order 5003: Kari Nordmann in Oslo buys 2 × Ullsokker", False),
        ("shop", "24SevenOffice order 12 is confirmed: Fjell AS buys 1 × Lue", False),
        ("webhook", "order.created 5003 → 200", False),
        ("warehouse", "order 5003 created, 212 ms after the webhook", False),
        ("warehouse", "order 5003 changed", False),
        ("warehouse", "article LUE-1 written: Lue", False),
        ("warehouse", "orders → 503", True),
        ("gateway", "order 5003 is completed", False),
        ("gateway", "stock of 5001: 8 pieces", False),
        ("shop", "order 5004: Kari cancels", False),
    ):
        tally.see(where, words, is_trouble=is_trouble)
    tally.held = {"5004": "The address has no street"}
    assert tally.line == "orders 2 · in the warehouse 1 · told to the shop 1 · held 1"
    assert tally.good_bye() == [
        "Good-bye. While you watched, 2 orders were placed and 1 taken back.",
        "1 webhooks came, 1 orders went into the warehouse, and the shops were told of 1.",
        "1 orders waited for a person at the end, and 1 steps failed.",
    ]


async def test_an_order_that_is_held_is_told_once() -> None:
    """The answer is what `GET /mappings` gives for a held order."""
    order = {"id": 9, "kind": "order", "shop": {"id": "5004", "number": "5004"}, "reason": "The address has no street"}

    async def call(method: str, path: str, **asked: Any) -> dict[str, Any]:
        assert (method, path) == ("GET", "mappings")
        return {"items": [order]}

    watch = Watch(SimpleNamespace(gateway=SimpleNamespace(call=call)))  # type: ignore[arg-type]
    assert [(step.where, step.words) for step in await watch._held()] == [("held", "order 5004: The address has no street")]
    watch.asked_at = None
    assert await watch._held() == []
    assert watch.tally.line.endswith("held 1")
