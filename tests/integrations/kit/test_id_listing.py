"""A whole list by id, while records come and go."""

from __future__ import annotations

import pytest

from app.errors import Unavailable
from app.integrations.kit.id_listing import ListPosition, NotInOrder, by_id
from app.integrations.kit.odd_entries import in_its_place
from app.integrations.kit.paging import Listed as Page


class Listed:
    """A list in pages of 3, from which records are taken out after some reads. It gives `cap` at most, and not the `bad` ones."""

    def __init__(
        self, *ids: int, leaves: dict[int, int] | None = None, cap: int = 3, counted: bool = False, bad: tuple[int, ...] = ()
    ) -> None:
        self.ids = list(ids)
        self.leaves = leaves or {}
        self.cap, self.counted, self.bad = cap, counted, bad
        self.offsets: list[int] = []

    async def __call__(self, offset: int, size: int) -> Page:
        some = self.ids[offset : offset + min(size, self.cap)]
        self.offsets.append(offset)
        if any(each in self.bad for each in some):
            raise Unavailable("x", system="the shop", call="GET products", status=500)
        page = [{"id": each} for each in some]
        total = len(self.ids) if self.counted else None
        if (gone := self.leaves.get(len(self.offsets))) is not None:
            self.ids.remove(gone)
        return Page(page, total)

    async def all(self, position: ListPosition | None = None) -> list[int]:
        return [each["id"] async for step in by_id(self, 3, position) for each in step.records]


async def test_each_record_is_given_once() -> None:
    listed = Listed(1, 2, 3, 4, 5, 6, 7)
    assert await listed.all() == [1, 2, 3, 4, 5, 6, 7]
    assert listed.offsets == [0, 2, 4, 6]


async def test_records_that_leave_the_list_let_no_other_slip_through() -> None:
    assert await Listed(1, 2, 3, 4, 5, 6, 7, leaves={1: 2}).all() == [1, 2, 3, 4, 5, 6, 7]


async def test_it_goes_on_from_where_it_stood() -> None:
    listed = Listed(1, 2, 3, 4, 5)
    step = await anext(by_id(listed, 3))
    stored = step.position.stored()
    assert stored == {"last": 3, "offset": 2}
    assert await listed.all(ListPosition.read(stored)) == [4, 5]
    assert ListPosition.read(None) == ListPosition(0, 0)


async def test_a_list_that_is_not_by_id_is_refused() -> None:
    with pytest.raises(NotInOrder):
        await Listed(2, 1, 3).all()


@pytest.mark.parametrize("cap", [1, 2, 3])
async def test_a_short_page_ends_no_list_that_goes_on_by_its_own_count(cap: int) -> None:
    assert await Listed(1, 2, 3, 4, 5, 6, 7, cap=cap, counted=True).all() == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("bad", [1, 4, 7])
async def test_one_record_that_cannot_be_given_is_left_out_and_the_others_go_on(bad: int) -> None:
    listed = Listed(1, 2, 3, 4, 5, 6, 7, bad=(bad,))
    steps = [step async for step in by_id(listed, 3)]
    assert [each["id"] for step in steps for each in step.records] == [each for each in range(1, 8) if each != bad]
    assert sum(step.left_out for step in steps) == 1


async def test_what_is_left_out_is_named() -> None:
    listed = Listed(1, 2, 3, 4, bad=(2,))
    odd = [each async for step in by_id(listed, 3) for each in step.odd]
    assert odd == ["entry 2 of the list: x"]


@pytest.mark.parametrize("first", [3, 6])
async def test_a_full_page_without_an_id_ends_no_list(first: int) -> None:
    entries = [in_its_place(None)] * first + [{"id": 1}, {"id": 2}]

    async def ask(offset: int, size: int) -> Page:
        return Page(entries[offset : offset + size])

    steps = [step async for step in by_id(ask, 3)]
    assert [each["id"] for step in steps for each in step.records if "id" in each] == [1, 2]
    assert steps[0].odd == tuple(f"page 1, entry {number}: null" for number in (1, 2, 3))


async def test_a_list_of_pages_without_an_id_is_given_up() -> None:
    asked: list[int] = []

    async def ask(offset: int, size: int) -> Page:
        asked.append(offset)
        return Page([in_its_place(None)] * size)

    with pytest.raises(NotInOrder):
        [step async for step in by_id(ask, 3)]
    assert asked == [0, 3, 6, 9]


async def test_a_list_that_gives_nothing_is_asked_a_few_times_only() -> None:
    listed = Listed(*range(1, 20), bad=tuple(range(1, 20)))
    with pytest.raises(Unavailable):
        await listed.all()
    assert len(listed.offsets) == 5
