"""A whole list by id, while records come and go."""

from __future__ import annotations

from typing import Any

import pytest

from app.integrations.kit.id_listing import ListPosition, NotInOrder, by_id


class Listed:
    """A list in pages of 3, from which records are taken out after some reads."""

    def __init__(self, *ids: int, leaves: dict[int, int] | None = None) -> None:
        self.ids = list(ids)
        self.leaves = leaves or {}
        self.offsets: list[int] = []

    async def __call__(self, offset: int) -> list[dict[str, Any]]:
        page = [{"id": each} for each in self.ids[offset : offset + 3]]
        self.offsets.append(offset)
        if (gone := self.leaves.get(len(self.offsets))) is not None:
            self.ids.remove(gone)
        return page

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
