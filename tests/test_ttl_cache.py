"""One cache for all: what is too old or too much is read again."""

from __future__ import annotations

from app.ttl_cache import TtlCache


class Hands:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_a_value_is_kept_until_it_is_too_old() -> None:
    hands = Hands()
    cache: TtlCache[str, int] = TtlCache(2, 10, hands)
    assert cache.get("a") is None
    assert cache.put("a", 0) == 0
    hands.seconds = 101.999
    assert cache.get("a") == 0
    hands.seconds = 102
    assert (cache.get("a"), cache.last("a")) == (None, 0)


def test_the_one_put_first_goes_first() -> None:
    cache: TtlCache[str, int] = TtlCache(60, 2, Hands())
    cache.put("a", 1)
    cache.put("b", 2)
    cache.put("a", 3)
    cache.put("c", 4)
    assert [cache.get(key) for key in "abc"] == [3, None, 4]


async def test_what_is_there_is_not_read_again() -> None:
    hands, made = Hands(), 0

    async def read() -> str:
        nonlocal made
        made += 1
        return f"reading {made}"

    cache: TtlCache[str, str] = TtlCache(2, 10, hands)
    assert [await cache.get_or_read("a", read) for _ in range(3)] == ["reading 1"] * 3
    hands.seconds += 2
    assert await cache.get_or_read("a", read) == "reading 2"


def test_it_forgets_on_request() -> None:
    cache: TtlCache[str, int] = TtlCache(60, 10, Hands())
    for key in "abc":
        cache.put(key, 1)
    cache.forget("a")
    cache.forget("nobody")
    assert [cache.last(key) for key in "abc"] == [None, 1, 1]
    cache.clear()
    assert cache.last("b") is None
