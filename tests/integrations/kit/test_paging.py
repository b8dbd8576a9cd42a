"""Pages of lists from systems that cannot give all of them."""

from __future__ import annotations

import pytest

from app.errors import Unavailable
from app.integrations.kit.paging import Listed, Pages


class Slow:
    """A list in which every page with a `heavy` record, or with more than `most`, gets no answer in time, or this status."""

    def __init__(self, count: int, *, heavy: tuple[int, ...] = (), most: int = 100, status: int | None = None) -> None:
        self.count, self.heavy, self.most, self.status = count, heavy, most, status
        self.asked: list[tuple[int, int]] = []

    async def __call__(self, offset: int, size: int) -> Listed:
        self.asked.append((offset, size))
        some = range(offset, min(offset + size, self.count))
        if size > self.most or any(each in self.heavy for each in some):
            raise Unavailable("no answer in time", system="the shop", call="GET orders", status=self.status)
        return Listed([{"id": each} for each in some], self.count)

    async def all(self, pages: Pages) -> list[int]:
        found: list[int] = []
        offset, more = 0, True
        while more:
            page = await pages.read(self, offset)
            found += [each["id"] for each in page.records]
            offset, more = page.offset + len(page.records), page.has_more
        return found

    def timed_out_in_row(self) -> int:
        longest = now = 0
        for offset, size in self.asked:
            some = range(offset, min(offset + size, self.count))
            now = now + 1 if size > self.most or any(each in self.heavy for each in some) else 0
            longest = max(longest, now)
        return longest


@pytest.mark.parametrize("heavy", [0, 1, 56, 99, 149])
async def test_a_record_with_which_no_page_comes_in_time_is_left_out(heavy: int) -> None:
    slow = Slow(150, heavy=(heavy,))
    assert await slow.all(Pages(100)) == [each for each in range(150) if each != heavy]
    assert slow.timed_out_in_row() <= 2  # three would let the account rest


@pytest.mark.parametrize("heavy", [(0, 1), (1, 2), (55, 56), (98, 99), (99, 100), (148, 149), (5, 6, 7), (5, 6, 60, 61, 62, 148)])
async def test_each_of_several_neighbours_costs_itself_only(heavy: tuple[int, ...]) -> None:
    slow = Slow(150, heavy=heavy)
    assert await slow.all(Pages(100)) == [each for each in range(150) if each not in heavy]
    assert slow.timed_out_in_row() <= 2  # three would let the account rest


async def test_a_system_that_is_slow_with_many_is_asked_for_fewer() -> None:
    slow = Slow(400, most=60)
    assert await slow.all(Pages(100)) == list(range(400))
    assert [size for _, size in slow.asked] == [100, 1, 2, 4, 8, 16, 32, 50, 50, 50, 50, 50, 50, 50]


async def test_a_system_that_answers_nothing_in_time_is_given_up() -> None:
    slow = Slow(10, most=0)
    with pytest.raises(Unavailable):
        await slow.all(Pages(100))
    assert slow.asked == [(0, 100), (0, 1), (1_000_000, 1)]


async def test_records_that_break_their_answers_are_left_out_without_asking_whether_the_system_is_there() -> None:
    broken = Slow(10, heavy=(3, 4), status=500)
    assert await broken.all(Pages(1)) == [0, 1, 2, 5, 6, 7, 8, 9]
    assert broken.asked == [(each, 1) for each in range(10)]
