"""Quantities: written in batches whose operations are answered each by itself, and read in a sweep.

What a batch answers is not known for certain. Where it does not tell what became of each operation, they are written again, one
by one. A quantity that the shop shows otherwise after it was written is the work of the shop's stock app: writing stops then.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from app.domain import Problem
from app.errors import NoSuchRecord, Refused
from app.integrations.kit.values.path_parts import part
from app.integrations.mystore.rest.calls import FINAL, is_about_the_token, told_of
from app.integrations.mystore.rest.lists import first, page, pages, unless_repeated
from app.integrations.mystore.rest.resources import VARIANT, Resource, attributes, related, resource_id
from app.integrations.mystore.shop import Shop
from app.integrations.protocol import StockAnswer, StockChange, StockLevel, StockPage
from app.json_reading import Body, as_list, number, section, text, whole

_LOOK = "look at the product in the shop"
_PHASE, _NEXT = "phase", "next"
_VARIANTS, _PRODUCTS = "product-variants", "products"


class Stock(Shop):
    """Implements `WritesStock`."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._one_by_one = self._settings.stock_batch == "single"
        self._is_read_back = False
        self._parents: set[str] | None = None

    # --- writing ------------------------------------------------------------------------------------------------------------

    @property
    def stock_page(self) -> int:
        """A batch may not count as more calls than the shop allows in half a minute."""
        return max(1, min(self._settings.stock_batch_size, self._settings.calls_per_minute // 2))

    def stock_batches(self, changes: Sequence[StockChange]) -> list[tuple[StockChange, ...]]:
        size = self.stock_page
        return [tuple(changes[start : start + size]) for start in range(0, len(changes), size)]

    async def write_stock(self, batch: Sequence[StockChange]) -> tuple[StockAnswer, ...]:
        answers = None if self._one_by_one or len(batch) == 1 else await self._in_one_call(batch)
        if answers is None:
            answers = [await self._by_itself(change) for change in batch]
        return tuple(await self._looked_at(batch, answers))

    async def _in_one_call(self, batch: Sequence[StockChange]) -> list[StockAnswer] | None:
        """None where the answer does not tell what became of each operation."""
        operations = [
            {
                "method": "PATCH",
                "path": f"/shops/{self._credentials.shop}/{_path_of(change)}",
                "body": {"data": self._body(change)},
            }
            for change in batch
        ]
        try:
            answer = await self._calls.plain("POST", "non-atomic-batch", operations, counts_as=len(batch))
        except FINAL as error:
            if is_about_the_token(error):
                raise
            answer = None
        results = as_list(answer)
        judged = [self._judged(change, each) for change, each in zip(batch, results or (), strict=False)]
        if results is None or len(results) != len(batch) or not all(judged):
            self._one_by_one = True  # it will not tell the next time either
            return None
        return [each for each in judged if each is not None]

    def _body(self, change: StockChange) -> Resource:
        kind = _VARIANTS if change.source_id.startswith(VARIANT) else _PRODUCTS
        own = change.source_id.removeprefix(VARIANT)
        return {"type": kind, "id": own, "attributes": {self._settings.stock_attribute: change.quantity}}

    def _judged(self, change: StockChange, result: Any) -> StockAnswer | None:
        """One operation's result: `{"status", "body"}`, or the document that it would have been answered with."""
        if not isinstance(result, Mapping):
            return None
        document = section(result, "body") if "body" in result else result
        status = whole(result, "status") or int(number(result.get("status")) or 0)
        if status >= 400 or as_list(document.get("errors")):
            return _refused(change, status, told_of(document) or f"status {status}")
        data = document.get("data")
        if not isinstance(data, Mapping):
            return StockAnswer(change.source_id, float(change.quantity)) if 200 <= status < 300 else None
        return StockAnswer(change.source_id, self._quantity(data, float(change.quantity)))

    async def _by_itself(self, change: StockChange) -> StockAnswer:
        try:
            shown = await self._calls.write("PATCH", _path_of(change), self._body(change))
        except Refused as refused:
            return _refused(change, 404 if isinstance(refused, NoSuchRecord) else refused.status or 0, refused.message)
        return StockAnswer(change.source_id, self._quantity(shown, float(change.quantity)))

    def _quantity(self, resource: Body, otherwise: float | None = None) -> float | None:
        """What it shows; `otherwise` where it shows nothing (hidden from the token)."""
        found = number(attributes(resource).get(self._settings.stock_attribute))
        return otherwise if found is None else float(found)

    async def _looked_at(self, batch: Sequence[StockChange], answers: Sequence[StockAnswer]) -> list[StockAnswer]:
        """The first quantities that are written are read back, and any that is answered otherwise."""
        found = []
        for change, answer in zip(batch, answers, strict=True):
            is_other = answer.problem is None and answer.quantity != change.quantity
            if answer.problem is None and (is_other or not self._is_read_back):
                answer = await self._read_back(change)
            found.append(answer)
        self._is_read_back = True
        return found

    async def _read_back(self, change: StockChange) -> StockAnswer:
        """Written once more before the stock app is blamed: somebody may just have bought a piece."""
        try:
            shown = await self._shown(change)
            if shown != change.quantity and not self._settings.accept_stock_app:
                await self._by_itself(change)
                shown = await self._shown(change)
        except NoSuchRecord as gone:
            return _refused(change, 404, gone.message)
        if shown == change.quantity or self._settings.accept_stock_app:
            return StockAnswer(change.source_id, shown)
        message = (
            f"the shop's stock app is active: it shows {shown:g} after {change.quantity} was written, so that nothing more is "
            "written to this shop"
        )
        fix = "switch the stock app off in the shop, or set accept_stock_app; then switch stock.look_only off"
        problem = Problem("stock-app-active", self._settings.stock_attribute, message, fix)
        return StockAnswer(change.source_id, shown, problem, stops=True)

    async def _shown(self, change: StockChange) -> float | None:
        return self._quantity(await self._calls.one(_path_of(change)), float(change.quantity))

    # --- reading ------------------------------------------------------------------------------------------------------------

    async def stock_levels(self, cursor: Mapping[str, Any] | None = None) -> AsyncIterator[StockPage]:
        """Variants, then products. A product with variants has no quantity of its own."""
        stored = dict(cursor or {})
        place = tuple((str(each[0]), str(each[1])) for each in stored.get(_NEXT) or ())
        if stored.get(_PHASE) != _PRODUCTS:
            seen: set[str] = set()
            async for found, at in self._listed(_VARIANTS, place):
                seen |= {product for each in found if (product := related(each, "product"))}
                yield self._page(found, at or {_PHASE: _PRODUCTS})
            self._parents, place = (seen if not stored else None), ()
        if self._parents is None:
            self._parents = await self._products_with_variants()
        async for found, at in self._listed(_PRODUCTS, place):
            yield self._page(found, at or {_PHASE: _PRODUCTS, "done": True})
        self._parents = None

    async def _listed(
        self, path: str, place: tuple[tuple[str, str], ...]
    ) -> AsyncIterator[tuple[list[Resource], dict[str, Any] | None]]:
        """Page by page, each with the cursor behind it; None at the end."""
        query: tuple[tuple[str, str], ...] | None = place or first(self._settings.page_size)
        before: list[Resource] = []
        while query is not None:
            found = unless_repeated(await page(self._calls, path, query), before)
            before = found.records
            query = found.next
            at = None if query is None else {_PHASE: path, _NEXT: [list(each) for each in query]}
            yield found.records, at

    async def _products_with_variants(self) -> set[str]:
        listed = pages(self._calls, _VARIANTS, self._settings.page_size)
        return {product async for each in listed for one in each.records if (product := related(one, "product"))}

    def _page(self, records: Sequence[Resource], cursor: dict[str, Any]) -> StockPage:
        return StockPage(tuple(level for each in records if (level := self._level(each)) is not None), cursor)

    def _level(self, resource: Resource) -> StockLevel | None:
        own, product = resource_id(resource), related(resource, "product")
        if own is None:
            return None
        is_variant = text(resource, "type") == _VARIANTS or (product is not None and text(resource, "type") != _PRODUCTS)
        quantity = self._quantity(resource)
        return StockLevel(
            source_id=f"{VARIANT}{own}" if is_variant else own,
            parent_id=product if is_variant else None,
            number=text(attributes(resource), "sku"),
            quantity=quantity,
            managed=quantity is not None,  # a quantity that is missing is hidden from the token, and not 0
            without_stock=not is_variant and own in (self._parents or ()),
        )

    async def read_stock(self, articles: Sequence[tuple[str, str | None]]) -> Mapping[str, StockLevel | None]:
        """One by one: lists do not take ids."""
        found: dict[str, StockLevel | None] = {}
        for source_id, _ in articles:
            kind = _VARIANTS if source_id.startswith(VARIANT) else _PRODUCTS
            try:
                found[source_id] = self._level(await self._calls.one(f"{kind}/{source_id.removeprefix(VARIANT)}"))
            except NoSuchRecord:
                found[source_id] = None
        return found


def _path_of(change: StockChange) -> str:
    kind = _VARIANTS if change.source_id.startswith(VARIANT) else _PRODUCTS
    return f"{kind}/{part(change.source_id.removeprefix(VARIANT))}"


def _refused(change: StockChange, status: int, message: str) -> StockAnswer:
    if status == 404:
        words = f"the shop has no {change.source_id} any more"
        return StockAnswer(change.source_id, None, Problem("product-gone", "id", words, _LOOK))
    words = f"the shop refused the quantity of {change.source_id}: {message}"
    return StockAnswer(change.source_id, None, Problem("stock-refused", "quantity", words, _LOOK))
