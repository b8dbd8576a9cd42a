"""Which stock levels are to be written: what may be sold, less what is sold already, against what the shop shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Row, and_, bindparam, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.problem import with_what_lifts
from app.integrations.protocol import StockLevel, StockSettings
from app.integrations.protocol.quantities import ParentQuantity
from app.records import reservations
from app.storage.outbound_tables import stock_levels
from app.storage.tables import connections

CHUNK = 500


WITHOUT_STOCK = "without-stock"
"""The code of an article that cannot have a quantity in the shop. That is no problem."""


DIFFERS = ("waiting", "parked", "problem")
"""States of a level whose quantity in the shop is not what it should be."""


def _lifted(code: str, words: str) -> tuple[str, str]:
    return code, with_what_lifts(words, code)


NOT_SEEN = _lifted(
    "stock-not-seen",
    "It has variations, and the gateway has not seen yet who keeps its quantity in the shop. Nothing is written",
)
"""Code and text of an article with variations that no sweep has shown yet."""


NUMBER_OF_PARENT = _lifted(
    "stock-number-of-parent",
    "The variation has its product's number, not one of its own: the same stock would be sold twice. Give it a SKU of its own in "
    "the shop",
)
IN_SUM = (
    "stock-summed",
    "Its product keeps one quantity for all of its variations, and is given the sum of what may be sold of them",
)
"""Code and text of a variation that is counted in its product's quantity."""
_SHARED = _lifted(
    "stock-shared-by-variations",
    "The shop keeps one quantity for variations that are articles of their own, so none of the warehouse's figures is its "
    "quantity. Nothing is written. Switch on 'Track stock quantity' for each variation in the shop, or set "
    "stock.parent_quantity to sum",
)
_NOT_TOLD_APART = _lifted(
    "variants-not-told-apart",
    "The shop has one id for several variants, so that it cannot be told which is meant. Nothing is written",
)


def unwritten(level: StockLevel, parent_quantity: ParentQuantity) -> tuple[str, str] | None:
    """Why no quantity is written to it: code and text. None when one is."""
    if level.without_stock:
        return WITHOUT_STOCK, "The shop counts no pieces of it: its variations have their own, or nothing is sent of it"
    if level.not_told_apart:
        return _NOT_TOLD_APART
    if level.shared_by_variations:
        return None if parent_quantity is ParentQuantity.SUM else _SHARED
    if level.kept_by_parent:
        words = "The shop keeps no quantity of this article but one for all of its product's variations"
        return IN_SUM if parent_quantity is ParentQuantity.SUM else _lifted("stock-kept-by-parent", words)
    return None if level.managed else _lifted("stock-not-managed", "The shop keeps no quantity of this article")


def state_without_quantity(problem_code: str) -> str:
    return {WITHOUT_STOCK: "none", IN_SUM[0]: "none", NOT_SEEN[0]: "unknown"}.get(problem_code, "problem")


def sellable_in_shop(sellable: float, reserved: float, floor: int = 0) -> int:
    """Whole pieces that a shop may sell: never below `floor`, fractions rounded down (requirement: stock values)."""
    return max(floor, math.floor(sellable - reserved))


async def settings_of(db: AsyncConnection, connection_id: str) -> StockSettings:
    stored = await db.scalar(select(connections.c.settings).where(connections.c.id == connection_id))
    return StockSettings.model_validate((stored or {}).get("stock", {}))


async def decide_state(db: AsyncConnection, connection_id: str, lane: str, ids: Sequence[int], now: datetime) -> int:
    """Decides for each row whether it is to be written. Returns how many are."""
    if not ids:
        return 0
    settings = await settings_of(db, connection_id)
    if settings.parent_quantity is ParentQuantity.SUM:
        ids = [*ids, *await _sums_with(db, ids)]
    waiting = 0
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        rows = list(await db.execute(select(stock_levels).where(stock_levels.c.id.in_(chunk))))
        wanted = await wanted_of(db, connection_id, lane, rows, settings)
        moved = []
        for row in rows:
            state, code, words = _judge(row, wanted[row.id], settings.parent_quantity)
            waiting += state in ("waiting", "parked")
            if (state, code) != (row.state, row.problem_code):
                since = (row.differs_since or now) if state in DIFFERS else None
                said = {"new_state": state, "new_code": code, "new_problem": words, "new_since": since}
                moved.append({"row": row.id, **said})
        if moved:
            await db.execute(
                update(stock_levels)
                .where(stock_levels.c.id == bindparam("row"))
                .values(
                    state=bindparam("new_state"),
                    problem_code=bindparam("new_code"),
                    problem=bindparam("new_problem"),
                    differs_since=bindparam("new_since"),
                    tries=0,
                    due_at=None,
                    updated_at=now,
                ),
                moved,
            )
    return waiting


class Shown(Protocol):
    """A level as far as what it must show is concerned."""

    @property
    def id(self) -> int: ...
    @property
    def source_id(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def sellable(self) -> float | None: ...
    @property
    def sums_variations(self) -> bool: ...


async def wanted_of(
    db: AsyncConnection, connection_id: str, lane: str, rows: Sequence[Shown], settings: StockSettings
) -> dict[int, int | None]:
    """What the shop must show of each row, by its id; None while the WMS has said nothing."""
    sums = [row for row in rows if row.sums_variations]
    parts = await _parts_of(db, connection_id, sums) if sums else {}
    numbers = [row.number for row in (*rows, *(part for each in parts.values() for part in each))]
    held_back = await held_back_of(db, connection_id, lane, numbers, settings)
    wanted = {}
    for row in rows:
        if row.sums_variations:
            wanted[row.id] = sum_of(
                {part.number: part.sellable for part in parts.get(row.source_id, ())}, held_back, settings.floor
            )
        else:
            held = held_back.get(row.number, 0.0)
            wanted[row.id] = None if row.sellable is None else sellable_in_shop(row.sellable, held, settings.floor)
    return wanted


def sum_of(sellable: Mapping[str, float | None], reserved: Mapping[str, float], floor: int = 0) -> int | None:
    """What may be sold of all these articles together, by their numbers: each counts whole pieces from 0 up.

    None while there are none, or the WMS has not said all.
    """
    pieces = [None if each is None else sellable_in_shop(each, reserved.get(number, 0.0)) for number, each in sellable.items()]
    known = [each for each in pieces if each is not None]
    return max(floor, sum(known)) if known and len(known) == len(pieces) else None


async def _parts_of(db: AsyncConnection, connection_id: str, sums: Sequence[Shown]) -> dict[str, list[Row[Any]]]:
    """The variations that are counted in these products' quantities, by product."""
    columns = (stock_levels.c.parent_id, stock_levels.c.number, stock_levels.c.sellable)
    mine = (stock_levels.c.connection_id == connection_id, stock_levels.c.problem_code == literal_column(f"'{IN_SUM[0]}'"))
    found: dict[str, list[Row[Any]]] = {}
    query = select(*columns).where(*mine, stock_levels.c.parent_id.in_([row.source_id for row in sums]))
    rows: list[Row[Any]] = list(await db.execute(query))
    for row in rows:
        found.setdefault(row.parent_id, []).append(row)
    return found


async def _sums_with(db: AsyncConnection, ids: Sequence[int]) -> list[int]:
    """The products, not among these, in whose quantities some of these are counted."""
    parent, found = stock_levels.alias(), set[int]()
    same = (parent.c.connection_id == stock_levels.c.connection_id, parent.c.source_id == stock_levels.c.parent_id)
    summed = (stock_levels.c.problem_code == IN_SUM[0], parent.c.sums_variations.is_(True))
    for start in range(0, len(ids), CHUNK):
        chunk = stock_levels.c.id.in_(ids[start : start + CHUNK])
        query = select(parent.c.id).join(stock_levels, and_(*same)).where(chunk, *summed)
        found |= {row.id for row in await db.execute(query)}
    return sorted(found - set(ids))


async def held_back_of(
    db: AsyncConnection, connection_id: str, lane: str, numbers: Sequence[str], settings: StockSettings
) -> dict[str, float]:
    """Pieces by article number that are sold and not yet in the WMS's figure. Empty where the connection does not deduct them."""
    if not settings.deducts_waiting:
        return {}
    return await reservations.reserved(db, connection_id, lane, numbers)


BY_QUANTITY = ("stock-not-taken", "stock-refused")
"""Why a shop did not take this quantity; it may take another. Of all else only a look at the shop can tell that it has ended."""


def is_by_write(problem_code: str | None, written_quantity: int | None) -> bool:
    """Whether the problem is what became of a write. What a look at the shop finds takes the memory of writes away."""
    return problem_code is not None and written_quantity is not None


def _judge(row: Row[Any], wanted: int | None, parent_quantity: ParentQuantity) -> tuple[str, str | None, str | None]:
    """State, and code and text of the problem.

    The same quantity is not written twice in a row without something new to say: another quantity of the WMS's, or another one
    in the shop than it answered, or than it put back before. A parked row stays parked while it differs: another read is no
    reason to ask a failing shop sooner.
    """
    code, words, shown = row.problem_code, row.problem, row.shop_quantity
    if row.sums_variations and parent_quantity is not ParentQuantity.SUM:
        return "problem", *_SHARED
    by_write = is_by_write(code, row.written_quantity)
    if code is not None and not by_write:
        return state_without_quantity(code), code, words
    if wanted is None:
        return "unknown", code, words
    is_same = wanted == row.written_quantity
    if by_write and shown is None and (is_same or code not in BY_QUANTITY):
        return "problem", code, words
    if by_write or shown == wanted:
        code, words = None, None
    if shown == wanted:
        return "same", code, words
    if is_same and shown is not None and shown in (row.shown_after, row.shown_before):
        told = (row.problem_code, row.problem) if by_write else _lifted("stock-not-taken", _put_back(shown, wanted))
        return "problem", *told
    return ("parked" if row.state == "parked" else "waiting"), code, words


def _put_back(shown: float, wanted: int) -> str:
    return f"The shop shows {shown:g} again after {wanted} was written twice. Look for a plugin there that changes quantities"
